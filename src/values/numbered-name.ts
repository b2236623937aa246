// Owns file names that are a number of a fixed width and an ending, such as `00000000000000000042.log`.

export interface NumberedName {
  /** So many decimal digits, all from the start of the name to the ending. */
  readonly digits: number;
  /** With its dot: `.log` */
  readonly ending: string;
}
