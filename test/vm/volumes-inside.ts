// Runs in a virtual machine with two NVMe disks: volumes.test.ts.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { it } from 'node:test';
import { wanted } from '../../src/engine/examine.ts';
import { NO_CONSENT, planFor } from '../../src/engine/plan.ts';
import type { Difference, Step } from '../../src/engine/resource.ts';
import { openLinuxHost } from '../../src/host/linux.ts';
import { effectOf, knownAgain, knownBy } from '../../src/port/operation.ts';
import type { PlannedDisk } from '../../src/port/storage.ts';
import { EXTENT_BYTES, extentsOf } from '../../src/port/volume-group.ts';
import { physicalVolume } from '../../src/resources/storage/physical-volume.ts';
import { volume } from '../../src/resources/storage/volume.ts';
import { volumeGroup } from '../../src/resources/storage/volume-group.ts';

const { VOLUMES_DISKS = '' } = process.env;
const [FIRST = '', SECOND = ''] = VOLUMES_DISKS.split(' ');
if (SECOND === '') throw new Error('this destroys disks: run test/vm/volumes.test.ts');

const host = openLinuxHost({ root: '/', base: '/data/jts/hot' });
const UUIDS: Readonly<Record<string, string>> = {
  [FIRST]: 'vOlUm1-0000-0000-0000-0000-0000-vOlUm1',
  [SECOND]: 'vOlUm2-0000-0000-0000-0000-0000-vOlUm2',
};
const LVM_CONF = '/etc/lvm/lvm.conf';
const GIB = 2 ** 30;

function run(...argv: [string, ...string[]]): string {
  return execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' });
}

function diskOf(serial: string): PlannedDisk & { readonly path: string } {
  const found = host.blockDevices().find((one) => one.kind === 'disk' && one.serial === serial);
  assert.ok(found);
  const { namespace, wwid, sizeBytes, path } = found;
  return { serial, namespace, wwid, sizeBytes, path };
}

interface Given {
  readonly kafka?: number;
  readonly keepFreePercent?: number;
  readonly group?: string;
}

function plan(
  serial: string,
  { kafka = 2 * GIB, keepFreePercent = 5, group = 'jts-hot' }: Given = {},
): Difference {
  const { path: _, ...disk } = diskOf(serial);
  const uuid = UUIDS[serial] ?? '';
  const shared = { disk, physicalVolume: uuid, isErased: false };
  const common = { ...shared, group, keepFreePercent, orMore: false };
  return planFor(
    host,
    [
      wanted(physicalVolume, [{ disk, uuid, isErased: false }]),
      wanted(volumeGroup, [{ ...shared, name: group }]),
      wanted(volume, [
        { ...common, name: 'base', sizeBytes: null, orMore: true, service: null },
        { ...common, name: 'kafka', sizeBytes: kafka, service: 'kafka' },
      ]),
    ],
    NO_CONSENT,
  );
}

function codes({ refusals }: Difference): readonly string[] {
  return refusals.map(({ code }) => code);
}

/** As a run does, with what each undo knows again. */
function perform(steps: readonly Step[]): readonly Step[] {
  return steps.map((step) => {
    host.perform(step.do);
    assert.deepEqual(effectOf(step.do, host), { state: 'done' }, step.summary);
    const known = knownBy(step.do, host);
    return { ...step, undo: step.undo === null ? null : knownAgain(step.undo, known, step.do) };
  });
}

function undo(steps: readonly Step[]): void {
  for (const { undo: back } of steps.toReversed()) {
    if (back === null) continue;
    assert.deepEqual(effectOf(back, host), { state: 'open' }, JSON.stringify(back));
    host.perform(back);
    assert.deepEqual(effectOf(back, host), { state: 'done' }, JSON.stringify(back));
  }
}

/** What LVM itself says, in another way than the program asks. */
function startOf(path: string): string {
  return run('pvs', '--noheadings', '--units', 'b', '--nosuffix', '-o', 'pe_start', path).trim();
}

