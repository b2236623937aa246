// `jts-hot repair`: restores owners and modes (and missing directories) of the layout; with --recursive also inside a
// service's tree. Everything it changes is recorded, so that rollback restores it.
import { type Diagnostic, diagnostic, EXIT, Problem } from '../diagnostic.ts';
import { STEPS_A_SYNC } from '../journal.ts';
import { checkServiceNames, collect, type Plan } from '../plan.ts';
import { examineTree, type TreeRepair } from '../recursive.ts';
import type { Step } from '../resource.ts';
import { examine } from '../resources/index.ts';
import { BASE_NAME, type Service, servicePath } from '../spec.ts';
import { type Answer, type Context, reported, requireRoot } from './command.ts';
import { runRecorded } from './recorded-run.ts';

export interface RepairOptions {
  /** null: all of them. Naming one agrees to give its directories back to it, whoever has them now. */
  readonly service: string | null;
  readonly recursive: boolean;
  readonly allowInUse: boolean;
}

export interface RepairResult {
  readonly root: string;
  readonly base: string;
  readonly outcome: 'applied' | 'unchanged' | 'refused' | 'stopped' | 'failed';
  readonly run: number | null;
  /** The first thousand; `stepCount` says how many there are. */
  readonly steps: readonly Step[];
  readonly stepCount: number;
  readonly done: number;
  /** Entries looked at inside trees; 0 without --recursive. */
  readonly entries: number;
  /** The first thousand; `leftCount` says how many there are. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
  readonly leftCount: number;
}

interface RepairPlan {
  readonly steps: readonly Step[];
  readonly refusals: readonly Diagnostic[];
  readonly entries: number;
  readonly left: readonly { readonly path: string; readonly why: string }[];
}

export async function repairCommand(context: Context, options: RepairOptions): Promise<Answer<RepairResult>> {
  const { spec, host } = context;
  requireRoot(context);
  if (options.service !== null) checkServiceNames(spec, [options.service], 'SERVICE');
  const services = treesToEnter(context, options);
  const ran = await runRecorded(context, {
    command: 'repair',
    scope: [options.service ?? [], options.recursive ? '--recursive' : []].flat().join(' '),
    plan: () => planRepair(context, options, services),
    decisions: () => (options.allowInUse ? ['while files are open (--allow-in-use)'] : []),
    again: context.invocation,
    batch: options.recursive ? STEPS_A_SYNC : 1,
  });
  const { planned, exitCode, problems, outcome, run, done } = ran;
  const { steps, entries, left } = planned;
  return {
    exitCode,
    problems,
    result: {
      root: host.root,
      base: spec.base,
      outcome,
      run,
      steps: reported(steps),
      stepCount: steps.length,
      done,
      entries,
      left: reported(left),
      leftCount: left.length,
    },
  };
}

/** The directories of the layout, and what is in the trees that are entered. */
function planRepair(context: Context, options: RepairOptions, services: readonly Service[]): RepairPlan {
  const { steps, refusals } = planDirectories(context, options.service);
  if (refusals.length > 0) return { steps, refusals, entries: 0, left: [] };
  const trees = services.map((service) => {
    context.progress(`looking through ${service.name}`);
    return { service, ...examineOf(context, service) };
  });
  const busy = options.allowInUse
    ? []
    : trees.filter((tree) => tree.steps.length > 0 && tree.openBy !== null);
  if (busy.length > 0)
    return { steps, refusals: busy.map((tree) => inUse(tree.service, tree)), entries: 0, left: [] };
  return {
    steps: [...steps, ...trees.flatMap((tree) => tree.steps)],
    refusals: [],
    entries: trees.reduce((sum, tree) => sum + tree.entries, 0),
    left: trees.flatMap((tree) => tree.left),
  };
}

/** The directories of the layout; a service's own and the way to it, where one is named. */
function planDirectories({ spec, host }: Context, service: string | null): Plan {
  const consent = { adopt: new Set(service === null ? [] : [service]), fromRoot: true };
  const all = examine(spec, host, consent).filter(
    (finding) => service === null || isAbout(finding.service, service),
  );
  const missing = all.filter(
    (finding) => finding.kind !== 'directory' && finding.difference.steps.length > 0,
  );
  if (missing.length > 0)
    throw new Problem(EXIT.refused, [
      diagnostic('E_MISSING_ACCOUNTS', 'refusing to repair directories whose owner does not exist', {
        detail: missing.map((finding) => `want ${finding.address}, found none`),
        hint: 'jts-hot setup',
      }),
    ]);
  const findings = all.filter((finding) => finding.kind === 'directory');
  return collect(findings, { root: host.root, spec, adopt: [...consent.adopt] });
}

function isAbout(service: string | null, wanted: string): boolean {
  return service === wanted || service === BASE_NAME;
}

/** Files in root's own services (docker's volumes, backups) belong to many: who owned what cannot be known. */
function treesToEnter({ spec }: Context, { service, recursive }: RepairOptions): readonly Service[] {
  if (!recursive) return [];
  const named = spec.services.filter(({ name }) => service === null || name === service);
  const own = named.filter(({ user }) => user !== 'root');
  if (own.length > 0) return own;
  throw new Problem(EXIT.refused, [
    diagnostic('E_MIXED_TREE', "refusing to go into a tree whose files are not all one service's", {
      at: service ?? 'SERVICE',
      detail: 'want a service with a user of its own, found one that belongs to root and holds files of many',
      hint: `jts-hot repair ${service ?? ''}`.trimEnd(),
    }),
  ]);
}

function examineOf({ spec, host }: Context, service: Service): TreeRepair {
  const uid = host.users([service.user]).get(service.user)?.uid;
  const gid = host.groups([service.group]).get(service.group)?.gid;
  const path = servicePath(spec, service);
  if (uid === undefined || gid === undefined || host.entry(path).type !== 'directory')
    return { steps: [], entries: 0, left: [], openBy: null };
  return examineTree(host, { service, path, uid, gid });
}

function inUse(service: Service, tree: TreeRepair): Diagnostic {
  const { pid, command, path } = tree.openBy ?? { pid: 0, command: '?', path: '?' };
  return diagnostic('E_IN_USE', 'refusing to change files that a running service has open', {
    at: path,
    detail: `want ${service.name} stopped, found process ${pid} (${command}) with it open`,
    hint: `stop the service and run it again, or: jts-hot repair ${service.name} --recursive --allow-in-use`,
  });
}
