// Owns how disks, volumes and file systems are named and seen where storage is made: by what stays the same when names change.

/** Which disk the layout means, whatever the kernel calls it today. One of the two is given; where both are, both must fit. */
export interface DiskName {
  readonly serial: string | null;
  /** Of an NVMe disk; a disk without namespaces has 1. */
  readonly namespace: number;
  /** Of the namespace, as sysfs has it: `eui.0025385b01`. */
  readonly wwid: string | null;
}

/** A disk as a step was planned for it: with another serial number, namespace or size it is another one. */
export interface PlannedDisk {
  readonly serial: string;
  readonly namespace: number;
  /** null: it tells none. */
  readonly wwid: string | null;
  readonly sizeBytes: number;
}

/** What holds a file system: a disk itself, or a volume of LVM whose group is on that disk alone. */
export interface Place {
  readonly disk: PlannedDisk;
  readonly volume: { readonly group: string; readonly name: string } | null;
}

export function describeDisk({ serial, namespace, wwid }: DiskName): string {
  if (serial === null) return `disk ${wwid}`;
  return namespace === 1 ? `disk ${serial}` : `disk ${serial}, namespace ${namespace}`;
}

export function describePlace({ disk, volume }: Place): string {
  return volume === null ? describeDisk(disk) : `volume ${volume.group}/${volume.name}`;
}

/** What device mapper calls a volume: `jts--hot-kafka`. */
export function mapperNameOf({ group, name }: NonNullable<Place['volume']>): string {
  return [group, name].map((part) => part.replaceAll('-', '--')).join('-');
}
