// `bench` on a real disk of the kernel's (a loop device with ext4) with a real fio: whatever ends it, at whichever step,
// nothing stays; a disk that is throttled shows. Where it says so fio's time is cut short by a script in front of it.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { BenchResult } from '../../src/baseline/baseline-document.ts';
import { MEASUREMENTS, ROUNDS, ROWS } from '../../src/baseline/measurements.ts';
import { schemaOf } from '../../src/json/schemas.ts';
import type { HistoryResult } from '../../src/monitor/history-document.ts';
import { requires } from '../requirement.ts';
import { attacker } from './attacker.ts';
import { describe as describeRun, jtsHot, runJtsHot } from './product.ts';
import { REPOSITORY, type RunResult, startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd', 'loop device', 'fio'] as const;
const BASE = '/data/jts/hot';
const STAGING = `${BASE}/backup/staging`;

/** All calls of fio: to write the file, and each measurement in each round. */
const CALLS = 1 + ROUNDS * MEASUREMENTS.length;

/** `n`: the number of the call. What a test wants done then is in /root/at-call. */
const SHORT_FIO = `#!/bin/sh
n=$(( $(cat /root/calls 2>/dev/null || echo 0) + 1 ))
echo $n > /root/calls
runtime=100ms
if [ -e /root/at-call ]; then . /root/at-call; fi
for word; do
  shift
  if [ "$word" = --runtime=1 ]; then word=--runtime=$runtime; fi
  set -- "$@" "$word"
done
exec /usr/bin/fio "$@"
`;

const PREPARE = `
mkdir -p ${BASE}
truncate -s 700M /var/tmp/disk.img
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0 /var/tmp/disk.img
`;

const MOUNT = `
mknod /dev/loop-control c 10 237
for i in $(seq 0 255); do mknod /dev/loop$i b 7 $i; done
mount -o loop /var/tmp/disk.img ${BASE}
`;

/** On a machine with other things to do. */
const PATIENCE = { timeoutMs: 300_000 };

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describeRun(result)}`);
  return result.stdout;
}

/** Set up, on a disk of its own; null: this machine cannot. */
function hostOf(t: TestContext, how: 'as it is' | 'short' = 'short'): ThrowawayHost | null {
  if (!requires(t, ...NEEDS)) return null;
  const host = startHost({ freshAccounts: true, prepare: PREPARE });
  t.after(() => host.stop());
  inside(host, MOUNT);
  runJtsHot(host, ['setup']);
  if (how === 'short') putFio(host, SHORT_FIO);
  return host;
}

function putFio(host: ThrowawayHost, script: string): void {
  writeFileSync(host.path('/usr/local/sbin/fio'), script, { mode: 0o755 });
}

function atCall(host: ThrowawayHost, script: string): void {
  writeFileSync(host.path('/root/at-call'), script);
  rmSync(host.path('/root/calls'), { force: true });
}

/** What is on the disk, and who works with it. */
function left(host: ThrowawayHost): string {
  return inside(
    host,
    `sync; find ${BASE} | sort | sha256sum; stat -f -c 'free %f of %b' ${BASE}; pgrep -x fio || true`,
  );
}

/** Its process may need a moment to go. */
async function nothingLeft(host: ThrowawayHost, before: string, what: string): Promise<void> {
  for (let tries = 0; tries < 20 && left(host) !== before; tries += 1) await setTimeout(100);
  assert.equal(left(host), before, what);
}

function codesOf({ stderr }: RunResult): readonly string[] {
  return stderr.match(/(?<=\[)[EW]_\w+(?=\]$)/gm) ?? [];
}

function resultOf<Result>(name: string, { stdout }: RunResult): Result {
  const document: unknown = JSON.parse(stdout);
  schemaOf(name).parse(document);
  return (document as { readonly result: Result }).result;
}

/** Fast enough or not: this machine has other things to do. */
function measured(host: ThrowawayHost, ...more: readonly string[]): BenchResult {
  const run = host.run(jtsHot('bench', '--now', '-j', ...more), PATIENCE);
  assert.ok(run.status === 0 || run.status === 1, describeRun(run));
  assert.doesNotMatch(run.stderr, /about .* left/);
  const result = resultOf<BenchResult>('bench', run);
  assert.equal(result.outcome, 'measured', describeRun(run));
  return result;
}

describe('bench', () => {
  it('measures all there is to measure, tells on a terminal how far it is, and leaves nothing', async (t) => {
    const host = hostOf(t);
    if (host === null) return;
    const before = left(host);
    const { baseline } = measured(host);
    assert.deepEqual(baseline?.rows.map(({ name }) => name).toSorted(), ROWS.toSorted());
    assert.equal(readFileSync(host.path('/root/calls'), 'utf8').trim(), `${CALLS}`);
    assert.match(baseline?.disk.id ?? '', /^uuid:[\da-f-]{36}$/);
    assert.match(baseline?.disk.names[0] ?? '', /^loop\d+$/);
    assert.deepEqual([baseline?.file.direct, baseline?.fileSystem.type], [true, 'ext4']);
    await nothingLeft(host, before, 'a file');
    const typed = jtsHot('bench', '--now').join(' ');
    const told = host.run(['script', '-qec', typed, '/dev/null'], PATIENCE).stdout;
    for (const words of ['1/25 write the file, about', '2/25 read in order, 1 MiB, round 1 of 3', '25/25 '])
      assert.ok(told.includes(words), words);
    const shown = runJtsHot(host, ['history', '-j']);
    const [trend, ...others] = resultOf<HistoryResult>('history', shown).baselines;
    assert.deepEqual([trend?.disk, trend?.baselines.length, others], [baseline?.disk.id, 2, []]);
  });

  it('is killed at every step of a round, and between rounds: fio dies with it, nothing stays', async (t) => {
    const host = hostOf(t);
    if (host === null) return;
    const before = left(host);
    // Of the second round the first: the others are as those of the first.
    for (const call of Array.from({ length: MEASUREMENTS.length + 2 }, (_, i) => i + 1)) {
      atCall(host, `if [ $n = ${call} ]; then runtime=60; (sleep 0.1; kill -KILL $PPID) & fi`);
      const run = host.run(jtsHot('bench', '--now'), PATIENCE);
      assert.ok(run.status !== 0 && run.stdout === '', describeRun(run));
      assert.equal(readFileSync(host.path('/root/calls'), 'utf8').trim(), `${call}`);
      await nothingLeft(host, before, `killed at call ${call}`);
    }
    assert.equal(host.run(jtsHot('history', '-j')).status, 1);
  });

  for (const [signal, status] of [
    ['INT', 130],
    ['TERM', 143],
    ['HUP', 129],
  ] as const)
    it(`ends at once at SIG${signal}, with its status, and keeps nothing`, async (t) => {
      const host = hostOf(t);
      if (host === null) return;
      const before = left(host);
      for (const call of [1, 2, 5]) {
        atCall(host, `if [ $n = ${call} ]; then runtime=60; (sleep 0.1; kill -${signal} $PPID) & fi`);
        const begun = Date.now();
        const run = host.run(jtsHot('bench', '--now', '-j'), PATIENCE);
        assert.equal(run.status, status, describeRun(run));
        assert.deepEqual(codesOf(run), ['E_STOPPED']);
        assert.equal(resultOf<BenchResult>('bench', run).outcome, 'stopped');
        assert.ok(Date.now() - begun < 30_000);
        await nothingLeft(host, before, `SIG${signal} at call ${call}`);
      }
      assert.equal(host.run(jtsHot('history')).status, 1);
    });

  it('says what fio did not do, and leaves nothing', async (t) => {
    const host = hostOf(t);
    if (host === null) return;
    const before = left(host);
    const fails = (code: string, status: number, detail: RegExp) => {
      const run = host.run(jtsHot('bench', '--now'), PATIENCE);
      assert.deepEqual([codesOf(run), run.status], [[code], status], describeRun(run));
      assert.match(run.stderr, detail);
    };
    const call = 1 + MEASUREMENTS.findIndex(({ appends }) => appends) + 1;
    // Somebody fills the disk between two steps: the file is written already, appends find no room.
    atCall(host, `if [ $n = ${call} ]; then cat /dev/zero > ${BASE}/filler 2>/dev/null || true; fi`);
    fails('E_FIO', 1, /No space left on device[\s\S]*somebody filled the disk/);
    inside(host, `rm ${BASE}/filler`);
    await nothingLeft(host, before, 'filled');
    atCall(host, 'if [ $n = 3 ]; then kill -SEGV $$; fi');
    fails('E_FIO', 1, /killed by SIGSEGV/);
    atCall(host, 'if [ $n = 3 ]; then echo "fio: something else"; exit 0; fi');
    fails('E_FIO_OUTPUT', 1, /want a JSON document, found "fio: something else"/);
    atCall(host, 'if [ $n = 3 ]; then echo "fio: no" >&2; exit 1; fi');
    fails('E_FIO', 1, /found: exit status 1\n +fio: no/);
    await nothingLeft(host, before, 'broken');
    atCall(host, 'echo "fio: this is noted, and it goes on"');
    measured(host);
    await nothingLeft(host, before, 'noted');
  });

  it('refuses where it must not measure, and changes nothing', async (t) => {
    const host = hostOf(t);
    if (host === null) return;
    const before = left(host);
    const refuses = (code: string, words: readonly string[] = ['bench', '--now']) => {
      const run = host.run(jtsHot(...words));
      assert.deepEqual([codesOf(run), run.status], [[code], 3], describeRun(run));
      return run.stderr;
    };
    atCall(host, 'runtime=20');
    const first = host.spawn(jtsHot('bench', '--now'));
    for (let tries = 0; tries < 100; tries += 1) {
      if (host.run(['test', '-e', '/root/calls']).status === 0) break;
      await setTimeout(100);
    }
    refuses('E_LOCKED');
    first.kill('SIGKILL');
    await first.ended;
    await nothingLeft(host, before, 'locked');

    const busy = host.spawn([
      'sh',
      '-c',
      `while dd if=/dev/zero of=${BASE}/busy bs=1M count=64 oflag=direct conv=notrunc 2>/dev/null; do :; done`,
    ]);
    await setTimeout(500);
    assert.match(refuses('E_BUSY', ['bench']), /hint: .*sudo jts-hot bench --now/s);
    busy.kill('SIGKILL');
    await busy.ended;
    inside(host, `sleep 0.3; rm ${BASE}/busy`);

    inside(host, `fallocate -l 400M ${BASE}/large`);
    assert.match(refuses('E_NO_ROOM'), /want \d+ MB free: 336 MB for the file, and 5 %\s+of the disk/);
    inside(host, `rm ${BASE}/large`);

    inside(host, `mv ${STAGING} ${STAGING}.away; ln -s /etc ${STAGING}`);
    assert.deepEqual(codesOf(host.run(jtsHot('bench', '--now'))), ['E_SCRATCH']);
    inside(host, `rm ${STAGING}; mv ${STAGING}.away ${STAGING}`);

    inside(host, `mount -o remount,ro ${BASE}`);
    refuses('E_READ_ONLY');
    inside(host, `mount -o remount,rw ${BASE}`);

    inside(host, 'rm /usr/local/sbin/fio; mv /usr/bin/fio /usr/bin/fio.away');
    assert.match(refuses('E_NO_TOOL'), /fix: sudo apt-get install fio/);
    await nothingLeft(host, before, 'refused');

    inside(host, `umount ${BASE}`);
    refuses('E_NOT_MOUNTED');
  });

  it('measures a disk that does nothing without being asked twice', async (t) => {
    const host = hostOf(t);
    if (host === null) return;
    let run = host.run(jtsHot('bench'), PATIENCE);
    // What was written before goes to the disk for a while.
    for (let tries = 0; tries < 20 && codesOf(run).includes('E_BUSY'); tries += 1) {
      inside(host, 'sync; sleep 0.5');
      run = host.run(jtsHot('bench'), PATIENCE);
    }
    assert.match(run.stdout, /^Baseline of/, describeRun(run));
    assert.ok(run.stdout.split('\n').every((line) => line.length <= 80));
  });

  it('makes its file where it was told to, however a service user swaps what is there', async (t) => {
    const host = hostOf(t);
    if (host === null) return;
    const path = `${BASE}/kafka/data/staging`;
    inside(host, `install -d -o kafka -g kafka ${path}; mkdir -m 1777 /var/tmp/elsewhere`);
    const running = host.spawn(
      attacker({ variant: 'link', user: 'kafka', path, target: '/var/tmp/elsewhere' }),
    );
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const rounds = host.run([process.execPath, `${REPOSITORY}/test/e2e/scratch-rounds.ts`, path], {
      cwd: REPOSITORY,
    });
    running.kill('SIGTERM');
    await running.ended;
    assert.equal(rounds.status, 0, describeRun(rounds));
    const { made, refused } = JSON.parse(rounds.stdout) as {
      readonly made: Readonly<Record<string, number>>;
      readonly refused: Readonly<Record<string, number>>;
    };
    const places = Object.keys(made);
    assert.ok(
      places.every((place) => place === path || place === `${path}.other`),
      places.join(),
    );
    const sum = (counts: typeof made) => Object.values(counts).reduce((all, times) => all + times, 0);
    assert.ok(sum(made) > 0 && sum(refused) > 0 && sum(made) + sum(refused) >= 200, rounds.stdout);
    t.diagnostic(rounds.stdout);
  });
});

describe('a disk that became slower', () => {
  it('throttled by the blkio controller: named as slower, and in the trend', async (t) => {
    if (!requires(t, 'blkio controller')) return;
    const host = hostOf(t, 'as it is');
    if (host === null) return;
    const fast = measured(host);
    assert.equal(fast.comparison, null);
    const number = inside(host, `stat -c %d ${BASE} | awk '{ printf "%d:%d", $1 / 256, $1 % 256 }'`);
    const group = `/mnt/blkio/jts-hot-test-${process.pid}`;
    inside(
      host,
      `mkdir -p /mnt/blkio; mount -t cgroup -o blkio none /mnt/blkio; mkdir ${group}
       for what in read write; do
         echo "${number} 20000000" > ${group}/blkio.throttle.\${what}_bps_device
         echo "${number} 500" > ${group}/blkio.throttle.\${what}_iops_device
       done`,
    );
    const command = jtsHot('bench', '--now', '-j').join(' ');
    const run = host.run(['sh', '-c', `echo $$ > ${group}/cgroup.procs; exec ${command}`], {
      timeoutMs: 300_000,
    });
    inside(host, `sleep 0.3; rmdir ${group}; umount /mnt/blkio`);
    assert.equal(run.status, 1, describeRun(run));
    assert.ok(codesOf(run).includes('W_DISK_SLOWER'), describeRun(run));
    const drops = resultOf<BenchResult>('bench', run).comparison?.drops ?? [];
    t.diagnostic(drops.map(({ name, percent }) => `${name} ${Math.round(percent)} %`).join(', '));
    for (const name of ['sequential-read', 'sequential-write', 'random-read-depth-32'] as const) {
      const drop = drops.find((one) => one.name === name);
      assert.ok(drop !== undefined && drop.percent > 50, `${name}: ${drop?.percent} %`);
    }
    const trend = runJtsHot(host, ['history', 'disk']).stdout;
    assert.match(trend, /read in order, 1 MiB .* -\d\d %/);
    t.diagnostic(trend);
  });
});
