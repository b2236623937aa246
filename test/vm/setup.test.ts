// From a bare disk to a validated mount with one command, as an operator types it: both layouts, both file systems; again; grown;
// taken back. On a kernel of its own.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { BASE, LAYOUTS, type LayoutName, layoutText, mountsOf, writeLayout } from './bare-disk.ts';
import { makeDisk, type NvmeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const TB = 1000 ** 4;
/** As disks of 4 TB have it. */
const SIZE_BYTES = 4_000_787_030_016;

function ends(machine: Machine, { path }: NvmeDisk): string {
  const read = `{ head -c 16777216 ${path}; tail -c 16777216 ${path}; } | sha256sum`;
  return mustRun(machine, ['sh', '-c', read]);
}

const fstab = (machine: Machine) => mustRun(machine, ['cat', '/etc/fstab']);
const runs = (machine: Machine) => mustRun(machine, ['ls', '/var/lib/jts-hot/journal']);

function wholeWay(
  t: TestContext,
  name: LayoutName,
  { sectorBytes }: { readonly sectorBytes: 512 | 4096 },
): void {
  if (!requires(t, 'root', 'virtual machine')) return;
  if (!isForFull(t)) return;
  const disk = makeDisk({ serial: 'HOT1', sizeBytes: SIZE_BYTES });
  const other = makeDisk({ serial: 'OTHER', sizeBytes: TB });
  using machine = startMachine();
  machine.plug(other);
  machine.plug(disk, { sectorBytes });
  putProduct(machine);
  writeLayout(machine, layoutText(name, disk));
  const before = { disk: ends(machine, disk), other: other.fingerprint(), fstab: fstab(machine) };

  const asked = jtsHot(machine, ['setup'], 3);
  assert.match(asked.stderr, /--confirm HOT1/);
  assert.equal(ends(machine, disk), before.disk, 'not touched without consent');

  const planned = jtsHot(machine, ['plan', '--confirm', 'HOT1']).stdout;
  const done = jtsHot(machine, ['setup', '--confirm', 'HOT1'], 0, { timeoutMs: 900_000 }).stdout;
  const stepsIn = (text: string) => text.split('\n').filter((line) => /^ {2}[+~-] {2}/.test(line));
  assert.deepEqual(stepsIn(planned), stepsIn(done), 'done is what was shown');
  t.diagnostic(`${name}: ${stepsIn(done).length} steps`);

  const mounts = mountsOf(machine);
  const types = Object.fromEntries(mounts.map(({ target, fstype }) => [target, fstype]));
  assert.equal(types[BASE], LAYOUTS[name].filesystem);
  if (name === 'volumes, XFS and ext4')
    assert.deepEqual(types, { [BASE]: 'xfs', [`${BASE}/kafka`]: 'xfs', [`${BASE}/postgresql`]: 'ext4' });
  if (name === 'a volume a service') assert.equal(mounts.length, 4);
  for (const { target, options } of mounts) assert.match(options, /\bnoatime\b/, target);
  mustRun(machine, ['findmnt', '--verify']);

  const recorded = runs(machine);
  assert.match(jtsHot(machine, ['setup', '--confirm', 'HOT1']).stdout, /^Nothing to do:/m);
  assert.match(jtsHot(machine, ['setup']).stdout, /^Nothing to do:/m);
  assert.equal(runs(machine), recorded, 'nothing is recorded where nothing is done');
  jtsHot(machine, ['storage']);
  jtsHot(machine, ['validate']);
  jtsHot(machine, ['monitor', '--no-record', '-j']);

  jtsHot(machine, ['rollback', '--yes']);
  jtsHot(machine, ['rollback', '--yes'], 0, { timeoutMs: 900_000 });
  assert.deepEqual(mountsOf(machine), []);
  assert.deepEqual(
    { disk: ends(machine, disk), other: other.fingerprint(), fstab: fstab(machine) },
    before,
    'as it was before: the disk, the other disk, /etc/fstab',
  );
  assert.equal(machine.run(['ls', '/data']).status !== 0, true, 'the way to the base is gone again');
}

describe('from a bare disk', () => {
  it('one XFS file system', (t) => wholeWay(t, 'one XFS file system', { sectorBytes: 512 }));
  it('one ext4 file system, sectors of 4096 bytes', (t) =>
    wholeWay(t, 'one ext4 file system', { sectorBytes: 4096 }));
  it('volumes, XFS and ext4, sectors of 4096 bytes', (t) =>
    wholeWay(t, 'volumes, XFS and ext4', { sectorBytes: 4096 }));
  it('a volume a service', (t) => wholeWay(t, 'a volume a service', { sectorBytes: 512 }));
});

describe('set up once', () => {
  it('holds data, grows with the plan, and is not taken away', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    const disk = makeDisk({ serial: 'HOT1', sizeBytes: SIZE_BYTES });
    using machine = startMachine({ disks: [disk] });
    putProduct(machine);
    const layout = layoutText('a volume a service', disk);
    writeLayout(machine, layout);
    jtsHot(machine, ['setup', '--confirm', 'HOT1'], 0, { timeoutMs: 900_000 });
    const data = createHash('sha256').update('the data').digest('hex');
    const file = `${BASE}/kafka/data/segment`;
    mustRun(machine, [
      'setpriv',
      '--reuid=kafka',
      '--regid=kafka',
      '--clear-groups',
      'sh',
      '-c',
      `echo ${data} >${file}`,
    ]);

    writeLayout(machine, layout.replace('kafka: { planned: 500GB }', 'kafka: { planned: 550GB }'));
    const grown = jtsHot(machine, ['setup']).stdout;
    assert.match(grown, /kafka.*(->|to) /);
    const { stdout } = machine.run([
      'findmnt',
      '--bytes',
      '--noheadings',
      '--output',
      'SIZE',
      `${BASE}/kafka`,
    ]);
    assert.ok(Number(stdout) > 0.95 * 550e9, stdout);
    writeLayout(machine, layout);
    const shrunk = jtsHot(machine, ['setup'], 3).stderr;
    assert.match(shrunk, /refusing to/);

    writeLayout(machine, layout.replace('kafka: { planned: 500GB }', 'kafka: { planned: 550GB }'));
    jtsHot(machine, ['rollback', '--yes']);
    jtsHot(machine, ['rollback', '--yes']);
    const kept = jtsHot(machine, ['rollback', '--yes']).stdout;
    assert.match(kept, /kafka/);
    assert.equal(mustRun(machine, ['cat', file]).trim(), data, 'data is never taken away');
    assert.equal(
      mountsOf(machine).some(({ target }) => target === `${BASE}/kafka`),
      true,
    );
  });
});
