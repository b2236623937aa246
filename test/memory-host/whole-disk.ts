// The ends of disks of a host in memory: what is on a disk stands for its bytes. How they are saved, taken away and put back.
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import type { BlockDevice, DeviceContents } from '../../src/port/block-device.ts';
import { type DiskImage, type ImageRequest, imageManifest } from '../../src/port/disk-image.ts';
import { findDisk } from '../../src/port/find-disk.ts';
import type { Operation, Performers } from '../../src/port/operation.ts';
import { type Between, type DiskEnds, isSameDisk } from '../../src/port/saved-disk.ts';
import type { PlannedDisk } from '../../src/port/storage.ts';
import { hashOfBytes } from '../../src/values/content.ts';
import { contentsOf, nothingOn } from './block-devices.ts';
import { failed } from './reach.ts';
import { makeNode, type State, textOf } from './state.ts';
import { find, nearest } from './tree.ts';

/** null: there is no such disk, or more than one, or it is another one. */
function diskOf({ devices }: State, disk: PlannedDisk): BlockDevice | null {
  const found = findDisk(devices, disk);
  return 'disk' in found && found.disk.sizeBytes === disk.sizeBytes ? found.disk : null;
}

function bytesOn({ partitionTable, signatures, edges }: DeviceContents): string {
  return partitionTable === null && signatures.length === 0 && edges === 'zeros'
    ? 'zeros'
    : JSON.stringify([partitionTable, signatures, edges]);
}

function hashOn(contents: DeviceContents): string {
  return hashOfBytes(Buffer.from(bytesOn(contents)));
}

export function diskEndsOf(state: State, disk: PlannedDisk, between?: Between): DiskEnds | null {
  const found = diskOf(state, disk);
  const [contents] = found === null ? [] : contentsOf(state, [found.name]);
  if (contents === undefined) return null;
  const hash = hashOn(contents);
  const isZero = bytesOn(contents) === 'zeros';
  const asked = between === undefined ? [] : [between.one, between.other];
  const isKept = asked.every((one) => one === null || state.savedContents.has(one));
  return {
    hash,
    isZero,
    isBetween: isKept && asked.some((one) => (one === null ? isZero : one === hash)),
  };
}

export function holdDiskOf(state: State, disk: PlannedDisk): () => void {
  const operation = { type: 'saveDisk', disk, ends: '' } as const;
  requireOpen(state, operation, 'shared');
  return () => {};
}

export function imageDiskIn(state: State, { disk, file, signal }: ImageRequest): DiskImage | null {
  const [, contents] = requireOpen(state, { type: 'saveDisk', disk, ends: '' }, 'alone');
  if (find(state, file).type === 'node')
    throw new Problem(EXIT.refused, [
      diagnostic('E_EXISTS', 'refusing to overwrite a file with an image of a disk', { at: file }),
    ]);
  if (signal.aborted) return null;
  const { node } = nearest(state, file);
  const put = (path: string, text: string) =>
    node.children.set(
      path.slice(path.lastIndexOf('/') + 1),
      Object.assign(makeNode(state, 'file', node.on), textOf(text), { mode: 0o600 }),
    );
  const hash = hashOn(contents);
  const made = { file, hash, ends: hash, bytes: disk.sizeBytes, writtenBytes: 0 };
  put(file, '');
  put(imageManifest(file), JSON.stringify({ disk, ...made }));
  return made;
}

type OnDisk = Operation & { readonly disk: PlannedDisk };

