// Owns the port between this product and a machine. Planning gets a HostReader, whose type cannot change anything;
// only apply and rollback get a Host. linux.ts and memory.ts implement it; test/contract/ holds both to one suite.
import type { DiskView } from '../disk/base-disk.ts';
import type { Operation, ProgramSource } from '../operation.ts';
import type { Mode } from '../spec.ts';
import type { BootClock, History, HistoryAccess } from '../usage/history.ts';

export interface Group {
  readonly name: string;
  readonly gid: number;
  /** Users that are in it besides those whose primary group it is. */
  readonly members: readonly string[];
}

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The home of a user who is being deleted, until it is: nobody's and nowhere. Seen later, it tells of a cut. */
export const PARTED_HOME = '/nonexistent/being-deleted-by-jts-hot';

/**
 * When it was made, in nanoseconds since the epoch as decimal text; null where the file system keeps no such time (ext4
 * with inodes of 128 bytes). An inode number alone does not know a thing again: ext4 gives it to the next one.
 */
export type Born = string | null;

/** What a file without a birth time is known by: it was not written since. */
export interface Written {
  readonly bytes: number;
  /** When it was last written, in nanoseconds since the epoch as decimal text. */
  readonly at: string;
}

/** What is at a path. No link is ever followed on the way to it. */
export type Entry =
  | { readonly type: 'missing' }
  | {
      readonly type: 'directory';
      readonly uid: number;
      readonly gid: number;
      readonly mode: Mode;
      /** Decimal text: inode numbers can be larger than 2^53. */
      readonly inode: string;
      readonly born: Born;
      /** How many entries it has, counted to ENTRIES_COUNTED and no further; null where we may not look. */
      readonly entries: number | null;
    }
  | {
      readonly type: 'file' | 'link' | 'special';
      readonly uid: number;
      readonly gid: number;
      readonly mode: Mode;
      readonly inode: string;
      readonly born: Born;
      /** Of a file, and only where `born` is null. */
      readonly written?: Written;
    }
  /** Below the base: something else is mounted there. The base and what is above it may be mount points. */
  | { readonly type: 'mount point' }
  /** A component on the way is not a plain directory: the wanted path cannot be reached safely. */
  | {
      readonly type: 'blocked';
      readonly at: string;
      readonly by: 'file' | 'link' | 'special' | 'mount point';
    }
  /** We lack the right to look (planning without root). */
  | { readonly type: 'hidden' };

/** Setup does no work that grows with the data: it never counts further than this. */
export const ENTRIES_COUNTED = 1000;

export type MountedAt = Pick<FileSystem, 'mountPoint' | 'source' | 'type' | 'options'>;

export interface FileSystem {
  /** The existing directory that was asked: the path itself or its nearest existing ancestor. */
  readonly path: string;
  readonly mountPoint: string;
  readonly source: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** Of the mount and of the file system: `rw`, `noatime`, `prjquota` … */
  readonly options: readonly string[];
  /** What the file system can hold, its own metadata taken off. */
  readonly sizeBytes: number;
  /** Unused, the part reserved for root included. */
  readonly freeBytes: number;
  /** Unused and open to every user. */
  readonly availableBytes: number;
  readonly inodes: number;
  readonly inodesFree: number;
  /** The disk below it; null where there is none (tmpfs, overlay, network). */
  readonly device: Device | null;
}

export type LookedAt = Omit<FileSystem, 'device'>;

/** A question that a disk may not answer. */
export interface Asking {
  /** null: no answer within so long; it may come yet. `error`: `missing`, `link`, or the name of an errno. */
  within(milliseconds: number): Promise<LookedAt | { readonly error: string } | null>;
}

/**
 * One look at a time. `taken`: another one works, so this one has nothing to do. `hanging`: an earlier one asked a disk that
 * has not answered until now, so this one must not ask.
 */
export interface LookTurn {
  readonly is: 'mine' | 'taken' | 'hanging';
  /** Says so to the next one; it is `hanging` for as long as what waits for the disk is there. */
  hangs(): void;
  end(): void;
}

export interface Device {
  readonly name: string;
  readonly sizeBytes: number;
  /** All disks below (LVM, RAID) are NVMe. */
  readonly nvme: boolean;
  readonly disks: readonly string[];
}

export interface Surroundings {
  readonly platform: string;
  /** `docker`, `podman`, `lxc`, … or null. */
  readonly container: string | null;
  readonly effectiveUid: number;
  /** systemd manages the services of the live host, which an alternate root is not part of. */
  readonly runsSystemd: boolean;
}

