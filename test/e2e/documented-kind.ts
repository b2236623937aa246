// Run in a copy of the checkout that has the kind of docs/adding-a-resource.md: takes it through every command on the
// host in memory. Must not name anything of it but its path and its check.
import assert from 'node:assert/strict';
import { validateCommand } from '../../src/checks/validate.ts';
import type { Context } from '../../src/command/context.ts';
import { readPlan } from '../../src/engine/saved-plan.ts';
import { writePlan } from '../../src/engine/write-plan.ts';
import { planCommand } from '../../src/setup/plan.ts';
import { repairCommand } from '../../src/setup/repair.ts';
import { rollbackCommand } from '../../src/setup/rollback.ts';
import { setupCommand } from '../../src/setup/setup.ts';
import { contextOf, createHost, smallLayout } from '../cases/host.ts';
import { Crash, type CrashMoment, type MemoryHost } from '../memory-host/memory-host.ts';

const PATH = '/proc/sys/vm/max_map_count';
const CHECK = 'kernel.vm.max_map_count';
const LAYOUT = smallLayout('kafka');
const OPTIONS = { adopt: [], strict: false, saved: null };

function host(): MemoryHost {
  const made = createHost();
  made.prepare.file(PATH, { text: '65530\n' });
  return made;
}

const on = (made: MemoryHost): Context => contextOf(made, LAYOUT);
const value = (made: MemoryHost) => made.text(PATH)?.trim();

function change(made: MemoryHost, text: string): void {
  made.prepare.remove(PATH);
  made.prepare.file(PATH, { text: `${text}\n` });
}

async function setUp(made: MemoryHost, saved = OPTIONS.saved as Parameters<typeof setupCommand>[1]['saved']) {
  const { result, problems } = await setupCommand(on(made), { ...OPTIONS, saved });
  return { outcome: result?.outcome, problems };
}

async function checked(made: MemoryHost) {
  const { result } = await validateCommand(on(made));
  const check = result?.checks.find(({ id }) => id === CHECK);
  return [check?.status, check?.found, check?.fix];
}

async function repaired(made: MemoryHost, service: string | null) {
  const { result } = await repairCommand(on(made), { service, recursive: false, allowInUse: false });
  return [result?.outcome, result?.stepCount];
}

async function rolledBack(made: MemoryHost) {
  const { result } = await rollbackCommand(on(made), null);
  assert.ok(result !== null && result.outcome !== 'listed');
  return result;
}

// plan shows it, with its undo, and changes nothing.
const made = host();
const fresh = made.snapshot();
const planned = await planCommand(on(made), { adopt: [] });
assert.ok(planned.result !== null);
const step = planned.result.steps.at(-1);
assert.deepEqual(
  [step?.action, step?.summary, step?.undo === null],
  ['~', 'vm.max_map_count  65530 -> 1048576', false],
);
assert.equal(made.snapshot(), fresh);

// setup sets it; validate passes, and fails when it is changed; repair mends it, for itself and not with one service.
assert.equal((await setUp(made)).outcome, 'applied');
assert.equal(value(made), '1048576');
assert.equal((await setUp(made)).outcome, 'unchanged');
assert.deepEqual(await checked(made), ['pass', '1048576', null]);
change(made, '65530');
assert.deepEqual(await checked(made), ['fail', '65530', 'sudo jts-hot repair']);
assert.deepEqual(await repaired(made, 'kafka'), ['unchanged', 0]);
assert.deepEqual(await repaired(made, null), ['applied', 1]);
assert.equal(value(made), '1048576');

// rollback restores what was there, and leaves what somebody else has set since.
await rolledBack(made);
assert.equal(value(made), '65530');
change(made, '2000000');
assert.deepEqual(
  (await rolledBack(made)).left.map(({ address }) => address),
  ['kernel setting vm.max_map_count'],
);
assert.equal(value(made), '2000000');

// A saved plan is done as it was saved, and refused when the value has changed since.
const saved = readPlan(writePlan(planned.result, 'test', '2026-01-01T00:00:00Z'), 'plan.json');
const other = host();
change(other, '70000');
await assert.rejects(setUp(other, saved), /no longer fits/);
const same = host();
assert.equal((await setUp(same, saved)).outcome, 'applied');

// Killed at each moment, the same command ends in the same place, and rollback restores all.
const whole = host();
await setUp(whole);
const events = planned.result.steps.length;
let crashes = 0;
for (const moment of ['before', 'after', 'torn'] satisfies readonly CrashMoment[])
  for (let n = 1; ; n += 1) {
    const killed = host();
    killed.faults.crash(moment, n);
    try {
      await setUp(killed);
      break;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      crashes += 1;
    }
    killed.faults.restart();
    await setUp(killed);
    assert.equal(value(killed), '1048576', `${moment} ${n}`);
    assert.deepEqual(await checked(killed), ['pass', '1048576', null], `${moment} ${n}`);
    await rolledBack(killed);
    assert.equal(value(killed), '65530', `${moment} ${n}`);
  }
assert.ok(crashes > 3 * events, `${crashes} crashes`);
process.stdout.write(`${crashes} crashes made good\n`);
