// What each channel is told, over any course of levels: each change once, nothing below what it asked for, every
// all-clear of what it was told, and again what lasts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import type { AlertEvent, ToldLevel } from '../history/event.ts';
import type { History } from '../history/history.ts';
import { type Alerting, builtInMonitoring, type Channel } from '../layout/monitoring.ts';
import { NO_EPISODES } from '../space/episodes.ts';
import type { Level, LevelState } from '../space/level.ts';
import { enqueueAlerts } from './enqueue.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-01-01T00:00:00Z');

const all: Channel = { name: 'all', type: 'journal', from: 'WARNING' };
const urgent: Channel = { name: 'urgent', type: 'journal', from: 'CRITICAL' };

const CHANNELS: readonly Channel[] = [all, urgent];

interface Told {
  readonly channel: string;
  readonly event: AlertEvent;
}

/** What the history keeps of alerts, and one run after the other that finds these levels. */
function course(alerting: Partial<Alerting> = {}) {
  const told: Told[] = [];
  let ids = 0;
  let before = new Map<string, LevelState>();
  const ledger: Pick<History, 'enqueue' | 'lastTold'> = {
    enqueue: (event, channels) => told.push(...channels.map((channel) => ({ channel, event }))),
    lastTold: () =>
      [...new Map(told.map((one) => [`${one.channel} ${one.event.subject}`, one])).values()].map(
        ({ channel, event: { subject, level, at } }) => ({ channel, subject, level, at }),
      ),
  };
  return {
    told,
    run(
      levels: Readonly<Record<string, Level>>,
      {
        at = START,
        channels = CHANNELS,
        measured = true,
      }: { at?: number; channels?: readonly Channel[]; measured?: boolean } = {},
    ): readonly string[] {
      const after = new Map(
        Object.entries(levels).map(([subject, level]) => [subject, stateOf(level, before.get(subject), at)]),
      );
      const from = told.length;
      enqueueAlerts(ledger, {
        before,
        after,
        facts: new Map(
          measured ? Object.keys(levels).map((subject) => [subject, { usedBytes: 91, limitBytes: 100 }]) : [],
        ),
        monitoring: {
          ...builtInMonitoring,
          alerts: { ...builtInMonitoring.alerts, repeatSeconds: 86_400, ...alerting, channels },
        },
        host: 'trader1',
        base: '/data/jts/hot',
        missed: new Set(),
        isSample: true,
        now: at,
        newId: () => String(++ids),
      });
      before = after;
      return told
        .slice(from)
        .map(({ channel, event }) => `${channel}: ${event.kind} ${event.before} -> ${event.level}`);
    },
  };
}

function stateOf(level: Level, before: LevelState | undefined, at: number): LevelState {
  const fired = level === 'OK' ? null : { rule: 'used' as const, level, value: 91, threshold: 90 };
  return {
    level,
    since: before?.level === level ? before.since : at,
    fired,
    pending: null,
    episodes: NO_EPISODES,
    unmeasured: null,
  };
}

