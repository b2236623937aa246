// The history where it hurts: recorders killed in the middle, many at a time, a full disk, a read-only one, a user who may
// only read, a file that is damaged; as operators meet it, through the commands.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import { createPatience } from '../../src/history/store/database.ts';
import { openHistoryFile } from '../../src/history/store/file.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd'] as const;
const DIRECTORY = '/var/lib/jts-hot/history';
const FILE = `${DIRECTORY}/history.db`;
const LAYOUT = '/etc/layout.yaml';

const KILLS = 200;
const AT_A_TIME = 4;

it(`${KILLS} recorders killed with SIGKILL, ${AT_A_TIME} at a time: at most the sample in flight is lost`, async (t) => {
  if (!requires(t, 'root')) return;
  const root = mkdtempSync(join(tmpdir(), 'history-killed-'));
  t.after(() => rmSync(root, { recursive: true }));
  const recorder = await bundledRecorder(root);
  const recorded = new Set<number>();
  /** Of each recorder the one after the last that it told of. */
  const inFlight = new Set<number>();
  let begun = 0;
  const recordAndDie = async (): Promise<void> => {
    while (begun < KILLS) {
      begun += 1;
      const from = Date.UTC(2026, 0, 1) + begun * 60_000;
      const child = spawn(process.execPath, [recorder, root, `${from}`], {
        env: { NODE_PATH: `${REPOSITORY}/node_modules` },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const told = await killedAfter(child, begun % 40);
      for (const at of told) recorded.add(at);
      inFlight.add((told.at(-1) ?? from - 1) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, recordAndDie));
  assert.ok(recorded.size > KILLS, `${recorded.size}`);

  const place = {
    root,
    base: '/data',
    machine: '',
    gidOf: () => undefined,
    now: Date.now,
    patience: createPatience(),
  };
  for (const mode of ['read', 'write'] as const) {
    const history = openHistoryFile(place, { mode, group: null });
    assert.ok(history !== null);
    const found = history.samples({ since: 0 });
    const times = new Set(found.map(({ at }) => at));
    assert.equal(times.size, found.length);
    assert.deepEqual(
      [...recorded].filter((at) => !times.has(at)),
      [],
    );
    assert.deepEqual(
      [...times].filter((at) => !recorded.has(at) && !inFlight.has(at)),
      [],
    );
    for (const { at, uses } of found)
      assert.deepEqual([...uses.values()], [{ usedBytes: at, inodes: 1, limitBytes: at }]);
    const report = history.report();
    assert.deepEqual(JSON.parse(report?.json ?? ''), { at: report?.at });
    assert.deepEqual(
      history.notes.filter((note) => !note.includes('the clock was set back')),
      [],
    );
    history.close();
  }
  assert.deepEqual(readdirSync(join(root, DIRECTORY)).toSorted(), ['history.db', 'lock']);
  const database = new DatabaseSync(join(root, FILE), { readOnly: true });
  assert.deepEqual(Object.values(database.prepare('PRAGMA integrity_check').get() ?? {}), ['ok']);
  database.close();
});

/** One file that starts fast: it is started often. */
async function bundledRecorder(directory: string): Promise<string> {
  const outfile = join(directory, 'recorder.cjs');
  const entryPoints = [`${REPOSITORY}/test/e2e/history-recorder.ts`];
  await build({ entryPoints, outfile, bundle: true, format: 'cjs', platform: 'node', external: ['koffi'] });
  return outfile;
}

/** Kills it `milliseconds` after its first sample; the answer is what it told. */
async function killedAfter(child: ChildProcess, milliseconds: number): Promise<readonly number[]> {
  let told = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  child.stdout?.once('data', () => setTimeout(() => child.kill('SIGKILL'), milliseconds));
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL');
  // A line that is torn was told before it was cut: its sample is in flight.
  return told.split('\n').slice(0, -1).map(Number);
}

it('several `record` at once, some killed: every one that ended well is in the history', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = ready();
  let well = 0;
  for (let round = 0; round < 3; round += 1) {
    const running = Array.from({ length: 4 }, () => host.spawn(jtsHot('record')));
    setTimeout(() => running[0]?.kill('SIGKILL'), 100 + round * 60);
    for (const { ended } of running) {
      const { status, signal, stderr } = await ended;
      assert.ok(status === 0 || signal === 'SIGKILL' || status === 137, stderr);
      if (status === 0) well += 1;
    }
  }
  const { samples } = historyOf(host).recorded;
  assert.ok(samples >= well && samples <= well + 3, `${samples} samples, ${well} ended well`);
});

it('a full disk: nothing recorded, said, nothing lost; goes on when there is room', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ freshAccounts: true, disks: [{ at: '/var/lib/jts-hot', size: '512k' }] });
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['record']);
  for (const left of [0, 1, 3]) {
    inside(
      host,
      `rm -f /var/lib/jts-hot/fill; dd if=/dev/zero of=/var/lib/jts-hot/fill bs=4k status=none || true
      truncate -s -$((${left} * 4096)) /var/lib/jts-hot/fill`,
    );
    const before = historyOf(host).recorded.samples;
    const full = host.run(jtsHot('record'));
    assert.doesNotMatch(full.stderr, /E_UNEXPECTED/);
    if (full.status === 0) continue;
    assert.equal(full.status, 1, describe(full));
    assert.match(
      full.stderr,
      /cannot write the history.*E_HISTORY.*ENOSPC.*df -h \/var\/lib\/jts-hot\/history/s,
    );
    assert.equal(historyOf(host).recorded.samples, before);
    assert.equal(asideIn(host).length, 0);
  }
  inside(host, 'rm /var/lib/jts-hot/fill');
  const before = historyOf(host).recorded.samples;
  runJtsHot(host, ['record']);
  assert.equal(historyOf(host).recorded.samples, before + 1);
});

