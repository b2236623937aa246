// Owns what is known of who writes a file.

export interface Writer {
  readonly pid: number;
  /** As /proc/PID/comm has it. */
  readonly command: string;
}

export interface WritersFound {
  /** By inode; one that nobody has open for writing is not in it. */
  readonly writers: ReadonlyMap<string, readonly Writer[]>;
  /** Processes that may not be looked into. */
  readonly unseen: number;
}
