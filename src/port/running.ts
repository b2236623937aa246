// Owns what is known of a process of the live host that is looked at by what it runs and what it has open.

/** A file or directory that a process has open or stands in. */
export interface Held {
  /** As the kernel tells it: in the process's own view, undecodable bytes kept (see values/file-name.ts). */
  readonly path: string;
  /** It has no name any more. */
  readonly isDeleted: boolean;
  /** Of the file system that it is on, as `deviceAt` tells it; null: that is not mounted any more where the process sees it. */
  readonly device: string | null;
  /** Mount point in the view of the process, where that is read-only to it and the file system is not; null: it may write. */
  readonly readOnlyAt: string | null;
}

export interface Running {
  readonly pid: number;
  /** Process id of what started it. */
  readonly parent: number;
  /** As /proc/PID/comm has it: 15 bytes at most. */
  readonly command: string;
  /** Its command line; none where it hangs in the kernel, and of one that is ending. */
  readonly words: readonly string[];
  /** The effective one; null: it has ended. Like all that follows read when it is asked for. */
  readonly uid: number | null;
  /** It sees another root directory than we do: it lives in a container, or in a root of its own. */
  readonly isElsewhere: boolean;
  /** That it runs in; null: in none of a service manager's. */
  readonly unit: string | null;
  /** Where it stands; null: not for us to see, or it has ended. */
  readonly directory: Held | null;
  /**
   * What it has open whose path ends in one of these: a server may have tens of thousands of files open. null: not for us to
   * see.
   */
  readonly holds: (ends: readonly string[]) => readonly Held[] | null;
}
