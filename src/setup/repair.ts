// `jts-hot repair`: restores owners and modes (and missing directories) of the layout; with --recursive also inside a
// service's tree. Everything it changes is recorded, so that rollback restores it.

import { setImmediate } from 'node:timers/promises';
import { lookInside, oursIn, whatIsInside } from '../checks/inside.ts';
import { mixedTree } from '../checks/mixed-tree.ts';
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { type Planned, runRecorded, taking } from '../command/recorded-run.ts';
import { examine } from '../engine/examine.ts';
import { STEPS_A_SYNC } from '../engine/journal/journal.ts';
import { checkServiceNames, collect } from '../engine/plan.ts';
import type { Consent, Difference, Step } from '../engine/resource.ts';
import { BASE_NAME, hasTreeOfItsOwn, type Service, servicePath } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { type DirectoryWant, desiredDirectories } from '../resources/directory.ts';
import { wantedBy } from '../resources/index.ts';
import { formatCount } from '../values/count.ts';
import { startTally, type Tally } from '../values/tally.ts';
import { withListsAndFlags } from './named-repair.ts';
import type { RepairResult } from './repair-document.ts';
import { type Asked, examineTree, type Left, type OpenBy, type TreeOwner, treeSteps } from './tree-repair.ts';

export interface RepairOptions extends Asked {
  /** null: all of them. Naming one agrees to give its directories back to it, no matter who owns them now. */
  readonly service: string | null;
  readonly recursive: boolean;
  readonly allowInUse: boolean;
  /** Only shows what it would do. */
  readonly isDry?: boolean;
}

interface RepairPlan extends Planned {
  /** Directories that cannot be seen without root, where a dry run looks. */
  readonly hidden: number;
  readonly stepCount: number;
  /** Of the layout itself; the rest is in the trees. */
  readonly own: readonly Step[];
  readonly trees: readonly TreeOwner[];
  readonly entries: number;
  readonly left: Tally<Left>;
}

export async function repairCommand(context: Context, options: RepairOptions): Promise<Answer<RepairResult>> {
  const { layout, host } = context;
  const { isDry = false } = options;
  if (!isDry) requireRoot(context);
  if (options.service !== null) checkServiceNames(layout, [options.service], 'SERVICE');
  const services = treesToEnter(context, options);
  const unmended = startTally<Left>();
  const ran = await runRecorded(context, {
    command: 'repair',
    scope: scopeOf(options),
    isDry,
    plan: () => planRepair(context, options, services),
    decisions: () => [
      ...(options.allowInUse ? ['while files are open (--allow-in-use)'] : []),
      ...(options.acl ? ['access lists are taken away (--acl)'] : []),
      ...(options.flags ? ['flags are taken away (--flags)'] : []),
    ],
    act: options.recursive
      ? taking(
          (planned: RepairPlan) => takeSteps(host, planned, options),
          STEPS_A_SYNC,
          (step, why) => unmended.add({ path: pathOf(step), why: reasonOf(why) }),
        )
      : taking((planned: RepairPlan) => planned.own),
    lookAgain: () => (unmended.count === 0 ? [] : [notMended(unmended, context.invocation)]),
    again: () => context.invocation,
  });
  const { planned, exitCode, problems, outcome, run, acted, done } = ran;
  const looksInside = !options.recursive && outcome !== 'refused';
  const inside = looksInside ? await insideOf(context, options.service) : null;
  const left = startTally<Left>();
  left.addAll(unmended);
  left.addAll(planned.left);
  return {
    exitCode,
    problems: planned.hidden === 0 ? problems : [...problems, notSeen(planned.hidden, context.invocation)],
    result: {
      root: host.root,
      base: layout.base,
      outcome,
      run,
      // Every step was done: these are the steps that the report gives, also where more were planned at first.
      steps: acted?.outcome === 'applied' ? acted.done : planned.steps,
      stepCount: acted?.outcome === 'applied' ? done : planned.stepCount,
      done,
      entries: planned.entries,
      left: left.first,
      leftCount: left.count,
      inside,
    },
  };
}

/** What is wrong of the layout itself, and what is in the trees that are entered: there it is counted, and only the first kept. */
async function planRepair(
  context: Context,
  options: RepairOptions,
  services: readonly Service[],
): Promise<RepairPlan> {
  const { steps: ofLayout, refusals, warnings } = planLayout(context, options.service);
  const own = withListsAndFlags(context.host, directoriesFor(context, options.service), {
    steps: ofLayout,
    asked: options,
  });
  const hidden = warnings.filter(({ code }) => code === 'W_HIDDEN').length;
  const steps = startTally<Step>();
  const left: RepairPlan['left'] = startTally();
  for (const step of own) steps.add(step);
  const trees: TreeOwner[] = [];
  const busy: Diagnostic[] = [];
  let entries = 0;
  let stopped = false;
  for (const service of refusals.length > 0 ? [] : services) {
    const owner = ownerOf(context, service);
    if (owner === null) continue;
    const tree = await examineTree(context.host, owner, options, async (seen) => {
      context.progress(`looking through ${service.name}: ${formatCount(entries + seen)} entries`);
      await setImmediate();
      return context.stopRequested();
    });
    trees.push(owner);
    entries += tree.entries;
    stopped ||= tree.stopped;
    steps.addAll(tree.steps);
    left.addAll(tree.left);
    if (tree.steps.count > 0 && tree.openBy !== null) busy.push(inUse(service, tree.openBy));
  }
  const none = {
    entries: 0,
    hidden,
    left: startTally<never>(),
    trees: [],
    own,
    stepCount: own.length,
  };
  if (refusals.length > 0) return { ...none, steps: own, refusals };
  if (busy.length > 0 && !options.allowInUse && !stopped) return { ...none, steps: own, refusals: busy };
  return {
    steps: steps.first,
    stepCount: steps.count,
    refusals: [],
    stopped,
    own,
    trees,
    entries,
    hidden,
    left,
  };
}

