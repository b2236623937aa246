// `jts-hot tune disk`: whether the disk below the base is set as databases want it, now and at the next start; with --apply it
// is made so, as steps that rollback undoes.
import { type Answer, type Context, notVerified, requireRoot } from '../command/context.ts';
import { dryRun, runRecorded, taking, type Work } from '../command/recorded-run.ts';
import type { Applied } from '../engine/apply.ts';
import { NO_CONSENT, planFor } from '../engine/plan.ts';
import type { Step } from '../engine/resource.ts';
import { type Diagnostic, EXIT } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import { mountsIn } from '../space/holders.ts';
import { hotDisk } from './hot-disk.ts';
import { type Noatime, noatimePart } from './noatime.ts';
import { isAsTuned, type Part } from './parts.ts';
import { schedulerPart, verifyRules } from './scheduler.ts';
import { ownTrimPart, trimPart } from './trim-part.ts';
import type { TuneResult, TuneRow } from './tune-document.ts';
import { verifyFstab } from './verify-fstab.ts';

export interface TuneOptions {
  readonly act: 'check' | 'apply';
  /** Only shows what it would do. */
  readonly isDry: boolean;
}

interface Planned {
  readonly steps: readonly Step[];
  readonly refusals: readonly Diagnostic[];
  readonly rows: readonly TuneRow[];
  /** Not as wanted, and no step mends it. */
  readonly open: readonly Diagnostic[];
}

export async function tuneDisk(context: Context, { act, isDry }: TuneOptions): Promise<Answer<TuneResult>> {
  const { host, layout } = context;
  if (act === 'apply' && !isDry) requireRoot(context);
  const { holder } = hotDisk(host, layout.base);
  const today = context.now().slice(0, 10);
  const plan = () => planTuning(context, today);
  const work: Work<Planned, Applied> = {
    command: 'tune',
    scope: 'disk --apply',
    looksFirst: true,
    isDry,
    plan,
    decisions: () => [],
    act: taking(({ steps }) => steps),
    again: () => APPLY,
  };
  const report = (planned: Planned, more: Pick<TuneResult, 'outcome'> & Partial<TuneResult>): TuneResult => ({
    base: layout.base,
    mountPoint: holder.mountPoint,
    source: holder.source,
    type: holder.type,
    act,
    rows: planned.rows,
    run: null,
    continues: null,
    steps: planned.steps,
    done: 0,
    ...more,
  });
  if (act === 'check') {
    const { planned } = await dryRun(work);
    const { rows, refusals, open, steps } = planned;
    const isRight = rows.every(isAsTuned) && steps.length === 0 && refusals.length + open.length === 0;
    return {
      exitCode: isRight ? EXIT.ok : EXIT.failed,
      problems: [...refusals, ...open],
      result: report(planned, { outcome: 'shown' }),
    };
  }
  const { planned, exitCode, problems, outcome, run, continues, done } = await runRecorded(context, work);
  const changed = { outcome, run, continues, done };
  if (outcome !== 'applied' && outcome !== 'unchanged')
    return {
      exitCode,
      problems: [...problems, ...(isDry ? planned.open : [])],
      result: report(planned, changed),
    };
  const after = await plan();
  const left = [
    ...after.refusals,
    ...after.open,
    ...(after.steps.length === 0 ? [] : [notVerified(after.steps, 'jts-hot tune disk')]),
  ];
  return {
    exitCode: left.length > 0 ? EXIT.failed : exitCode,
    problems: [...problems, ...left],
    result: { ...report(planned, changed), rows: after.rows },
  };
}

export const APPLY = 'tune disk --apply';

async function planTuning({ host, layout }: Context, today: string): Promise<Planned> {
  const view = hotDisk(host, layout.base);
  // Those of services, each where it is mounted.
  const own = mountsIn(layout, host).map(({ path }) => host.disk(path));
  const noatime = noatimePart(host, [view, ...own], today);
  const { device } = host.fileSystem(view.holder.mountPoint);
  const schedulers = schedulerPart(host, device?.disks ?? []);
  const trims = [trimPart(host, view), ...own.map((one) => ownTrimPart(host, one))];
  const parts: readonly Part[] = [noatime, schedulers, ...trims];
  const { steps, refusals } = planFor(
    host,
    parts.flatMap((part) => part.wanted),
    NO_CONSENT,
  );
  const isRoot = host.surroundings().effectiveUid === 0;
  const said = isRoot
    ? await Promise.all([verified(host, noatime.fstab), verifyRules(host, schedulers.rules)])
    : [];
  return {
    steps,
    refusals: [...parts.flatMap((part) => part.refusals), ...refusals, ...said.flatMap((one) => one ?? [])],
    rows: parts.flatMap((part) => part.rows),
    open: parts.flatMap((part) => part.open),
  };
}

async function verified(host: Host, fstab: Noatime['fstab']): Promise<Diagnostic | null> {
  return fstab === null ? null : verifyFstab(host, fstab.before, fstab.after);
}
