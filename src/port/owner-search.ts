// Owns the question what certain users and groups still own, and its answer.

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
  /** Absolute; undecodable bytes kept (see values/file-name.ts). */
  readonly path: string;
}

export interface OwnersFound {
  /** One for each number that owns something: whatever was met first. */
  readonly owned: readonly Owned[];
  readonly entries: number;
  /** Why the others may own something nevertheless: the time was up, or what could not be looked at; null: they do not. */
  readonly unfinished: 'time' | { readonly path: string; readonly error: string } | null;
}