it('a read-only system disk: history is read, record says why it cannot', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ freshAccounts: true, disks: [{ at: '/var/lib/jts-hot', size: '2m' }] });
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['record']);
  inside(host, 'mount -o remount,ro /var/lib/jts-hot');
  assert.equal(historyOf(host).recorded.samples, 1);
  const refused = runJtsHot(host, ['record'], 1);
  assert.match(refused.stderr, /cannot write the history.*read-only.*EROFS.*remount/s);
});

it('the group that the layout names reads the copy, also beside a killed writer; others do not', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = ready();
  inside(host, 'groupadd watchers; useradd -g watchers -M watcher; useradd -M stranger');
  const as = (user: string, ...args: readonly string[]) =>
    host.run(jtsHot(...args, '--spec', LAYOUT), { asUser: user });
  layoutWithGroup(host, 'watchers');
  runJtsHot(host, ['record', '--spec', LAYOUT]);
  for (const name of ['lock', 'journal', 'history', 'history/history.db'])
    assert.notEqual(host.run(['cat', `/var/lib/jts-hot/${name}`], { asUser: 'watcher' }).status, 0);
  for (const path of ['/var/lib/jts-hot', '/var/lib/jts-hot/history'])
    assert.notEqual(host.run(['ls', path], { asUser: 'watcher' }).status, 0);

  const samples = () => {
    const read = as('watcher', 'history', '-j');
    assert.equal(read.status, 0, describe(read));
    return JSON.parse(read.stdout).result.recorded.samples;
  };
  assert.equal(samples(), 1);
  assert.match(as('watcher', 'history').stdout, /^ {2}redis /m);
  // What may not be measured is answered from the last report, with its age.
  for (const command of ['monitor', 'usage']) {
    const given = as('watcher', command, '-j');
    assert.equal(given.status, 0, describe(given));
    const { result } = JSON.parse(given.stdout);
    assert.ok(result.reported.ageSeconds < 600, given.stdout);
    assert.ok(
      result.services.every(({ space, usedBytes }: Record<string, unknown>) => (space ?? usedBytes) !== null),
    );
    assert.match(as('watcher', command).stdout, /measured .* ago; without root nothing is measured/);
    const refused = as('stranger', command, '-j');
    assert.equal(JSON.parse(refused.stdout).result.reported, null, describe(refused));
  }

  // A writer that was killed has published nothing; the next one does.
  killWriter(host);
  assert.ok(existsSync(host.path(`${FILE}-wal`)));
  assert.equal(samples(), 1);
  runJtsHot(host, ['record', '--spec', LAYOUT]);
  assert.equal(samples(), 3);

  const stranger = as('stranger', 'history');
  assert.equal(stranger.status, 1, describe(stranger));
  assert.match(stranger.stderr, /cannot read the history.*published.*EACCES.*monitoring\.group/s);

  layoutWithGroup(host, null);
  runJtsHot(host, ['record', '--spec', LAYOUT]);
  assert.equal(as('watcher', 'history').status, 1);
});

