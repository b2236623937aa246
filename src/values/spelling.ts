// Owns the guess at what was meant by a misspelt word.

/** Longer words are not compared: nobody types them by mistake. */
const LONGEST = 64;

/** The candidate that a typing slip or two away could have become `word`; the first of equals; null if none is near. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > LONGEST) return null;
  let best: string | null = null;
  let bestSlips = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate.length > LONGEST) continue;
    const slips = countSlips(word.toLowerCase(), candidate.toLowerCase());
    // One slip in three letters: more, and the suggestion is noise.
    if (slips < bestSlips && slips * 3 <= Math.max(word.length, candidate.length)) {
      best = candidate;
      bestSlips = slips;
    }
  }
  return best;
}

/** Letters added, left out, exchanged for another, or swapped with a neighbour (optimal string alignment). */
function countSlips(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      let slips = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        slips = Math.min(slips, at(beforeLast, j - 2) + 1);
      row.push(slips);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