/** What the service manager of the live host knows of a unit. */
export interface Unit {
  readonly active: boolean;
  /** It was loaded from a file that has changed or gone since. */
  readonly outdated: boolean;
}

/** A program as a path leads to it, through links inside the root. */
export interface Installed {
  /** Without links. */
  readonly path: string;
  /** The first thing on the way that others than root can change, and with it what runs; null: there is none. */
  readonly changeableAt: string | null;
}

/** What a complete copy of the program that runs would be. */
export interface BuiltProgram {
  readonly version: string;
  /** Of all its bytes. */
  readonly hash: string;
  readonly bytes: number;
}

/** Larger files are not written, replaced or kept for an undo. */
export const MAX_FILE_BYTES = 64 * 1024;

/** Numbers of a process's identity, as the kernel knows them. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary ones: those that the service manager starts the account's processes with (initgroups(3)). */
  readonly groups: readonly number[];
}

export type Probe = { readonly ok: true } | { readonly ok: false; readonly error: string };

/** How far an identity gets into a directory. */
export interface Reach {
  readonly list: Probe;
  /** To what is in it, by name. */
  readonly enter: Probe;
}

/** A group that an account is in beside its primary one. Without a name in any database, its number is its name. */
export interface Membership {
  readonly name: string;
  readonly gid: number;
  /** The service that says so, which shadow-utils cannot change: `sss`, `ldap`; null: the files of /etc. */
  readonly kept: string | null;
}

/** A user or a group by its number. */
export interface Numbered {
  readonly name: string;
  readonly id: number;
  /** As of a membership. */
  readonly kept: string | null;
}

/** A named entry of a directory's access control list (acl(5)) that lets somebody in. */
export interface AccessEntry {
  readonly type: 'user' | 'group';
  readonly id: number;
  /** What is left of it under the mask: `r-x`. */
  readonly permissions: string;
  /** Not for the directory itself, but for what is made in it. */
  readonly inherited: boolean;
}

/**
 * One entry met while walking a tree. `path` is below the walk's start, undecodable bytes kept (see host/name.ts).
 * Good only until the next one is asked for: there may be millions, so they share one place.
 */
export interface WalkEntry {
  readonly path: string;
  /** First name of the path, '' for the start itself. */
  readonly top: string;
  readonly type: 'directory' | 'file' | 'link' | 'special';
  readonly uid: number;
  readonly gid: number;
  readonly mode: Mode;
  readonly inode: string;
  readonly born: Born;
  readonly links: number;
  /** Disk use, not apparent size. */
  readonly diskBytes: number;
}

/** What a walk comes upon: an entry, or what it does not go into. */
export type Met =
  | WalkEntry
  | { readonly type: 'mount point'; readonly path: string }
  /** `error`: the name of an errno, or in words. */
  | { readonly type: 'unreadable'; readonly path: string; readonly error: string };

/** Directories to measure, each with what is below it on the same file system. */
export interface MeasureRequest {
  /** In order: a file with hard links in several of them counts in the first. None is below another. */
  readonly trees: readonly string[];
  /** So many levels of directories below each tree have numbers of their own: 1 is its sub-directories. */
  readonly depth: number;
  /** What to name on the way; null: nothing. */
  readonly find: FindRequest | null;
  /** What has not answered after this long is given up, and said so; null: what stands still for STANDSTILL_MS. */
  readonly timeoutMs: number | null;
  /** About ten times a second. */
  readonly onProgress: (entries: number) => void;
}

/** Files to name; each null: none of that kind. A file may be of several kinds. */
export interface FindRequest {
  /** Files whose disk use is at least this. */
  readonly filesOverBytes: number | null;
  /** `*.log` whose disk use is at least this. Not those of 20 digits: Kafka's segments are its data. */
  readonly logsOverBytes: number | null;
  /** `*.tmp` last changed before this, in milliseconds since the epoch. */
  readonly temporaryBefore: number | null;
  /** No more than the largest so many of each kind are kept. */
  readonly most: number;
}

export interface Amount {
  /** Allocated blocks, as `du --block-size=1` counts them; directories included; each file once. */
  readonly diskBytes: number;
  /** Lengths of files and links; holes count. */
  readonly apparentBytes: number;
  /** Everything that has an inode, directories and the top itself included; each file once. */
  readonly inodes: number;
}

