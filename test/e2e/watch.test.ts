// The live view on a real terminal, while real files grow: whatever ends it, the terminal is as it was before.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot, traces } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const KAFKA = '/data/jts/hot/kafka/data';
const ENTERED = '\x1b[?1049h\x1b[?25l';
const LEFT = '\x1b[?1049l\x1b[?25h';
const DEADLINE_MS = 30_000;

interface Session {
  /** All that reached the terminal. */
  output(): string;
  until(done: () => boolean, what: string): Promise<void>;
  type(keys: string): void;
  signal(signal: NodeJS.Signals): void;
  /** A file that the session wrote, without the line end; null: not yet. */
  file(name: string): string | null;
  readonly ended: Promise<unknown>;
}

/** Runs lines of bash on a terminal of its own; `$WATCH` is the live view, which leaves its number in `pid`. */
function session(host: ThrowawayHost, lines: readonly string[], jobControl: '-m' | '+m' = '-m'): Session {
  const place = host.path('/run/session');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const watch = jtsHot('monitor', '--watch', '1').join(' ');
  writeFileSync(`${place}/watch`, `echo $$ > pid.new; mv pid.new pid; exec ${watch}\n`);
  const text = [
    'stty rows 24 cols 80',
    'stty -g > before',
    ...lines,
    'stty -g > after.new',
    'mv after.new after',
  ];
  writeFileSync(`${place}/lines`, `${text.join('\n').replaceAll('$WATCH', 'sh watch')}\n`);
  // Opened for reading and writing, so that it does not end with the first key.
  const terminal =
    'mkfifo keys; echo $$ > terminal; exec script -qefc "exec bash CONTROL lines" /dev/null 0<>keys'.replace(
      'CONTROL',
      jobControl,
    );
  const process = host.spawn(['sh', '-c', terminal], {
    cwd: '/run/session',
    env: { TERM: 'xterm', SHELL: '/bin/sh' },
  });
  let output = '';
  process.stdout.on('data', (bytes: string) => {
    output += bytes;
  });
  const inside = (script: string) => {
    const result = host.run(['sh', '-ec', script], { cwd: '/run/session' });
    assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  };
  const file = (name: string) => {
    const path = `${place}/${name}`;
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : null;
  };
  return {
    output: () => output,
    until: async (done, what) => {
      const deadline = Date.now() + DEADLINE_MS;
      while (!done()) {
        assert.ok(Date.now() < deadline, `${what} did not happen: ${JSON.stringify(output.slice(-2000))}`);
        await sleep(20);
      }
    },
    type: (keys) => inside(`printf '${keys}' > keys`),
    signal: (signal) => inside(`kill -${signal.slice(3)} $(cat pid)`),
    file,
    ended: process.ended,
  };
}

let shared: ThrowawayHost | null = null;
after(() => shared?.stop());

/** One host for all: a live view leaves nothing behind. */
function start(t: TestContext): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'script')) return null;
  if (shared !== null) return shared;
  shared = startHost({ freshAccounts: true });
  runJtsHot(shared, ['setup']);
  return shared;
}

/** The numbers have come. */
const shows = (one: Session) => one.until(() => /measured \d+ s ago/.test(one.output()), 'a measurement');

