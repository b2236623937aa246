// What is done to a disk as a whole, on real NVMe: saved, erased, and put back byte for byte; over a power cut; never while it is in
// use; never on another disk that came in its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '../e2e/holder.ts';
import { requires } from '../requirement.ts';
import { makeDisk, type NvmeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { putInside, runInside } from './inside.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, PLACE, putProduct } from './product.ts';

const INSIDE = 'test/vm/disk-inside.ts';
const SMALL = 64 * 1024 ** 2;
const [ONE, OTHER, STATE] = ['DISK1', 'DISK2', 'STATE1'];

const sh = (machine: Machine, script: string, ...words: readonly string[]) =>
  mustRun(machine, ['sh', '-euc', script, 'sh', ...words]);

describe('a disk as a whole', () => {
  const one = makeDisk({ serial: ONE, sizeBytes: SMALL });
  const other = makeDisk({ serial: OTHER, sizeBytes: SMALL });
  /** Where the record is, so that it outlives the machine. */
  const state = makeDisk({ serial: STATE, sizeBytes: 2 ** 30 });

  const phase = (machine: Machine, name: string, more: Readonly<Record<string, string>> = {}) =>
    runInside(machine, INSIDE, { variables: { PHASE: name, DISK_SERIAL: ONE, ...more } });
  const hash = (machine: Machine, { path }: NvmeDisk = one) =>
    sh(machine, 'blockdev --flushbufs "$1"; sha256sum <"$1"', path).trim();

  it('is put back byte for byte, over a power cut, and by device restore', async (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    let before: string;
    {
      using machine = startMachine({ disks: [one, state] });
      putProduct(machine);
      sh(
        machine,
        `mkfs.ext4 -q "$2" && mkdir -p /var/lib/jts-hot && mount "$2" /var/lib/jts-hot
        printf 'label: gpt\\n,20M\\n,\\n' | sfdisk -q "$1" && udevadm settle
        mkfs.ext4 -q -L old "$1-part1" && head -c 16M /dev/urandom >"$1-part2"; sync; udevadm settle`,
        one.path,
        state.path,
      );
      before = hash(machine);
      await phase(machine, 'save');
      assert.equal(hash(machine), before, 'to save it changes nothing');
      assert.match(sh(machine, 'cat /var/lib/jts-hot/disks/DISK1-1/*/partition-table'), /label: gpt/);
      assert.equal(
        sh(machine, 'stat -c %a /var/lib/jts-hot/disks /var/lib/jts-hot/disks/DISK1-1/*/*').replaceAll(
          '\n',
          ' ',
        ),
        '700 600 600 600 600 ',
      );
      sh(machine, 'cp /root/plan-* /var/lib/jts-hot/; sync -f /var/lib/jts-hot');
      machine.cutPower();
    }
    using machine = startMachine({ disks: [one, state] });
    putProduct(machine);
    sh(
      machine,
      'mkdir -p /var/lib/jts-hot && mount "$1" /var/lib/jts-hot && cp /var/lib/jts-hot/plan-* /root/',
      state.path,
    );
    assert.equal(hash(machine), before);
    // As far as a run came that was cut short: its last 16 MiB are gone.
    sh(machine, 'dd if=/dev/zero of="$1" bs=1M seek=56 count=8 conv=fsync status=none', one.path);
    await phase(machine, 'erase');
    assert.equal(sh(machine, 'wipefs --noheadings "$1"; ls "$1"-part* 2>/dev/null || true', one.path), '');
    await phase(machine, 'undo');
    assert.equal(hash(machine), before);
    assert.match(sh(machine, 'udevadm settle; blkid -o value -s LABEL "$1-part1"', one.path), /^old$/m);

    // Once more by hand.
    await phase(machine, 'erase');
    const erased = hash(machine);
    const [, name = ''] =
      /^DISK1 +1 +\S+ +([0-9a-f]{12}) +gpt/m.exec(jtsHot(machine, ['device', 'restore']).stdout) ?? [];
    const words = ['device', 'restore', ONE, '--saved', name];
    assert.match(jtsHot(machine, words, 3).stderr, /E_NOT_CONFIRMED/);
    assert.equal(hash(machine), erased);
    assert.match(jtsHot(machine, [...words, '--confirm', ONE]).stdout, /^Put back /);
    assert.equal(hash(machine), before);
    assert.match(jtsHot(machine, [...words, '--confirm', ONE]).stdout, /^Nothing to do/);
    jtsHot(machine, ['rollback', '--yes']);
    assert.equal(hash(machine), erased);
    // Something newer.
    sh(machine, 'mkfs.xfs -q -f "$1" 2>/dev/null || mkfs.ext4 -q "$1"; udevadm settle', one.path);
    const newer = hash(machine);
    assert.match(jtsHot(machine, [...words, '--confirm', ONE], 3).stderr, /E_NEWER_DATA/);
    assert.equal(hash(machine), newer);
  });

  it('is not written to while it is in use, nor when another one came in its place', async (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    using machine = startMachine({ disks: [one] });
    putProduct(machine);
    const { path } = one;
    sh(machine, 'blkdiscard -f "$1" && mkfs.ext4 -q "$1" && udevadm settle', path);
    await phase(machine, 'save');
    const before = hash(machine);
    await phase(machine, 'image');
    assert.equal(sh(machine, 'sha256sum </root/disk.img').trim(), before);
    assert.ok(Number(sh(machine, 'stat -c %b /root/disk.img')) * 512 < SMALL / 2, 'zeros are holes');
    const uses: readonly (readonly [string, string])[] = [
      ['mkdir -p /used && mount -o ro "$1" /used', 'umount /used'],
      [
        'losetup -r --direct-io=off /dev/loop7 "$1" && mount -o ro /dev/loop7 /used',
        'umount /used; losetup -d /dev/loop7',
      ],
      ['echo "0 1000 linear $(readlink -f "$1") 0" | dmsetup create held', 'dmsetup remove held'],
    ];
    for (const [use, end] of uses) {
      sh(machine, use, path);
      if (!use.startsWith('losetup')) await phase(machine, 'refused', { CODE: 'E_IN_USE' });
      sh(machine, `${end}; udevadm settle`, path);
      assert.equal(hash(machine), before);
    }
    sh(machine, 'blockdev --setro "$1"', path);
    await phase(machine, 'refused', { CODE: 'E_DISK_READ_ONLY' });
    sh(machine, 'blockdev --setrw "$1"', path);

    // It vanishes while it is held.
    const program = await putInside(machine, INSIDE);
    const was = sh(machine, 'readlink -f "$1"', path).trim();
    sh(
      machine,
      `systemd-run --quiet --setenv=PHASE=hold --setenv=DISK_SERIAL=${ONE} ${PLACE}/bin/node ${program}
      until [ -e /run/held ]; do sleep 0.1; done`,
    );
    machine.qemu('device_del', { id: `nvme-${ONE}` });
    const deadline = Date.now() + 60_000;
    while (machine.run(['test', '-e', path]).status === 0) {
      assert.ok(Date.now() < deadline, 'it does not vanish');
      sleep(100);
    }
    machine.plug(other);
    const otherBefore = hash(machine, other);
    assert.notEqual(
      sh(machine, 'readlink -f "$1"', other.path).trim(),
      was,
      'its name is kept while it is held',
    );
    sh(machine, 'touch /run/go-on; until [ -e /run/result ]; do sleep 0.1; done');
    const { found, devices } = JSON.parse(sh(machine, 'cat /run/result'));
    assert.equal(found, 'E_NO_DISK', JSON.stringify(devices));
    assert.equal(hash(machine, other), otherBefore);
    // And with another one under its name.
    machine.qemu('device_del', { id: `nvme-${OTHER}` });
    while (machine.run(['test', '-e', other.path]).status === 0) sleep(100);
    const third = makeDisk({ serial: 'DISK3', sizeBytes: SMALL });
    machine.plug(third);
    t.diagnostic(`${was} was ${ONE}, ${sh(machine, 'readlink -f "$1"', third.path).trim()} is DISK3`);
    await phase(machine, 'refused', { CODE: 'E_NO_DISK' });
    assert.equal(sh(machine, 'cmp -n 67108864 "$1" /dev/zero && echo zeros', third.path), 'zeros\n');
  });
});
