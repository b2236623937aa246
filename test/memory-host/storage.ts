// LVM on a host in memory: physical volumes, groups, volumes, and how each operation changes them. Devices and what is on them stand
// in the lists of block-devices.ts, which change with them.
import type { BlockDevice, DeviceContents, Signature } from '../../src/port/block-device.ts';
import type { Operation, Performers } from '../../src/port/operation.ts';
import {
  DATA_START_BYTES,
  EXTENT_BYTES,
  extentsOf,
  type LvmRejection,
  type PhysicalVolume,
  type Volume,
  type VolumeGroup,
  type VolumeGroups,
  type VolumeOperation,
} from '../../src/port/volume-group.ts';
import { nothingOn, nvmeDisk } from './block-devices.ts';
import { failed } from './reach.ts';
import type { State } from './state.ts';
import { requireOpen } from './whole-disk.ts';

/** As LVM keeps it on the disks: what is open and where it is found is said by the devices. */
export interface MemoryLvm {
  physicalVolumes: {
    uuid: string;
    device: string;
    startBytes: number;
    group: string | null;
    isLost?: true;
  }[];
  groups: {
    name: string;
    uuid: string;
    extents: number;
    locked: string | null;
    volumes: { name: string; uuid: string; extents: number; isActive: boolean; layout: string }[];
  }[];
  /** Numbers of devices that lvm.conf leaves out, and why. */
  rejections: Map<string, LvmRejection>;
  /** How many UUIDs LVM gave: they never repeat. */
  given: number;
}

export function noLvm(): MemoryLvm {
  return { physicalVolumes: [], groups: [], rejections: new Map(), given: 0 };
}

export function volumeGroupsOf(state: State): VolumeGroups {
  if (state.root !== '/') return { ok: true, groups: [], physicalVolumes: [] };
  if (state.effectiveUid !== 0)
    return { ok: false, why: 'root', said: 'only root may ask LVM what there is' };
  if (state.tools !== null && !state.tools.includes('lvm'))
    return { ok: false, why: 'no program', said: 'lvm is not installed' };
  const { lvm, devices } = state;
  const isThere = (number: string) => devices.some((one) => one.number === number);
  const shown = physicalVolumesOf(state).filter(({ device }) => !lvm.rejections.has(device));
  const physicalVolumes = shown.map(
    ({ isLost = false, ...one }): PhysicalVolume => ({
      ...one,
      isLost,
      device: isThere(one.device) ? one.device : null,
    }),
  );
  const groups = lvm.groups.map(({ name, uuid, extents, locked, volumes }): VolumeGroup => {
    const used = volumes.reduce((sum, one) => sum + one.extents, 0);
    return {
      ...{ name, uuid, extentBytes: EXTENT_BYTES, extents, freeExtents: extents - used, locked },
      physicalVolumes: physicalVolumes.filter(({ group }) => group === uuid),
      volumes: volumes.map((volume): Volume => {
        const device = volume.isActive ? mapped(state, volume.uuid) : undefined;
        const isOpen = device !== undefined && (state.contents.get(device.name)?.mounts.length ?? 0) > 0;
        return { ...volume, isOpen, device: device?.number ?? null };
      }),
    };
  });
  return {
    ok: true,
    groups: groups.filter((group) => group.physicalVolumes.some(({ device }) => device !== null)),
    physicalVolumes,
  };
}

/** Those whose label is on their disk; of a disk that was pulled out nobody knows. */
function physicalVolumesOf({ lvm, devices, contents }: State): MemoryLvm['physicalVolumes'] {
  return lvm.physicalVolumes.filter(({ uuid, device, group }) => {
    const on = devices.find(({ number }) => number === device);
    if (on === undefined) return group !== null;
    return contents.get(on.name)?.signatures.some((one) => one.type === LABEL && one.uuid === uuid) ?? false;
  });
}

const LABEL = 'LVM2_member';

/** As text, the same for the same state; nothing where no device has anything on it. */
export function storageSnapshot(state: State): string {
  const { devices, contents, lvm } = state;
  const all = devices.flatMap(({ name, number, sizeBytes, holders }) => {
    const on = contents.get(name);
    const isBare = on === undefined || JSON.stringify(on) === JSON.stringify(nothingOn(name));
    return isBare && holders.length === 0 ? [] : [JSON.stringify({ name, number, sizeBytes, holders, on })];
  });
  const shown = physicalVolumesOf(state);
  const groups = lvm.groups.filter(({ uuid }) => shown.some(({ group }) => group === uuid));
  const volumes = shown.length === 0 ? [] : [JSON.stringify({ shown, groups })];
  return [...all, ...volumes].map((line) => `\n${line}`).join('');
}

export function lvmRejectionOf(state: State, path: string): LvmRejection | null {
  const device = state.devices.find((one) => one.path === path);
  return state.effectiveUid === 0 && device !== undefined
    ? (state.lvm.rejections.get(device.number) ?? null)
    : null;
}

