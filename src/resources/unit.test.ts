// Every state of a unit, held against the steps with their undo.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { diffUnit, observeUnit, type UnitHave } from './unit.ts';

const UNIT = { unit: 'a.timer', wantedBy: 'timers.target' };

/** `enable +disable`: what is done, and its undo. */
function steps(on: boolean, have: UnitHave): readonly string[] {
  return diffUnit({ ...UNIT, on }, have).map((step) => `${step.do.type} ${step.undo?.type}`);
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
  for (const step of diffUnit({ ...UNIT, on: true }, { enabled: false, active: false }))
    assert.deepEqual(step.needs, ['file /etc/systemd/system/a.timer']);
});

it('is active only on the live host, and only where systemd runs', () => {
  for (const [root, runsSystemd, active] of [
    ['/', true, false],
    ['/', false, null],
    ['/mnt/image', true, null],
  ] as const)
    assert.deepEqual(observeUnit(createHost({ root, runsSystemd }), UNIT), { enabled: false, active });
});