export interface MeasuredDirectory extends Amount {
  /** Below its tree, `a/b`; '' is the tree itself. Undecodable bytes kept (see host/name.ts). */
  readonly path: string;
}

export interface FoundFile {
  readonly kind: 'large' | 'log' | 'temporary';
  /** Below its tree. */
  readonly path: string;
  readonly diskBytes: number;
  readonly apparentBytes: number;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
}

export interface MeasuredTree {
  readonly path: string;
  /** Why there are no numbers: `missing`, `file`, `link`, `special`, `mount point`, `blocked`, the name of an errno, or `timeout`. */
  readonly error: string | null;
  readonly total: Amount;
  /** Regular files, each once. */
  readonly files: number;
  /** Totals, each with what is below it, largest first. At most DIRECTORIES_KEPT of a measurement have numbers. */
  readonly directories: readonly MeasuredDirectory[];
  readonly mountPoints: readonly string[];
  /** The first UNREADABLE_KEPT. */
  readonly unreadable: readonly { readonly path: string; readonly error: string }[];
  readonly unreadableCount: number;
  readonly found: readonly FoundFile[];
}

export interface Measured {
  /** As asked for, in order. */
  readonly trees: readonly MeasuredTree[];
  /** All that was looked at. */
  readonly entries: number;
  /** Names of files with hard links that found no room in the table of those seen: each name was counted. */
  readonly linksBeyond: number;
  /** Not all was measured: what answered no more when the time was up. */
  readonly timedOut: boolean;
}

export interface Owners {
  readonly uids: readonly number[];
  readonly gids: readonly number[];
}

/** A search for what certain users and groups still own. */
export interface OwnerSearch {
  /** The file systems that hold these paths are searched whole, each from where it is mounted. */
  readonly at: readonly string[];
  readonly owners: Owners;
  /** It ends after this long. */
  readonly limitMs: number;
  /** Asked about ten times a second: true ends the search. */
  readonly stopRequested: () => boolean;
  /** About ten times a second. */
  readonly onProgress: (entries: number) => void;
}

/** Something that a user or group owns. */
export interface Owned {
  readonly kind: 'uid' | 'gid';
  readonly id: number;
  /** Absolute; undecodable bytes kept (see host/name.ts). */
  readonly path: string;
}

export interface OwnersFound {
  /** One for each number that owns something: whatever was met first. */
  readonly owned: readonly Owned[];
  readonly entries: number;
  /** Why the others may own something all the same: the time was up, or what could not be looked at; null: they do not. */
  readonly unfinished: 'time' | { readonly path: string; readonly error: string } | null;
}

/** A disk that shows no entry for so long is taken for one that hangs. */
export const STANDSTILL_MS = 60_000;

/** A measurement's memory does not grow with what it measures. */
export const DIRECTORIES_KEPT = 100_000;
export const UNREADABLE_KEPT = 100;

