// Owns how tests command a schedule on the host in memory, and where its files are there.
import assert from 'node:assert/strict';
import { TOOLS } from '../../src/checks/preflight.ts';
import { type ScheduleOptions, scheduleCommand } from '../../src/schedule/schedule-command.ts';
import type { ScheduleResult } from '../../src/schedule/schedule-document.ts';
import { rollbackCommand } from '../../src/setup/rollback.ts';
import type { MemoryHost, MemoryInitial } from '../memory-host/memory-host.ts';
import { contextOf, createHost } from './host.ts';

export const SELF = { launcher: '/opt/jts-hot/bin/jts-hot', node: '/usr/bin/node' };
export const PROGRAMS = '/usr/local/libexec/jts-hot';
export const CRON = '/etc/cron.d/jts-hot';
export const ROTATION = '/etc/logrotate.d/jts-hot';
export const UNITS = '/etc/systemd/system';
export const TIMER = `${UNITS}/jts-hot-record.timer`;
export const ALL_TOOLS = [...TOOLS, 'systemctl', 'cron', 'logrotate'];

export function host(initial: MemoryInitial = {}): MemoryHost {
  return createHost({ tools: ALL_TOOLS, ...initial });
}

/** Where systemd runs. */
export function booted(): MemoryHost {
  return host({ runsSystemd: true });
}

export async function run(on: MemoryHost, options: Partial<ScheduleOptions>, invocation = 'schedule') {
  const all = { kind: null, act: 'show', replace: false, self: SELF, flags: [], ...options } as const;
  const { exitCode, problems, result } = await scheduleCommand(contextOf(on, undefined, { invocation }), all);
  assert.ok(result !== null);
  return { exitCode, codes: problems.map(({ code }) => code), problems, result };
}

export async function outcome(
  on: MemoryHost,
  options: Partial<ScheduleOptions>,
): Promise<ScheduleResult['outcome']> {
  return (await run(on, options)).result.outcome;
}

export async function rollBack(on: MemoryHost, wanted: number | null = null): Promise<readonly string[]> {
  const { result } = await rollbackCommand(contextOf(on), wanted);
  assert.ok(result !== null && result.outcome !== 'listed');
  assert.ok(result.outcome === 'applied' || result.outcome === 'unchanged');
  return result.left.map(({ address, why }) => `${address}: ${why}`);
}

/** A file that was removed and written again has another inode. */
export function snapshot(on: MemoryHost): string {
  return on.snapshot().replace(/ inode \d+ born \d+/g, '');
}

export function paths(on: MemoryHost): readonly string[] {
  return [...on.snapshot().matchAll(/^(\/etc\/\S+) (?:file|link)/gm)].map(([, path = '']) => path);
}
