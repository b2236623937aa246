// What is told where the history cannot be written: by which id, and that no channel loses its news by it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AlertEvent } from '../history/event.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import { type AlertQueue, claimedOrRead, createUnkeptQueue, withOwnIds } from './unkept.ts';

const AT = Date.UTC(2026, 0, 1, 12);
const HOUR_MS = 3_600_000;
const CRITICAL: AlertEvent = {
  id: 'any',
  kind: 'change',
  at: AT,
  host: 'trader1',
  base: '/data/jts/hot',
  subject: 'kafka',
  level: 'CRITICAL',
  before: 'OK',
  since: AT,
  beforeSince: null,
  fired: { rule: 'used', level: 'CRITICAL', value: 91, threshold: 90 },
  why: null,
  usedBytes: 91,
  limitBytes: 100,
  usedPercent: 91,
};

/** By channel. */
function idsOf(
  event: AlertEvent,
  channels: readonly string[],
  toldAt: Readonly<Record<string, number>> = {},
): Readonly<Record<string, string>> {
  const told = Object.entries(toldAt).map(([channel, at]) => ({
    channel,
    at,
    subject: 'kafka',
    level: 'OK',
  }));
  const queue = createUnkeptQueue(told);
  withOwnIds(queue).enqueue(event, channels);
  return Object.fromEntries(queue.deliveries(9).map((one) => [one.channel, one.event.id]));
}

describe('the id of what is told', () => {
  it('is the same for the same news, whenever a run finds them, and has the form of an id', () => {
    const first = idsOf(CRITICAL, ['mail'], { mail: 5 })['mail'] ?? '';
    const later = { ...CRITICAL, at: AT + 50 * HOUR_MS, since: AT + HOUR_MS, usedBytes: 95, id: 'other' };
    assert.equal(idsOf(later, ['mail'], { mail: 5 })['mail'], first);
    assert.match(first, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('is another one for other news, and once the channel was told since', () => {
    const others: readonly AlertEvent[] = [
      { ...CRITICAL, subject: 'redis' },
      { ...CRITICAL, host: 'trader2' },
      { ...CRITICAL, base: '/data/other' },
      { ...CRITICAL, level: 'WARNING' },
      { ...CRITICAL, before: 'WARNING' },
      { ...CRITICAL, kind: 'repeat' },
    ];
    const ids = [CRITICAL, ...others].map((event) => idsOf(event, ['mail'], { mail: 5 })['mail']);
    ids.push(idsOf(CRITICAL, ['mail'], { mail: 6 })['mail']);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('is shared by channels that were told last at one time', () => {
    const { mail, slack, pager } = idsOf(CRITICAL, ['mail', 'slack', 'pager'], {
      mail: 5,
      slack: 5,
      pager: 6,
    });
    assert.equal(mail, slack);
    assert.notEqual(mail, pager);
  });

  it('of a channel that was never told is the same all day, and another one the next', () => {
    const at = (hours: number) => idsOf({ ...CRITICAL, at: AT + hours * HOUR_MS }, ['mail'])['mail'];
    assert.equal(at(0), at(11));
    assert.notEqual(at(0), at(12));
  });
});

describe('news that cannot be claimed, or not be written down', () => {
  const full = () => {
    throw new Problem(1, [diagnostic('E_HISTORY', 'cannot write the history', { detail: 'full' })]);
  };

  function withTwo(more: Partial<AlertQueue>): AlertQueue {
    const queue = createUnkeptQueue([]);
    queue.enqueue({ ...CRITICAL, id: 'one' }, ['mail', 'slack']);
    queue.enqueue({ ...CRITICAL, id: 'two' }, ['mail']);
    return claimedOrRead({ ...queue, ...more });
  }

  const claimed = (queue: AlertQueue) => queue.claim(AT, 1000, 'mail').map(({ id, event }) => [id, event.id]);

  it('go out as they are read, oldest first, and each once in a run', () => {
    const queue = withTwo({ claim: full, delivered: full, failed: full });
    assert.deepEqual(claimed(queue), [
      [1, 'one'],
      [3, 'two'],
    ]);
    queue.delivered(1, AT);
    assert.deepEqual(claimed(queue), [[3, 'two']]);
    queue.failed(3, 'no answer', AT);
    assert.deepEqual(claimed(queue), []);
  });

  it("that cannot even be read are the caller's to tell", () => {
    assert.throws(() => claimed(withTwo({ claim: full, deliveries: full })), /cannot write the history/);
  });

  it('that another run holds are left to it', () => {
    assert.deepEqual(claimed(withTwo({ claim: () => [] })), []);
  });
});
