// Owns what can be seen of a machine. Planning gets a HostReader, whose type cannot change anything.

import type { DiskView } from '../disk/base-disk.ts';
import type { Content } from '../values/content.ts';
import type { Mode } from '../values/mode.ts';
import type { AccessLists } from './access-lists.ts';
import type { BlockDevice, DeviceContents } from './block-device.ts';
import type { BlockDisk } from './block-disk.ts';
import type { BlockQueue } from './block-queue.ts';
import type { OpenForWriting } from './copy-tree.ts';
import type { DeclaredMount } from './declared-mount.ts';
import type { DeletedOpenFound } from './deleted-open.ts';
import type { DiskHealthSaid } from './disk-health.ts';
import type { Born, Entry } from './entry.ts';
import type { Asking, FileSystem, MountedAt } from './file-system.ts';
import type { AtPlace, FileSystemMakers } from './file-system-on.ts';
import type { EntryAttributes, EntryFlag, InsideRequest, InsideTree } from './inside.ts';
import type { KernelValue } from './kernel-value.ts';
import type { Measured, MeasureRequest } from './measure.ts';
import type { MountPlace, MountUse } from './mount-point.ts';
import type { ProgramSource } from './operations/words.ts';
import type { OwnerSearch, OwnersFound } from './owner-search.ts';
import type { ProjectLimits, ProjectQuotaAsked, ProjectQuotaState, ProjectsAt } from './project-quota.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { Running } from './running.ts';
import type { Between, DiskEnds, SavedDisk } from './saved-disk.ts';
import type { Denial, LabelsAt, OtherLabels, OtherLabelsAsked, Selinux } from './selinux.ts';
import type { Place, PlannedDisk } from './storage.ts';
import type { UnitReport } from './unit-report.ts';
import type { LvmRejection, VolumeGroups } from './volume-group.ts';
import type { WritersFound } from './writers.ts';

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

/** The home of a user who is being deleted, until it is: nobody's and nowhere. If it is seen later, the deletion was interrupted. */
export const PARTED_HOME = '/nonexistent/being-deleted-by-jts-hot';

/** The machine's own clock: it counts from its start on, sleep included, and nobody sets it. */
export interface BootClock {
  /** Another one after each start (`random(4)`, boot_id). */
  readonly boot: string;
  /** Milliseconds since then: CLOCK_BOOTTIME of `clock_gettime(2)`. */
  readonly boottimeMs: number;
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
 * One entry met while walking a tree. `path` is below the walk's start, undecodable bytes kept (see values/file-name.ts).
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
  /** As `ls` counts. */
  readonly bytes: number;
  /** When it was last written, in nanoseconds since the epoch as decimal text. Its owner may set that. */
  readonly writtenAt: string;
  /** When anything of it was last changed, its name and its times too: of this the kernel alone says when. */
  readonly changedAt: string;
  /** Of the file system that it is on, as `major:minor`. */
  readonly device: string;
  /** Of what is special: a block or character device. */
  readonly isDevice: boolean;
  readonly flags: readonly EntryFlag[];
  /** Read when it is asked for: that costs a call or more. */
  readonly lists: AccessLists;
  /** Its project id, 0: none; null: not a file or directory, or none is kept. Read when it is asked for, by opening it. */
  readonly project: number | null;
}

/** `here`: the start, and what is directly in it. */
export type WalkHow = 'all' | 'here';

/** What a walk finds: an entry, or a place that it does not enter. */
export type Met =
  | WalkEntry
  | { readonly type: 'mount point'; readonly path: string }
  /** `error`: the name of an errno, or in words. */
  | { readonly type: 'unreadable'; readonly path: string; readonly error: string };