/** The trees are walked a second time, and each wrong entry is changed when the walk reaches it. */
function* takeSteps(host: HostReader, { own, trees }: RepairPlan, asked: Asked): Generator<Step> {
  yield* own;
  for (const tree of trees) yield* treeSteps(host, tree, asked);
}

/** The first entries only: how long that takes does not grow with the data. */
async function insideOf({ layout, host }: Context, service: string | null): Promise<RepairResult['inside']> {
  const services = layout.services.filter(({ name }) => service === null || name === service);
  return whatIsInside(await lookInside({ layout: { ...layout, services }, host }, 'none', () => {}));
}

/** Two runs with the same words do the same work: the second completes the first if that was cut short. */
function scopeOf({ service, recursive, acl, flags }: RepairOptions): string {
  const words = { '--recursive': recursive, '--acl': acl, '--flags': flags };
  return [service, ...Object.entries(words).map(([word, isGiven]) => (isGiven ? word : null))]
    .filter((word) => word !== null)
    .join(' ');
}

function pathOf({ address, do: operation }: Step): string {
  return 'path' in operation ? operation.path : address;
}

function reasonOf({ summary, detail }: Diagnostic): string {
  return [summary, ...detail.slice(-1)].join(': ');
}

function notMended({ first, count }: Tally<Left>, invocation: string): Diagnostic {
  return diagnostic('E_NOT_MENDED', 'cannot mend all that is wrong', {
    at: first[0]?.path ?? '',
    detail: `${formatCount(count)} could not be changed, as is listed with the reasons; all others are done`,
    fix: `sudo jts-hot ${invocation}`,
    hint: 'it looks at all of it anew; what is still in the way is listed again',
  });
}

/** What repair puts right of the layout; a service's own and the way to it, where one is named. */
function planLayout({ layout, host }: Context, service: string | null): Difference {
  const adopt = new Set(service === null ? [] : [service]);
  const consent: Consent = { adopt, fromRoot: true, flags: new Set() };
  const findings = examine(host, wantedBy(layout), consent).filter(
    (finding) => service === null || isAbout(finding.service, service),
  );
  const missing = findings.filter(
    ({ kind, difference }) => kind.role === 'account' && difference.steps.length > 0,
  );
  if (missing.length > 0)
    throw new Problem(EXIT.refused, [
      diagnostic('E_MISSING_ACCOUNTS', 'refusing to repair directories whose owner does not exist', {
        detail: missing.map((finding) => `want ${finding.address}, found none`),
        fix: 'sudo jts-hot setup',
      }),
    ]);
  return collect(findings.filter(({ kind }) => kind.isRepaired));
}

function directoriesFor({ layout }: Context, service: string | null): readonly DirectoryWant[] {
  return desiredDirectories(layout).filter((want) => service === null || isAbout(want.service, service));
}

function notSeen(count: number, invocation: string): Diagnostic {
  return diagnostic('W_HIDDEN', 'cannot look everywhere without root', {
    detail: `${count} of the layout's directories cannot be seen`,
    hint: `sudo jts-hot ${invocation}`,
  });
}

function isAbout(service: string | null, wanted: string): boolean {
  return service === wanted || service === BASE_NAME;
}

/** Files in root's own services (docker's volumes, backups) belong to many: who owned what cannot be known. */
function treesToEnter({ layout }: Context, { service, recursive }: RepairOptions): readonly Service[] {
  if (!recursive) return [];
  const named = layout.services.filter(({ name }) => service === null || name === service);
  const own = named.filter(hasTreeOfItsOwn);
  if (own.length > 0) return own;
  throw mixedTree(service ?? 'SERVICE', `jts-hot repair ${service ?? ''}`.trimEnd());
}

/** null: there is no such tree, or nobody to own it. */
function ownerOf({ layout, host }: Context, service: Service): TreeOwner | null {
  const uid = host.users([service.user]).get(service.user)?.uid;
  const gid = host.groups([service.group]).get(service.group)?.gid;
  const path = servicePath(layout, service);
  if (uid === undefined || gid === undefined || host.entry(path).type !== 'directory') return null;
  return { service, path, uid, gid, ours: oursIn(host, service, path) };
}

function inUse(service: Service, { pid, command, path }: OpenBy): Diagnostic {
  return diagnostic('E_IN_USE', 'refusing to change files that a running service has open', {
    at: path,
    detail: `want ${service.name} stopped, found process ${pid} (${command}) with it open`,
    hint: `stop the service and run it again, or: sudo jts-hot repair ${service.name} --recursive --allow-in-use`,
  });
}
