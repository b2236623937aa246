// Owns a list of which only the first are kept, and how many there were: there may be millions.

/** As many as a report names; the journal has them all. */
export const REPORTED = 1000;

export interface Tally<T> {
  add(thing: T): void;
  addAll(other: Tally<T>): void;
  readonly first: readonly T[];
  readonly count: number;
}

export function startTally<T>(): Tally<T> {
  const first: T[] = [];
  let count = 0;
  return {
    first,
    add(thing) {
      count += 1;
      if (first.length < REPORTED) first.push(thing);
    },
    addAll(other) {
      count += other.count;
      first.push(...other.first.slice(0, REPORTED - first.length));
    },
    get count() {
      return count;
    },
  };
}
