// Owns what is known of files that have no name any more and still take space, since processes have them open.

export interface DeletedOpen {
  readonly inode: string;
  /** Where it was, as the kernel tells it: in the process's own view, undecodable bytes kept (see values/file-name.ts). */
  readonly path: string;
  readonly diskBytes: number;
  readonly apparentBytes: number;
  /** The first process found that has it open or mapped. */
  readonly pid: number;
  readonly command: string;
  /** So many processes have it. */
  readonly holders: number;
}

export interface DeletedOpenFound {
  /** Largest first. */
  readonly files: readonly DeletedOpen[];
  /** Processes that this user may not look into. */
  readonly unseen: number;
}
