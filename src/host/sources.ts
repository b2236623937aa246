// Owns what the sources were like when the program was built, and comparing them by the means that each Node.js has. Must not
// import anything: the entry has it (start.ts).

/** Two lists of as many items. As a text and numbers, which take no time to load. */
export interface Sources {
  /** Paths below the checkout, each with NUL at its end. */
  readonly paths: string;
  /** For each milliseconds and bytes; bytes -1: a directory, of which the date alone counts. */
  readonly numbers: readonly number[];
}

/** Another date is a change, also an older one. */
export function haveChangedByNode(
  { statSync }: Pick<typeof import('node:fs'), 'statSync'>,
  checkout: string,
  { paths, numbers }: Sources,
): boolean {
  return paths
    .split('\0')
    .slice(0, -1)
    .some((path, i) => {
      const bytes = numbers[2 * i + 1] ?? -1;
      const status = statSync(`${checkout}/${path}`, { throwIfNoEntry: false });
      return (
        status === undefined || status.mtimeMs !== numbers[2 * i] || (bytes >= 0 && status.size !== bytes)
      );
    });
}