function layoutWithGroup(host: ThrowawayHost, group: string | null): void {
  const monitoring = group === null ? '' : `monitoring:\n  group: ${group}\n`;
  writeFileSync(host.path(LAYOUT), `${monitoring}services:\n  redis:\n    planned: 10GB\n`);
}

/** Opens and locks, in every way there is, whatever it can reach below the state directory; says so, and waits. */
const LOCK_ALL = `
import fcntl, os, sqlite3, time
held = []
for name in ['', 'lock', 'journal', 'bases.json', 'history', 'history/lock', 'published', 'published/history.db'] + [
        'history/history.db' + ending for ending in ('', '-wal', '-shm')]:
    path = os.path.join('/var/lib/jts-hot', name)
    for flags in (os.O_RDWR, os.O_RDONLY):
        try: fd = os.open(path, flags)
        except OSError: continue
        held.append(fd)
        for lock in (lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
                     lambda: fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
                     lambda: fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)):
            try: lock()
            except OSError: pass
for name in ('history', 'published'):
    for begin in ('BEGIN EXCLUSIVE', 'BEGIN IMMEDIATE', 'BEGIN; SELECT * FROM sample'):
        try:
            database = sqlite3.connect('file:/var/lib/jts-hot/' + name + '/history.db', uri=True, timeout=0, isolation_level=None)
            held.append(database)
            for statement in begin.split(';'): held.append(database.execute(statement))
        except sqlite3.Error: pass
open('/tmp/locked', 'w').write(str(len(held)))
time.sleep(600)
`;

it('a member of the group locks all that it can reach: a run takes no longer, and tells', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = ready();
  inside(host, 'groupadd watchers; useradd -g watchers -M watcher');
  layoutWithGroup(host, 'watchers');
  const record = () => {
    const begun = performance.now();
    const done = runJtsHot(host, ['record', '--spec', LAYOUT]);
    assert.equal(done.stderr, '');
    return performance.now() - begun;
  };
  record();
  const free = Math.max(record(), record());
  writeFileSync(host.path('/usr/local/bin/lock-all'), LOCK_ALL);
  const locker = host.spawn(['python3', '/usr/local/bin/lock-all'], { asUser: 'watcher' });
  try {
    while (!existsSync(host.path('/tmp/locked')) || readFileSync(host.path('/tmp/locked'), 'utf8') === '')
      await pause(20);
    assert.ok(Number(readFileSync(host.path('/tmp/locked'), 'utf8')) > 1);
    const locked = record();
    t.diagnostic(`${Math.round(free)} ms free, ${Math.round(locked)} ms with everything locked`);
    assert.ok(locked < free + 1000, `${locked} ms, ${free} ms before`);
    assert.equal(historyOf(host).recorded.samples, 4);
  } finally {
    locker.kill('SIGKILL');
    await locker.ended;
  }
});

