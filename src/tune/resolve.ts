// Owns the rules by which one value comes of the wishes of several services for one setting. Pure; knows no service and no
// setting. The rules, in this order:
//   1. Only wishes of services of the layout count, each once.
//   2. Candidates are the words that a wish names, and the bounds of numbers.
//   3. The candidate that leaves the fewest wishes of severity `error` unmet wins; then of `warning`; then of `hint`.
//   4. Of several, the word that most of the services met by it like best.
//   5. Of several, the one nearest to what the kernel has by default: in the order of the words, or by distance.
//   6. Any other value that meets the same wishes is right, too, and is left as it is.
import type { Asked } from '../services/index.ts';
import type { WishedValue, WishSeverity } from '../services/tuning.ts';
import type { Setting } from './host-settings.ts';

const SEVERITIES: readonly WishSeverity[] = ['error', 'warning', 'hint'];

export interface Candidate {
  readonly value: string;
  readonly unmet: readonly Asked[];
}

export interface Resolved {
  readonly setting: Setting;
  /** What it is set to where it is not right. */
  readonly value: string;
  /** In words: all values that are right. */
  readonly required: string;
  readonly isRight: (value: string) => boolean;
  readonly met: readonly Asked[];
  readonly unmet: readonly Asked[];
  /** The value and all others that were weighed, the best first. */
  readonly candidates: readonly Candidate[];
}

/** null: nobody wishes anything. `asked`: in any order. */
export function resolve(setting: Setting, asked: readonly Asked[]): Resolved | null {
  const own = asked
    .filter(({ wish }) => wish.setting === setting.name)
    .toSorted((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
  const candidates = valuesIn(setting, own)
    .map((value): Candidate => ({ value, unmet: own.filter(({ wish }) => !meets(wish.want, value)) }))
    .toSorted((a, b) => compare(setting, own, a, b));
  const [best] = candidates;
  if (best === undefined) return null;
  const met = own.filter((one) => !best.unmet.includes(one));
  return {
    setting,
    value: best.value,
    required: requiredOf(setting, best.value, met),
    isRight: (value) => met.every(({ wish }) => meets(wish.want, value)),
    met,
    unmet: best.unmet,
    candidates,
  };
}

export function meets(want: WishedValue, value: string): boolean {
  if ('oneOf' in want) return want.oneOf.includes(value);
  if (!/^\d+$/.test(value)) return false;
  const { low, high } = boundsOf(want);
  return Number(value) >= low && Number(value) <= high;
}

/** The worst of these; null: there are none. */
export function worstOf(asked: readonly Asked[]): WishSeverity | null {
  return SEVERITIES.find((severity) => asked.some(({ wish }) => wish.severity === severity)) ?? null;
}

function boundsOf(want: Exclude<WishedValue, { oneOf: unknown }>): { low: number; high: number } {
  return {
    low: 'atLeast' in want ? want.atLeast : 0,
    high: want.atMost ?? Number.POSITIVE_INFINITY,
  };
}

function valuesIn({ words }: Setting, asked: readonly Asked[]): readonly string[] {
  const named = asked.flatMap(({ wish: { want } }) => {
    if ('oneOf' in want) return want.oneOf;
    const { atMost } = want;
    return [...('atLeast' in want ? [want.atLeast] : []), ...(atMost === undefined ? [] : [atMost])].map(
      String,
    );
  });
  const all = [...new Set(named)];
  return words === null
    ? all.toSorted((a, b) => Number(a) - Number(b))
    : all.toSorted((a, b) => words.indexOf(a) - words.indexOf(b));
}

function compare(setting: Setting, asked: readonly Asked[], a: Candidate, b: Candidate): number {
  for (const severity of SEVERITIES) {
    const unmet = (of: Candidate) => of.unmet.filter(({ wish }) => wish.severity === severity).length;
    if (unmet(a) !== unmet(b)) return unmet(a) - unmet(b);
  }
  const liked = ({ value }: Candidate) =>
    asked.filter(({ wish: { want } }) => 'oneOf' in want && want.oneOf[0] === value).length;
  if (liked(a) !== liked(b)) return liked(b) - liked(a);
  return farFromDefault(setting, a.value) - farFromDefault(setting, b.value) || order(setting, a, b);
}

function farFromDefault({ words, byDefault }: Setting, value: string): number {
  if (words !== null) return value === byDefault ? -1 : words.indexOf(value);
  return byDefault !== null && /^\d+$/.test(byDefault) ? Math.abs(Number(value) - Number(byDefault)) : 0;
}

function order({ words }: Setting, a: Candidate, b: Candidate): number {
  return words === null ? Number(a.value) - Number(b.value) : words.indexOf(a.value) - words.indexOf(b.value);
}

function requiredOf({ words }: Setting, value: string, met: readonly Asked[]): string {
  if (words !== null) {
    const right = words.filter((word) => met.every(({ wish }) => meets(wish.want, word)));
    return [value, ...right.filter((word) => word !== value)].join(' or ');
  }
  const bounds = met.flatMap(({ wish: { want } }) => ('oneOf' in want ? [] : [boundsOf(want)]));
  const low = Math.max(0, ...bounds.map((one) => one.low));
  const high = Math.min(Number.POSITIVE_INFINITY, ...bounds.map((one) => one.high));
  if (low === high) return String(low);
  if (low === 0) return `at most ${high}`;
  return high === Number.POSITIVE_INFINITY ? `at least ${low}` : `${low} to ${high}`;
}
