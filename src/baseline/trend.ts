// Owns putting baselines together that can be compared: those of one disk and file system, mode and way past the page cache. Pure.
import type { Baseline } from './baseline-document.ts';
import type { Trend } from './trend-document.ts';
import { isAlike } from './verdict.ts';

/** `since` in milliseconds since the epoch. The disk that was measured last comes first. */
export function trendsOf(baselines: readonly Baseline[], since: number): readonly Trend[] {
  const groups: Baseline[][] = [];
  for (const one of baselines) {
    if (Date.parse(one.at) < since) continue;
    const group = groups.find(([first]) => first !== undefined && isAlike(first, one));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  return groups
    .map(trendOf)
    .toSorted((a, b) => Date.parse(b.baselines.at(-1)?.at ?? '') - Date.parse(a.baselines.at(-1)?.at ?? ''));
}

function trendOf(group: readonly Baseline[]): Trend {
  const [first] = group as [Baseline];
  return {
    disk: first.disk.id,
    service: first.service,
    mode: first.mode,
    direct: first.file.direct,
    baselines: group.map(({ at, rows }) => ({
      at,
      rows: rows.map(({ name, bytesPerSecond, iops, latencyP99Ns }) => ({
        name,
        bytesPerSecond,
        iops,
        latencyP99Ns,
      })),
    })),
  };
}
