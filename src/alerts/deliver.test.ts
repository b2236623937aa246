// Runs that deliver, one after the other and at the same time, from a real history: each piece of news arrives, in order,
// whatever fails on the way.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { eventOf } from '../../test/alert-event.ts';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { random } from '../../test/random.ts';
import type { AlertEvent } from '../history/event.ts';
import type { History } from '../history/history.ts';
import { type Alerting, builtInMonitoring, type Channel } from '../layout/monitoring.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Level } from '../space/level.ts';
import { failed, type Outcome, type Send } from './channels/send.ts';
import { deliverAlerts } from './deliver.ts';
import type { AlertFacts } from './deliver-document.ts';

const OK: Outcome = { ok: true };
const BUSY = failed('busy');
const REFUSED = failed('refused', { again: false });

interface RunOptions {
  readonly alerting?: Partial<Alerting>;
  readonly stopRequested?: () => boolean;
  /** Else the one that is there. */
  readonly history?: History;
}

interface Scene {
  readonly host: MemoryHost;
  readonly history: History;
  /** What arrived, as `channel: id` with what was missed behind it. */
  readonly arrived: string[];
  readonly pauses: number[];
  /** Milliseconds since the epoch. */
  now: number;
  enqueue(id: string, more?: Partial<AlertEvent>, channels?: readonly string[]): void;
  run(answer?: Answer, more?: RunOptions): Promise<AlertFacts>;
}

/** What a channel does with an event, by the time it has been sent `attempt` times in this run. */
type Answer = (channel: string, event: AlertEvent, attempt: number) => Outcome | Promise<Outcome>;

const channelOf = (name: string): Channel => ({ name, type: 'journal', from: 'WARNING' });

function scene(): Scene {
  const host = createHost();
  const history = host.history({ mode: 'write', group: null }) as History;
  const arrived: string[] = [];
  const pauses: number[] = [];
  const made: Scene = {
    host,
    history,
    arrived,
    pauses,
    now: Date.parse('2026-01-01T00:00:00Z'),
    enqueue: (id, more = {}, channels = ['ops']) =>
      history.transaction(() => history.enqueue(eventOf({ id, level: 'CRITICAL', ...more }), channels)),
    run(answer = () => OK, { alerting = {}, stopRequested = () => false, history: store = history } = {}) {
      const monitoring = {
        ...builtInMonitoring,
        alerts: { ...builtInMonitoring.alerts, channels: [channelOf('ops')], ...alerting },
      };
      const context = contextOf(host, smallLayout('kafka'), {
        monitoring,
        now: () => new Date(made.now).toISOString(),
        stopRequested,
      });
      return deliverAlerts(context, store, {
        open: async ({ name }): Promise<Send> => {
          const attempts = new Map<string, number>();
          return async ({ event, missed }) => {
            const attempt = (attempts.get(event.id) ?? 0) + 1;
            attempts.set(event.id, attempt);
            const outcome = await answer(name, event, attempt);
            if (outcome.ok)
              arrived.push([`${name}: ${event.id}`, ...missed.map(({ id }) => `missed ${id}`)].join(' '));
            return outcome;
          };
        },
        random: () => 1,
        sleep: async (ms) => {
          pauses.push(ms);
        },
      });
    },
  };
  return made;
}

const NOTHING: AlertFacts = { delivered: 0, waiting: 0, failures: [] };

