// Owns what a layout wants between the disk and the mounts, as kinds of the engine, in the order of work. Each kind looks for
// itself; here is only what one must know of the others: which disk it is, and what the same plan makes anew. Reads only.
import { FSTAB, parseFstab } from '../disk/wanted.ts';
import { examine, type Wanted, wanted } from '../engine/examine.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import type { Layout } from '../layout/layout.ts';
import { type Storage, type WantedFileSystem, wantedFileSystems } from '../layout/storage.ts';
import type { BlockDevice } from '../port/block-device.ts';
import { findDisk } from '../port/find-disk.ts';
import type { HostReader } from '../port/host.ts';
import type { JournalStore } from '../port/journal-store.ts';
import { sectorBytesOf } from '../port/place-device.ts';
import type { Place, PlannedDisk } from '../port/storage.ts';
import { type DiskWant, disk, diskDecisions, plannedDisk } from '../resources/storage/disk.ts';
import { fileSystem, fileSystemAddress } from '../resources/storage/file-system.ts';
import { fileSystemWants } from '../resources/storage/file-system-wants.ts';
import { mountsWanted } from '../resources/storage/mounts.ts';
import { physicalVolume } from '../resources/storage/physical-volume.ts';
import { runOfDisk } from '../resources/storage/run-of-disk.ts';
import { plannedVolumes, volume } from '../resources/storage/volume.ts';
import { volumeGroup } from '../resources/storage/volume-group.ts';
import { volumeWants } from '../resources/storage/volume-wants.ts';
import { mountOptionsFor } from '../services/mount-options.ts';
import type { Consents } from './consents.ts';

export { NO_CONSENTS } from './consents.ts';

/** `command`: what to type to do it, without the consents. */
export interface Asked extends Consents {
  readonly command: string;
  /** `2026-11-27`, for the copy of fstab. */
  readonly today: string;
}

export interface On {
  readonly host: HostReader;
  readonly layout: Layout;
}

/** The disk that the layout means, as steps are planned for it; null: it is not there, or tells no serial number. */
export function diskOn({
  host,
  layout: { storage },
}: On): { readonly device: BlockDevice; readonly planned: PlannedDisk } | null {
  const found = storage === undefined ? null : findDisk(host.blockDevices(), storage.disk);
  const device = found !== null && 'disk' in found ? found.disk : null;
  const planned = device === null ? null : plannedDisk(device);
  return device === null || planned === null ? null : { device, planned };
}

/** `journal`: of runs that may have set the disk up; left out: only what is on the disk tells. */
export function storageWanted(on: On, asked: Asked, journal: JournalStore | null = null): readonly Wanted[] {
  const { host, layout } = on;
  const { storage } = layout;
  if (storage === undefined) return [];
  const { device = null, planned = null } = diskOn(on) ?? {};
  const inPlace = isInPlace(on);
  if (device === null && inPlace) return [];
  const mounts = (of: PlannedDisk) =>
    wantedFileSystems(layout).map((one) => ({
      fileSystem: one,
      place: placeOf(one, of),
      options: mountOptionsFor(one, layout),
      needs: [fileSystemAddress(placeOf(one, of))],
    }));
  const { today } = asked;
  // What is on the disk only root may read; what is mounted, and is to be, anybody.
  if (planned !== null && inPlace && host.surroundings().effectiveUid !== 0)
    return mountsWanted(host, layout, { all: mounts(planned), today });
  const theDisk = wanted(disk, [diskWant(on, { storage, asked, journal, planned })]);
  // Of all else its refusal is enough.
  if (planned === null || device === null) return [theDisk];
  const own = examine(host, [theDisk], NO_CONSENT).map(({ difference }) => difference);
  if (own.some(({ refusals }) => refusals.length > 0)) return [theDisk];
  const isErased = own.some(({ steps }) => steps.some((step) => step.do.type === 'eraseDisk'));
  const lvm = volumeWants(layout, planned, isErased);
  return [
    theDisk,
    wanted(physicalVolume, lvm.physicalVolumes),
    wanted(volumeGroup, lvm.groups),
    wanted(volume, lvm.volumes),
    wanted(
      fileSystem,
      fileSystemWants(layout, {
        disk: planned,
        sectorBytes: sectorBytesOf(device),
        makers: host.fileSystemMakers(),
        isErased,
        volumes: plannedVolumes(host, lvm.volumes),
      }),
    ),
    ...mountsWanted(host, layout, { all: mounts(planned), today }),
  ];
}

/**
 * All that the layout wants is mounted where it should be, by its UUIDs: there is nothing to be made. So it may be though the disk is
 * not called as the layout says: it was copied to another one, or its number is hidden.
 */
function isInPlace({ host, layout }: On): boolean {
  return wantedFileSystems(layout).every(({ mountPoint, uuid }) => {
    const { holder } = host.disk(mountPoint);
    return holder.mountPoint === mountPoint && holder.uuid?.toLowerCase() === uuid;
  });
}

interface OfDisk {
  readonly storage: Storage;
  readonly asked: Asked;
  readonly journal: JournalStore | null;
  readonly planned: PlannedDisk | null;
}

function diskWant({ host, layout }: On, { storage, asked, journal, planned }: OfDisk): DiskWant {
  const { confirmed, backup, noBackup, command } = asked;
  const { device = null } = diskOn({ host, layout }) ?? {};
  const run =
    planned === null || journal === null ? { setUpBy: null, begunBy: null } : runOfDisk(journal, planned);
  return {
    disk: storage.disk,
    allowFormat: storage.allowFormat,
    confirmed,
    backup: backup === null ? null : { file: backup, ofEnds: null },
    noBackup,
    services: layout.services.map(({ name }) => name),
    command,
    isInFstab: isInFstab(host, layout),
    ...(device !== null && { look: lookAt(storage, device.path) }),
    ...run,
  };
}

function isInFstab(host: HostReader, layout: Layout): boolean {
  const lines = parseFstab((host.entry(FSTAB).type === 'file' ? host.text(FSTAB) : null) ?? '');
  return wantedFileSystems(layout).some(({ uuid }) => lines.some(({ what }) => what === `UUID=${uuid}`));
}

/** Changes nothing. ext4 keeps a second superblock there. */
function lookAt({ type, volumes }: Storage, path: string): string {
  if (volumes !== null) return `sudo vgcfgrestore --list ${volumes.group}`;
  return type === 'xfs' ? `sudo xfs_repair -n ${path}` : `sudo e2fsck -n -b 32768 ${path}`;
}

/** For the record of a run that formats it: what was agreed to. */
export function decisionsOnDisk(on: On, asked: Asked, journal: JournalStore): readonly string[] {
  const { storage } = on.layout;
  const { planned = null } = diskOn(on) ?? {};
  if (storage === undefined || planned === null) return [];
  const want = diskWant(on, { storage, asked, journal, planned });
  const [have] = disk.observe(on.host, [want]);
  return have === undefined ? [] : diskDecisions(want, have);
}

export function placeOf({ volume: on }: Pick<WantedFileSystem, 'volume'>, planned: PlannedDisk): Place {
  return { disk: planned, volume: on === null ? null : { group: on.group, name: on.name } };
}
