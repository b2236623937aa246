// Owns whether what was counted on a restored server fits what was counted when the backup was taken. Pure.
import type { Count, Taken } from '../services/backing-up.ts';

/**
 * What does not fit, a line each. What was exact lies between what was counted before and after; what was there both times is
 * there. An estimate is compared with nothing.
 */
export function misfits(
  { before, after }: Pick<Taken, 'before' | 'after'>,
  found: readonly Count[],
): readonly string[] {
  const [first, then, now] = [before, after, found].map(byName) as [Counts, Counts, Counts];
  const wrong: string[] = [];
  for (const [what, one] of first) {
    const other = then.get(what);
    // It went, or came, while the backup was taken.
    if (other === undefined) continue;
    const have = now.get(what);
    if (have === undefined) {
      wrong.push(`${what}: want it, found none`);
      continue;
    }
    if (!one.isExact || !other.isExact || !have.isExact) continue;
    const [least, most] = [Math.min(one.count, other.count), Math.max(one.count, other.count)];
    if (have.count >= least && have.count <= most) continue;
    const want = least === most ? `${least}` : `${least} to ${most}`;
    wrong.push(`${what}: want ${want}, found ${have.count}`);
  }
  for (const what of now.keys())
    if (!first.has(what) && !then.has(what)) wrong.push(`${what}: want none, found it`);
  return wrong;
}

type Counts = ReadonlyMap<string, Count>;

function byName(counts: readonly Count[]): Counts {
  return new Map(counts.map((one) => [one.what, one]));
}