describe('deliverAlerts', () => {
  it('delivers what waits, once, in the order in which it was written', async () => {
    const { enqueue, run, arrived } = scene();
    enqueue('1', { subject: 'redis' });
    enqueue('2', { subject: 'kafka' });
    enqueue('3', { subject: '/' });
    assert.deepEqual(await run(), { delivered: 3, waiting: 0, failures: [] });
    assert.deepEqual(arrived, ['ops: 1', 'ops: 2', 'ops: 3']);
    assert.deepEqual(await run(), NOTHING);
  });

  it('tries again in the same run, after longer and longer pauses', async () => {
    const { enqueue, run, arrived, pauses, history } = scene();
    enqueue('1');
    const facts = await run((_, __, attempt) => (attempt < 4 ? BUSY : OK), { alerting: { attempts: 5 } });
    assert.deepEqual(facts, { delivered: 1, waiting: 0, failures: [] });
    assert.deepEqual(arrived, ['ops: 1']);
    assert.deepEqual(pauses, [500, 1000, 2000]);
    assert.equal(history.deliveries(1)[0]?.error, null);
  });

  it('leaves what fails to the next run, and says why', async () => {
    const { enqueue, run, arrived, pauses, history } = scene();
    enqueue('1');
    assert.deepEqual(await run(() => BUSY), {
      delivered: 0,
      waiting: 1,
      failures: [{ channel: 'ops', error: 'busy' }],
    });
    assert.equal(pauses.length, builtInMonitoring.alerts.attempts - 1);
    assert.equal(history.deliveries(1)[0]?.error, 'busy');
    assert.deepEqual(await run(), { delivered: 1, waiting: 0, failures: [] });
    assert.deepEqual(arrived, ['ops: 1']);
  });

  it('what was refused is not asked again in this run, and does not hold up the rest', async () => {
    const { enqueue, run, arrived, pauses } = scene();
    enqueue('1', { subject: 'redis' });
    enqueue('2', { subject: 'kafka' });
    const facts = await run((_, { id }) => (id === '1' ? REFUSED : OK));
    assert.deepEqual(facts, { delivered: 1, waiting: 1, failures: [{ channel: 'ops', error: 'refused' }] });
    assert.deepEqual(pauses, []);
    await run();
    assert.deepEqual(arrived, ['ops: 2', 'ops: 1']);
  });

  it('one that does not answer is not asked for each of the rest', async () => {
    const { enqueue, run, history } = scene();
    for (const subject of ['/', 'kafka', 'redis']) enqueue(subject, { subject });
    let asked = 0;
    const facts = await run(() => {
      asked += 1;
      return BUSY;
    });
    assert.equal(asked, builtInMonitoring.alerts.attempts);
    assert.equal(facts.waiting, 3);
    assert.deepEqual(
      history.deliveries(3).map(({ error }) => error),
      ['busy', 'busy', 'busy'],
    );
  });

  it('a channel that fails, hangs or throws stops no other', async () => {
    const { enqueue, run, arrived } = scene();
    const names = ['ops', 'stuck', 'broken', 'last'];
    enqueue('1', {}, names);
    let letGo = () => {};
    const stuck = new Promise<Outcome>((resolve) => {
      letGo = () => resolve(BUSY);
    });
    const answer: Answer = (channel) => {
      if (channel === 'last') letGo();
      if (channel === 'broken') throw new TypeError('cannot read hunter2 of undefined');
      return channel === 'stuck' ? stuck : OK;
    };
    const facts = await run(answer, {
      alerting: { channels: names.map(channelOf), attempts: 1 },
    });
    assert.deepEqual(arrived, ['ops: 1', 'last: 1']);
    assert.deepEqual(facts, {
      delivered: 2,
      waiting: 2,
      failures: [
        { channel: 'stuck', error: 'busy' },
        { channel: 'broken', error: 'cannot send it: TypeError' },
      ],
    });
  });

  it('tells a subject only as it is now, and what was missed', async () => {
    const { enqueue, run, arrived } = scene();
    enqueue('w', { level: 'WARNING' });
    await run(() => BUSY);
    enqueue('c', { level: 'CRITICAL', before: 'WARNING' });
    enqueue('other', { subject: 'redis' });
    enqueue('ok', { level: 'OK', before: 'CRITICAL' });
    assert.deepEqual(await run(), { delivered: 2, waiting: 0, failures: [] });
    assert.deepEqual(arrived, ['ops: other', 'ops: ok missed w missed c']);
    assert.deepEqual(await run(), NOTHING);
  });

  it('after a long time of failing the last few are enough', async () => {
    const { enqueue, run, arrived } = scene();
    for (let i = 1; i <= 20; i += 1) enqueue(String(i), { kind: 'repeat' });
    assert.deepEqual(await run(), { delivered: 1, waiting: 0, failures: [] });
    assert.deepEqual(arrived, ['ops: 20 missed 15 missed 16 missed 17 missed 18 missed 19']);
  });

  it('waits as long as it is asked to, where that fits into the run; else leaves it until then', async () => {
    const { enqueue, run, pauses } = scene();
    enqueue('1');
    await run((_, __, attempt) => (attempt === 1 ? failed('slow down', { waitMs: 3000 }) : OK));
    assert.deepEqual(pauses, [3000]);
    const later = scene();
    later.enqueue('2');
    let asked = 0;
    const busy: Answer = () => {
      asked += 1;
      return failed('slow down', { waitMs: 600_000 });
    };
    assert.equal((await later.run(busy)).waiting, 1);
    assert.equal(asked, 1);
    later.now += 599_000;
    assert.deepEqual(await later.run(), { delivered: 0, waiting: 1, failures: [] });
    later.now += 2000;
    assert.deepEqual(await later.run(), { delivered: 1, waiting: 0, failures: [] });
  });

  it('something new does not wait for what may not be tried yet, and takes it along', async () => {
    const made = scene();
    made.enqueue('1', { level: 'WARNING' });
    await made.run(() => failed('slow down', { waitMs: 600_000 }));
    made.enqueue('2');
    assert.equal((await made.run()).delivered, 1);
    assert.deepEqual(made.arrived, ['ops: 2 missed 1']);
  });

  it('a run that must stop sends no more, and the next one does', async () => {
    const { enqueue, run, arrived } = scene();
    enqueue('1', { subject: 'redis' });
    enqueue('2', { subject: 'kafka' });
    const facts = await run(() => assert.fail('something was sent'), { stopRequested: () => true });
    assert.deepEqual(facts, {
      delivered: 0,
      waiting: 2,
      failures: [{ channel: 'ops', error: 'stopped with this run' }],
    });
    await run();
    assert.deepEqual(arrived, ['ops: 1', 'ops: 2']);
  });

  it('delivers what another run leaves for it meanwhile', async () => {
    const { enqueue, run, arrived } = scene();
    enqueue('1', { level: 'WARNING' });
    let other: AlertFacts | null = null;
    const facts = await run(async (_, { id }) => {
      if (id === '1') {
        enqueue('2');
        // It cannot overtake the run that is just speaking.
        other = await run(() => assert.fail('news overtook news'));
      }
      return OK;
    });
    assert.deepEqual(other, { delivered: 0, waiting: 2, failures: [] });
    assert.deepEqual(facts, { delivered: 2, waiting: 0, failures: [] });
    assert.deepEqual(arrived, ['ops: 1', 'ops: 2']);
  });

  it('what a killed run held is delivered once its time is over, also when the clock was set back', async () => {
    const made = scene();
    made.enqueue('1');
    assert.equal(made.history.claim(made.now, 90_000, 'ops').length, 1);
    made.now += 89_000;
    assert.deepEqual(await made.run(), { delivered: 0, waiting: 1, failures: [] });
    made.now += 2000;
    assert.deepEqual(await made.run(), { delivered: 1, waiting: 0, failures: [] });
    made.enqueue('2');
    made.history.claim(made.now + 400 * 86_400_000, 90_000, 'ops');
    assert.deepEqual(await made.run(), { delivered: 1, waiting: 0, failures: [] });
  });

  it('a history that takes nothing more costs no channel its news', async () => {
    const { enqueue, run, arrived, history } = scene();
    enqueue('1', {}, ['ops', 'log']);
    enqueue('2', { subject: 'redis' }, ['ops']);
    const full = diagnostic('E_HISTORY', 'cannot write the history', { detail: 'found ENOSPC' });
    const stuck: History = {
      ...history,
      delivered: () => {
        throw new Problem(EXIT.failed, [full]);
      },
    };
    const channels = ['ops', 'log'].map(channelOf);
    const facts = await run(() => OK, { alerting: { channels }, history: stuck });
    assert.deepEqual(arrived.toSorted(), ['log: 1', 'ops: 1', 'ops: 2']);
    assert.deepEqual(
      facts.failures,
      ['ops', 'log'].map((channel) => ({ channel, error: 'cannot write the history: found ENOSPC' })),
    );
  });

  it('of a channel that the layout no longer names everything stays where it is', async () => {
    const { enqueue, run, arrived } = scene();
    enqueue('1', {}, ['gone', 'ops']);
    assert.deepEqual(await run(), { delivered: 1, waiting: 0, failures: [] });
    assert.deepEqual(await run(() => OK, { alerting: { channels: [channelOf('gone')] } }), {
      delivered: 1,
      waiting: 0,
      failures: [],
    });
    assert.deepEqual(arrived, ['ops: 1', 'gone: 1']);
  });
});

