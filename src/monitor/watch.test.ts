// The live view against a host in memory and a terminal whose clock the test turns: what it shows when, that it records
// and tells nothing, and that the terminal is given back whatever ends it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AT, contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Answer } from '../command/context.ts';
import { Problem } from '../messages/diagnostic.ts';
import { createPaint } from '../messages/paint.ts';
import type { HostReader } from '../port/host.ts';
import type { TerminalEvent, TerminalPort } from './terminal.ts';
import { watchCommand } from './watch.ts';

const BASE = '/data/jts/hot';
/** Each plans 1 GB. */
const LAYOUT = smallLayout('kafka', 'redis');

function host(): MemoryHost {
  const made = createHost();
  for (const name of ['kafka', 'redis']) made.prepare.directory(`${BASE}/${name}/data`);
  return made;
}

interface Scripted {
  readonly port: TerminalPort;
  /** What the screen shows now; null: it is not ours. */
  screen(): string;
  readonly taken: () => boolean;
  send(event: TerminalEvent): void;
  resize(columns: number, rows: number): void;
  /** Turns the clock on, timer by timer. */
  advance(milliseconds: number): Promise<void>;
  /** Draws so far. */
  draws(): number;
}

function scripted(isTerminal = true): Scripted {
  let now = 5000;
  let size = { columns: 100, rows: 20 };
  let listener: ((event: TerminalEvent) => void) | null = null;
  let lines: readonly string[] = [];
  let draws = 0;
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  const port: TerminalPort = {
    isTerminal,
    size: () => size,
    enter: (listen) => {
      assert.equal(listener, null, 'taken twice');
      listener = listen;
    },
    leave: () => {
      listener = null;
    },
    draw: (drawn) => {
      assert.ok(listener !== null, 'drawn on a terminal that is not ours');
      lines = drawn;
      draws += 1;
    },
    now: () => now,
    after: (milliseconds, act) => {
      const timer = { at: now + milliseconds, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const send = (event: TerminalEvent) => listener?.(event);
  return {
    port,
    screen: () => lines.join('\n'),
    taken: () => listener !== null,
    send,
    resize: (columns, rows) => {
      size = { columns, rows };
      send({ type: 'redraw' });
    },
    advance: async (milliseconds) => {
      const end = now + milliseconds;
      await settled();
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        now = due.at;
        due.act();
        await settled();
      }
      now = end;
    },
    draws: () => draws,
  };
}

function watch(
  made: MemoryHost,
  terminal: Scripted,
  environment: Readonly<Record<string, string>> = {},
): Promise<Answer<null>> {
  const context = contextOf(made, LAYOUT, {
    now: () => AT,
    environment: (name) => environment[name],
  });
  return watchCommand(context, {
    intervalSeconds: 5,
    thresholds: null,
    terminal: terminal.port,
    paint: createPaint(false),
  });
}

const leave = (terminal: Scripted) => terminal.send({ type: 'key', key: 'q' });

describe('watch: what it shows', () => {
  it('growth and rate since the start, and the time to a full plan at that rate', async () => {
    const [made, terminal] = [host(), scripted()];
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 100e6 });
    const ended = watch(made, terminal);
    await terminal.advance(0);
    assert.match(terminal.screen(), /^kafka +#+\.+ +10 % +100 MB +0 B +\? +\? +OK$/m);
    assert.match(terminal.screen(), /RATE, FULL IN: take a second measurement\./);
    made.prepare.file(`${BASE}/kafka/data/b`, { bytes: 100e6 });
    await terminal.advance(4000);
    assert.match(terminal.screen(), /^kafka .* 10 %/m);
    await terminal.advance(1000);
    assert.match(terminal.screen(), /^kafka +#+\.+ +20 % +200 MB +\+100 MB +\+20\.0 MB\/s +40 s +OK$/m);
    assert.match(terminal.screen(), /^redis +\.+ +0 % +0 B +0 B +0 B\/s +- +OK$/m);
    assert.match(terminal.screen(), /by the last 5 s\.$/m);
    leave(terminal);
    await ended;
  });

  it('the present rate, not that of an hour ago', async () => {
    const [made, terminal] = [host(), scripted()];
    const ended = watch(made, terminal);
    await terminal.advance(0);
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 100e6 });
    await terminal.advance(30_000);
    assert.match(terminal.screen(), /^kafka .* \+100 MB +\+3\.33 MB\/s/m);
    await terminal.advance(60_000);
    assert.match(terminal.screen(), /^kafka .* \+100 MB +0 B\/s +-/m);
    leave(terminal);
    await ended;
  });

  it('how old the numbers are, and fits a screen that changes', async () => {
    const terminal = scripted();
    const ended = watch(host(), terminal);
    await terminal.advance(3000);
    assert.match(terminal.screen(), /q leaves \| \? keys \| measured 3 s ago \| next in 2 s$/);
    terminal.resize(30, 5);
    const lines = terminal.screen().split('\n');
    assert.equal(lines.length, 5);
    assert.ok(Math.max(...lines.map((line) => line.length)) <= 30);
    leave(terminal);
    await ended;
  });

  it('a service above its plan, and one that cannot be measured', async () => {
    const [made, terminal] = [host(), scripted()];
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 1.5e9 });
    made.prepare.remove(`${BASE}/redis/data`);
    made.prepare.remove(`${BASE}/redis`);
    const ended = watch(made, terminal);
    await terminal.advance(5000);
    assert.match(terminal.screen(), /^Hot storage \/data\/jts\/hot {2}CRITICAL /);
    assert.match(terminal.screen(), /^kafka +#{20,} +150 % .* now +CRITICAL$/m);
    assert.match(terminal.screen(), /^redis +\.+ +\? +\? +\? +\? +\? +UNKNOWN$/m);
    leave(terminal);
    await ended;
  });
});

