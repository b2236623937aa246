// Owns how wishes are said in words, and in rows. Pure.
import type { Asked } from '../services/index.ts';
import type { WishedValue } from '../services/tuning.ts';
import type { HostRow } from './tune-document.ts';

export function wishedText(want: WishedValue): string {
  if ('oneOf' in want) return want.oneOf.join(' or ');
  const { atMost } = want;
  if (!('atLeast' in want)) return `at most ${atMost}`;
  return atMost === undefined ? `at least ${want.atLeast}` : `${want.atLeast} to ${atMost}`;
}

export function askedBy(asked: readonly Asked[]): string {
  return `asked for by ${asked.map(({ service }) => service).join(', ')}`;
}

/** Those that are met first. */
export function wishRows(met: readonly Asked[], unmet: readonly Asked[]): HostRow['wishes'] {
  const row = ({ service, wish: { severity, loses, itself } }: Asked, isMet: boolean) => ({
    service,
    severity,
    isMet,
    loses,
    itself,
  });
  return [...met.map((one) => row(one, true)), ...unmet.map((one) => row(one, false))];
}
