// Owns the questions about copying a tree that a service user can change meanwhile, and about comparing it with its copy. The
// source is never changed. Paths in answers are below the trees, '' for a tree itself, undecodable bytes kept.

/** A copy of `from`, itself included, at `to`. */
export interface CopyRequest {
  /** A directory; its user may write in it, and swap what is there. */
  readonly from: string;
  /**
   * Not there, or what an earlier call left there. The directory that it is in is root's and closed to all others
   * (`E_COPY_OPEN` otherwise), so that what is in it need not be watched. It becomes as `from` is: owner, mode, lists, times.
   */
  readonly to: string;
  /**
   * `first`: copies what is not there yet; the service may run. What vanishes meanwhile is no error. Again and again, each time
   * less. `again`: nobody writes any more: makes both equal, and takes away at `to` what is gone at `from`.
   */
  readonly pass: 'first' | 'again';
  /**
   * Inodes of files whose content is compared whatever times say: a store through mmap can leave times as they were. What was
   * changed since the last pass that came to its end began is compared anyway, by the times that no user can set (ctime).
   */
  readonly suspects: ReadonlySet<string> | 'all';
  /** Of what is read at `from`, held by pauses; null: no limit. */
  readonly bytesPerSecond: number | null;
  /** Ends it soon, between two pieces of a file; the same call goes on from there. */
  readonly signal: AbortSignal;
  /** About ten times a second, and at the end. */
  readonly onProgress: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  /** Whatever it is: what has been looked at, and needs no more work. */
  readonly entries: number;
  /** Of files that have been done, and of the one that is being worked on: lengths, without holes. */
  readonly bytes: number;
  /** Of these, read at `from`. */
  readonly readBytes: number;
}

/** Of files: hard links count once. */
export interface FilesDone {
  readonly files: number;
  readonly bytes: number;
}

export interface Copied {
  /** `done`: all of it is on the disk. `stopped`: the signal came. */
  readonly outcome: 'done' | 'stopped';
  /** Whatever it is, at `from`. */
  readonly entries: number;
  /** Written anew, or in the place of something else. */
  readonly copied: FilesDone;
  /** Content read on both sides, or cloned again unread; `differing` of them were seen not to be equal, and are now. */
  readonly compared: FilesDone & { readonly differing: number };
  /** Taken away at `to`, with all that was in it. */
  readonly removed: number;
  /** Gone, or another thing, before it could be read. */
  readonly vanished: number;
  readonly obstacles: Obstacles;
}

/**
 * What is not at `to` as it is at `from`. These stand in the way of a copy that is to take the place of its source:
 * - `device`: a block or character device, but for those by which overlay file systems mark what is deleted
 * - `mount point`, `other file system`: what is below is not copied
 * - `too deep`: more than DEEPEST_COPIED directories below each other
 * - `unreadable`: with the errno
 * These are told, and stand in no way:
 * - `socket`: made anew by who listens on it
 * - `flag`: immutable, append-only, verity, encrypted and other flags of files; of all flags only `no copy on write` is kept
 * - `attribute`: an extended attribute that the other file system does not take
 * - `linked from outside`: a file that has names outside of the tree, and becomes another file for them
 */
export type ObstacleKind =
  | 'device'
  | 'mount point'
  | 'other file system'
  | 'too deep'
  | 'unreadable'
  | 'socket'
  | 'flag'
  | 'attribute'
  | 'linked from outside';

export const STANDING_IN_THE_WAY: readonly ObstacleKind[] = [
  'device',
  'mount point',
  'other file system',
  'too deep',
  'unreadable',
];

export interface Obstacle {
  readonly kind: ObstacleKind;
  readonly path: string;
  /** An errno's name, a flag, an attribute's name; '' where the kind says it all. */
  readonly what: string;
}

export interface Obstacles {
  /** Kinds that were met. */
  readonly counts: Readonly<Partial<Record<ObstacleKind, number>>>;
  /** The first OBSTACLES_NAMED of each kind. */
  readonly named: readonly Obstacle[];
}

export const OBSTACLES_NAMED = 10;

/** Each level holds two descriptors, and a user can nest as deep as the disk allows. */
export const DEEPEST_COPIED = 400;

/** Both are read from the disk now: nothing is taken from what an earlier call knew. */
export interface CompareRequest {
  readonly one: string;
  readonly other: string;
  readonly signal: AbortSignal;
  /** About ten times a second: of both together, content read. */
  readonly onProgress: (progress: { readonly entries: number; readonly bytes: number }) => void;
}

export interface HashedTree {
  /**
   * SHA-256 over everything but times and sockets: names, types, owners, modes, content, targets of links, which names are one
   * file, extended attributes (access lists among them). The same for the same, on every file system.
   */
  readonly sha256: string;
  readonly entries: number;
  /** Of content, without holes. */
  readonly bytes: number;
  /** What could not be hashed: then nothing is proved. */
  readonly obstacles: Obstacles;
}

export type Compared =
  | { readonly outcome: 'stopped' }
  | {
      /** `equal`: all of it could be read, and both hashes are the same. */
      readonly outcome: 'equal' | 'different';
      readonly one: HashedTree;
      readonly other: HashedTree;
      /** The first DIFFERENCES_NAMED, looked for a second time; none: they are no longer seen. */
      readonly differences: readonly Difference[];
    };

export interface Difference {
  readonly path: string;
  /** For people: `mode 0640, not 0600`, `content`, `not at the other`. */
  readonly what: string;
}

export const DIFFERENCES_NAMED = 20;

/** Who could write a file of a file system without its times telling. */
export interface OpenForWriting {
  /** Inodes that some process has open for writing, or mapped so that stores reach the file; with one that does. */
  readonly inodes: ReadonlyMap<string, { readonly pid: number; readonly command: string }>;
  /** Processes that may not be looked into. */
  readonly unseen: number;
}

/** What a Host offers of this. */
export interface TreeCopying {
  /**
   * Throws a Problem where `to` cannot be written (`E_COPY`: a full disk), where `from` is not there (`E_LOOK`), where one is in the
   * other (`E_COPY_INSIDE`), and in the pass `again` where what is at `to` is no copy of `from` (`E_COPY_UNKNOWN`).
   * Beside `to` it keeps `NAME.copied`, which goes with the directory that both are in.
   */
  copyTree(request: CopyRequest): Promise<Copied>;
  compareTrees(request: CompareRequest): Promise<Compared>;
}
