// What happens to disks on real hosts: unmounted, covered, mounted twice, moved, read-only, silent. Each time one failure with
// one cause, nothing done, and the command that is printed, typed as it stands, mends it. Real ext4 on loop devices.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import { COMMAND_NAMES, COMMANDS } from '../../src/catalogue/commands.ts';
import type { ValidateResult } from '../../src/checks/validate-document.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd', 'loop device'] as const;
const BASE = '/data/jts/hot';
const BASES = '/var/lib/jts-hot/bases.json';

const PREPARE = `
mkdir -p ${BASE} /etc/jts
for disk in hot other; do
  truncate -s 60M /var/tmp/$disk.img
  mkfs.ext4 -q -O ^has_journal /var/tmp/$disk.img
done
echo '/var/tmp/hot.img ${BASE} ext4 loop,nofail 0 2' > /etc/fstab
`;

const LOOPS = `
mknod /dev/loop-control c 10 237
for i in $(seq 0 31); do mknod /dev/loop$i b 7 $i; done
`;

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

/** A host whose hot disk is in fstab and mounted; null: skipped. */
function hostWithDisk(t: TestContext, isSetUp = true): ThrowawayHost | null {
  if (!requires(t, ...NEEDS)) return null;
  const host = startHost({ freshAccounts: true, prepare: PREPARE });
  inside(host, `${LOOPS} mount ${BASE}`);
  if (isSetUp) runJtsHot(host, ['setup']);
  return host;
}

function failures(host: ThrowawayHost): ValidateResult['checks'] {
  const { stdout } = runJtsHot(host, ['validate', '-j'], 1);
  const { checks } = JSON.parse(stdout).result as ValidateResult;
  return checks.filter(({ status, because }) => status !== 'pass' && because === null);
}

/** One failure; typed, its fix mends it. */
function requireOneCause(host: ThrowawayHost, code: string, fix: string): void {
  const own = failures(host).filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    own.map((check) => [check.id, check.fix]),
    [['disk.base', fix]],
  );
  const before = host.changes().filter((change) => !change.includes('/var/lib/jts-hot'));
  for (const command of COMMAND_NAMES) {
    const rule = COMMANDS[command].onAnotherDisk;
    if (rule !== 'acts' && rule !== 'looks' && command !== 'rollback') continue;
    const { stderr } = runJtsHot(host, [command, ...(command === 'tune' ? ['disk'] : [])], 3);
    assert.match(stderr, new RegExp(`\\[${code}\\]`), command);
  }
  const monitor = runJtsHot(host, ['monitor', '-s'], 3);
  assert.match(monitor.stdout, /^UNKNOWN \S+ \/data\/jts\/hot: not on its disk: want/);
  assert.match(
    runJtsHot(host, ['monitor', '--nagios'], 3).stdout,
    /^JTS-HOT UNKNOWN - not on its disk: want[^|]*$/,
  );
  assert.match(runJtsHot(host, ['record'], 1).stderr, new RegExp(`\\[${code}\\]`));
  assert.equal(runJtsHot(host, ['monitor', '--prometheus'], 3).stdout, '');
  assert.deepEqual(
    host.changes().filter((change) => !change.includes('/var/lib/jts-hot')),
    before,
  );
  inside(host, fix);
  runJtsHot(host, ['validate', '-q']);
}

it('unmounted, lazily too: nothing is built on the root disk; the mount command mends it', (t) => {
  using host = hostWithDisk(t);
  if (host === null) return;
  runJtsHot(host, ['validate', '-q']);
  // A plan without root also knows which disk it is.
  const anybody = { asUser: 'nobody' };
  runJtsHot(host, ['plan'], 0, anybody);
  assert.equal(inside(host, `stat -c %a:%u ${BASES}`).trim(), '644:0');
  inside(host, `umount ${BASE}`);
  assert.match(runJtsHot(host, ['plan'], 3, anybody).stderr, /\[E_NOT_MOUNTED\]/);
  const text = runJtsHot(host, ['validate'], 1).stdout;
  assert.match(text, /Not valid: \d+ passed, 1 failed, 0 warnings; \d+ more follow from these\./);
  assert.equal(text.match(/fix:/g)?.length, 1);
  requireOneCause(host, 'E_NOT_MOUNTED', `sudo mount ${BASE}`);
  // A process keeps it open: it is out of sight nevertheless.
  const holder = host.spawn(['sh', '-c', `cd ${BASE}/kafka && echo in && sleep 100`]);
  inside(host, `sleep 0.2; umount -l ${BASE}`);
  requireOneCause(host, 'E_NOT_MOUNTED', `sudo mount ${BASE}`);
  holder.kill('SIGKILL');
  // What touches only /etc goes on.
  inside(host, `ln -sf /bin/true /usr/sbin/cron; ln -sf /bin/true /usr/sbin/logrotate; umount ${BASE}`);
  runJtsHot(host, ['schedule', '--cron', '--install']);
  runJtsHot(host, ['schedule', '--remove']);
  runJtsHot(host, ['rollback']);
  for (const command of ['history', 'alert', 'spec'])
    runJtsHot(host, [command], command === 'history' ? 1 : 0);
});

