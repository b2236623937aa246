// Every state of a unit, held against the steps with their undo.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import { type UnitHave, type UnitWant, unit } from './unit.ts';

const UNIT: UnitWant = { unit: 'a.timer', wantedBy: 'timers.target', on: true };

/** `enable +disable`: what is done, and its undo. */
function steps(on: boolean, have: UnitHave): readonly string[] {
  return unit
    .diff({ ...UNIT, on }, have, NO_CONSENT)
    .steps.map((step) => `${step.do.type} ${step.undo?.type}`);
}

for (const [enabled, active, on, off] of [
  [false, false, ['enableUnit disableUnit', 'startUnit stopUnit'], []],
  [false, null, ['enableUnit disableUnit'], []],
  [true, false, ['startUnit stopUnit'], ['disableUnit enableUnit']],
  [true, null, [], ['disableUnit enableUnit']],
  [false, true, ['enableUnit disableUnit'], ['stopUnit startUnit']],
  [true, true, [], ['stopUnit startUnit', 'disableUnit enableUnit']],
] as const)
  it(`enabled ${enabled}, active ${active}`, () => {
    assert.deepEqual(steps(true, { enabled, active }), on);
    assert.deepEqual(steps(false, { enabled, active }), off);
  });

it('stays for no longer than its file', () => {
  for (const step of unit.diff({ ...UNIT, on: true }, { enabled: false, active: false }, NO_CONSENT).steps)
    assert.deepEqual(step.needs, ['file /etc/systemd/system/a.timer']);
});

it('is active only on the live host, and only where systemd runs', () => {
  for (const [root, runsSystemd, active] of [
    ['/', true, false],
    ['/', false, null],
    ['/mnt/image', true, null],
  ] as const)
    assert.deepEqual(unit.observe(createHost({ root, runsSystemd }), [UNIT]), [{ enabled: false, active }]);
});
