// Owns the questions about a whole directory of a service that gets another name, or is emptied for good.

/** With the name of a service behind it: where what is moved lies meanwhile. Root's alone, mode 0700; beside where it is to be. */
export const MOVING_NAME = '.jts-hot-move';

/** A directory that was looked at, as it is known again. */
export interface KnownDirectory {
  readonly path: string;
  readonly inode: string;
  readonly born: string | null;
}

export interface EmptyRequest extends KnownDirectory {
  /** Ends it soon; the same call goes on from there. */
  readonly signal: AbortSignal;
  /** About ten times a second: how many have been deleted. */
  readonly onProgress: (entries: number) => void;
}

export interface Emptied {
  readonly outcome: 'done' | 'stopped';
  /** What this call deleted. */
  readonly entries: number;
}

/** What a Host offers of this. All by the descriptors of directories, whatever their names have become. */
export interface TreeMoving {
  /**
   * Gives it another name on the same file system, over nothing, and syncs both places. Throws a Problem where it is not the one
   * that is known (`E_CHANGED`), where something has that name (`E_EXISTS`), or on another file system (`E_UNREACHABLE`).
   */
  renameDirectory(directory: KnownDirectory, to: string): void;
  /**
   * Deletes all that is in it, and leaves itself: links as such, through nothing. Throws a Problem before the first where a
   * process has anything of it open (`E_IN_USE`), or something is mounted in it (`E_UNREACHABLE`).
   */
  emptyDirectory(request: EmptyRequest): Promise<Emptied>;
}