it('covered: by another disk, by one mounted above it', (t) => {
  using host = hostWithDisk(t);
  if (host === null) return;
  inside(host, `mount -o loop /var/tmp/other.img ${BASE}`);
  requireOneCause(host, 'E_DISK_HIDDEN', `sudo umount ${BASE}`);
  inside(host, 'mount -t tmpfs tmpfs /data');
  requireOneCause(host, 'E_DISK_HIDDEN', 'sudo umount /data');
});

it('another disk in its place: refused, and taken for the right one only where that is said', (t) => {
  using host = hostWithDisk(t);
  if (host === null) return;
  const right = JSON.parse(readFileSync(host.path(BASES), 'utf8'));
  const { uuid } = right.bases[BASE].fileSystem;
  assert.equal(uuid, inside(host, 'blkid -s UUID -o value /var/tmp/hot.img').trim());
  inside(host, `umount ${BASE}; sed -i s/hot.img/other.img/ /etc/fstab; mount ${BASE}`);
  const [other] = failures(host);
  assert.equal(other?.fix, `sudo sh -c 'umount ${BASE} && mount ${BASE}'`);
  assert.match(
    runJtsHot(host, ['setup'], 3).stderr,
    /\[E_OTHER_DISK\].*where this is meant:\s+sudo jts-hot setup --new-disk/s,
  );
  runJtsHot(host, ['setup', '--new-disk']);
  runJtsHot(host, ['validate', '-q']);
  const moved = JSON.parse(runJtsHot(host, ['rollback', '--list', '-j']).stdout).result.runs.at(-1);
  assert.match(moved.decisions.join(), /another disk is meant \(--new-disk\)/);
  assert.notDeepEqual(JSON.parse(readFileSync(host.path(BASES), 'utf8')), right);
  runJtsHot(host, ['setup', '--new-disk']);
  // Undone, the earlier one counts again.
  runJtsHot(host, ['rollback']);
  assert.deepEqual(JSON.parse(readFileSync(host.path(BASES), 'utf8')), right);
  assert.match(runJtsHot(host, ['setup'], 3).stderr, /\[E_OTHER_DISK\]/);
  inside(host, `umount ${BASE}; sed -i s/other.img/hot.img/ /etc/fstab; mount ${BASE}`);
  runJtsHot(host, ['validate', '-q']);
});

it('moved: the base under another name, and another one in its place', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({
    freshAccounts: true,
    prepare: `mkdir -p /data; truncate -s 60M /var/tmp/hot.img; mkfs.ext4 -q /var/tmp/hot.img`,
  });
  inside(host, `${LOOPS} mount -o loop /var/tmp/hot.img /data`);
  runJtsHot(host, ['setup']);
  inside(host, `mv ${BASE} ${BASE}2`);
  requireOneCause(host, 'E_BASE_MOVED', `sudo mv ${BASE}2 ${BASE}`);
  inside(host, `mv ${BASE} ${BASE}2; mkdir ${BASE}`);
  requireOneCause(host, 'E_BASE_MOVED', `sudo sh -c 'mv ${BASE} ${BASE}.other && mv ${BASE}2 ${BASE}'`);
  // The same disk, seen through other mounts.
  inside(host, `mount --bind ${BASE} ${BASE}`);
  runJtsHot(host, ['validate', '-q']);
  inside(host, `umount ${BASE}; mkdir /second; mount /dev/$(ls /sys/fs/ext4 | grep loop | tail -1) /second`);
  runJtsHot(host, ['validate', '-q']);
  runJtsHot(host, ['rollback']);
  assert.deepEqual(JSON.parse(readFileSync(host.path(BASES), 'utf8')).bases, {});
});