/** Measurements take as long as the test says. */
function slow(made: MemoryHost): { readonly finish: () => void; readonly begun: () => number } {
  const measure = made.measure;
  const waiting: (() => void)[] = [];
  let begun = 0;
  const measured: HostReader['measure'] = async (request) => {
    begun += 1;
    request.onProgress(1234);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return measure(request);
  };
  Object.assign(made, { measure: measured });
  return { finish: () => waiting.shift()?.(), begun: () => begun };
}

describe('watch: a measurement that is slower than the interval', () => {
  it('is the only one, shows how far it is, and is followed by as long a rest', async () => {
    const [made, terminal] = [host(), scripted()];
    const measurement = slow(made);
    const ended = watch(made, terminal);
    await terminal.advance(20_000);
    assert.equal(measurement.begun(), 1);
    assert.match(terminal.screen(), /q leaves \| \? keys \| measuring: 1,?234 entries/);
    measurement.finish();
    await terminal.advance(19_000);
    assert.equal(measurement.begun(), 1);
    assert.match(terminal.screen(), /measured 19 s ago \| next in 1 s$/);
    await terminal.advance(1000);
    assert.equal(measurement.begun(), 2);
    assert.match(terminal.screen(), /measured 20 s ago \| measuring/);
    leave(terminal);
    await ended;
  });

  it('does not delay a user who leaves', async () => {
    const [made, terminal] = [host(), scripted()];
    const measurement = slow(made);
    const ended = watch(made, terminal);
    await terminal.advance(1000);
    leave(terminal);
    assert.equal((await ended).exitCode, 0);
    const draws = terminal.draws();
    measurement.finish();
    await terminal.advance(60_000);
    assert.deepEqual([terminal.draws(), measurement.begun()], [draws, 1]);
  });
});