describe('enqueueAlerts', () => {
  it('tells the way up and down, and to the urgent channel what is below only after it was told worse', () => {
    const { run } = course();
    assert.deepEqual(run({ kafka: 'OK' }), []);
    assert.deepEqual(run({ kafka: 'WARNING' }), ['all: change OK -> WARNING']);
    assert.deepEqual(run({ kafka: 'CRITICAL' }), [
      'all: change WARNING -> CRITICAL',
      'urgent: change OK -> CRITICAL',
    ]);
    assert.deepEqual(run({ kafka: 'WARNING' }), [
      'all: change CRITICAL -> WARNING',
      'urgent: change CRITICAL -> WARNING',
    ]);
    assert.deepEqual(run({ kafka: 'OK' }), ['all: change WARNING -> OK', 'urgent: change WARNING -> OK']);
    assert.deepEqual(run({ kafka: 'WARNING' }), ['all: change OK -> WARNING']);
    assert.deepEqual(run({ kafka: 'OK' }), ['all: change WARNING -> OK']);
  });

  it('channels that know the same share an event, with its numbers', () => {
    const { told, run } = course();
    run({ kafka: 'CRITICAL' });
    const [one, other] = told;
    assert.equal(told.length, 2);
    assert.deepEqual(one?.event, other?.event);
    assert.deepEqual(one?.event, {
      id: '1',
      kind: 'change',
      at: START,
      host: 'trader1',
      base: '/data/jts/hot',
      subject: 'kafka',
      level: 'CRITICAL',
      before: 'OK',
      since: START,
      beforeSince: null,
      fired: { rule: 'used', level: 'CRITICAL', value: 91, threshold: 90 },
      why: null,
      usedBytes: 91,
      limitBytes: 100,
      usedPercent: 91,
    });
  });

  it('an all-clear knows how long it was bad', () => {
    const { told, run } = course();
    run({ kafka: 'WARNING' });
    run({ kafka: 'OK' }, { at: START + HOUR });
    const [{ since, beforeSince, fired }] = told.slice(-1).map(({ event }) => event) as [AlertEvent];
    assert.deepEqual({ since, beforeSince, fired }, { since: START + HOUR, beforeSince: START, fired: null });
  });

  it('what lasts is told again after the time set, counted from when it was told last', () => {
    const { run } = course({ repeatSeconds: 6 * 3600 });
    run({ kafka: 'CRITICAL' });
    assert.deepEqual(run({ kafka: 'CRITICAL' }, { at: START + 5 * HOUR }), []);
    const again = ['all: repeat CRITICAL -> CRITICAL', 'urgent: repeat CRITICAL -> CRITICAL'];
    // A timer that comes a few seconds early.
    assert.deepEqual(run({ kafka: 'CRITICAL' }, { at: START + 6 * HOUR - 5000 }), again);
    assert.deepEqual(run({ kafka: 'CRITICAL' }, { at: START + 11 * HOUR }), []);
    assert.deepEqual(run({ kafka: 'CRITICAL' }, { at: START + 12 * HOUR }), again);
  });

  it('never again where that is switched off, and nothing that is well', () => {
    const once = course({ repeatSeconds: null });
    once.run({ kafka: 'CRITICAL' });
    assert.deepEqual(once.run({ kafka: 'CRITICAL' }, { at: START + 1000 * HOUR }), []);
    const { run } = course();
    run({ kafka: 'CRITICAL' });
    run({ kafka: 'WARNING' });
    assert.deepEqual(run({ kafka: 'WARNING' }, { at: START + 24 * HOUR }), [
      'all: repeat WARNING -> WARNING',
    ]);
    run({ kafka: 'OK' }, { at: START + 25 * HOUR });
    assert.deepEqual(run({ kafka: 'OK' }, { at: START + 99 * HOUR }), []);
  });

  it('a clock that was ahead when it was told does not silence it until then', () => {
    const { run } = course();
    run({ kafka: 'CRITICAL' }, { at: START + 10_000 * HOUR, channels: [all] });
    assert.deepEqual(run({ kafka: 'CRITICAL' }, { channels: [all] }), ['all: repeat CRITICAL -> CRITICAL']);
    assert.deepEqual(run({ kafka: 'CRITICAL' }, { at: START + HOUR, channels: [all] }), []);
  });

  it('a new channel hears at once of what lasts; one that asks for less, too', () => {
    const { run, told } = course();
    run({ kafka: 'WARNING' }, { channels: [urgent] });
    assert.deepEqual(run({ kafka: 'WARNING' }, { channels: [urgent, all], at: START + HOUR }), [
      'all: change OK -> WARNING',
    ]);
    assert.equal(told[0]?.event.since, START);
    const eager: Channel = { ...urgent, from: 'WARNING' };
    assert.deepEqual(run({ kafka: 'WARNING' }, { channels: [eager, all], at: START + 2 * HOUR }), [
      'urgent: change OK -> WARNING',
    ]);
  });

  it('a channel that was away hears where things stand now', () => {
    const { run } = course();
    run({ kafka: 'CRITICAL', redis: 'WARNING' }, { channels: [all] });
    run({ kafka: 'OK', redis: 'WARNING' }, { channels: [] });
    assert.deepEqual(run({ kafka: 'OK', redis: 'WARNING' }, { channels: [all] }), [
      'all: change CRITICAL -> OK',
    ]);
  });

  it('tells nothing of what could not be measured, until it can be', () => {
    const { run } = course();
    assert.deepEqual(run({ kafka: 'CRITICAL' }, { measured: false, channels: [all] }), []);
    assert.deepEqual(run({ kafka: 'CRITICAL' }, { channels: [all] }), ['all: change OK -> CRITICAL']);
  });

  it('a plan of no size is no division by it', () => {
    const events: AlertEvent[] = [];
    const ledger = { enqueue: (event: AlertEvent) => events.push(event), lastTold: () => [] };
    enqueueAlerts(ledger, {
      before: new Map(),
      after: new Map([['kafka', stateOf('CRITICAL', undefined, START)]]),
      facts: new Map([['kafka', { usedBytes: 5, limitBytes: 0 }]]),
      monitoring: { ...builtInMonitoring, alerts: { ...builtInMonitoring.alerts, channels: [all] } },
      host: '',
      base: '/',
      missed: new Set(),
      isSample: true,
      now: START,
      newId: () => '1',
    });
    assert.equal(events[0]?.usedPercent, 0);
  });
});