function hashOf(path: string, bytes: number): string {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    readSync(fd, buffer, 0, bytes, 0);
    return createHash('sha256').update(buffer).digest('hex');
  } finally {
    closeSync(fd);
  }
}

for (const serial of [FIRST, SECOND])
  it(`${serial}: exact, aligned, grown in use, back`, () => {
    const { path, sizeBytes } = diskOf(serial);
    const blank = hashOf(path, 16 * 2 ** 20);
    const { steps, refusals } = plan(serial);
    assert.deepEqual(refusals, []);
    const made = perform(steps);
    assert.equal(startOf(path), '4194304');
    assert.deepEqual(plan(serial), { steps: [], refusals: [], warnings: [] });
    const total = extentsOf(sizeBytes);
    const kept = Math.ceil(total / 20);
    const sizes = run(
      'lvs',
      '--noheadings',
      '--units',
      'b',
      '--nosuffix',
      '-o',
      'lv_name,lv_size',
      'jts-hot',
    );
    assert.deepEqual(
      sizes
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/)),
      [
        ['base', `${(total - kept - 512) * EXTENT_BYTES}`],
        ['kafka', `${2 * GIB}`],
      ],
    );
    // Where the volume begins is a multiple of 4 MiB of the disk.
    assert.match(run('dmsetup', 'table', 'jts--hot-base'), /^0 \d+ linear \d+:\d+ 8192$/m);

    const at = `/run/kafka-${serial}`;
    mkdirSync(at);
    run('mkfs.ext4', '-q', '/dev/jts-hot/kafka');
    run('mount', '/dev/jts-hot/kafka', at);
    writeFileSync(`${at}/file`, 'kept');
    const before = statfsSync(at);
    assert.deepEqual(codes(plan(serial, { kafka: GIB })), ['E_SHRINK']);
    assert.deepEqual(codes(plan(serial, { kafka: 2 * GIB + kept * EXTENT_BYTES })), ['E_NO_ROOM']);
    const growth = { kafka: 3 * GIB, keepFreePercent: 1 };
    const grown = plan(serial, growth);
    assert.deepEqual([codes(grown), grown.steps.map((step) => step.do.type)], [[], ['growVolume']]);
    perform(grown.steps);
    run('resize2fs', '/dev/jts-hot/kafka');
    const after = statfsSync(at);
    assert.ok(after.blocks * after.bsize > before.blocks * before.bsize + 0.9 * GIB);
    assert.equal(readFileSync(`${at}/file`, 'utf8'), 'kept');
    assert.deepEqual(plan(serial, growth).steps, []);

    // What is in use, or has something on it, stays, with all below it.
    const [, , , kafka] = made;
    assert.ok(kafka?.undo);
    for (const act of [() => {}, () => run('umount', at)]) {
      act();
      const [pv, group] = made;
      for (const step of [kafka, group, pv])
        assert.equal(step?.undo && effectOf(step.undo, host).state, 'changed', step?.address);
      assert.throws(() => host.perform(kafka.undo as never));
    }
    run('wipefs', '--quiet', '--all', '/dev/jts-hot/kafka');
    rmSync(at, { recursive: true });
    undo(made);
    assert.equal(run('pvs', '--noheadings').trim(), '');
    // The labels are gone. What is behind them, in the area for metadata, an undo of the whole run puts back, from what was saved.
    assert.equal(spawnSync('blkid', ['-p', path]).status, 2);
    run('blkdiscard', '--force', path);
    assert.equal(hashOf(path, 16 * 2 ** 20), blank);
  });