function mapped(state: State, uuid: string): BlockDevice | undefined {
  return state.devices.find(({ mapper }) => mapper?.uuid.endsWith(uuid.replaceAll('-', '')) ?? false);
}

type OnDisk = Extract<Operation, { type: VolumeOperation }>;
type InGroup = Extract<Operation, { physicalVolume: string }>;

export function storagePerformers(state: State): Pick<Performers, VolumeOperation> {
  const { lvm } = state;

  function diskFor(operation: OnDisk): BlockDevice {
    return requireOpen(state, operation, 'shared')[0];
  }

  function physicalVolumeOn(operation: OnDisk) {
    const { number } = diskFor(operation);
    return physicalVolumesOf(state).find(({ device }) => device === number) ?? null;
  }

  function requireFree(operation: OnDisk): BlockDevice {
    return requireOpen(state, operation, 'alone')[0];
  }

  function groupFor(operation: InGroup, name: string) {
    const found = physicalVolumeOn(operation);
    const group = lvm.groups.find(({ uuid }) => uuid === found?.group);
    if (found?.uuid !== operation.physicalVolume || group?.name !== name)
      throw failed('E_CHANGED', operation, 'the group is not there');
    return group;
  }

  function volumeFor(operation: Extract<OnDisk, { group: string }>) {
    const group = groupFor(operation, operation.group);
    const volume = group.volumes.find(({ name }) => name === operation.name);
    const isOther = 'uuid' in operation && operation.uuid !== undefined && volume?.uuid !== operation.uuid;
    if (volume === undefined || isOther) throw failed('E_CHANGED', operation, 'another one, or none');
    return { group, volume };
  }

  function freeIn({ extents, volumes }: MemoryLvm['groups'][number]): number {
    return extents - volumes.reduce((sum, one) => sum + one.extents, 0);
  }

  function isTaken(name: string): boolean {
    const all = volumeGroupsOf(state);
    return all.ok && all.groups.some((one) => one.name === name);
  }

  function uuidOf(): string {
    lvm.given += 1;
    return `${String(lvm.given).padStart(6, '0')}-0000-0000-0000-0000-0000-memory`;
  }

  function activate(operation: OnDisk, group: MemoryLvm['groups'][number], volume: Volumes): void {
    volume.isActive = true;
    const below = diskFor(operation);
    const numbers = state.devices.flatMap(({ kind, number }) =>
      kind === 'device mapper' ? [Number(number.slice('253:'.length))] : [],
    );
    const minor = Math.max(-1, ...numbers) + 1;
    const name = `dm-${minor}`;
    const escaped = (text: string) => text.replaceAll('-', '--');
    state.devices.push({
      ...nvmeDisk({ name }),
      ...{ kind: 'device mapper', number: `253:${minor}`, sizeBytes: volume.extents * EXTENT_BYTES },
      ...{ transport: null, model: null, serial: null, firmware: null, wwid: null, slaves: [below.name] },
      mapper: {
        name: `${escaped(group.name)}-${escaped(volume.name)}`,
        uuid: `LVM-${group.uuid.replaceAll('-', '')}${volume.uuid.replaceAll('-', '')}`,
      },
    });
    // What was on it when it was made inactive is on it again.
    const kept = state.contents.get(volume.uuid);
    if (kept !== undefined) state.contents.set(name, { ...kept, name });
    state.contents.delete(volume.uuid);
    setHolders(below, [...below.holders, name]);
  }

  function deactivate(volume: Volumes): void {
    const device = mapped(state, volume.uuid);
    volume.isActive = false;
    if (device === undefined) return;
    const contents = state.contents.get(device.name);
    if (contents !== undefined) state.contents.set(volume.uuid, contents);
    state.contents.delete(device.name);
    state.devices = state.devices.filter((one) => one !== device);
    for (const below of state.devices.filter(({ name }) => device.slaves.includes(name)))
      setHolders(
        below,
        below.holders.filter((name) => name !== device.name),
      );
  }

  function setHolders(device: BlockDevice, holders: readonly string[]): void {
    state.devices = state.devices.map((one) => (one.name === device.name ? { ...one, holders } : one));
    const contents = state.contents.get(device.name);
    if (contents !== undefined) state.contents.set(device.name, { ...contents, isHeld: holders.length > 0 });
  }

  function setSignatures(device: BlockDevice, given: Partial<DeviceContents>): void {
    state.contents.set(device.name, {
      ...nothingOn(device.name),
      ...state.contents.get(device.name),
      ...given,
    });
  }

  function requireNothingOn(operation: OnDisk, { name }: BlockDevice): void {
    const contents = state.contents.get(name);
    const isBare =
      contents === undefined || (contents.signatures.length === 0 && contents.partitionTable === null);
    if (!isBare) throw failed('E_CHANGED', operation, 'something is on it');
  }

  return {
    createPhysicalVolume(operation) {
      const { uuid } = operation;
      const device = requireFree(operation);
      const there = physicalVolumeOn(operation);
      if (there?.uuid === uuid) return;
      if (lvm.rejections.has(device.number))
        throw failed('E_COMMAND', operation, 'rejected by filter config');
      requireNothingOn(operation, device);
      if (physicalVolumesOf(state).some((one) => one.uuid === uuid))
        throw failed('E_CHANGED', operation, 'another disk has this UUID');
      lvm.physicalVolumes = lvm.physicalVolumes.filter((one) => one.uuid !== uuid);
      lvm.physicalVolumes.push({ uuid, device: device.number, startBytes: DATA_START_BYTES, group: null });
      const signature: Signature = { type: LABEL, offset: 0x218, uuid, label: null };
      setSignatures(device, {
        signatures: [signature],
        edges: null,
        memberOf: [{ of: 'lvm', name: null }],
      });
    },
    removePhysicalVolume(operation) {
      const device = requireFree(operation);
      const found = physicalVolumeOn(operation);
      if (found === null) return;
      if (found.uuid !== operation.uuid || found.group !== null)
        throw failed('E_CHANGED', operation, 'another one, or in a group');
      lvm.physicalVolumes = lvm.physicalVolumes.filter((one) => one !== found);
      setSignatures(device, { signatures: [], memberOf: [], edges: 'data' });
    },
    createVolumeGroup(operation) {
      const { name, physicalVolume, disk } = operation;
      const device = requireFree(operation);
      const found = physicalVolumeOn(operation);
      const group = lvm.groups.find(({ uuid }) => uuid === found?.group);
      if (found?.uuid === physicalVolume && group?.name === name) return;
      if (found?.uuid !== physicalVolume || found.group !== null || isTaken(name))
        throw failed('E_CHANGED', operation, 'no physical volume for it, or another of this name');
      const uuid = uuidOf();
      lvm.groups.push({ name, uuid, extents: extentsOf(disk.sizeBytes), locked: null, volumes: [] });
      found.group = uuid;
      setSignatures(device, { memberOf: [{ of: 'lvm', name }] });
    },
    removeVolumeGroup(operation) {
      const device = requireFree(operation);
      const found = physicalVolumeOn(operation);
      if (found === null || found.group === null) return;
      const group = groupFor(operation, operation.name);
      if (group.volumes.length > 0 || (operation.uuid !== undefined && operation.uuid !== group.uuid))
        throw failed('E_CHANGED', operation, 'another one, or it has volumes');
      lvm.groups = lvm.groups.filter((one) => one !== group);
      found.group = null;
      setSignatures(device, { memberOf: [{ of: 'lvm', name: null }] });
    },
    createVolume(operation) {
      const { name, extents } = operation;
      const group = groupFor(operation, operation.group);
      const there = group.volumes.find((one) => one.name === name);
      if (there?.extents === extents && there.isActive) return;
      if (there !== undefined || freeIn(group) < extents)
        throw failed('E_CHANGED', operation, 'one is there, or there is no room');
      const volume = { name, uuid: uuidOf(), extents, isActive: false, layout: 'linear' };
      group.volumes.push(volume);
      activate(operation, group, volume);
    },
    removeVolume(operation) {
      const group = groupFor(operation, operation.group);
      if (!group.volumes.some(({ name }) => name === operation.name)) return;
      const { volume } = volumeFor(operation);
      const device = mapped(state, volume.uuid);
      if (device === undefined || (operation.uuid === undefined && volume.extents !== operation.extents))
        throw failed('E_CHANGED', operation, 'another one, or not active');
      if ((state.contents.get(device.name)?.mounts.length ?? 0) > 0)
        throw failed('E_CHANGED', operation, 'it is mounted');
      requireNothingOn(operation, device);
      deactivate(volume);
      state.contents.delete(volume.uuid);
      group.volumes = group.volumes.filter((one) => one !== volume);
    },
    growVolume(operation) {
      const { from, to } = operation;
      const { group, volume } = volumeFor(operation);
      if (volume.extents === to) return;
      if (volume.extents !== from || freeIn(group) < to - from)
        throw failed('E_CHANGED', operation, 'another size, or there is no room');
      volume.extents = to;
      const device = mapped(state, volume.uuid);
      state.devices = state.devices.map((one) =>
        one === device ? { ...one, sizeBytes: to * EXTENT_BYTES } : one,
      );
    },
    activateVolume(operation) {
      const { group, volume } = volumeFor(operation);
      if (!volume.isActive) activate(operation, group, volume);
    },
    deactivateVolume(operation) {
      const { volume } = volumeFor(operation);
      const device = mapped(state, volume.uuid);
      if (device !== undefined && (state.contents.get(device.name)?.mounts.length ?? 0) > 0)
        throw failed('E_CHANGED', operation, 'it is mounted');
      deactivate(volume);
    },
  };
}

type Volumes = MemoryLvm['groups'][number]['volumes'][number];
