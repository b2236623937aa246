// What a host can do to a setup in the middle: full and broken disks, read-only file systems, account programs that fail
// or wait for a lock. Setup stops, says where it stands and both ways on; then the same command completes, or rollback
// leaves no trace.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { replace } from './crash.ts';
import { describe, jtsHot, runJtsHot, traces } from './product.ts';
import { REPOSITORY, type RunResult, startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd'] as const;
const WHERE_IT_STANDS = /\d+ of \d+ steps are done and recorded as run \d+; nothing is half done/;
const WAYS_ON = /fix: sudo jts-hot setup\n +hint: to go back: sudo jts-hot rollback \d+/;
const RECORD = '/var/lib/jts-hot';

/** Stopped by a failure, and says so. */
function requireStopped(result: RunResult, failure: RegExp): void {
  assert.equal(result.status, 1, describe(result));
  assert.doesNotMatch(result.stderr, /E_UNEXPECTED/);
  assert.match(result.stderr, failure);
  assert.match(result.stderr, WHERE_IT_STANDS);
  assert.match(result.stderr, WAYS_ON);
}

function requireCompletes(host: ThrowawayHost): void {
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['validate', '--quiet']);
}

function requireRollsBack(host: ThrowawayHost): void {
  runJtsHot(host, ['rollback']);
  assert.deepEqual(traces(host), []);
}

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

for (const freePages of [0, 1, 2, 3])
  it(`a disk that is full after ${freePages} pages of journal: stops, and goes on or back when there is room`, (t) => {
    if (!requires(t, ...NEEDS)) return;
    using host = startHost({
      freshAccounts: true,
      mounted: ['/data', '/var'],
      disks: [{ at: RECORD, size: '64k' }],
    });
    const fill = (free: number) =>
      inside(host, `dd if=/dev/zero of=${RECORD}/fill bs=4k count=${16 - free} status=none; df ${RECORD}`);
    // The lock takes one page.
    fill(freePages + 1);
    const stopped = host.run(jtsHot('setup'));
    assert.equal(stopped.status, 1, describe(stopped));
    assert.doesNotMatch(stopped.stderr, /E_UNEXPECTED/);
    assert.match(stopped.stderr, /E_JOURNAL_WRITE.*ENOSPC.*df -h \/var\/lib\/jts-hot/s);
    if (freePages > 0) requireStopped(stopped, /E_JOURNAL_WRITE/);
    else assert.deepEqual(traces(host), []);

    // Still full: neither way is open, and trying changes nothing.
    const halfway = traces(host);
    for (const command of ['setup', 'rollback']) {
      const refused = host.run(jtsHot(command));
      if (command === 'rollback' && freePages === 0 && refused.status === 0) continue;
      assert.equal(refused.status, 1, `${command}: ${describe(refused)}`);
      assert.match(refused.stderr, /ENOSPC/);
      assert.doesNotMatch(refused.stderr, /E_UNEXPECTED/);
      assert.deepEqual(traces(host), halfway);
    }
    inside(host, `rm ${RECORD}/fill`);
    requireCompletes(host);
    requireRollsBack(host);
  });

it('a read-only file system under the base: refused, completes when it is writable', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ freshAccounts: true, mounted: ['/var'], disks: [{ at: '/data', size: '1m' }] });
  inside(host, 'mount -o remount,ro /data');
  assert.match(runJtsHot(host, ['setup'], 3).stderr, /E_READ_ONLY.*mount -o remount,rw \/data$/ms);
  assert.deepEqual(traces(host), []);
  inside(host, 'mount -o remount,rw /data');
  requireCompletes(host);
  requireRollsBack(host);
  assert.equal(inside(host, 'ls -A /data'), '');
});

it('a file system under the base that becomes read-only: stops at the first directory, rollback works while it is', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ freshAccounts: true, mounted: ['/var'], disks: [{ at: '/data', size: '1m' }] });
  {
    const lines = ['mount -o remount,ro /data', 'exec /usr/sbin/useradd "$@"'];
    using _replaced = replace(host, 'useradd', lines);
    requireStopped(host.run(jtsHot('setup')), /cannot create a directory.*EROFS.*remount/s);
  }
  requireRollsBack(host);
});

it('a read-only file system below the base, where a service is to be: refused, nothing changes', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ freshAccounts: true, disks: [{ at: '/data/jts/hot/kafka', size: '1m' }] });
  inside(host, 'mount -o remount,ro /data/jts/hot/kafka');
  const refused = runJtsHot(host, ['setup'], 3);
  assert.match(refused.stderr, /mount point/);
  assert.deepEqual(host.changes(), []);
});

for (const freePages of [0, 12, 16, 24])
  it(`a disk under the record that fails (EIO) after ${freePages} pages: stops, and goes on or back when it works`, (t) => {
    if (!requires(t, ...NEEDS) || !hasZram(t)) return;
    using disk = failingDisk(RECORD);
    const { host } = disk;
    disk.failAfter(freePages);
    const stopped = host.run(jtsHot('setup'));
    assert.equal(stopped.status, 1, describe(stopped));
    assert.doesNotMatch(stopped.stderr, /E_UNEXPECTED/);
    assert.match(stopped.stderr, /EIO.*dmesg/s);
    disk.work();
    requireCompletes(host);
    requireRollsBack(host);
  });

