// The order of work of a schedule: kinds in a list, as the planner takes them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { PROGRAM } from '../resources/program.ts';
import { type ScheduleKind, scheduleFiles } from './files.ts';
import { planSchedule, type SchedulePlan } from './plan.ts';

const SOURCE = { launcher: '/opt/jts-hot/bin/jts-hot', node: '/usr/bin/node' };
const FILES = scheduleFiles({
  base: '/data/jts/hot',
  caller: { path: PROGRAM, flags: [] },
  monitoring: builtInMonitoring,
  logGroup: 'adm',
});

function plan(host: MemoryHost, kind: ScheduleKind | null): SchedulePlan {
  const program = kind === null ? null : { built: host.programFrom(SOURCE), source: SOURCE };
  return planSchedule(host, FILES, { kind, replace: false, program });
}

function perform(host: MemoryHost, { steps }: SchedulePlan): void {
  for (const step of steps) host.perform(step.do);
}

/** The types of operations, those in a row once. */
function order({ steps }: SchedulePlan): readonly string[] {
  const types = steps.map((step) => step.do.type);
  return types.filter((type, i) => type !== types[i - 1]);
}

describe('the order of work', () => {
  it('new: directories, the program and its link, what calls it, then the timers, each on after its file', () => {
    assert.deepEqual(order(plan(createHost({ runsSystemd: true }), 'systemd')), [
      'makeDirectory',
      'installProgram',
      'switchLink',
      'writeFile',
      ...Array(4).fill(['enableUnit', 'startUnit']).flat(),
    ]);
  });

  it('from timers to cron: the table is there before the timers go, and their files go last', () => {
    const host = createHost({ runsSystemd: true });
    perform(host, plan(host, 'systemd'));
    assert.deepEqual(order(plan(host, 'cron')), [
      'makeDirectory',
      'writeFile',
      ...Array(4).fill(['stopUnit', 'disableUnit']).flat(),
      'removeFile',
    ]);
    perform(host, plan(host, 'cron'));
    assert.deepEqual(order(plan(host, 'systemd')), [
      'writeFile',
      ...Array(4).fill(['enableUnit', 'startUnit']).flat(),
      'removeFile',
    ]);
  });

  it('away: timers are off before their files go; the program stays', () => {
    const host = createHost({ runsSystemd: true });
    perform(host, plan(host, 'systemd'));
    assert.deepEqual(order(plan(host, null)), [
      ...Array(4).fill(['stopUnit', 'disableUnit']).flat(),
      'removeFile',
    ]);
  });
});