it('read-only: what acts is refused, what looks goes on; noexec is an error where fstab does not say so', (t) => {
  using host = hostWithDisk(t);
  if (host === null) return;
  inside(host, `mount -o remount,ro ${BASE}`);
  const own = failures(host).filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    own.map(({ id, fix }) => [id, fix]),
    [['disk.writable', `sudo mount -o remount,rw ${BASE}`]],
  );
  for (const command of ['setup', 'repair', 'plan'])
    assert.match(runJtsHot(host, [command], 3).stderr, /\[E_READ_ONLY\]/);
  runJtsHot(host, ['monitor']);
  runJtsHot(host, ['usage']);
  inside(host, own[0]?.fix ?? '');
  inside(host, `mount -o remount,noexec ${BASE}`);
  const { stdout } = runJtsHot(host, ['validate'], 1);
  assert.match(stdout, /FAIL {2}disk\.exec\n(?:.*\n){2,4}.*noexec\n +fix: sudo mount -o remount,exec/);
  inside(host, `mount -o remount,exec ${BASE}`);
  assert.doesNotMatch(runJtsHot(host, ['validate']).stdout, /disk\.exec/);
});

it('a layout that demands a mount, and one that demands a disk', (t) => {
  using host = hostWithDisk(t, false);
  if (host === null) return;
  const layout = (text: string) => inside(host, `echo '${text}' > /etc/jts/hot-storage.yaml`);
  inside(host, `umount ${BASE}; rm /etc/fstab`);
  layout('mount: required');
  assert.match(runJtsHot(host, ['setup'], 3).stderr, /\[E_NOT_MOUNTED\].*mount: required/s);
  const uuid = inside(host, 'blkid -s UUID -o value /var/tmp/hot.img').trim();
  layout(`mount: UUID=${uuid}`);
  assert.match(runJtsHot(host, ['setup'], 3).stderr, new RegExp(`mount UUID=${uuid} ${BASE}`));
  inside(host, `mount -o loop /var/tmp/other.img ${BASE}`);
  assert.match(runJtsHot(host, ['setup', '--new-disk'], 3).stderr, /\[E_OTHER_DISK\]/);
  inside(host, `umount ${BASE}; mount -o loop /var/tmp/hot.img ${BASE}`);
  runJtsHot(host, ['setup']);
  layout('mount: required');
  runJtsHot(host, ['validate', '-q']);
  assert.match(runJtsHot(host, ['spec', 'check']).stdout, /base \/data\/jts\/hot on a mounted disk/);
});

it('a host from before the record: adopts what is mounted if fstab agrees, and says so', (t) => {
  using host = hostWithDisk(t);
  if (host === null) return;
  /** As an earlier version leaves it. */
  const forget = () => {
    rmSync(host.path(BASES), { force: true });
    const file = host.path('/var/lib/jts-hot/journal/000001.jsonl');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const old = lines.map((line) => {
      const { sum: _, disk: __, ...record } = JSON.parse(line);
      return `${JSON.stringify(record.type === 'run' ? { ...record, schemaVersion: 1 } : record)}\n`;
    });
    writeFileSync(file, old.join(''));
    inside(host, 'chmod 700 /var/lib/jts-hot');
  };
  forget();
  inside(host, `umount ${BASE}`);
  requireCodes(host, ['setup', 'repair', 'rollback'], 'E_NOT_MOUNTED');
  inside(host, `mount -o loop /var/tmp/other.img ${BASE}`);
  assert.equal(inside(host, `ls ${BASE}`).trim(), 'lost+found');
  inside(host, `umount ${BASE}; mount ${BASE}`);
  const adopted = runJtsHot(host, ['setup']);
  assert.match(adopted.stdout, /Nothing to do/);
  assert.match(adopted.stderr, /\[W_DISK_ADOPTED\]/);
  assert.equal(runJtsHot(host, ['setup']).stderr.includes('W_DISK_ADOPTED'), false);
  inside(host, `umount ${BASE}`);
  requireCodes(host, ['setup', 'repair', 'rollback'], 'E_NOT_MOUNTED');
  // Without fstab, the runs still say where it was mounted.
  inside(host, 'rm /etc/fstab');
  forget();
  requireCodes(host, ['setup', 'repair', 'rollback'], 'E_NOT_MOUNTED');
});

function requireCodes(host: ThrowawayHost, commands: readonly string[], code: string): void {
  for (const command of commands)
    assert.match(host.run(jtsHot(command)).stderr, new RegExp(`\\[${code}\\]`), command);
}