it('a disk under the base that fails (EIO): stops, and goes on or back when it works', (t) => {
  if (!requires(t, ...NEEDS) || !hasZram(t)) return;
  using disk = failingDisk('/data');
  const { host } = disk;
  disk.failAfter(0);
  requireStopped(host.run(jtsHot('setup')), /E_IO.*EIO.*dmesg/s);
  disk.work();
  requireCompletes(host);
  requireRollsBack(host);
});

for (const [program, arg] of [
  ['groupadd', 'docker'],
  ['useradd', 'kafka'],
] as const)
  it(`${program} that fails: shown whole, and the same command completes when it works`, (t) => {
    if (!requires(t, ...NEEDS)) return;
    using host = startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
    {
      const lines = [
        `for word; do last=$word; done`,
        `[ "$last" != ${arg} ] || { echo "${program}: no ${arg} today" >&2; exit 10; }`,
        `exec /usr/sbin/${program} "$@"`,
      ];
      using _replaced = replace(host, program, lines);
      const stopped = host.run(jtsHot('setup'));
      requireStopped(stopped, new RegExp(`command: ${program} .*exit status 10.*no ${arg} today`, 's'));
      assert.equal(host.run(jtsHot('validate', '--quiet')).status, 1);
    }
    requireCompletes(host);
    requireRollsBack(host);
  });

it('useradd that fails: rollback takes back what was done before', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
  {
    using _replaced = replace(host, 'useradd', ['exit 1']);
    requireStopped(host.run(jtsHot('setup')), /exit status 1/);
  }
  requireRollsBack(host);
});

it('accounts locked by another program: stops, and the same command completes when it is done', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using byLibrary = startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
  using byFile = startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
  const holder = byLibrary.spawn(lockHolder());
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  // Process 1 is alive: not a lock that was left behind.
  writeFileSync(byFile.path('/etc/group.lock'), '1\0');
  // shadow-utils wait a quarter of a minute for a lock: both at once.
  const [first, second] = await Promise.all([
    byLibrary.spawn(jtsHot('setup')).ended,
    byFile.spawn(jtsHot('setup')).ended,
  ]);
  requireStopped(first, /cannot lock.*another program is changing accounts/s);
  requireStopped(second, /cannot lock.*another program is changing accounts/s);
  holder.kill('SIGKILL');
  await holder.ended;
  byFile.run(['rm', '/etc/group.lock']);
  for (const host of [byLibrary, byFile]) {
    requireCompletes(host);
    requireRollsBack(host);
  }
});

/** As passwd, useradd and vipw hold it. */
function lockHolder(): readonly string[] {
  const program = `
    const koffi = require(${JSON.stringify(`${REPOSITORY}/node_modules/koffi`)});
    if (koffi.load(null).func('int lckpwdf()')() !== 0) process.exit(1);
    console.log('held');
    setInterval(() => {}, 1000);`;
  return [process.execPath, '-e', program];
}

interface FailingDisk extends Disposable {
  readonly host: ThrowawayHost;
  /** Once so much more is written, every write to a new place fails. */
  failAfter(pages: number): void;
  work(): void;
}

/**
 * A host with an ext4 on a compressed memory disk, which answers EIO when it may take no more memory. The disk is the
 * machine's, made and removed from outside: the host may not.
 */
function failingDisk(at: string): FailingDisk {
  const host = startHost({ freshAccounts: true, mounted: ['/data', '/var'], prepare: `mkdir -p ${at}` });
  const number = readFileSync('/sys/class/zram-control/hot_add', 'utf8').trim();
  const control = `/sys/block/zram${number}`;
  writeFileSync(`${control}/disksize`, '8M');
  const device = readFileSync(`${control}/dev`, 'utf8').trim().replace(':', ' ');
  inside(
    host,
    `mknod /dev/zram${number} b ${device}; mkfs.ext4 -q -O ^has_journal /dev/zram${number}
     mount -o errors=continue /dev/zram${number} ${at}; rmdir ${at}/lost+found; sync`,
  );
  const limit = (bytes: number) => writeFileSync(`${control}/mem_limit`, `${bytes}`);
  const used = () => Number(readFileSync(`${control}/mm_stat`, 'utf8').trim().split(/\s+/)[2]);
  return {
    host,
    failAfter: (pages) => limit(used() + pages * 4096),
    work: () => limit(0),
    [Symbol.dispose]() {
      host.run(['umount', at]);
      host.stop();
      writeFileSync('/sys/class/zram-control/hot_remove', number);
    },
  };
}

function hasZram(t: TestContext): boolean {
  if (existsSync('/sys/class/zram-control')) return true;
  const reason = 'this machine lacks zram: no /sys/class/zram-control (modprobe zram)';
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return false;
}