it('a group of the same name on another disk is left alone, whatever is planned', () => {
  const other = diskOf(SECOND);
  run('pvcreate', '-q', other.path);
  run('vgcreate', '-q', 'jts-hot', other.path);
  run('lvcreate', '-q', '-L', '100m', '-n', 'theirs', 'jts-hot');
  const metadata = () => run('vgs', '--noheadings', '-o', 'vg_uuid,vg_seqno,lv_count', 'jts-hot');
  const before = metadata();
  const refused = plan(FIRST);
  assert.deepEqual(codes(refused), ['E_VOLUME_GROUP']);
  assert.match(refused.refusals[0]?.detail[0] ?? '', /want no other group of this name/);

  // Two of one name, made while each could not see the other: what is done to ours is done to ours.
  run('vgchange', '-q', '-an', 'jts-hot');
  const steps = perform(plan(FIRST, { group: 'other' }).steps);
  run('vgchange', '-q', '-an', 'other');
  run('vgrename', '-q', '--devices', diskOf(FIRST).path, 'other', 'jts-hot');
  assert.deepEqual(codes(plan(FIRST)), ['E_VOLUME_GROUP']);
  const [, , base] = steps;
  assert.ok(base?.do.type === 'createVolume');
  host.perform({ ...base.do, group: 'jts-hot', name: 'more', extents: 5 });
  run('vgrename', '-q', '--devices', diskOf(FIRST).path, 'jts-hot', 'other');
  assert.equal(metadata(), before);
  run('vgremove', '-q', '--yes', 'other');
  run('pvremove', '-q', diskOf(FIRST).path);
  run('vgremove', '-q', '--yes', 'jts-hot');
  run('pvremove', '-q', other.path);
});

it('lvm.conf that leaves the disk out is named, and so is a devices file', () => {
  const conf = readFileSync(LVM_CONF, 'utf8');
  const set = (line: string) => writeFileSync(LVM_CONF, conf.replace(/^devices \{$/m, `devices {\n${line}`));
  const { path } = diskOf(FIRST);
  try {
    set('global_filter = [ "r|.*|" ]');
    const [refusal] = plan(FIRST).refusals;
    assert.equal(refusal?.code, 'E_LVM_HIDDEN');
    assert.match(refusal.detail.join('\n'), /in lvm\.conf: global_filter = .*"r\|\.\*\|"/);

    // Where a devices file is in use, what is made is put into it.
    set('use_devicesfile = 1');
    mkdirSync('/etc/lvm/devices', { recursive: true });
    const file = '/etc/lvm/devices/system.devices';
    const nothing = 'VERSION=1.1.1\nIDTYPE=devname IDNAME=/dev/vdz DEVNAME=/dev/vdz PVID=.\n';
    writeFileSync(file, nothing);
    const { steps, refusals } = plan(FIRST);
    assert.deepEqual(refusals, []);
    const made = perform(steps);
    assert.match(readFileSync(file, 'utf8'), /vOlUm1/);
    assert.deepEqual(plan(FIRST).steps, []);

    writeFileSync(file, nothing);
    const hidden = plan(FIRST);
    assert.deepEqual(codes(hidden).slice(0, 1), ['E_LVM_HIDDEN']);
    const fix = hidden.refusals[0]?.fix ?? '';
    assert.equal(fix, `sudo lvm lvmdevices --adddev ${path}`);
    run('sh', '-c', fix.replace(/^sudo /, ''));
    assert.deepEqual(codes(plan(FIRST)), []);
    undo(made);
  } finally {
    writeFileSync(LVM_CONF, conf);
    rmSync('/etc/lvm/devices', { recursive: true, force: true });
  }
});

it('one that is not active is made active; a damaged group is not made anew', () => {
  const { path } = diskOf(FIRST);
  const made = perform(plan(FIRST).steps);
  run('lvchange', '-an', 'jts-hot/kafka');
  const { steps } = plan(FIRST);
  assert.deepEqual(
    steps.map((step) => step.do.type),
    ['activateVolume'],
  );
  perform(steps);
  run('vgchange', '-q', '-an', 'jts-hot');
  run('dd', 'if=/dev/zero', `of=${path}`, 'bs=512', 'seek=9', 'count=6000', 'conv=notrunc', 'status=none');
  const damaged = plan(FIRST);
  assert.deepEqual([codes(damaged), damaged.steps], [['E_LVM_DAMAGED'], []]);
  for (const { undo: back } of made) assert.equal(back && effectOf(back, host).state, 'changed');
});