/** As the real host finds a disk before it writes: `alone`, nobody else may use it. */
export function requireOpen(
  state: State,
  operation: OnDisk,
  how: 'shared' | 'alone',
): [BlockDevice, DeviceContents] {
  const { disk } = operation;
  const found = findDisk(state.devices, disk);
  if ('refusal' in found) throw new Problem(EXIT.failed, [found.refusal]);
  const device = found.disk;
  if (device.sizeBytes !== disk.sizeBytes)
    throw failed('E_DISK_CHANGED', operation, `found ${device.sizeBytes} bytes`);
  if (state.diskLocks.has(disk.serial)) throw failed('E_DISK_LOCKED', operation, 'another program holds it');
  const [contents = nothingOn(device.name)] = contentsOf(state, [device.name]);
  if (how === 'alone' && (contents.isHeld || contents.mounts.length > 0 || contents.swap.length > 0))
    throw failed('E_IN_USE', operation, 'EBUSY');
  return [device, contents];
}

export function wholeDiskPerformers(
  state: State,
): Pick<Performers, 'saveDisk' | 'eraseDisk' | 'restoreDisk'> {
  const isKept = (disk: PlannedDisk, hash: string) =>
    state.savedContents.has(hash) &&
    state.savedDisks.some((saved) => saved.hash === hash && isSameDisk(saved.disk, disk));
  const requireKept = (operation: OnDisk, hash: string) => {
    if (!isKept(operation.disk, hash)) throw failed('E_NOT_KEPT', operation, 'it is not kept');
  };
  return {
    saveDisk(operation) {
      const { disk, ends } = operation;
      if (isKept(disk, ends)) return;
      const [device, contents] = requireOpen(state, operation, 'alone');
      if (hashOn(contents) !== ends) throw failed('E_CHANGED', operation, 'found other content');
      const { partitionTable, signatures, memberOf } = contents;
      state.savedContents.set(ends, contents);
      state.savedDisks.push({
        disk,
        hash: ends,
        savedAt: new Date(state.savedDisks.length * 1000).toISOString(),
        path: `/var/lib/jts-hot/disks/${disk.serial}-${disk.namespace}/${ends}`,
        model: device.model,
        held: [...(partitionTable === null ? [] : [partitionTable]), ...signatures.map(({ type }) => type)],
        volumeGroup: memberOf.find(({ of }) => of === 'lvm')?.name ?? null,
        parts: [],
      });
    },
    eraseDisk(operation) {
      const { disk, ends } = operation;
      requireKept(operation, ends);
      const [{ name }, contents] = requireOpen(state, operation, 'alone');
      if (bytesOn(contents) !== 'zeros' && hashOn(contents) !== ends)
        throw failed('E_CHANGED', operation, 'found other content');
      state.contents.set(name, nothingOn(name));
      withoutParts(state, disk);
    },
    restoreDisk(operation) {
      const { disk, ends, over } = operation;
      requireKept(operation, ends);
      const [{ name }, contents] = requireOpen(state, operation, 'alone');
      const hash = hashOn(contents);
      const isBare = contents.partitionTable === null && contents.signatures.length === 0;
      if (hash !== ends && hash !== over && !(over === null && isBare))
        throw failed('E_CHANGED', operation, 'found other content');
      state.contents.set(name, { ...(state.savedContents.get(ends) ?? nothingOn(name)), name });
      withoutParts(state, disk);
    },
  };
}

/** Partitions are not followed here: none is kept. */
function withoutParts(state: State, disk: PlannedDisk): void {
  const device = diskOf(state, disk);
  if (device === null) return;
  state.devices = state.devices
    .filter(({ partOf }) => partOf !== device.name)
    .map((one) => (one === device ? { ...one, parts: [] } : one));
}

/** What somebody else does with disks. */
export interface DiskPreparation {
  /** Puts this on the disk of that name, in the place of what was there. */
  put(name: string, contents: Partial<DeviceContents>): void;
  /** Takes the lock of the disk of that serial number. Returns the release. */
  lock(serial: string): () => void;
}

export function diskPreparation(state: State): DiskPreparation {
  return {
    put: (name, contents) => state.contents.set(name, nothingOn(name, contents)),
    lock: (serial) => {
      state.diskLocks.add(serial);
      return () => state.diskLocks.delete(serial);
    },
  };
}
