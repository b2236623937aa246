// Owns what figures mean: the median of rounds, whether they are good enough for trading, and whether a disk has become
// slower. Pure.
import type { Baseline, Comparison, Dropped, Row, Verdict } from './baseline-document.ts';
import type { Figures } from './fio-output.ts';
import { ROWS, type RowName, SAYS } from './measurements.ts';

/** Trading decides within a millisecond: 99 of 100 reads of 4 KiB, and as many syncs of a log, take no longer. */
export const MOST_NS = 1_000_000;

/** More than this is a warning: less is what differs from run to run. */
export const DROP_PERCENT = 20;

const JUDGED: readonly { readonly row: RowName; readonly what: string }[] = [
  { row: 'random-read-depth-1', what: '99 of 100 reads of 4 KiB' },
  { row: 'append-fdatasync', what: '99 of 100 syncs of a log' },
];

/** Of each figure by itself. */
export function medianOf(rounds: readonly Figures[]): Figures {
  const of = (name: keyof Figures) => {
    const sorted = rounds.map((round) => round[name]).sort((a, b) => a - b);
    const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
    return (upper + lower) / 2;
  };
  return {
    bytesPerSecond: Math.round(of('bytesPerSecond')),
    iops: of('iops'),
    latencyP50Ns: Math.round(of('latencyP50Ns')),
    latencyP99Ns: Math.round(of('latencyP99Ns')),
    latencyP999Ns: Math.round(of('latencyP999Ns')),
  };
}

export function judge(rows: readonly Row[]): readonly Verdict[] {
  return JUDGED.flatMap(({ row: name, what }) => {
    const row = rows.find((one) => one.name === name);
    if (row === undefined) return [];
    const have = row.latencyP99Ns;
    return [{ name, what, wantP99Ns: MOST_NS, haveP99Ns: have, isMet: have <= MOST_NS }];
  });
}

/** What is measured alike can be compared: the same disk, whose file system, mode and way past the page cache or through it. */
export function isAlike(one: Baseline, other: Baseline): boolean {
  const isOneDisk = one.disk.id === other.disk.id && one.service === other.service;
  return isOneDisk && one.mode === other.mode && one.file.direct === other.file.direct;
}

/** With the first and the last before it, of those that are alike; in order of time. null: there is none. */
export function compare(now: Baseline, earlier: readonly Baseline[]): Comparison | null {
  const alike = earlier.filter((one) => isAlike(one, now));
  const [first, last] = [alike[0], alike.at(-1)];
  if (first === undefined || last === undefined) return null;
  const since = first === last ? [first] : [first, last];
  return {
    first: first.at,
    last: last.at,
    drops: ROWS.flatMap((name) => {
      const have = rateOf(now, name);
      const found = since.map((one): Dropped | null => {
        const before = rateOf(one, name);
        if (have === null || before === null) return null;
        const percent = dropPercent(have, before);
        const says = SAYS[name];
        return { name, says, since: one.at, beforeBytesPerSecond: before, haveBytesPerSecond: have, percent };
      });
      // One line each: of both the larger.
      const worst = found.reduce((a, b) => (b !== null && b.percent > (a?.percent ?? 0) ? b : a), null);
      return worst !== null && worst.percent > DROP_PERCENT ? [worst] : [];
    }),
  };
}

/** How much slower it is; negative: it is faster. Of operations of one size their number says the same as their bytes. */
export function dropPercent(have: number, before: number): number {
  return before <= 0 ? 0 : (1 - have / before) * 100;
}

export function rateOf({ rows }: Pick<Baseline, 'rows'>, name: RowName): number | null {
  return rows.find((row) => row.name === name)?.bytesPerSecond ?? null;
}
