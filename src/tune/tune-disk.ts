// `jts-hot tune disk`: whether the disk below the base is set as databases want it, now and at the next start; with --apply it
// is made so, as steps that rollback undoes.
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { planFor } from '../engine/plan.ts';
import type { Consent } from '../engine/resource.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import { mountsIn } from '../space/holders.ts';
import { hotDisk } from './hot-disk.ts';
import { type Noatime, noatimePart } from './noatime.ts';
import { isAsTuned, type Part } from './parts.ts';
import { consentOf, type Planned, runTuning, type TuneOptions } from './run-tuning.ts';
import { schedulerPart, verifyRules } from './scheduler.ts';
import { ownTrimPart, trimPart } from './trim-part.ts';
import type { DiskResult, TuneRow } from './tune-document.ts';
import { verifyFstab } from './verify-fstab.ts';

interface DiskPlanned extends Planned {
  readonly rows: readonly TuneRow[];
}

export async function tuneDisk(context: Context, options: TuneOptions): Promise<Answer<DiskResult>> {
  const { host, layout } = context;
  const { act, isDry } = options;
  if (act === 'apply' && !isDry) requireRoot(context);
  const { mountPoint, source, type } = hotDisk(host, layout.base).holder;
  const today = context.now().slice(0, 10);
  return runTuning(context, options, {
    what: 'disk',
    plan: () => planTuning(context, today, consentOf(options)),
    isRight: ({ rows, steps }) => rows.every(isAsTuned) && steps.length === 0,
    report: ({ steps }, changed, { rows }) => ({
      what: 'disk',
      base: layout.base,
      mountPoint,
      source,
      type,
      act,
      rows,
      steps,
      ...changed,
    }),
  });
}

async function planTuning({ host, layout }: Context, today: string, consent: Consent): Promise<DiskPlanned> {
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
    consent,
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
