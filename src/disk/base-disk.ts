// Owns what is known of the disk below a base: what is on record of it, and what is seen of it now. Pure data, and the
// text of the record. Must not decide whether it is the right one: judge.ts does.

import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { BaseDisk, KnownDirectory, KnownFileSystem, ServiceDisk } from './base-disk-document.ts';

export type { BaseDisk, KnownDirectory, KnownFileSystem, ServiceDisk };

/** One line of the table of mounts. */
export interface Mounted extends KnownFileSystem {
  /** Of the mount, and of that on which it is mounted: one that covers another is mounted on it. */
  readonly id: string;
  readonly parent: string;
  readonly source: string;
  readonly type: string;
  readonly options: readonly string[];
  /** `major:minor` of the block device; null: there is none. */
  readonly device: string | null;
}

/** What a line of fstab or a unit of systemd wants to be mounted. */
export interface WantedMount {
  readonly mountPoint: string;
  /** As it stands there: `UUID=…`, `/dev/…`, `server:/export`. */
  readonly what: string;
  readonly options: readonly string[];
  /** Of systemd; null: a line of /etc/fstab. */
  readonly unit: string | null;
  /** `major:minor` of the block device that `what` names; null: not known. */
  readonly device: string | null;
}

/** What is seen of the disk below a path. */
export interface DiskView {
  readonly path: string;
  /** What is mounted there, or nearest above it, and not covered by another mount. */
  readonly holder: Mounted;
  /** All at the path or above it, covered ones included. */
  readonly mounts: readonly Mounted[];
  /** At the path or above it, `/` left out; from the top down. */
  readonly wanted: readonly WantedMount[];
  /** `hidden`: there is none that we may look at. */
  readonly directory: KnownDirectory | 'missing' | 'hidden';
}

/** The file system without what only the table of mounts says. */
export function knownOf({ mountPoint, source, type, uuid, part }: Mounted): KnownFileSystem {
  return { mountPoint, source, type, uuid, part };
}

export function diskOf({ holder, directory }: DiskView): BaseDisk {
  return { fileSystem: knownOf(holder), directory: typeof directory === 'string' ? null : directory };
}

/** 2: bases have file systems of services below them. Written only where one has, so that earlier versions read all others. */
export const BASES_SCHEMA_VERSION = 2;
const WITHOUT_SERVICES = 1;
export const BASES_FILE = '/var/lib/jts-hot/bases.json';

export type Bases = ReadonlyMap<string, BaseDisk>;

export function formatBases(bases: Bases): string {
  const schemaVersion = [...bases.values()].some(({ services }) => services !== undefined)
    ? BASES_SCHEMA_VERSION
    : WITHOUT_SERVICES;
  const document = { schemaVersion, bases: Object.fromEntries(bases) };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Throws a Problem where it is not what `formatBases` gives. null: there is none. */
export function parseBases(text: string | null): Bases {
  if (text === null) return new Map();
  try {
    const { schemaVersion, bases } = JSON.parse(text) as { schemaVersion: unknown; bases: object };
    if (schemaVersion !== BASES_SCHEMA_VERSION && schemaVersion !== WITHOUT_SERVICES)
      throw unreadable(`want schema version ${BASES_SCHEMA_VERSION}, found ${JSON.stringify(schemaVersion)}`);
    const entries = Object.entries(bases) as [string, BaseDisk][];
    const odd = entries.find(([, disk]) => !isDisk(disk));
    if (odd !== undefined) throw unreadable(`want a disk for ${odd[0]}, found something else`);
    return new Map(entries);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unreadable(`found ${JSON.stringify(text.slice(0, 60))}`);
  }
}

function isDisk({ fileSystem, directory, services = {} }: BaseDisk): boolean {
  return (
    isFileSystem(fileSystem) &&
    (directory === null || (typeof directory.inode === 'string' && isTextOrNull(directory.born))) &&
    Object.values(services).every((one) => typeof one.path === 'string' && isFileSystem(one.fileSystem))
  );
}

function isFileSystem({ mountPoint, part, source, type, uuid }: KnownFileSystem): boolean {
  return (
    typeof mountPoint === 'string' && typeof part === 'string' && [source, type, uuid].every(isTextOrNull)
  );
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

function unreadable(detail: string): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_DISK_RECORD', 'refusing to go on without knowing which disk is the right one', {
      at: BASES_FILE,
      detail,
      fix: `sudo mv -T ${BASES_FILE} ${BASES_FILE}.damaged`,
      hint: 'see first that the right disk is mounted: findmnt; the next setup records it again',
    }),
  ]);
}