describe('watch: pausing', () => {
  const type = (terminal: Scripted, key: string) => terminal.send({ type: 'key', key });

  it('measures nothing until somebody goes on, and then at once', async () => {
    const [made, terminal] = [host(), scripted()];
    const measurement = slow(made);
    const ended = watch(made, terminal);
    await terminal.advance(1000);
    type(terminal, 'p');
    measurement.finish();
    await terminal.advance(60_000);
    assert.equal(measurement.begun(), 1);
    assert.match(terminal.screen(), /paused: p goes on \| measured 60 s ago$/);
    type(terminal, 'p');
    await terminal.advance(0);
    assert.equal(measurement.begun(), 2);
    assert.match(terminal.screen(), /measured 60 s ago \| measuring/);
    leave(terminal);
    await ended;
  });

  it('a short pause brings no measurement forward, and none of them twice', async () => {
    const [made, terminal] = [host(), scripted()];
    const measurement = slow(made);
    const ended = watch(made, terminal);
    await terminal.advance(0);
    measurement.finish();
    await terminal.advance(2000);
    type(terminal, 'p');
    type(terminal, 'p');
    await terminal.advance(2000);
    assert.equal(measurement.begun(), 1);
    await terminal.advance(1000);
    assert.equal(measurement.begun(), 2);
    type(terminal, 'p');
    type(terminal, 'p');
    await terminal.advance(20_000);
    assert.equal(measurement.begun(), 2);
    leave(terminal);
    await ended;
  });

  it('is seen at once, as is another order and the help', async () => {
    const terminal = scripted();
    const ended = watch(host(), terminal);
    await terminal.advance(1000);
    for (const [key, shown] of [
      ['p', /paused/],
      ['s', /by share of plan$/],
      ['?', /^Keys$/m],
    ] as const) {
      assert.doesNotMatch(terminal.screen(), shown);
      type(terminal, key);
      assert.match(terminal.screen(), shown);
    }
    leave(terminal);
    await ended;
  });
});

describe('watch: leaving', () => {
  const ways: readonly (readonly [string, TerminalEvent, number])[] = [
    ['q', { type: 'key', key: 'q' }, 0],
    ['Ctrl-C', { type: 'key', key: '\x03' }, 0],
    ['SIGINT', { type: 'stop', signal: 'SIGINT' }, 130],
    ['SIGTERM', { type: 'stop', signal: 'SIGTERM' }, 143],
    ['SIGHUP', { type: 'stop', signal: 'SIGHUP' }, 129],
    ['SIGQUIT', { type: 'stop', signal: 'SIGQUIT' }, 131],
  ];
  for (const [what, event, exitCode] of ways)
    it(`${what}: the terminal is given back, exit status ${exitCode}`, async () => {
      const terminal = scripted();
      const ended = watch(host(), terminal);
      await terminal.advance(1000);
      assert.equal(terminal.taken(), true);
      terminal.send({ type: 'key', key: 'x' });
      terminal.send(event);
      assert.deepEqual(await ended, { exitCode, problems: [], result: null });
      assert.equal(terminal.taken(), false);
    });

  it('an error: the terminal is given back first', async () => {
    const [made, terminal] = [host(), scripted()];
    Object.assign(made, { fileSystem: () => assert.fail('no disk any more') });
    const ended = watch(made, terminal);
    await assert.rejects(ended, /no disk any more/);
    assert.equal(terminal.taken(), false);
  });

  it('an error while drawing, too', async () => {
    const terminal = scripted();
    let size = terminal.port.size;
    const port = { ...terminal.port, size: () => size() };
    const ended = watch(host(), { ...terminal, port });
    await terminal.advance(1000);
    size = () => assert.fail('no size');
    await Promise.all([terminal.advance(1000), assert.rejects(ended, /no size/)]);
    assert.equal(terminal.taken(), false);
  });
});

describe('watch: what it must not do', () => {
  it('records nothing', async () => {
    const [made, terminal] = [host(), scripted()];
    const before = made.snapshot();
    const ended = watch(made, terminal);
    await terminal.advance(60_000);
    leave(terminal);
    await ended;
    assert.equal(made.snapshot(), before);
    assert.equal(made.faults.events(), 0);
    assert.equal(made.history({ mode: 'read', group: null }), null);
  });

  for (const [what, isTerminal, environment] of [
    ['a pipe', false, {}],
    ['a dumb terminal', true, { TERM: 'dumb' }],
  ] as const)
    it(`shows nothing on ${what}`, async () => {
      const terminal = scripted(isTerminal);
      await assert.rejects(watch(host(), terminal, environment), (problem: unknown) => {
        assert.ok(problem instanceof Problem);
        assert.deepEqual([problem.exitCode, problem.diagnostics[0]?.code], [2, 'E_NO_TERMINAL']);
        return true;
      });
      assert.deepEqual([terminal.taken(), terminal.draws()], [false, 0]);
    });
});
