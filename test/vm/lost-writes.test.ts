// The power goes while the product works, and the disks lose what nobody had flushed: any part of it, in any order. The machine
// boots, the record can be read, what was reported done is there, and the same command completes what was not.
// One machine works through all of it once, its writes written down; each cut is made from that. With VM=full only: 200 of
// them, or CUTS=n. Must not know how the product writes.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { seedOf } from '../random.ts';
import { requires } from '../requirement.ts';
import { layoutText, writeLayout } from './bare-disk.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine, type Written } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const CUTS = Number(process.env['CUTS'] ?? 200);
const PATIENCE = { timeoutMs: 900_000 };
const PAUSE_MS = 150;

interface Work {
  readonly name: string;
  /** What an operator changes by hand before it. */
  readonly before?: (machine: Machine) => void;
  readonly argv: readonly string[];
  /** Once it was reported done; and again after a cut, where it was not. */
  holds(machine: Machine): void;
}

const SETUP = ['setup', '--confirm', 'HOT1'];
const LAYOUT = layoutText('volumes, XFS and ext4', { serial: 'HOT1' });
const GROWN = LAYOUT.replace('kafka: { planned: 500GB }', 'kafka: { planned: 550GB }');

const nothingToDo =
  (...argv: readonly string[]) =>
  (machine: Machine): void =>
    assert.match(jtsHot(machine, argv, 0, PATIENCE).stdout, /^Nothing to do/m);

const WORK: readonly Work[] = [
  {
    name: 'first setup',
    argv: SETUP,
    holds(machine) {
      nothingToDo('setup')(machine);
      jtsHot(machine, ['validate'], 0, PATIENCE);
    },
  },
  {
    name: 'growth',
    before: (machine) => writeLayout(machine, GROWN),
    argv: ['setup'],
    holds: nothingToDo('setup'),
  },
  {
    name: 'configuration',
    argv: ['config', 'redis', '--install'],
    holds: nothingToDo('config', 'redis', '--install'),
  },
  {
    name: 'rollback',
    argv: ['rollback', '--yes'],
    holds: (machine) => assert.doesNotMatch(mustRun(machine, ['cat', '/etc/redis/redis.conf']), /jts/),
  },
];

interface Cut {
  readonly work: number;
  /** It had been reported done. */
  readonly done: boolean;
  readonly at: Written;
}

/** Moments of all of the work, and those at which each had just been reported done. */
function goThrough(machine: Machine): readonly Cut[] {
  const cuts: Cut[] = [];
  for (const [work, { before, argv, holds, name }] of WORK.entries()) {
    before?.(machine);
    // The operator's own writes are not ours to save.
    mustRun(machine, ['sync']);
    const going = machine.begin(['env', 'NO_COLOR=1', 'jts-hot', ...argv], PATIENCE);
    for (;;) {
      const result = going.poll(PAUSE_MS);
      if (result !== null) {
        assert.equal(result.status, 0, `${name}: ${result.stdout}${result.stderr}`);
        break;
      }
      cuts.push({ work, done: false, at: machine.moment() });
    }
    cuts.push({ work, done: true, at: machine.moment() });
    holds(machine);
  }
  return cuts;
}

it('loses nothing that was reported done', (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  const disk = makeDisk({ serial: 'HOT1', sizeBytes: 4_000_787_030_016 });
  using machine = startMachine({ logged: true });
  machine.plug(disk);
  putProduct(machine);
  writeLayout(machine, LAYOUT);
  mustRun(machine, ['sync']);
  const fstab = mustRun(machine, ['cat', '/etc/fstab']);
  const cuts = goThrough(machine);
  const after = fstabLines(machine);

  const seed = seedOf();
  const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number) =>
    fc.sample(arbitrary, { seed, numRuns: count });
  const pick = (among: readonly Cut[], count: number) => sample(fc.constantFrom(...among), count);
  // Half of them just after it was reported done: that is what must not be lost.
  const done = pick(
    cuts.filter((cut) => cut.done),
    Math.ceil(CUTS / 2),
  );
  const during = pick(
    cuts.filter((cut) => !cut.done),
    Math.floor(CUTS / 2),
  );
  const coins = sample(fc.boolean(), 100_000);
  let coin = 0;
  const sums = { open: 0, lost: 0 };
  for (const cut of [...done, ...during]) {
    const work = WORK[cut.work];
    assert.ok(work !== undefined);
    const losses = machine.lose(cut.at, () => coins[coin++ % coins.length] ?? false);
    sums.open += losses.open;
    sums.lost += losses.lost;
    const at = `${work.name}, ${cut.done ? 'done' : 'under way'}, ${losses.lost} of ${losses.open} writes lost`;
    try {
      machine.powerOn();
      assert.ok(
        fstabLines(machine).every((line) => after.includes(line)),
        'a line of fstab is not whole',
      );
      assert.ok(mustRun(machine, ['cat', '/etc/fstab']).startsWith(fstab));
      assert.equal(machine.run(['findmnt', '--verify']).status, 0);
      jtsHot(machine, ['rollback', '--list'], 0, PATIENCE);
      if (!cut.done) jtsHot(machine, work.argv, 0, PATIENCE);
      work.holds(machine);
    } catch (error) {
      throw new Error(`${at}, seed ${seed}`, { cause: error });
    }
    t.diagnostic(at);
    machine.cutPower();
  }
  assert.ok(sums.lost > 0, 'no write was there to be lost');
  t.diagnostic(`${done.length + during.length} cuts, ${sums.lost} of ${sums.open} writes lost, seed ${seed}`);
});

const fstabLines = (machine: Machine) => mustRun(machine, ['cat', '/etc/fstab']).split('\n');
