// `device list` and `device show` on NVMe disks of a real kernel, as an operator types them: what each is, what is on it, whether the
// hot tier could be on it.
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { DeviceResult, SeenDevice } from '../../src/device/device-document.ts';
import { storageUuid } from '../../src/layout/storage.ts';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const GIB = 1024 ** 3;
const TIB = 1024 ** 4;

describe('device, on a real kernel', () => {
  let machine: Machine | undefined;
  const empty = makeDisk({ serial: 'EMPTY1' });
  const large = makeDisk({ serial: 'SECTORS4K', sizeBytes: 2 * TIB });
  const parts = makeDisk({ serial: 'PARTS1', sizeBytes: 8 * GIB });
  const volumes = makeDisk({ serial: 'VOLUMES1', sizeBytes: 8 * GIB });
  const ours = makeDisk({ serial: 'OURS1' });
  const on = (): Machine => machine ?? assert.fail('no machine');
  const isHere = (t: TestContext) => requires(t, 'root', 'virtual machine') && isForFull(t);
  const sh = (script: string, ...words: readonly string[]) =>
    mustRun(on(), ['sh', '-euc', script, 'sh', ...words]);
  const result = (...words: readonly string[]): DeviceResult =>
    JSON.parse(jtsHot(on(), ['device', ...words, '-j']).stdout).result as DeviceResult;
  const disks = (): ReadonlyMap<string | null, SeenDevice> => {
    const found = result('list');
    assert.ok(found.did === 'list');
    return new Map(found.devices.map((one) => [one.serial, one]));
  };
  const shown = (word: string) => {
    const found = result('show', word);
    return found.did === 'show' ? found : assert.fail();
  };
  const causes = ({ refusals }: SeenDevice) => refusals.map(({ cause }) => cause);
  const UUID = storageUuid({ disk: { serial: 'OURS1', namespace: 1, wwid: null } }, 'base');

  before((t) => {
    if (!isHere(t as TestContext)) return;
    machine = startMachine({ disks: [empty, parts, volumes, ours] });
    machine.plug(large, { sectorBytes: 4096 });
    putProduct(machine);
    sh(
      `printf 'label: gpt\\n,1G\\n,2G\\n,1G\\n,,\\n' | sfdisk -q "$1" && udevadm settle
      d=$(readlink -f "$1"); mkfs.ext4 -q "$d"p1; mkfs.xfs -q "$d"p2; mkswap "$d"p3 >/dev/null
      mkdir -p /mnt/xfs && mount "$d"p2 /mnt/xfs && swapon "$d"p3
      pvcreate -q "$2" >/dev/null && vgcreate -q other-group "$2" >/dev/null
      lvcreate -q -y -n data -L 1G other-group >/dev/null
      mkfs.xfs -q -m uuid="$4" "$3"; udevadm settle`,
      parts.path,
      volumes.path,
      ours.path,
      UUID,
    );
  });
  after(() => machine?.[Symbol.dispose]());

  it('lists each disk once, with what is on it and whether it could be used', (t) => {
    if (!isHere(t)) return;
    const { stdout } = jtsHot(on(), ['device', 'list']);
    t.diagnostic(stdout);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    const row = (serial: string) =>
      new RegExp(`^nvme\\d+n1 .* ${serial} .*$`, 'm').exec(stdout)?.[0] ?? assert.fail(serial);
    assert.match(row('EMPTY1'), / 4\.40 TB .* nothing +yes$/);
    assert.match(row('SECTORS4K'), / 2\.20 TB .* nothing +yes$/);
    assert.match(row('PARTS1'), / gpt, 4 parts, mounted +no$/);
    assert.match(row('VOLUMES1'), / lvm other-group +no$/);
    assert.match(row('OURS1'), / hot tier, xfs +ours$/);
    assert.match(stdout, /^vda .* no$/m);
    assert.match(stdout, /^vda: it holds the running system: \//m);
  });

  it('tells of NVMe disks what the kernel knows', (t) => {
    if (!isHere(t)) return;
    const all = disks();
    const one = all.get('EMPTY1') ?? assert.fail();
    const { transport, model, namespace, sizeBytes, logicalSectorBytes, isRotational, kind } = one;
    assert.deepEqual(
      { transport, model, namespace, sizeBytes, logicalSectorBytes, isRotational, kind },
      {
        transport: 'nvme',
        model: 'QEMU NVMe Ctrl',
        namespace: 1,
        sizeBytes: 4 * TIB,
        logicalSectorBytes: 512,
        isRotational: false,
        kind: 'disk',
      },
    );
    assert.match(one.wwid ?? '', /^(?:eui|nvme|uuid)\./);
    assert.match(one.firmware ?? '', /./);
    assert.ok(one.discard.maxBytes > 0);
    assert.deepEqual(
      [one.health?.level, one.health?.by, one.use, one.contents?.edges],
      ['OK', 'nvme', 'empty', 'zeros'],
    );
    assert.equal(all.get('SECTORS4K')?.logicalSectorBytes, 4096);
    const nvme = [...all.values()].filter((disk) => disk.transport === 'nvme');
    assert.equal(new Set(nvme.map(({ wwid }) => wwid)).size, nvme.length);
  });

  it('shows partitions, file systems, swap and mounts through the disk', (t) => {
    if (!isHere(t)) return;
    const { device, on: above, layoutLines } = shown('PARTS1');
    assert.deepEqual([device.use, causes(device), layoutLines], ['no', ['swap', 'mounted'], null]);
    assert.equal(device.contents?.partitionTable, 'gpt');
    assert.deepEqual(
      above.map(({ kind, contents }) => [kind, contents?.signatures.map(({ type }) => type)]),
      [
        ['partition', ['ext4']],
        ['partition', ['xfs']],
        ['partition', ['swap']],
        ['partition', []],
      ],
    );
    assert.deepEqual(device.contents?.mounts, [
      { device: above[1]?.name, mountPoint: '/mnt/xfs', isElsewhere: false },
    ]);
    assert.deepEqual(device.contents?.swap, [above[2]?.name]);
    const part = shown(above[0]?.name ?? '');
    assert.deepEqual(causes(part.device), ['no-disk']);
  });

  it('shows a volume group of somebody else, also where its volumes are not active', (t) => {
    if (!isHere(t)) return;
    const active = shown('VOLUMES1');
    assert.deepEqual(active.device.contents?.memberOf, [{ of: 'lvm', name: 'other-group' }]);
    assert.deepEqual(
      [active.on[0]?.kind, active.on[0]?.mapper?.name],
      ['device mapper', 'other--group-data'],
    );
    assert.deepEqual(causes(active.device), ['member']);
    assert.equal(active.device.contents?.isHeld, true);
    sh('vgchange -q -an other-group >/dev/null; udevadm settle');
    const inactive = shown('VOLUMES1');
    assert.deepEqual([inactive.on, inactive.device.contents?.isHeld], [[], false]);
    // Read from the disk itself: LVM's filters have no say.
    assert.deepEqual(inactive.device.contents?.memberOf, [{ of: 'lvm', name: 'other-group' }]);
    assert.deepEqual(causes(inactive.device), ['member']);
    sh('vgremove -q -y other-group >/dev/null; udevadm settle');
    const without = shown('VOLUMES1');
    assert.deepEqual(without.device.contents?.memberOf, [{ of: 'lvm', name: null }]);
    assert.equal(without.device.use, 'used before');
  });

  it('knows a disk that a process has open, that is mounted in another view, that something holds', (t) => {
    if (!isHere(t)) return;
    sh(`sleep 300 <"$1" >/dev/null 2>&1 & echo $! >/run/sleeper`, empty.path);
    const open = shown('EMPTY1').device;
    assert.deepEqual(causes(open), ['open']);
    assert.match(open.refusals[0]?.found ?? '', /^a process has it open: sleep, process \d+$/);
    sh('kill $(cat /run/sleeper)');
    sh(
      `unshare --mount --propagation private sh -c 'mount "$1" /mnt && exec sleep 300' sh "$1" >/dev/null 2>&1 &
      echo $! >/run/sleeper; sleep 2`,
      ours.path,
    );
    const elsewhere = shown('OURS1').device;
    assert.deepEqual(
      elsewhere.contents?.mounts.map(({ mountPoint, isElsewhere }) => [mountPoint, isElsewhere]),
      [['/mnt', true]],
    );
    assert.deepEqual([elsewhere.use, elsewhere.contents?.isHeld], ['ours', true]);
    sh('kill $(cat /run/sleeper)');
  });

  it('gives the lines of a layout, which name the disk', (t) => {
    if (!isHere(t)) return;
    const { stdout } = jtsHot(on(), ['device', 'show', 'SECTORS4K']);
    t.diagnostic(stdout);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    const lines =
      /^In a layout file\n([\s\S]*)$(?![\s\S])/m.exec(stdout)?.[1]?.replace(/^ {2}/gm, '') ?? assert.fail();
    assert.match(lines, /^storage:\n {2}device:\n {4}serial: SECTORS4K\n/);
    sh(
      'mkdir -p /etc/jts && { echo "version: 1"; echo "services: { redis: {} }"; printf %s "$1"; } >/etc/jts/hot-storage.yaml',
      lines,
    );
    assert.match(jtsHot(on(), ['spec', 'show']).stdout, /serial: SECTORS4K/);
    sh('rm /etc/jts/hot-storage.yaml');
  });

  it('says that a disk is empty once it is discarded, and not before', (t) => {
    if (!isHere(t)) return;
    sh('wipefs -qa "$1"; udevadm settle', volumes.path);
    assert.equal(shown('VOLUMES1').device.contents?.edges, 'data');
    sh('blkdiscard -f "$1"; udevadm settle', volumes.path);
    assert.equal(shown('VOLUMES1').device.use, 'empty');
  });

  it('refuses a word that means no device', (t) => {
    if (!isHere(t)) return;
    const { stderr } = jtsHot(on(), ['device', 'show', empty.path], 1);
    assert.match(stderr, /may lead to another namespace/);
  });

  it('gives up a disk that does not answer', (t) => {
    if (!isHere(t)) return;
    sh('printf "#!/bin/sh\\nsleep 1000\\n" >/usr/local/sbin/wipefs && chmod 755 /usr/local/sbin/wipefs');
    const started = Date.now();
    const { device } = shown('EMPTY1');
    assert.deepEqual([device.use, causes(device)], ['no', ['no-answer']]);
    assert.ok(Date.now() - started < 60_000);
    sh('rm /usr/local/sbin/wipefs');
  });
});
