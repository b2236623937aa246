// Owns switching a service's settings to the new place and back, as runs of the journal: what `config SERVICE --install` writes,
// and what `rollback` takes back.
import type { Context } from '../command/context.ts';
import { runRecorded, taking, type Work } from '../command/recorded-run.ts';
import { type InstallPlan, planInstall } from '../configure/install-plan.ts';
import { takeBack } from '../configure/restart.ts';
import type { Target } from '../configure/target.ts';
import type { Applied } from '../engine/apply.ts';
import { newestFirst, startUndone } from '../engine/journal/journal.ts';
import { Problem } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import type { MoveRecord } from './record.ts';

const scopeOf = (service: string) => `${service} --install`;

/** Returns the run; null: they were there already. Throws a Problem where they could not be installed. */
export async function installSettings(
  context: Context,
  target: Target,
  record: Pick<MoveRecord, 'from' | 'to'>,
): Promise<number | null> {
  const { layout, host } = context;
  const { name } = target.service;
  const work: Work<InstallPlan, Applied> = {
    command: 'config',
    scope: scopeOf(name),
    plan: () => planInstall(layout, host, [target], { startEmpty: [name], restart: false, replace: false }),
    decisions: () => [`its data was moved there: ${name}, from ${record.from.path} (jts-hot move)`],
    act: taking(({ steps }) => steps),
    again: () => `move ${name}`,
  };
  // A service that is stopped must not stay so: no signal is heard here.
  const { exitCode, problems, run } = await runRecorded({ ...context, stopRequested: () => false }, work);
  if (exitCode !== 0) throw new Problem(exitCode, problems);
  return run;
}

/** What a move has installed since it began, that is not undone; null: nothing. A killed call may not have put it on its record. */
export function installedBy(
  host: Host,
  { service, begun, base }: Pick<MoveRecord, 'service' | 'begun' | 'base'>,
): number | null {
  const undone = startUndone();
  for (const run of newestFirst(host.journal)) {
    if ('unreadable' in run) continue;
    undone.follow(run);
    if (Date.parse(run.at) < Date.parse(begun)) return null;
    const isOurs = run.command === 'config' && run.scope === scopeOf(service) && run.base === base;
    if (isOurs && undone.stateOf(run) !== 'rolled back') return run.run;
  }
  return null;
}

/** Returns the run that took them back; null: there was nothing to take back. */
export async function takeSettingsBack(
  context: Context,
  target: Target,
  record: MoveRecord,
): Promise<number | null> {
  const run = installedBy(context.host, record);
  if (run === null) return null;
  return takeBack({ ...context, stopRequested: () => false }, target, run);
}
