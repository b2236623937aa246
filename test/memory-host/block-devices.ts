// Block devices of a host in memory, and what is on them. Operations of storage change both lists in place.
import type { BlockDevice, DeviceContents } from '../../src/port/block-device.ts';
import type { OnLoop, Preparation } from './prepare.ts';
import type { State } from './state.ts';

export function blockDevicesOf({ root, devices }: State): readonly BlockDevice[] {
  return root === '/' ? [...devices] : [];
}

export function contentsOf(state: State, names: readonly string[]): readonly DeviceContents[] {
  return names
    .filter((name) => blockDevicesOf(state).some((one) => one.name === name))
    .map((name) => {
      const found = state.contents.get(name) ?? nothingOn(name);
      if (state.effectiveUid === 0) return found;
      const probed = { ok: false, why: 'root', said: 'only root may read what is on it' } as const;
      return { ...found, probed, partitionTable: null, signatures: [], edges: null, isHeld: false };
    });
}

/** An NVMe disk of 4 TB, unless something else is said. */
export function nvmeDisk(given: Partial<BlockDevice> & Pick<BlockDevice, 'name'>): BlockDevice {
  return {
    path: `/dev/${given.name}`,
    kind: 'disk',
    number: '259:0',
    sizeBytes: 4_000_787_030_016,
    logicalSectorBytes: 512,
    physicalSectorBytes: 4096,
    isRotational: false,
    isRemovable: false,
    isReadOnly: false,
    transport: 'nvme',
    model: 'Samsung SSD 990 PRO 4TB',
    serial: 'S7KGNU0X123456',
    firmware: '4B2QJXD7',
    wwid: 'eui.002538b441b0a1c2',
    namespace: 1,
    discard: { maxBytes: 2 ** 40, granularityBytes: 512 },
    scheduler: { now: 'none', offered: ['none', 'mq-deadline'] },
    partOf: null,
    parts: [],
    holders: [],
    slaves: [],
    mapper: null,
    backing: null,
    ...given,
  };
}

/** A device that was looked at, with nothing on it, unless something is said. */
export function nothingOn(name: string, given: Partial<DeviceContents> = {}): DeviceContents {
  return {
    name,
    probed: { ok: true },
    partitionTable: null,
    signatures: [],
    edges: 'zeros',
    isHeld: false,
    memberOf: [],
    mounts: [],
    swap: [],
    open: [],
    unseen: 0,
    ...given,
  };
}

/** As a loop device of the real host, of which nothing is known but its size. */
export function addLoop(
  state: State,
  has: OnLoop,
  { bytes, isReadOnly = false }: Parameters<Preparation['loop']>[1],
): string {
  const name = `loop${state.devices.filter(({ kind }) => kind === 'loop').length}`;
  const device = nvmeDisk({
    name,
    kind: 'loop',
    number: `7:${state.devices.length}`,
    sizeBytes: bytes,
    isReadOnly,
    transport: null,
    model: null,
    serial: null,
    firmware: null,
    wwid: null,
    backing: `/${name}`,
  });
  state.devices.push(device);
  state.readAheads.push({ device: name, known: null, kib: 128, isFixed: false });
  const uuid = `00000000-0000-4000-8000-${String(state.devices.length).padStart(12, '0')}`;
  const found = {
    nothing: {},
    data: { edges: 'data' },
    ext4: { signatures: [{ type: 'ext4', offset: 0x438, uuid, label: null }], edges: null },
    gpt: { partitionTable: 'gpt', edges: null },
  } as const satisfies Record<OnLoop, Partial<DeviceContents>>;
  state.contents.set(name, nothingOn(name, found[has]));
  return name;
}