export interface HostReader {
  /** `/` on the live host, else the alternate root all paths are below. */
  readonly root: string;
  readonly base: string;
  surroundings(): Surroundings;
  /** null: this machine does not say. */
  clock(): BootClock | null;
  /** Through NSS on the live host, from the files of an alternate root. Names not found are not in the map. */
  groups(names: readonly string[]): ReadonlyMap<string, Group>;
  users(names: readonly string[]): ReadonlyMap<string, User>;
  /** Supplementary groups of users, by name. */
  memberships(names: readonly string[]): ReadonlyMap<string, readonly Membership[]>;
  /** Every account known that has one of these numbers; one that is kept in two places under one name, once. */
  accountsNumbered(
    uids: readonly number[],
    gids: readonly number[],
  ): { readonly users: readonly Numbered[]; readonly groups: readonly Numbered[] };
  /** Those of them that `lockUser` has locked, or an administrator in the same way. Nobody, where root alone may look. */
  lockedUsers(names: readonly string[]): ReadonlySet<string>;
  /** Named entries of a directory's access control list; none where the file system has no such lists. */
  accessEntries(path: string): readonly AccessEntry[];
  entry(path: string): Entry;
  /**
   * What is in a plain file, bytes that are no UTF-8 kept (see host/name.ts); null: larger than MAX_FILE_BYTES, or not
   * for us to read. Throws a Problem where there is no file.
   */
  text(path: string): string | null;
  /** An executable file; null where there is none. */
  installed(path: string): Installed | null;
  /** What a complete copy of this program would be: it may stand anywhere, also outside of the root. */
  programFrom(source: ProgramSource): BuiltProgram;
  /** The hash of the complete program there; null: there is none, or one that others than root could change. */
  programAt(path: string): string | null;
  /** What a link says; null: no link is there. */
  link(path: string): string | null;
  /** What is in a directory of root's, sorted; nothing where there is none. */
  names(path: string): readonly string[];
  /** Of an alternate root no unit is active. */
  units(names: readonly string[]): ReadonlyMap<string, Unit>;
  fileSystem(path: string): FileSystem;
  /** The same of a directory itself, asked in a thread: a disk that does not answer must not hang who is to say so. */
  askFileSystem(path: string): Asking;
  /** What is mounted at `path` or above it, as the system knows without asking it: one that hangs cannot hang us. */
  mountedAt(path: string): MountedAt;
  /**
   * Whether the directory answers within the time; to be asked before what would wait for ever. Automounts at the path and
   * above it are mounted by that.
   */
  answers(path: string, timeoutMs: number): Promise<boolean>;
  /** The disk below `path`, of the live host only: what is seen of it, and what ought to be mounted there. */
  disk(path: string): DiskView;
  /** A directory beside `path`, or itself, that has this inode; null: there is none. */
  beside(path: string, inode: string): string | null;
  /** The record of the disks below each base, as `setBases` wrote it; null: there is none, or it is not for us to read. */
  bases(): string | null;
  /** Those of `tools` that are not on the PATH. */
  missingTools(tools: readonly string[]): readonly string[];
  /** `path` itself (as `''`) and everything below it on the same file system, one by one. Follows no link. */
  walk(path: string): Iterable<Met>;
  /** Disk use of directories, at the speed of all cores. Never throws for what it meets: it says so in the answer. */
  measure(request: MeasureRequest): Promise<Measured>;
  /** At the speed of all cores. Never throws for what it meets: it says so in the answer. */
  searchOwners(search: OwnerSearch): Promise<OwnersFound>;
  /** Inodes that some process has open or mapped, or stands in, on the file system that holds `path`; with a process. */
  openInodes(path: string): ReadonlyMap<string, { readonly pid: number; readonly command: string }>;
}

/** Tries what a service would do, with just that identity, and leaves nothing behind. An answer for each path. */
export interface Prober {
  /** Create and remove a file in each directory; in the first `synced` of them, fsync it too. */
  probeWrites(paths: readonly string[], identity: Identity, synced: number): readonly Probe[];
  /** List a directory, and enter it. */
  probeReach(paths: readonly string[], identity: Identity): readonly Reach[];
}

/** Recorded runs. Append-only. What is in their files is given as it is, and nobody's word. */
export interface JournalStore {
  /** Oldest first, whatever is in their files. */
  runs(): readonly number[];
  record(run: number): RecordFile;
  /** The same runs, newest first, each to be opened before the next is asked for. */
  newestFirst(): Iterable<RecordFile>;
  /** Makes the run's file with its first lines, whole or not at all; fails where it exists. */
  create(run: number, lines: readonly string[]): JournalFile;
  /** For more lines at the end of a run's file; a torn last line is cut off first. */
  reopen(run: number): JournalFile;
}

export interface RecordFile {
  readonly run: number;
  /** To be closed by the one who opened it. Throws a Problem where it cannot be read, then or later. */
  open(): RecordBytes;
}

export interface RecordBytes {
  readonly size: number;
  /** Fills a buffer with what stands from `at` on, and says how much that is: less than the buffer only at the end. */
  read(into: Buffer, at: number): number;
  close(): void;
}

export interface JournalFile {
  /** Returns when the lines are on the disk. */
  append(lines: readonly string[]): void;
  close(): void;
}

export interface Host extends HostReader, Prober {
  /** Does one thing and returns when it has been done and synced; throws a Problem otherwise. */
  perform(operation: Operation): void;
  readonly journal: JournalStore;
  /**
   * What was recorded of this base by this machine; null: to be read, and there is none. Throws a Problem where it cannot.
   * To be closed by whoever asked.
   */
  history(access: HistoryAccess): History | null;
  lookTurn(): LookTurn;
  /** What was noted under this name since the machine was started; null: nothing, or not for us to read. */
  note(name: string): string | null;
  /** Where nothing can be noted, nothing is. null: takes it away. */
  setNote(name: string, text: string | null): void;
  /** Replaces the record of disks, whole and synced, for everybody to read. Only while the lock is held. */
  setBases(text: string): void;
  /** One run at a time. Returns the release. Throws a Problem where another run holds it. */
  lock(purpose: string): () => void;
}