/** As `record` does it, killed with the sample written and the file still open. */
function killWriter(host: ThrowawayHost): void {
  const script = `
    import { openHistoryFile } from '${REPOSITORY}/src/history/store/file.ts';
    import { createPatience } from '${REPOSITORY}/src/history/store/database.ts';
    import { readFileSync } from 'node:fs';
    const machine = readFileSync('/etc/machine-id', 'utf8').trim();
    const gid = Number(readFileSync('/etc/group', 'utf8').match(/^watchers:[^:]*:(\\d+)/m)[1]);
    const place = { root: '/', base: '/data/jts/hot', machine, gidOf: () => gid, now: Date.now, patience: createPatience() };
    const history = openHistoryFile(place, { mode: 'write', group: 'watchers' });
    history.append({ at: Date.now(), uses: new Map([['redis', { usedBytes: 1, inodes: 1, limitBytes: 10 }]]) });
    process.kill(process.pid, 'SIGKILL');`;
  const { status, signal, stderr } = host.run([process.execPath, '--input-type=module', '-e', script]);
  assert.ok(signal === 'SIGKILL' || status === 137, stderr);
}

it('a damaged file: history says so, record sets it aside and goes on, and both say where it is', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = ready();
  runJtsHot(host, ['record']);
  writeFileSync(host.path(FILE), 'damaged');
  const refused = runJtsHot(host, ['history'], 1);
  assert.match(refused.stderr, /cannot read the history.*E_HISTORY_DAMAGED.*sudo .*jts-hot.* record/s);
  runJtsHot(host, ['record']);
  const [aside = ''] = asideIn(host);
  assert.match(aside, /^history-[0-9TZ-]+-damaged\.db$/);
  assert.equal(readFileSync(host.path(`${DIRECTORY}/${aside}`), 'utf8'), 'damaged');
  const { recorded, notes } = historyOf(host);
  assert.equal(recorded.samples, 1);
  assert.match(notes.join(), /set aside earlier, in \/var\/lib\/jts-hot\/history: history-/);
  assert.match(runJtsHot(host, ['history']).stdout, /note: set aside earlier/);
});

it('nothing recorded: says so, with the command to type; an unknown service: the nearest name', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = ready();
  const none = runJtsHot(host, ['history'], 1);
  assert.match(none.stderr, /before anything is recorded.*E_NO_HISTORY.*sudo \S*jts-hot\S* record/s);
  assert.equal(none.stdout, '');
  runJtsHot(host, ['record']);
  assert.match(runJtsHot(host, ['history', 'kafak'], 2).stderr, /E_UNKNOWN_SERVICE.*did you mean kafka\?/s);
  assert.match(
    runJtsHot(host, ['history', 'disk', '--csv']).stdout,
    /^time,subject,.*\r\n20\S+Z,\/,\d+,\d+,\d+,\r\n$/,
  );
});

it('an alternate root has a history of its own, kept in it', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({
    freshAccounts: true,
    prepare:
      'mkdir -p /srv/image/etc /srv/image/usr /srv/image/data; : > /srv/image/etc/passwd; : > /srv/image/etc/group',
  });
  runJtsHot(host, ['setup', '--root', '/srv/image']);
  runJtsHot(host, ['record', '--root', '/srv/image']);
  assert.equal(existsSync(host.path(FILE)), false);
  assert.equal(existsSync(host.path(`/srv/image${FILE}`)), true);
  assert.match(runJtsHot(host, ['history', '--root', '/srv/image']).stdout, /^ {2}1 sample from/m);
});

function ready(): ThrowawayHost {
  const host = startHost({ freshAccounts: true });
  runJtsHot(host, ['setup']);
  return host;
}

function historyOf(host: ThrowawayHost): {
  readonly recorded: { readonly samples: number };
  readonly notes: readonly string[];
} {
  return JSON.parse(runJtsHot(host, ['history', '-j']).stdout).result;
}

function asideIn(host: ThrowawayHost): readonly string[] {
  return readdirSync(host.path(DIRECTORY)).filter((name) => /^history-/.test(name));
}

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}