describe('enqueueAlerts, over any course', () => {
  const level = fc.constantFrom<Level>('OK', 'WARNING', 'CRITICAL');
  const steps = fc.array(
    fc.record({ levels: fc.record({ '/': level, kafka: level }), minutes: fc.nat({ max: 3000 }) }),
    { maxLength: 40 },
  );
  const RANK: readonly ToldLevel[] = ['OK', 'WARNING', 'CRITICAL'];

  it('each channel knows what it asked to know, after every run, and was told each thing once', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const { run, told } = course();
        let at = START;
        for (const { levels, minutes } of taken) {
          at += minutes * 60_000;
          run(levels, { at });
          // Another run that found the same meanwhile has nothing to add.
          assert.deepEqual(run(levels, { at }), []);
          for (const channel of CHANNELS)
            for (const [subject, now] of Object.entries(levels)) {
              const heard = told.filter(
                (one) => one.channel === channel.name && one.event.subject === subject,
              );
              const known: ToldLevel = heard.at(-1)?.event.level ?? 'OK';
              const concerns: boolean = RANK.indexOf(now) >= RANK.indexOf(channel.from);
              assert.equal(known, concerns || known !== 'OK' ? now : 'OK', `${channel.name} of ${subject}`);
            }
        }
        assertOnce(told);
      }),
      random(100),
    );
  });

  /** Of one channel and subject each event goes on from the one before, and is a change or a repeat that was due. */
  function assertOnce(told: readonly Told[]): void {
    for (const channel of CHANNELS)
      for (const subject of ['/', 'kafka']) {
        const heard = told
          .filter((one) => one.channel === channel.name && one.event.subject === subject)
          .map(({ event }) => event);
        for (const [i, event] of heard.entries()) {
          const last = heard[i - 1];
          assert.equal(event.before, last?.level ?? 'OK');
          if (event.kind === 'change') {
            assert.notEqual(event.level, event.before);
            const down = RANK.indexOf(event.level) < RANK.indexOf(event.before);
            assert.ok(down || RANK.indexOf(event.level) >= RANK.indexOf(channel.from));
          } else {
            assert.equal(event.level, event.before);
            assert.ok(RANK.indexOf(event.level) >= RANK.indexOf(channel.from));
            assert.ok(event.at - (last?.at ?? 0) >= 24 * HOUR - 5 * 60_000);
          }
        }
      }
  }
});
