// Owns restarting services after their settings were installed: one after the other, each until it really runs on the hot tier;
// of one that does not come up there the settings are taken back.
import type { Context } from '../command/context.ts';
import { runRecorded } from '../command/recorded-run.ts';
import { newestFirst, readWhole, stepsOf } from '../engine/journal/journal.ts';
import type { RecordedRun } from '../engine/journal/record.ts';
import type { Step } from '../engine/resource.ts';
import { type RolledBack, rollback } from '../engine/rollback.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { Restarted } from '../port/host.ts';
import type { JournalStore } from '../port/journal-store.ts';
import { ancestors, directoryAddress } from '../resources/directory.ts';
import { fileAddress } from '../resources/file.ts';
import { checkServices } from './check.ts';
import type { ServiceCheck } from './check-document.ts';
import type { Restart } from './config-document.ts';
import { pathsOf } from './install-plan.ts';
import type { Target } from './target.ts';
import type { ReadUnit } from './unit-settings.ts';

/** A stop may write gigabytes down first. */
const RESTART_MS = 15 * 60_000;
/** Some say that they are ready before they have opened their files. */
const SETTLE_MS = 30_000;
const LOOK_AGAIN_MS = 250;

export interface Restarts {
  readonly restarts: readonly Restart[];
  readonly problems: readonly Diagnostic[];
}

/**
 * `run`: the one that installed settings; null: all were there before. What it did not write stays; a service that runs on the
 * hot tier with nothing new is not restarted. Those without a unit are left out.
 */
export async function restartAll(
  context: Context,
  targets: readonly Target[],
  run: number | null,
): Promise<Restarts> {
  const restarts: Restart[] = [];
  const problems: Diagnostic[] = [];
  for (const target of targets) {
    const { unit, service } = target;
    if (unit === null) continue;
    const wrote = run !== null && isWritten(context, target, run) ? run : null;
    if (wrote === null && (await isOnTier(context, target))) continue;
    if (context.stopRequested()) {
      restarts.push({ service: service.name, unit: unit.name, outcome: 'not tried' });
      continue;
    }
    context.progress(`restarting ${unit.name}`);
    const why = await restartOne(context, target, unit);
    if (why === null) {
      restarts.push({ service: service.name, unit: unit.name, outcome: 'running on the hot tier' });
      continue;
    }
    const taken = wrote === null ? null : await takeBack(context, target, wrote);
    // With its former settings it may run as it did.
    const former = taken === null ? null : await context.host.restartUnit(unit.name, RESTART_MS);
    restarts.push({
      service: service.name,
      unit: unit.name,
      outcome: taken === null ? 'failed' : 'taken back',
    });
    problems.push(notUp(target, unit, { why, taken, former }));
  }
  context.progress('');
  return { restarts, problems };
}

/** Of a dry run: those that would be restarted. `steps`: what would be written. */
export async function wouldRestart(
  context: Context,
  targets: readonly Target[],
  steps: readonly Step[],
): Promise<readonly Restart[]> {
  const written = new Set(steps.map(({ address }) => address));
  const restarts: Restart[] = [];
  for (const target of targets) {
    const { unit, service } = target;
    if (unit === null) continue;
    const isNew = pathsOf(target).some((path) => written.has(fileAddress(path)));
    if (isNew || !(await isOnTier(context, target)))
      restarts.push({ service: service.name, unit: unit.name, outcome: 'planned' });
  }
  return restarts;
}

/** null: it runs on the hot tier. */
async function restartOne(context: Context, target: Target, unit: ReadUnit): Promise<string | null> {
  const done = await context.host.restartUnit(unit.name, RESTART_MS);
  if (!done.ok) return done.why;
  const end = Date.parse(context.now()) + SETTLE_MS;
  for (;;) {
    if (await isOnTier(context, target)) return null;
    if (Date.parse(context.now()) > end) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  const [check] = await look(context, target);
  return check === undefined ? 'it is not seen' : `it is ${check.state}`;
}

async function isOnTier(context: Context, target: Target): Promise<boolean> {
  return (await look(context, target)).some(({ state }) => state === 'running on the hot tier');
}

function look({ layout, host }: Context, { service }: Target): Promise<readonly ServiceCheck[]> {
  return checkServices(layout, host, { what: service.name, isRightDisk: true });
}

function addressesOf(target: Target): ReadonlySet<string> {
  return new Set(pathsOf(target).map(fileAddress));
}

/** Its files, and directories on the way to them. */
function isFor(target: Target): (address: string) => boolean {
  const paths = pathsOf(target);
  const files = addressesOf(target);
  return (address) =>
    files.has(address) || paths.some((path) => ancestors(path).map(directoryAddress).includes(address));
}

function isWritten({ host }: Context, target: Target, run: number): boolean {
  const addresses = addressesOf(target);
  return addressesIn(host.journal, run).some((address) => addresses.has(address));
}

/** Of the steps of a run; of one that cannot be read, none. */
function addressesIn(journal: JournalStore, run: number): readonly string[] {
  const found = readWhole(journal, run);
  return 'unreadable' in found ? [] : [...stepsOf(journal, found)].map(({ address }) => address);
}

/** Undoes what the run did for this service, as a run of its own. Returns its number. */
export async function takeBack(context: Context, target: Target, number: number): Promise<number | null> {
  const { host, layout } = context;
  const runs: RecordedRun[] = [];
  for (const run of newestFirst(host.journal))
    if (!('unreadable' in run) && run.run === number) runs.push(run);
  const addresses = addressesOf(target);
  const isWhole = addressesIn(host.journal, number).every(isFor(target));
  const { run } = await runRecorded(context, {
    command: 'rollback',
    // Of one that wrote for other services too the rest stays to be undone: by a rollback of the run itself.
    takesBack: isWhole ? number : null,
    scope: `${target.service.name} of run ${number}`,
    // How many steps there are is known when they are undone.
    plan: () => ({ steps: [], stepCount: addresses.size, refusals: [] }),
    decisions: () => [`settings of ${target.service.name} taken back from run ${number}: it did not come up`],
    async act(_, hands) {
      const search = { base: layout.base, limitMs: 0, onProgress: () => {} };
      const undone: RolledBack = await rollback(runs, host, {
        ...hands,
        search,
        only: ({ address }) => isWhole || addresses.has(address),
      });
      return { ...undone, doneCount: undone.undoneCount };
    },
    again: () => `rollback ${number}`,
  });
  return run;
}

function notUp(
  { service }: Target,
  { name }: ReadUnit,
  of: { readonly why: string; readonly taken: number | null; readonly former: Restarted | null },
): Diagnostic {
  const { why, taken, former } = of;
  const back = `its settings were taken back (run ${taken}), and`;
  return diagnostic('E_NOT_UP', 'cannot bring a service up on the hot tier', {
    at: `service ${service.name}`,
    detail: [
      `want ${name} running with its data on the hot tier`,
      `found: ${why}`,
      former === null
        ? 'its settings stay as they are'
        : former.ok
          ? `${back} it was restarted with the former ones`
          : `${back} with the former ones it does not start either: ${former.why}`,
    ],
    hint: `see what it said: sudo journalctl --unit ${shellWord(name)} --lines 30`,
  });
}
