// File systems on devices of a host in memory: what is there, and how each operation changes it. Their signatures stand in the
// contents of the devices.
import { brokenOptions } from '../../src/layout/mount-options.ts';
import type { BlockDevice } from '../../src/port/block-device.ts';
import {
  type AtPlace,
  type FileSystemFound,
  type FileSystemMakers,
  type FileSystemTrial,
  type FileSystemTrialRequest,
  type Holding,
  LEAST_GROWTH_BYTES,
} from '../../src/port/file-system-on.ts';
import type { OperationOf, Performers } from '../../src/port/operation.ts';
import { eraseEffect } from '../../src/port/operations/file-system.ts';
import { placeDevice, sectorBytesOf } from '../../src/port/place-device.ts';
import type { Place } from '../../src/port/storage.ts';
import { blockDevicesOf, nothingOn } from './block-devices.ts';
import { addFileSystem } from './mounts.ts';
import { failed } from './reach.ts';
import type { Node, State } from './state.ts';
import { find } from './tree.ts';

/** By UUID; of one that is not in it nobody knows more than its signature. */
export type MadeFileSystem = Omit<FileSystemFound, 'type' | 'uuid' | 'label' | 'mountedAt'>;

export const MAKERS: FileSystemMakers = {
  kernel: '6.12.43+deb13-amd64',
  keepsQuotas: true,
  cores: 16,
  xfsprogs: '6.13.0',
};

const NOT_KNOWN: MadeFileSystem = {
  state: 'clean',
  features: [],
  sizeBytes: null,
  blockBytes: null,
  sectorBytes: null,
  allocationGroups: null,
  reservedBytes: null,
  holds: { is: 'unknown', why: 'it is not one that jts-hot made' },
};

export function fileSystemsOnIn(state: State, places: readonly Place[]): readonly (AtPlace | null)[] {
  return places.map((place) => {
    const device = placeDevice(blockDevicesOf(state), place);
    return device === null ? null : atDevice(state, device);
  });
}

function atDevice(state: State, device: BlockDevice): AtPlace {
  const { path, sizeBytes } = device;
  return { path, sizeBytes, sectorBytes: sectorBytesOf(device), has: foundOn(state, device) };
}

function foundOn(state: State, { name }: BlockDevice): FileSystemFound | null {
  const { signatures, partitionTable, mounts } = state.contents.get(name) ?? nothingOn(name);
  const [signature, second] = signatures;
  const mountedAt = mounts.find(({ isElsewhere }) => !isElsewhere)?.mountPoint ?? null;
  if (signature === undefined)
    return partitionTable === null
      ? null
      : { ...NOT_KNOWN, type: partitionTable, uuid: null, label: null, mountedAt, state: 'unknown' };
  const { type, uuid, label } = signature;
  if (second !== undefined)
    return { ...NOT_KNOWN, type: 'several', uuid: null, label: null, mountedAt, state: 'unknown' };
  const made = (uuid === null ? undefined : state.madeFileSystems.get(uuid)) ?? NOT_KNOWN;
  if (mountedAt === null) return { type, uuid, label, mountedAt, ...made };
  const isFine = made.state !== 'damaged';
  const holds = uuid !== null && state.madeFileSystems.has(uuid) ? heldAt(state, mountedAt) : made.holds;
  return { type, uuid, label, mountedAt, ...made, state: isFine ? 'mounted' : made.state, holds };
}

function heldAt(state: State, mountPoint: string): Holding {
  const found = find(state, mountPoint);
  const first = found.type === 'node' ? firstIn(found.node, '') : null;
  return first === null ? { is: 'nothing' } : { is: 'something', first };
}

function firstIn(node: Node, path: string): string | null {
  for (const [name, child] of node.children) {
    const at = `${path}/${name}`;
    const first = child.type === 'directory' ? firstIn(child, at) : at;
    if (first !== null) return first;
  }
  return null;
}

/** Its kernel takes all that is not broken by rule. */
export function triedIn({ type, mountOptions }: FileSystemTrialRequest): FileSystemTrial {
  const [broken] = brokenOptions(mountOptions, { type, features: ['has_journal'] });
  return broken === undefined ? { ok: true } : { ok: false, options: broken.options, said: broken.because };
}

type Names = 'makeFileSystem' | 'eraseFileSystem' | 'growFileSystem';

export function fileSystemPerformers(state: State): Pick<Performers, Names> {
  function deviceFor(operation: OperationOf<Names>): BlockDevice {
    const device = placeDevice(blockDevicesOf(state), operation.place);
    if (device === null) throw failed('E_NO_DISK', operation, 'no such disk or volume');
    return device;
  }

  return {
    makeFileSystem(operation) {
      const { fileSystem, uuid, options } = operation;
      const device = deviceFor(operation);
      const has = foundOn(state, device);
      const isHalf = has?.uuid === uuid && has.state === 'unfinished';
      if (has?.uuid === uuid && has.type === fileSystem && !isHalf) return;
      if (has !== null && !isHalf) throw failed('E_CHANGED', operation, `found ${has.type}`);
      const offset = fileSystem === 'xfs' ? 0 : 0x438;
      const signatures = [{ type: fileSystem, offset, uuid, label: null }];
      const { name, sizeBytes } = device;
      state.contents.set(name, { ...(state.contents.get(name) ?? nothingOn(name)), signatures, edges: null });
      const { features, blockBytes, sectorBytes, allocationGroups } = options;
      addFileSystem(state, { uuid, type: fileSystem, device });
      state.madeFileSystems.set(uuid, {
        state: 'clean',
        features,
        sizeBytes,
        blockBytes,
        sectorBytes,
        allocationGroups,
        reservedBytes: fileSystem === 'ext4' ? 0 : null,
        holds: { is: 'nothing' },
      });
    },
    eraseFileSystem(operation) {
      const device = deviceFor(operation);
      const effect = eraseEffect(atDevice(state, device), operation);
      if (effect.state === 'done') return;
      if (effect.state === 'changed') throw failed('E_CHANGED', operation, effect.why);
      const { name } = device;
      const contents = state.contents.get(name) ?? nothingOn(name);
      state.contents.set(name, { ...contents, signatures: [], edges: 'data' });
      state.madeFileSystems.delete(operation.uuid);
      state.unmounted.delete(operation.uuid);
    },
    growFileSystem(operation) {
      const device = deviceFor(operation);
      const has = foundOn(state, device);
      const made = state.madeFileSystems.get(operation.uuid);
      if (has?.uuid !== operation.uuid || made === undefined || device.sizeBytes < operation.toBytes)
        throw failed('E_CHANGED', operation, `found ${has?.type ?? 'nothing'}`);
      if (operation.toBytes - (made.sizeBytes ?? 0) < LEAST_GROWTH_BYTES) return;
      state.madeFileSystems.set(operation.uuid, { ...made, sizeBytes: device.sizeBytes });
    },
  };
}
