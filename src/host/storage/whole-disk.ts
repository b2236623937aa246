// How this host saves the ends of a disk, takes them away and puts them back. Each looks at what is there on the very descriptor that
// it then writes to, and reads again what it wrote. Must not decide whether any of it may be done.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import {
  describeOperation,
  type Operation,
  type OperationOf,
  type Performers,
} from '../../port/operation.ts';
import type { Between, DiskEnds, SavedPart } from '../../port/saved-disk.ts';
import { endsOf } from '../../port/saved-disk.ts';
import { describeDisk, type PlannedDisk } from '../../port/storage.ts';
import { hashOfBytes } from '../../values/content.ts';
import { changedSince } from '../changed-since.ts';
import { isInstalled, run } from '../process.ts';
import { makeRunDirectory, removeRunDirectory } from '../run-directory.ts';
import { O_RDONLY } from '../syscalls.ts';
import { readBlockDevices } from './block-devices.ts';
import { readDeviceContents } from './device-contents.ts';
import { describeEnds, isBetween, readEnds, readPartitionsAnew, writeEnds } from './disk-ends.ts';
import { requireDisk, withOpenDisk } from './right-device.ts';
import type { SavedDisks } from './saved-disks.ts';

type Of<T extends 'saveDisk' | 'eraseDisk' | 'restoreDisk'> = OperationOf<T>;

export function wholeDiskPerformers(
  saved: SavedDisks,
): Pick<Performers, 'saveDisk' | 'eraseDisk' | 'restoreDisk'> {
  return {
    saveDisk: (operation) => save(operation, saved),
    eraseDisk: (operation) => erase(operation, saved),
    restoreDisk: (operation) => restore(operation, saved),
  };
}

/** null: there is no such disk, or more than one. */
export function readDiskEnds(
  disk: PlannedDisk,
  between: Between | undefined,
  saved: SavedDisks,
): DiskEnds | null {
  let path: string;
  try {
    path = requireDisk(disk).path;
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
  const fd = openSync(path, O_RDONLY);
  try {
    const kept = (hash: string | null) => (hash === null ? null : keptOr(disk, hash, saved));
    const ends = readEnds(fd, disk.sizeBytes);
    return describeEnds(ends, between === undefined ? [] : [kept(between.one), kept(between.other)]);
  } finally {
    closeSync(fd);
  }
}

function keptOr(disk: PlannedDisk, hash: string, saved: SavedDisks): Buffer | undefined {
  try {
    return saved.ends(disk, hash);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function save(operation: Of<'saveDisk'>, saved: SavedDisks): void {
  const { disk, ends: hash } = operation;
  if (keptOr(disk, hash, saved) !== undefined) return;
  const first = endsOf(disk.sizeBytes)[0].to;
  withOpenDisk(disk, 'read', (fd, { path }) => {
    const ends = readEnds(fd, disk.sizeBytes);
    requireAsPlanned(operation, hashOfBytes(ends) === hash);
    const { parts, ...about } = describeContents(path);
    saved.save(
      { disk, hash, savedAt: new Date().toISOString(), ...about },
      new Map<SavedPart['name'], Buffer>([
        ['first', ends.subarray(0, first)],
        ['last', ends.subarray(first)],
        ...parts,
      ]),
    );
    // Both read anew: what was kept, and what is on the disk.
    requireAsPlanned(operation, readEnds(fd, disk.sizeBytes).equals(saved.ends(disk, hash)));
  });
}

interface Described {
  readonly parts: readonly (readonly [SavedPart['name'], Buffer])[];
  readonly held: readonly string[];
  readonly volumeGroup: string | null;
  readonly model: string | null;
}

/** As texts that people and the tools themselves can read, beside the bytes. */
function describeContents(path: string): Described {
  const device = readBlockDevices().find((one) => one.path === path);
  const [contents] = device === undefined ? [] : readDeviceContents([device.name]);
  const table = contents?.partitionTable ?? null;
  const group = contents?.memberOf.find(({ of, name }) => of === 'lvm' && name !== null)?.name ?? null;
  const text = table === null || !isInstalled('sfdisk') ? null : tableOf(path);
  const metadata = group === null ? null : metadataOf(group);
  return {
    parts: [
      ...(text === null ? [] : [['partition-table', Buffer.from(text)] as const]),
      ...(metadata === null ? [] : [['volume-group', metadata] as const]),
    ],
    held: [
      ...(table === null ? [] : [table]),
      ...(contents?.signatures ?? []).map(({ type, label }) => (label === null ? type : `${type} ${label}`)),
    ],
    volumeGroup: group,
    model: device?.model ?? null,
  };
}

/** null: sfdisk does not know this kind of table. Its bytes are saved all the same. */
function tableOf(path: string): string | null {
  try {
    return run(['sfdisk', '--dump', path]);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** null: LVM cannot read it, as of a group with a disk that is missing. Its bytes are saved all the same. */
function metadataOf(group: string): Buffer | null {
  const place = makeRunDirectory('volume-group');
  try {
    run(['vgcfgbackup', '--file', `${place}/metadata`, group]);
    return readFileSync(`${place}/metadata`);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  } finally {
    removeRunDirectory('volume-group', place);
  }
}

function erase(operation: Of<'eraseDisk'>, saved: SavedDisks): void {
  const { disk, ends: hash } = operation;
  const kept = saved.ends(disk, hash);
  withOpenDisk(disk, 'write', (fd) => {
    requireAsPlanned(operation, isBetween(readEnds(fd, disk.sizeBytes), [kept, null]));
    requireWritten(operation, writeEnds(fd, disk.sizeBytes, Buffer.alloc(kept.length)));
    readPartitionsAnew(fd);
  });
}

function restore(operation: Of<'restoreDisk'>, saved: SavedDisks): void {
  const { disk, ends: hash, over } = operation;
  const kept = saved.ends(disk, hash);
  const before = over === null ? null : keptOr(disk, over, saved);
  withOpenDisk(disk, 'write', (fd, { name }) => {
    const found = isBetween(readEnds(fd, disk.sizeBytes), [before, kept]);
    requireAsPlanned(operation, found || (over === null && isBare(name)));
    requireWritten(operation, writeEnds(fd, disk.sizeBytes, kept));
    readPartitionsAnew(fd);
  });
}

/** We hold it open ourselves, so that nothing on it can be in use. */
function isBare(name: string): boolean {
  const [contents] = readDeviceContents([name]);
  return contents?.probed.ok === true && contents.partitionTable === null && contents.signatures.length === 0;
}

function requireAsPlanned(operation: Operation & { readonly disk: PlannedDisk }, asPlanned: boolean): void {
  if (asPlanned) return;
  throw changedSince(describeDisk(operation.disk), [
    `want: ${describeOperation(operation)}`,
    'found: other content in its first or last 16 MiB than was planned for',
  ]);
}

function requireWritten(operation: Operation & { readonly disk: PlannedDisk }, isWritten: boolean): void {
  if (isWritten) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_NOT_WRITTEN', 'cannot read back what was written to a disk', {
      at: describeDisk(operation.disk),
      detail: `want: ${describeOperation(operation)}; found something else on the disk than was written`,
      hint: 'the disk does not keep what it takes: look at dmesg and smartctl, and do not use it',
    }),
  ]);
}
