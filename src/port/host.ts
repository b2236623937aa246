// Owns the port between this product and a machine. Planning gets a HostReader, whose type cannot change anything;
// only apply and rollback get a Host. host/linux.ts and test/memory-host/ implement it; test/contract/ holds both to one suite.
import type { TreeCopying } from './copy-tree.ts';
import type { DiskImage, ImageRequest } from './disk-image.ts';
import type { FileSystemTrial, FileSystemTrialRequest } from './file-system-on.ts';
import type { HostReader } from './host-reader.ts';
import type { JournalStore } from './journal-store.ts';
import type { MoveStore } from './move-store.ts';
import type { LongOperation, Operation } from './operation.ts';
import type { Scratch } from './scratch.ts';
import type { PlannedDisk } from './storage.ts';
import type { TreeMoving } from './tree-moving.ts';
import type { Trimmed, TrimRange } from './trim.ts';

export type * from './copy-tree.ts';
export * from './host-reader.ts';

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

/** Tries what a service would do, with just that identity, and leaves nothing behind. An answer for each path. */
export interface Prober {
  /** Create and remove a file in each directory; in the first `synced` of them, fsync it too. */
  probeWrites(paths: readonly string[], identity: Identity, synced: number): readonly Probe[];
  /** What is in a plain file, as `text` of HostReader; null: it is not for this identity to read, or no such file is there. */
  readAs(path: string, identity: Identity): string | null;
  /** List a directory, and enter it. */
  probeReach(paths: readonly string[], identity: Identity): readonly Reach[];
}

export type Lock = 'run' | 'long';

export type Restarted = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Texts that a program is to judge before they become files. */
export interface Trial {
  /** By their names below a directory that is made for it. */
  readonly files: (directory: string) => Readonly<Record<string, string>>;
  /** The command, given that directory. */
  readonly argv: (directory: string) => readonly string[];
  readonly identity: { readonly uid: number; readonly gid: number };
  readonly timeoutMs: number;
  /** Once it says this, it is content, and is ended; null: its exit status says it. */
  readonly until: string | null;
}

export interface Tried {
  /** null: it was killed, or took too long. */
  readonly status: number | null;
  /** The end of what it said. */
  readonly output: string;
}

export interface LongWork {
  readonly stopRequested: () => boolean;
  readonly onProgress: (far: LongProgress) => void;
}

/** How far it is. */
export interface LongProgress {
  /** Files and directories that were looked at. */
  readonly looked: number;
  /** Those of them that were changed. */
  readonly changed: number;
  readonly seconds: number;
}

export interface Host extends HostReader, Prober, TreeCopying, TreeMoving {
  /**
   * The same of what may take minutes: between two parts it tells how far it is, and whether it is to stop is asked. Stopped, it is
   * as far as it came, and is done again from there.
   */
  performLong(operation: LongOperation, how: LongWork): Promise<'done' | 'stopped'>;
  /** Does one thing and returns when it has been done and synced; throws a Problem otherwise. */
  perform(operation: Operation): void;
  readonly journal: JournalStore;
  /** Moves of data that are not finished. */
  readonly moves: MoveStore;
  /** Restarts a unit of the live host, and waits until its manager says that it is done. Recorded nowhere. */
  restartUnit(unit: string, timeoutMs: number): Promise<Restarted>;
  /**
   * Stops units together, and waits until their manager says that it is done. One that takes longer goes on stopping. Recorded
   * nowhere, as `startUnits` and `restartUnit`.
   */
  stopUnits(units: readonly string[], timeoutMs: number): Promise<Restarted>;
  startUnits(units: readonly string[], timeoutMs: number): Promise<Restarted>;
  /** Changes nothing that stays. */
  tryOut(trial: Trial): Promise<Tried>;
  /**
   * Makes a small file system in a file without a name, and mounts it where nobody else sees it. Nothing of it stays, also after
   * `kill -9`.
   */
  tryFileSystem(request: FileSystemTrialRequest): Promise<FileSystemTrial>;
  /** A file without a name in a directory of the tree, `bytes` long. The caller closes it. Throws a Problem. */
  openScratch(directory: string, bytes: number): Scratch;
  /** Tells the disk what is free in a range of what is mounted there. Recorded nowhere: nobody can read a difference. */
  trimRange(mountPoint: string, device: string, range: TrimRange): Promise<Trimmed>;
  /**
   * Keeps other programs from writing to a disk (flock(2)) until the release that is returned; udev looks at it between two of our
   * steps. Throws a Problem where there is no such disk, or another program holds it.
   */
  holdDisk(disk: PlannedDisk): () => void;
  /** A file with all that is on a disk which nobody uses, verified. null: it was stopped, and nothing is left. Throws a Problem. */
  imageDisk(request: ImageRequest): Promise<DiskImage | null>;
  lookTurn(): LookTurn;
  /** What was noted under this name since the machine was started; null: nothing, or not for us to read. */
  note(name: string): string | null;
  /** Where nothing can be noted, nothing is. null: takes it away. */
  setNote(name: string, text: string | null): void;
  /** Replaces the record of disks, whole and synced, for everybody to read. Only while the lock is held. */
  setBases(text: string): void;
  /** Puts on record what starts this program, for everybody to read: scripts that were copied away call it. */
  setLauncher(path: string): void;
  /**
   * One run at a time; of `long` work, which takes hours and is not recorded, one beside it. Returns the release. Throws a
   * Problem where another one holds it.
   */
  lock(purpose: string, which?: Lock): () => void;
  /** Whether it is held just now; null: not for us to know. */
  isLocked(which: Lock): boolean | null;
}