describe('deliverAlerts, over any course of failures', () => {
  const level = fc.constantFrom<Level>('OK', 'WARNING', 'CRITICAL');
  const news = fc.record({ subject: fc.constantFrom('/', 'kafka'), level });
  const outcome = fc.constantFrom(OK, BUSY, REFUSED);
  const runs = fc.array(
    fc.record({
      news: fc.array(news, { maxLength: 3 }),
      outcomes: fc.array(outcome, { maxLength: 8 }),
      atOnce: fc.boolean(),
    }),
    { maxLength: 12 },
  );

  it('each channel hears of each subject in order, nothing twice, and in the end how it is', () =>
    fc.assert(
      fc.asyncProperty(runs, async (taken) => {
        const { enqueue, run, arrived } = scene();
        const channels = ['ops', 'log'].map(channelOf);
        const written: { readonly id: number; readonly subject: string }[] = [];
        for (const { news: told, outcomes, atOnce } of taken) {
          for (const { subject, level: now } of told) {
            const id = written.length;
            written.push({ id, subject });
            enqueue(String(id), { subject, level: now }, ['ops', 'log']);
          }
          const left = [...outcomes];
          const answer: Answer = async () => {
            await null;
            return left.shift() ?? OK;
          };
          await Promise.all(
            Array.from({ length: atOnce ? 2 : 1 }, () => run(answer, { alerting: { channels } })),
          );
        }
        assert.equal((await run(() => OK, { alerting: { channels } })).waiting, 0);
        for (const channel of ['ops', 'log']) {
          const heard = arrived
            .filter((line) => line.startsWith(`${channel}: `))
            .flatMap((line) =>
              Array.from(line.matchAll(/(missed )?(\d+)/g), ([, missed, id]) => ({ missed, id: Number(id) })),
            );
          for (const subject of ['/', 'kafka']) {
            const all = written.filter((one) => one.subject === subject).map(({ id }) => id);
            const ids = heard.map(({ id }) => id).filter((id) => all.includes(id));
            assert.deepEqual(
              ids.toSorted((a, b) => a - b),
              all.filter((id) => ids.includes(id)),
              'twice',
            );
            const newest = heard.filter(({ id, missed }) => all.includes(id) && missed === undefined);
            assert.deepEqual(
              newest.map(({ id }) => id),
              newest.map(({ id }) => id).toSorted((a, b) => a - b),
            );
            assert.equal(newest.at(-1)?.id, all.at(-1));
          }
        }
      }),
      random(100),
    ));
});
