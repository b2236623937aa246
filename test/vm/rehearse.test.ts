// `setup --rehearse` with volumes of LVM, on a kernel that has them: what it finds, that neither the real disk nor the machine is
// another one afterwards, and that volumes of one that was killed are taken away by the next. On a kernel of its own.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RehearsalResult } from '../../src/setup/rehearsal-document.ts';
import { requires } from '../requirement.ts';
import { layoutText, writeLayout } from './bare-disk.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const SIZE_BYTES = 4_000_787_030_016;
const PATIENCE = { timeoutMs: 900_000 };

/** All of the machine that a rehearsal could have changed. */
function stateOf(machine: Machine): string {
  return mustRun(machine, [
    'sh',
    '-c',
    `cut -d" " -f4- /proc/self/mountinfo; losetup -a; lvm vgs --noheadings -o vg_name,lv_count; dmsetup ls
     ls /dev/mapper; ls /var/lib/jts-hot 2>&1; sha256sum /etc/fstab /etc/passwd /etc/group /etc/shadow; find /etc -newer /etc/jts -type f
     systemctl list-units --no-legend --type=mount --plain`,
  ]);
}

it('volumes of XFS and ext4, and what a killed one leaves', (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  const disk = makeDisk({ serial: 'HOT1', sizeBytes: SIZE_BYTES });
  const room = makeDisk({ serial: 'ROOM', sizeBytes: 2 ** 36 });
  using machine = startMachine();
  machine.plug(room);
  machine.plug(disk, { sectorBytes: 4096 });
  // Its own disk has 3 GB.
  mustRun(machine, [
    'sh',
    '-ec',
    `mkfs.ext4 -q ${room.path}; mount ${room.path} /var/tmp; chmod 1777 /var/tmp`,
  ]);
  putProduct(machine);
  writeLayout(machine, layoutText('volumes, XFS and ext4', disk));
  const before = { disk: disk.fingerprint(), state: stateOf(machine) };

  const { stdout } = jtsHot(machine, ['setup', '--rehearse', '-j'], 0, PATIENCE);
  const { disk: on, group, parts, notRehearsed } = JSON.parse(stdout).result as RehearsalResult;
  t.diagnostic(parts.map(({ part, found }) => `${part}: ${found}`).join('; '));
  assert.deepEqual(on, { called: 'disk HOT1', sizeBytes: SIZE_BYTES, sectorBytes: 4096 });
  assert.match(group ?? '', /^jts-hot-rehearsal-\d+$/);
  assert.ok(parts.every(({ held }) => held));
  assert.deepEqual(
    notRehearsed.map(({ what }) => what),
    ['what is on the disk', 'systemd', 'the next start', 'udev'],
  );
  assert.deepEqual({ disk: disk.fingerprint(), state: stateOf(machine) }, before);

  // Killed while its volumes are there: they keep its file, and the next one takes them away.
  const killed = machine.run(
    [
      'sh',
      '-c',
      `jts-hot setup --rehearse >/dev/null 2>&1 & pid=$!
       until dmsetup ls | grep -q 'rehearsal.*kafka'; do sleep 0.2; kill -0 $pid || exit 9; done
       kill -9 $pid; wait $pid; sleep 1; dmsetup ls`,
    ],
    PATIENCE,
  );
  assert.match(killed.stdout, /jts--hot--rehearsal--\d+-base/);
  assert.equal(disk.fingerprint(), before.disk);
  // Refused after a trial, so soon over.
  writeLayout(machine, `${layoutText('volumes, XFS and ext4', disk)}  mount: { options: [nosuchoption] }\n`);
  jtsHot(machine, ['setup', '--rehearse'], 1, PATIENCE);
  writeLayout(machine, layoutText('volumes, XFS and ext4', disk));
  assert.deepEqual({ disk: disk.fingerprint(), state: stateOf(machine) }, before);
});
