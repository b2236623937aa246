// Owns how a wished value is said in words. Pure.
import type { WishedValue } from '../services/tuning.ts';

export function wishedText(want: WishedValue): string {
  if ('oneOf' in want) return want.oneOf.join(' or ');
  const { atMost } = want;
  if (!('atLeast' in want)) return `at most ${atMost}`;
  return atMost === undefined ? `at least ${want.atLeast}` : `${want.atLeast} to ${atMost}`;
}
