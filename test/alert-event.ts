// Owns the alert events that tests start from: one that is well formed, and any that could come from a hostile host.
import fc from 'fast-check';
import { type AlertEvent, TOLD_LEVELS } from '../src/history/event.ts';

export const ALERT_AT = Date.parse('2026-01-01T12:00:00Z');

/** Of kafka, which is well. */
export function eventOf(more: Partial<AlertEvent>): AlertEvent {
  return {
    id: 'e-1',
    kind: 'change',
    at: ALERT_AT,
    host: 'trader1',
    base: '/data/jts/hot',
    subject: 'kafka',
    level: 'OK',
    before: 'OK',
    since: null,
    beforeSince: null,
    fired: null,
    why: null,
    usedBytes: 547.2e9,
    limitBytes: 600e9,
    usedPercent: 91.2,
    ...more,
  };
}

/** Line ends, controls, text turned around, halves of pairs, bytes that are no UTF-8, marks of mail and of chat. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        '\n',
        '\r\n',
        '\0',
        '\u202e',
        '\udcff',
        '\ud800',
        '=?UTF-8?Q?',
        'Bcc: a@b',
        '<!channel>',
        '.',
        'ü',
        ' ',
      ),
      { maxLength: 20 },
    )
    .map((pieces) => pieces.join('')),
  fc.integer({ min: 200, max: 4000 }).map((length) => '/'.padEnd(length, 'long')),
);
const anyTime = fc.integer({ min: 0, max: 253_402_300_799_999 });
const anyLevel = fc.constantFrom(...TOLD_LEVELS);
const anyNumber = fc.double({ min: 0, max: 1e18, noNaN: true });

export const anyEvent: fc.Arbitrary<AlertEvent> = fc.record({
  id: fc.uuid(),
  kind: fc.constantFrom('change', 'repeat', 'test'),
  at: anyTime,
  host: anyText,
  base: anyText,
  subject: anyText,
  level: anyLevel,
  before: anyLevel,
  since: fc.option(anyTime),
  beforeSince: fc.option(anyTime),
  fired: fc.option(
    fc.record({
      rule: fc.constantFrom('used', 'free', 'inodes', 'full-in'),
      level: fc.constantFrom('WARNING', 'CRITICAL'),
      value: anyNumber,
      threshold: anyNumber,
    }),
  ),
  why: fc.option(anyText),
  usedBytes: anyNumber,
  limitBytes: anyNumber,
  usedPercent: anyNumber,
});