/** The screen is given back last of all, and the terminal is set as it was. */
function assertGivenBack(one: Session): void {
  // What may follow empties the line for a message that there is not.
  assert.ok(
    one
      .output()
      .replace(/\r\x1b\[K$/, '')
      .endsWith(LEFT),
    JSON.stringify(one.output().slice(-200)),
  );
  assert.equal(
    one.output().split(ENTERED).length,
    one.output().split(LEFT).length,
    'taken as often as given back',
  );
  assert.equal(one.file('after'), one.file('before'));
}

it('shows real growth, records nothing, and gives the terminal back when q or Ctrl-C is typed', async (t) => {
  const host = start(t);
  if (host === null) return;
  const before = traces(host);
  for (const key of ['q', '\\003']) {
    const one = session(host, ['$WATCH', 'echo $? > status']);
    await shows(one);
    assert.ok(one.output().startsWith(ENTERED), JSON.stringify(one.output().slice(0, 100)));
    writeFileSync(host.path(`${KAFKA}/grown`), Buffer.alloc(20e6, 1));
    await one.until(
      () => /kafka[^\n]* \+20\.0 MB {2,}\+[\d.]+ [kM]B\/s/.test(one.output()),
      'growth of 20 MB',
    );
    one.type(key);
    await one.ended;
    assert.equal(one.file('status'), '0');
    assertGivenBack(one);
    rmSync(host.path(`${KAFKA}/grown`));
  }
  const history = /\/var\/lib\/jts-hot\/history/;
  assert.deepEqual(
    host.changes().filter((change) => history.test(change)),
    [],
  );
  assert.deepEqual(
    traces(host).filter((change) => !change.includes('/run')),
    before,
  );
});

it('gives the terminal back when it is stopped by a signal', async (t) => {
  const host = start(t);
  if (host === null) return;
  for (const [signal, status] of [
    ['SIGINT', '130'],
    ['SIGTERM', '143'],
    ['SIGHUP', '129'],
    ['SIGQUIT', '131'],
  ] as const) {
    const one = session(host, ['$WATCH', 'echo $? > status']);
    await shows(one);
    one.signal(signal);
    await one.ended;
    assert.equal(one.file('status'), status, signal);
    assertGivenBack(one);
  }
});

it('gives the terminal back while it is suspended, and takes it again', async (t) => {
  const host = start(t);
  if (host === null) return;
  const suspends: readonly (readonly [string, (one: Session) => void])[] = [
    ['Ctrl-Z', (one) => one.type('\\032')],
    ['SIGTSTP', (one) => one.signal('SIGTSTP')],
  ];
  for (const [how, suspend] of suspends) {
    const one = session(host, [
      '$WATCH',
      'stty -g > suspended.new; mv suspended.new suspended',
      // Until the test has looked.
      'until [ -e looked ]; do sleep 0.05; done',
      'fg > /dev/null',
      'echo $? > status',
    ]);
    await shows(one);
    suspend(one);
    await one.until(() => one.file('suspended') !== null, `${how}: suspended`);
    await one.until(() => one.output().includes(LEFT), `${how}: given back`);
    assert.equal(one.file('suspended'), one.file('before'), how);
    const then = one.output().length;
    writeFileSync(host.path('/run/session/looked'), '');
    await one.until(() => /measured \d+ s ago/.test(one.output().slice(then)), `${how}: shown again`);
    assert.ok(one.output().slice(then).includes(ENTERED), how);
    one.type('q');
    await one.ended;
    assert.equal(one.file('status'), '0', how);
    assertGivenBack(one);
  }
});

it('goes on where nobody would continue it, and fits a terminal that changes its size', async (t) => {
  const host = start(t);
  if (host === null) return;
  // No shell with job control is there: a stop would never end, so the kernel ignores it.
  const one = session(host, ['$WATCH', 'echo $? > status'], '+m');
  await shows(one);
  one.type('\\032');
  await one.until(() => one.output().split(ENTERED).length === 3, 'taken again');
  const size = 'stty rows 6 cols 40 -F "$(readlink /proc/$(cat pid)/fd/0)"';
  const resized = host.run(['sh', '-ec', size], { cwd: '/run/session' });
  assert.equal(resized.status, 0, describe(resized));
  await one.until(() => one.output().includes('… and'), 'the small screen');
  const small = one.output().split('\x1b[2J').at(-1) ?? '';
  for (const line of small.replace(/\x1b\[[?\d]*[A-Za-z]/g, '').split('\r\n'))
    assert.ok(line.trimEnd().length <= 40, line);
  one.type('q');
  await one.ended;
  assert.equal(one.file('status'), '0');
  assertGivenBack(one);
});

it('ends when its terminal goes away', async (t) => {
  const host = start(t);
  if (host === null) return;
  const one = session(host, ['$WATCH']);
  await shows(one);
  const pid = one.file('pid');
  const hangUp = host.run(['sh', '-ec', `kill -KILL ${one.file('terminal')}`]);
  assert.equal(hangUp.status, 0, describe(hangUp));
  await one.until(() => host.run(['sh', '-c', `kill -0 ${pid}`]).status !== 0, `process ${pid} ends`);
});

it('is refused where there is no terminal', (t) => {
  const host = start(t);
  if (host === null) return;
  for (const args of [
    ['monitor', '--watch'],
    ['monitor', '--watch', '3'],
  ]) {
    const { stdout, stderr } = runJtsHot(host, args, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^cannot show a live view without a terminal +\[E_NO_TERMINAL\]$/m);
    assert.match(stderr, /jts-hot monitor$/m);
  }
});
