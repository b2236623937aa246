// `trim` on real file systems: what was deleted is really given back by the disk, in ranges, stopped between two of them, and never
// on another file system than was looked at.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requires } from '../requirement.ts';
import { replace } from './crash.ts';
import { jtsHot, runJtsHot } from './product.ts';
import { AT, NEEDS, startTunedHost, type Tuned, type TunedHost, tracesOf } from './tuned-host.ts';

const MB = 1_000_000;

function start(more: Partial<Tuned> = {}): TunedHost {
  return startTunedHost({ format: 'ext4', fstab: null, options: 'noatime', ...more });
}

interface Result {
  readonly outcome: string;
  readonly ranges: number;
  readonly done: number;
  readonly trimmedBytes: number;
}

function trimmed(on: TunedHost, args: readonly string[] = [], status = 0): Result {
  return JSON.parse(runJtsHot(on.host, ['trim', '-j', ...args], status).stdout).result;
}

for (const format of ['ext4', 'xfs'] as const)
  it(`${format}: what was deleted takes no room on the disk any more`, (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = start({ format, size: '600M' });
    on.sh(`head -c 200M /dev/urandom > ${AT}/file; sync; rm ${AT}/file; sync; sync -f ${AT}`);
    const before = on.usedBytes();
    assert.ok(before > 200 * MB, `${before}`);
    const dry = trimmed(on, ['--dry-run']);
    assert.deepEqual([dry.outcome, dry.trimmedBytes, on.usedBytes()], ['planned', 0, before]);
    const result = trimmed(on);
    assert.deepEqual([result.outcome, result.done], ['trimmed', result.ranges]);
    assert.ok(result.trimmedBytes > 200 * MB, `${result.trimmedBytes}`);
    assert.ok(on.usedBytes() < before - 190 * MB, `${before} -> ${on.usedBytes()}`);
    assert.deepEqual(tracesOf(on), ['changed /etc/fstab'], 'no file, and no run');
    assert.match(runJtsHot(on.host, ['trim']).stdout, /^Trimmed /);
  });

describe('in ranges', () => {
  for (const [format, ranges] of [
    ['ext4', 7],
    ['xfs', 4],
  ] as const)
    it(`${format}: a large disk in ${ranges}, and all of it`, (t) => {
      if (!requires(t, ...NEEDS)) return;
      using on = start({ format, size: '400G' });
      const whole = Number(/\((\d+) bytes/.exec(on.sh(`fstrim -v ${AT}`))?.[1]);
      on.sh(`umount ${AT} && mount ${on.device} ${AT}`);
      const result = trimmed(on);
      assert.deepEqual([result.ranges, result.done], [ranges, ranges]);
      // Nothing is left out, and nothing is told twice.
      assert.ok(
        Math.abs(result.trimmedBytes - whole) < whole / 100,
        `${result.trimmedBytes}, at once ${whole}`,
      );
    });

  it('a signal ends it between two, and what is trimmed stays so', async (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = start({ size: '400G' });
    using _slow = replace(on.host, 'fstrim', [
      'echo x >> /dev/shm/ranges; sleep 0.7; exec /sbin/fstrim "$@"',
    ]);
    const running = on.host.spawn(jtsHot('trim', '-j'));
    for (let i = 0; i < 200 && on.host.run(['cat', '/dev/shm/ranges']).stdout.length < 4; i++)
      await sleep(20);
    running.kill('SIGINT');
    const { status, stdout } = await running.ended;
    const { result, problems } = JSON.parse(stdout);
    assert.equal(status, 130, stdout);
    assert.deepEqual([result.outcome, result.ranges, problems[0].code], ['stopped', 7, 'E_STOPPED']);
    assert.ok(result.done === 2 && result.trimmedBytes > 0, stdout);
    assert.equal(
      on.host.run(['cat', '/dev/shm/ranges']).stdout,
      'x\nx\n',
      'the one that was begun is done, and no other',
    );
  });

  it('is over before another disk in its place is touched', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = start({ size: '400G' });
    using _swap = replace(on.host, 'fstrim', [
      'echo x >> /dev/shm/ranges',
      `/sbin/fstrim "$@"; status=$?`,
      `umount -l ${AT}; mount -t tmpfs tmpfs ${AT}`,
      'exit $status',
    ]);
    const { stdout } = runJtsHot(on.host, ['trim', '-j'], 1);
    const { result, problems } = JSON.parse(stdout);
    assert.deepEqual([result.outcome, result.done, problems[0].code], ['failed', 1, 'E_MOUNT_CHANGED']);
    assert.equal(on.host.run(['cat', '/dev/shm/ranges']).stdout, 'x\n');
  });
});

describe('refused', () => {
  const code = (on: TunedHost, status = 3) =>
    JSON.parse(runJtsHot(on.host, ['trim', '-j'], status).stdout).problems[0]?.code;

  it('a tmpfs, which is on no disk, and the disk of the system', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = start();
    on.sh(`umount ${AT} && mount -t tmpfs tmpfs ${AT}`);
    assert.equal(code(on), 'E_NO_DISCARD');
    on.sh(`umount ${AT}`);
    assert.equal(code(on), 'E_SYSTEM_DISK');
  });

  it('the disk of the first setup is not there', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = start();
    runJtsHot(on.host, ['setup']);
    on.sh(`umount ${AT} && mount -t tmpfs tmpfs ${AT}`);
    assert.equal(code(on), 'E_OTHER_DISK');
  });

  it('no fstrim, and one that fails', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = start();
    using fails = replace(on.host, 'fstrim', [
      'echo "fstrim: FITRIM ioctl failed: Input/output error" >&2; exit 1',
    ]);
    const { stdout } = runJtsHot(on.host, ['trim', '-j'], 1);
    assert.match(stdout, /Input\/output error/);
    fails.end();
    on.sh('rm -f $(command -v fstrim)');
    assert.equal(code(on), 'E_NO_TOOL');
  });

  it('another run is at work', async (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = start();
    using _slow = replace(on.host, 'fstrim', ['touch /dev/shm/begun; sleep 5; exec /sbin/fstrim "$@"']);
    const first = on.host.spawn(jtsHot('trim'));
    for (let i = 0; i < 200 && on.host.run(['test', '-e', '/dev/shm/begun']).status !== 0; i++)
      await sleep(20);
    assert.equal(code(on), 'E_LOCKED');
    assert.equal((await first.ended).status, 0);
  });
});
