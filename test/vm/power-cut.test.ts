// The power goes while a disk is set up: at every step of the run, and before and after each program that changes a disk. The
// machine boots again, the record can be read, /etc/fstab is whole, nothing outside the disk has changed, and the same command
// completes it, or rollback takes it back. All moments with VM=full; CUTS=n takes so many of them.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { seedOf } from '../random.ts';
import { requires } from '../requirement.ts';
import { BASE, type LayoutName, layoutText, mountsOf, writeLayout } from './bare-disk.ts';
import { makeDisk, type NvmeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { cutAt, type Moment, startsDuring } from './moment.ts';
import { jtsHot, putProduct } from './product.ts';

const SIZE_BYTES = 4_000_787_030_016;
const JOURNAL = '/var/lib/jts-hot/journal';
const SETUP = ['env', 'NO_COLOR=1', 'jts-hot', 'setup', '--confirm', 'HOT1'];
const PATIENCE = { timeoutMs: 900_000 };
/** What changes a disk, or says what is mounted. */
const CHANGES =
  /^(?!.*--no-act)\S*(?:mkfs\.xfs|mke2fs|mkfs\.ext4|wipefs|pvcreate|vgcreate|lvcreate|lvm (?:pv|vg|lv)(?:create|change)|mount|systemctl)\b/;

interface Host {
  readonly machine: Machine;
  readonly other: NvmeDisk;
  readonly before: { readonly other: string; readonly fstab: string };
}

function bareHost(name: LayoutName): Host {
  const disk = makeDisk({ serial: 'HOT1', sizeBytes: SIZE_BYTES });
  const other = makeDisk({ serial: 'OTHER', sizeBytes: 2 ** 30 });
  const machine = startMachine({ disks: [disk, other] });
  try {
    mustRun(machine, ['mkfs.ext4', '-q', other.path]);
    putProduct(machine);
    writeLayout(machine, layoutText(name, disk));
    // What the host itself is made of has reached its disk.
    mustRun(machine, ['sync']);
    return { machine, other, before: { other: other.fingerprint(), fstab: fstabOf(machine) } };
  } catch (error) {
    machine.cutPower();
    throw error;
  }
}

const fstabOf = (machine: Machine) => mustRun(machine, ['cat', '/etc/fstab']);

function momentsOf(name: LayoutName): { readonly moments: readonly Moment[]; readonly after: string } {
  const { machine } = bareHost(name);
  using _ = machine;
  const { starts, status, stdout, stderr } = startsDuring(machine, SETUP, PATIENCE);
  assert.equal(status, 0, stdout + stderr);
  const lines = mustRun(machine, ['sh', '-c', `cat ${JOURNAL}/*`])
    .split('\n')
    .filter(Boolean).length;
  const counts = new Map<string, number>();
  const programs = starts.filter((line) => CHANGES.test(line));
  return {
    after: fstabOf(machine),
    moments: [
      ...Array.from({ length: lines }, (_, i): Moment => ({ line: /./, in: JOURNAL, nth: i + 1 })),
      ...programs.flatMap((line): Moment[] => {
        const nth = (counts.get(line) ?? 0) + 1;
        counts.set(line, nth);
        // Names of temporary directories differ from run to run.
        const pattern = line
          .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
          .replace(/\/[\w./-]*(?:XXXX|tmp|run)[\w./-]*/g, '\\S+');
        const starts = new RegExp(`^${pattern}$`);
        return [
          { starts, when: 'before', nth },
          { starts, when: 'after', nth },
        ];
      }),
    ],
  };
}

/** As often as there is a run to undo. */
function rollBackAll(machine: Machine): void {
  for (;;) {
    const { stdout } = jtsHot(machine, ['rollback', '--yes', '-j'], 0, PATIENCE);
    const { result } = JSON.parse(stdout) as { result: { outcome: string; left: readonly unknown[] } };
    if (result.outcome === 'unchanged') return;
    assert.deepEqual(result.left, []);
  }
}

const shown = (moment: Moment) =>
  'starts' in moment
    ? `${moment.when} ${moment.starts.source}, ${moment.nth}`
    : `line ${moment.nth} of the record`;

function cut(t: TestContext, name: LayoutName): void {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  const { moments, after } = momentsOf(name);
  const share = Number(process.env['CUTS'] ?? moments.length);
  const tried =
    share >= moments.length
      ? moments
      : fc.sample(fc.constantFrom(...moments), { numRuns: share, seed: seedOf() });
  let met = 0;
  for (const [i, moment] of tried.entries()) {
    const at = shown(moment);
    const { machine, other, before } = bareHost(name);
    using _ = machine;
    if (cutAt(machine, SETUP, moment, PATIENCE) !== null) continue;
    met += 1;
    machine.powerOn();
    const fstab = fstabOf(machine);
    assert.ok(fstab.startsWith(before.fstab) && fstab.endsWith('\n'), `${at}: fstab is whole`);
    assert.ok([before.fstab, after].includes(fstab), `${at}: fstab is one or the other`);
    // Mounts that may fail are not waited for at the start.
    machine.run(['systemctl', 'is-system-running', '--wait']);
    const verified = machine.run(['findmnt', '--verify']);
    assert.equal(verified.status, 0, `${at}: ${verified.stdout}${verified.stderr}`);
    jtsHot(machine, ['rollback', '--list']);
    // Both ways out, in turn.
    if (i % 2 === 0) {
      jtsHot(machine, ['setup', '--confirm', 'HOT1'], 0, PATIENCE);
      jtsHot(machine, ['validate'], 0, PATIENCE);
      assert.match(jtsHot(machine, ['setup']).stdout, /^Nothing to do:/m, at);
      assert.ok(
        mountsOf(machine).some(({ target }) => target === BASE),
        at,
      );
    } else {
      rollBackAll(machine);
      assert.deepEqual(mountsOf(machine), [], at);
      assert.equal(fstabOf(machine), before.fstab, at);
    }
    assert.equal(other.fingerprint(), before.other, `${at}: the other disk`);
  }
  t.diagnostic(`${name}: ${tried.length} moments, ${met} cuts, 0 losses`);
}

describe('the power goes while a disk is set up', () => {
  it('volumes, XFS and ext4', (t) => cut(t, 'volumes, XFS and ext4'));
  it('one ext4 file system', (t) => cut(t, 'one ext4 file system'));
});