export interface HostReader {
  /** `/` on the live host, else the alternate root all paths are below. */
  readonly root: string;
  readonly base: string;
  /** What the layout declares to be mounted below the base: nothing else that is mounted there is ever entered. */
  readonly mounts: readonly DeclaredMount[];
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
  /** Of a directory or a plain file; nothing of anything else. */
  attributes(path: string): EntryAttributes;
  /**
   * What is in a plain file, bytes that are no UTF-8 kept (see values/file-name.ts); null: larger than MAX_FILE_BYTES, or not
   * for us to read. Throws a Problem where there is no file.
   */
  text(path: string): string | null;
  /** The last so many bytes of it, however large it is; as `text` in all else. */
  textEnd(path: string, bytes: number): string | null;
  /** Holds a text in memory, for a plan that names it by its hash; changes nothing on the host. */
  hold(text: string): Content;
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
  /** What is known of one that does not run; null: no service manager runs here, or it has never heard of it. */
  unitReport(unit: string): UnitReport | null;
  /** Units that start this one when something asks for it, such as a socket. */
  triggers(unit: string): readonly string[];
  /** Services that systemd stops with this one, since they need it, or are part of it; also those that need these. */
  dependents(unit: string): readonly string[];
  fileSystem(path: string): FileSystem;
  /** The same of a directory itself, asked in a thread: a disk that does not answer must not hang the thread that reports it. */
  askFileSystem(path: string): Asking;
  /** What is mounted at `path` or above it, as the system knows without asking it: one that hangs cannot hang us. */
  mountedAt(path: string): MountedAt;
  /**
   * Whether the directory answers within the time; asked before a call that could wait without end. Automounts at the path and
   * above it are mounted by that.
   */
  answers(path: string, timeoutMs: number): Promise<boolean>;
  /** The disk below `path`, of the live host only: what is seen of it, and what should be mounted there. */
  disk(path: string): DiskView;
  /** The directory to mount on, whatever is mounted over it; `path` without links. Of the live host only. */
  mountPlace(path: string): MountPlace;
  /** Of what is mounted at just this path. Throws a Problem where nothing is. */
  mountUse(mountPoint: string): MountUse;
  /** The disks below a file system's device (`FileSystem.device`), as they are now. */
  blockDisks(names: readonly string[]): readonly BlockDisk[];
  /** How they, or layers above them (`FileSystem.device`), take requests; null: there is no such device. */
  blockQueues(names: readonly string[]): readonly (BlockQueue | null)[];
  /** How far the kernel reads ahead on devices (`FileSystem.device`), or on the disk of a partition; null: there is no such device. */
  readAheads(names: readonly string[]): readonly (ReadAhead | null)[];
  /** Settings of the running kernel, by the names of kernel-value.ts; null: this kernel has none. Of an alternate root none. */
  kernelValues(settings: readonly string[]): readonly (KernelValue | null)[];
  /** Whether the running kernel has any swap; null: it does not tell. */
  hasSwap(): boolean | null;
  /**
   * What NVMe disks say of their own health, of those that `blockDisks` has, asked all at once; of others nothing. One that
   * does not answer is given up after this time and two seconds more. Nothing of an alternate root's.
   */
  diskHealth(names: readonly string[], timeoutMs: number): Promise<readonly DiskHealthSaid[]>;
  /** All of the live host, by name; of an alternate root none. A loop device that shows no file is none. */
  blockDevices(): readonly BlockDevice[];
  /**
   * What is on those of `blockDevices`, asked all at once; one that does not answer within the time is given up. Others are not
   * in the answer.
   */
  deviceContents(names: readonly string[], timeoutMs?: number): readonly DeviceContents[];
  /** The first and the last 16 MiB of a disk, as they are on it. null: there is no such disk, or more than one. As root only. */
  diskEnds(disk: PlannedDisk, between?: Between): DiskEnds | null;
  /** What was saved of disks before something was written to them, the newest first. Nobody but root finds any. */
  savedDisks(): readonly SavedDisk[];
  /** What LVM knows of on the live host; of an alternate root nothing. Asks LVM, and so all disks. */
  volumeGroups(): VolumeGroups;
  /** Why LVM does not take the block device at a path here; null: it takes it, or only root would be told. */
  lvmRejection(path: string): LvmRejection | null;
  /**
   * What is on disks and volumes of the live host, which takes root and asks them; null: there is no such disk or volume. What a
   * file system holds is looked at on a mount of our own that nobody else sees, up to the first file.
   */
  fileSystemsOn(places: readonly Place[]): readonly (AtPlace | null)[];
  /** What a file system's options depend on. */
  fileSystemMakers(): FileSystemMakers;
  /** How large the parts are that XFS divides its disk into; null: it is no XFS. */
  allocationGroupBytes(mountPoint: string): number | null;
  /** A directory beside `path`, or itself, that has this inode; null: there is none. */
  beside(path: string, inode: string): string | null;
  /** The record of the disks below each base, as `setBases` wrote it; null: there is none, or it is not for us to read. */
  bases(): string | null;
  /**
   * What the kernel counts of a directory and all below it, in a time that does not depend on how much that is. Throws a Problem
   * where there is no directory. To be asked of a disk that answers.
   */
  projectQuota(directory: string, asked?: ProjectQuotaAsked): ProjectQuotaState;
  /** Which project a directory has, and whether any is counted where it is, or will be. */
  projectsAt(directory: string): ProjectsAt;
  /**
   * Of a project on the file system that holds the directory, or the nearest one above it; null: root alone may ask, or none is
   * counted.
   */
  projectLimits(directory: string, project: number): ProjectLimits | null;
  /** null: SELinux is off on the live host, or this is an alternate root, of which no kernel runs. */
  selinux(): Selinux | null;
  /** Those of these types that the loaded policy has. Only where `selinux` is not null. */
  typesKnown(types: readonly string[]): ReadonlySet<string>;
  /** Types that the policy leaves to who gave them (`customizable_types`). */
  typesKept(): ReadonlySet<string>;
  /** The label of a directory or file, or what a directory would get if it were made now; null: its file system keeps none. */
  labelsAt(directory: string): LabelsAt | null;
  /** What is below a directory and has another type; follows no link, enters no mount point. It takes a while where there is much. */
  otherLabels(directory: string, asked: OtherLabelsAsked): OtherLabels;
  /** What the policy did not grant lately, the oldest first. Nobody but root finds any. */
  denials(): readonly Denial[];
  /** Where `setLauncher` says that this program is; null: it was never said, or it is not for us to read. */
  launcher(): string | null;
  /** Those of `tools` that are not on the PATH. */
  missingTools(tools: readonly string[]): readonly string[];
  /** `path` itself (as `''`) and everything below it on the same file system, one by one. Follows no link. */
  walk(path: string, how?: WalkHow): Iterable<Met>;
  /** Disk use of directories, at the speed of all cores. Never throws for what it meets: it says so in the answer. */
  measure(request: MeasureRequest): Promise<Measured>;
  /** What may not be in services' trees; an answer for each. Never throws for what it meets: it says so in the answer. */
  lookInside(request: InsideRequest): Promise<readonly InsideTree[]>;
  /** At the speed of all cores. Never throws for what it meets: it says so in the answer. */
  searchOwners(search: OwnerSearch): Promise<OwnersFound>;
  /** Inodes that some process has open or mapped, or stands in, on the file system that holds `path`; with a process. */
  openInodes(path: string): ReadonlyMap<string, { readonly pid: number; readonly command: string }>;
  /** Of these inodes on the file system that holds the directory `path`, the processes that have them open for writing. */
  writers(path: string, inodes: ReadonlySet<string>): WritersFound;
  /** All of them on that file system; mapped writable counts, too, which is not looked for above. */
  openForWriting(path: string): OpenForWriting;
  /** Regular files without a name that some process has open or mapped, on the file system that holds the directory `path`. */
  deletedOpen(path: string): DeletedOpenFound;
  /** Those whose /proc/PID/comm is one of `commands`, by their number. Of an alternate root nothing runs. */
  processes(commands: readonly string[]): readonly Running[];
  /** `major:minor` of what holds `path`, or the nearest directory above it that is there, as the table of mounts has it. */
  deviceAt(path: string): string;
}
