// `jts-hot config --install`: has services read the settings that keep them on the hot tier, as steps that rollback undoes.
// Restarts nothing.
import { type Answer, type Context, requireRoot, toDoIt } from '../command/context.ts';
import { runRecorded, taking, type Work } from '../command/recorded-run.ts';
import { requireActing } from '../command/right-disk.ts';
import type { Applied } from '../engine/apply.ts';
import type { Service } from '../layout/layout.ts';
import { type Diagnostic, EXIT } from '../messages/diagnostic.ts';
import type { InstallResult } from './config-document.ts';
import { type InstallPlan, planInstall } from './install-plan.ts';
import { type Intended, START_EMPTY } from './obstacles.ts';
import { planPlatform } from './platform-files.ts';
import type { EnvironmentFormat } from './render.ts';
import { type Restarts, restartAll, wouldRestart } from './restart.ts';
import { configurable, notConfigured } from './settings.ts';
import { type Target, targetOf } from './target.ts';
import { tryOut } from './trial.ts';

export interface InstallOptions extends Intended {
  /** Agreed to: files that somebody else wrote or changed are replaced. */
  readonly replace: boolean;
  /** A service, `all`, `env`, `jts`. */
  readonly what: string;
  /** The file that is meant; null: where it usually is. */
  readonly to: string | null;
  readonly environment: EnvironmentFormat;
  /** Only shows what it would do. */
  readonly isDry: boolean;
}

interface Planned extends InstallPlan {
  readonly targets: readonly Target[];
  readonly skipped: readonly string[];
}

export async function installCommand(
  context: Context,
  options: InstallOptions,
): Promise<Answer<InstallResult>> {
  const { what, replace, startEmpty, isDry } = options;
  if (!isDry) requireRoot(context);
  await requireActing(context, what === 'all' ? null : what);
  const ask = asker(context);
  const plan = () => planFor(context, options, ask);
  const work: Work<Planned, Applied> = {
    command: 'config',
    scope: `${what} --install`,
    looksFirst: true,
    isDry,
    plan,
    decisions: () => [
      ...startEmpty.map(
        (name) => `may start without the data that it has elsewhere: ${name} (${START_EMPTY})`,
      ),
      ...(replace ? ["may replace somebody's files (--replace)"] : []),
    ],
    act: taking(({ steps }) => steps),
    again: () => (isDry ? toDoIt(context, 'config') : context.invocation),
  };
  const { planned, exitCode, problems, outcome, run, continues, done } = await runRecorded(context, work);
  const { targets, skipped, steps } = planned;
  const isInstalled = outcome === 'applied' || outcome === 'unchanged';
  const isPlanned = outcome === 'planned' && options.restart;
  const { restarts, problems: failed }: Restarts = isPlanned
    ? { restarts: await wouldRestart(context, targets, steps), problems: [] }
    : options.restart && isInstalled
      ? await restartAll(context, targets, run)
      : { restarts: [], problems: [] };
  const result: InstallResult = {
    did: 'install',
    root: context.host.root,
    base: context.layout.base,
    outcome,
    run,
    continues,
    steps,
    done,
    services: targets.map(({ service, file, unit }) => ({
      service: service.name,
      file,
      unit: unit?.name ?? null,
    })),
    notInstalled: skipped,
    restarts,
  };
  const isUp = restarts.every(
    ({ outcome: came }) => came === 'running on the hot tier' || came === 'planned',
  );
  return { exitCode: isUp ? exitCode : EXIT.failed, problems: [...problems, ...failed], result };
}

type Ask = (target: Target) => Promise<Diagnostic | null>;

/** Each service's program is asked once: a run is planned twice, before and under the lock. */
function asker({ host }: Context): Ask {
  const asked = new Map<string, Promise<Diagnostic | null>>();
  // Nobody but root can become the service's user.
  if (host.surroundings().effectiveUid !== 0 || host.root !== '/') return async () => null;
  return (target) => {
    const { name } = target.service;
    const answer = asked.get(name) ?? tryOut(host, target);
    asked.set(name, answer);
    return answer;
  };
}

async function planFor(context: Context, options: InstallOptions, ask: Ask): Promise<Planned> {
  const { layout, host } = context;
  const { what, to, environment } = options;
  if (what === 'env' || what === 'jts') {
    const { steps, refusals } = await planPlatform(layout, host, {
      what,
      to,
      environment,
      replace: options.replace,
    });
    return { steps, refusals, targets: [], skipped: [] };
  }
  const services = configurable(layout).filter(({ name }) => what === 'all' || name === what);
  if (services.length === 0) throw notConfigured(layout, what);
  const { targets, missing, refusals } = await targetsFor(context, services, to);
  // Of all, those that are here; of one, it must be.
  if (what !== 'all' && missing.length > 0) return { steps: [], refusals: missing, targets, skipped: [] };
  const planned = await planInstall(layout, host, targets, options);
  // What is refused already need not be asked about, nor what is there already.
  const isOpen = planned.refusals.length === 0 && planned.steps.length > 0;
  const answers = isOpen ? await Promise.all(targets.map(ask)) : [];
  const refused = answers.flatMap((answer) => answer ?? []);
  const skipped = missing.map(({ at }) => (at ?? '').replace(/^service /, ''));
  return { ...planned, refusals: [...refusals, ...planned.refusals, ...refused], targets, skipped };
}

async function targetsFor({ layout, host }: Context, services: readonly Service[], to: string | null) {
  const targets: Target[] = [];
  const missing: Diagnostic[] = [];
  const refusals: Diagnostic[] = [];
  for (const service of services) {
    const found = await targetOf(layout, service, host, to);
    if ('missing' in found) missing.push(found.missing);
    else if ('refusal' in found) refusals.push(found.refusal);
    else targets.push(found);
  }
  return { targets, missing, refusals };
}
