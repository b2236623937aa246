// Owns what is known of the block devices of a machine: what each is, and what is on it. What that means for the hot tier is
// judged in resources/storage/.

export type DeviceKind =
  | 'disk'
  | 'partition'
  | 'device mapper'
  | 'md'
  | 'bcache'
  | 'loop'
  | 'memory'
  | 'optical'
  | 'network';

/** As sysfs has it: no device is asked for it. What a disk says of itself is printable ASCII here, whatever it said. */
export interface BlockDevice {
  /** What the kernel calls it today: `nvme0n1`, `dm-0`. */
  readonly name: string;
  /** `/dev/nvme0n1`. */
  readonly path: string;
  readonly kind: DeviceKind;
  /** `major:minor`. */
  readonly number: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly isRotational: boolean;
  readonly isRemovable: boolean;
  readonly isReadOnly: boolean;
  /** `nvme`, `nvme over tcp`, `sata`, `sas`, `usb`, `virtio` …; null: not known, or it is no disk. */
  readonly transport: string | null;
  /** These four of disks; null: it is none, or does not tell. */
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
  readonly wwid: string | null;
  /** Of an NVMe disk; 1 of all others. */
  readonly namespace: number;
  /** `maxBytes`: the most that it takes at once; 0: it takes none. */
  readonly discard: { readonly maxBytes: number; readonly granularityBytes: number };
  /** null: it has none, and cannot have another. */
  readonly scheduler: { readonly now: string; readonly offered: readonly string[] } | null;
  /** Of a partition, the disk that it is on. */
  readonly partOf: string | null;
  /** Its partitions. */
  readonly parts: readonly string[];
  /** What stands on it: volumes, arrays, encryption; and what it stands on itself. */
  readonly holders: readonly string[];
  readonly slaves: readonly string[];
  /** Of a device mapper's: its name and the UUID by which its maker is known (`LVM-…`, `CRYPT-…`, `mpath-…`). */
  readonly mapper: { readonly name: string; readonly uuid: string } | null;
  /** Of a loop device: the file that it shows. */
  readonly backing: string | null;
}

export interface Signature {
  /** As wipefs(8) calls it: `ext4`, `xfs`, `LVM2_member`, `gpt` … */
  readonly type: string;
  readonly offset: number;
  readonly uuid: string | null;
  readonly label: string | null;
}

/** What makes use of a whole device, by the signature on it or by what stands on it. */
export interface MemberOf {
  readonly of: 'lvm' | 'md' | 'bcache' | 'zfs' | 'crypt' | 'multipath';
  /** Its volume group, array, pool or mapping; null: none, or it is not known. */
  readonly name: string | null;
}

/** `device`: that one itself, a partition of it, or a layer above it. */
export interface MountOn {
  readonly device: string;
  readonly mountPoint: string;
  /** Only processes that see other mounts than we do see it, such as those of a container. */
  readonly isElsewhere: boolean;
}

export interface HeldOpen {
  readonly device: string;
  readonly pid: number;
  readonly command: string;
}

/** Of one device. `parts`, `holders` and what stands on those are looked through for mounts, swap and processes. */
export interface DeviceContents {
  readonly name: string;
  /** What is on it could be read; else why it could not, and the next four say nothing. */
  readonly probed:
    | { readonly ok: true }
    | { readonly ok: false; readonly why: 'root' | 'no answer' | 'failed'; readonly said: string };
  /** `gpt`, `dos` …; null: there is none. */
  readonly partitionTable: string | null;
  /** That of the partition table is not among them. */
  readonly signatures: readonly Signature[];
  /**
   * The first and the last 16 MiB: `zeros`, `data`. They are read only where there is no signature and no partition table;
   * null: they were not.
   */
  readonly edges: 'zeros' | 'data' | null;
  /** The kernel gives it to nobody alone: it is mounted, or something else holds it. */
  readonly isHeld: boolean;
  readonly memberOf: readonly MemberOf[];
  readonly mounts: readonly MountOn[];
  /** Devices that are swap. */
  readonly swap: readonly string[];
  readonly open: readonly HeldOpen[];
  /** Processes that this user may not look into. */
  readonly unseen: number;
}

/** It, its partitions, and all that stands on those, in this order. */
export function standingOn(devices: readonly BlockDevice[], name: string): readonly BlockDevice[] {
  const found: BlockDevice[] = [];
  const visit = (wanted: string) => {
    const device = devices.find((one) => one.name === wanted);
    if (device === undefined || found.includes(device)) return;
    found.push(device);
    for (const above of [...device.parts, ...device.holders]) visit(above);
  };
  visit(name);
  return found;
}

/** The disks that it is on, through layers and partitions; itself where it is one. */
export function disksBelow(devices: readonly BlockDevice[], name: string): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (wanted: string) => {
    const device = devices.find((one) => one.name === wanted);
    if (device === undefined || seen.has(wanted)) return;
    seen.add(wanted);
    const below = [...device.slaves, ...(device.partOf === null ? [] : [device.partOf])];
    if (below.length === 0) found.add(wanted);
    for (const one of below) visit(one);
  };
  visit(name);
  return [...found];
}
