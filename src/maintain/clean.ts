// `jts-hot clean`: takes away what is old by the rules of the layout, through a trash. Every run is recorded, and rollback brings
// back what is still in the trash.
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { type Acted, type Hands, runRecorded } from '../command/recorded-run.ts';
import { apply, endQuietly } from '../engine/apply.ts';
import { STEPS_A_SYNC } from '../engine/journal/journal.ts';
import { checkServiceNames } from '../engine/plan.ts';
import type { Step } from '../engine/resource.ts';
import { DISK } from '../history/history.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import { trashOf } from '../port/operations/trash.ts';
import { startTally } from '../values/tally.ts';
import { backSteps, type Left, moveSteps } from './clean-act.ts';
import { clockProblem, type Moment } from './clean-clock.ts';
import type { CleanResult } from './clean-document.ts';
import { type CleanPlan, planClean, withRefusal } from './clean-plan.ts';
import { emptySteps } from './clean-steps.ts';
import { type CleanRecord, keepRecords, readBefore } from './ran-before.ts';
import { nowIn, type Stamped, TRASH_MS, type Trash } from './trash.ts';
import { startWent } from './went.ts';

export interface CleanFlags {
  /** null: all of them. */
  readonly service: string | null;
  readonly deletes: boolean;
  readonly trashes: boolean;
  readonly trustsClock: boolean;
  readonly isDry: boolean;
}

interface Cleaned extends Acted {
  readonly deletedThings: number;
  readonly freedBytes: number;
}

export async function cleanCommand(context: Context, flags: CleanFlags): Promise<Answer<CleanResult>> {
  const { host, layout } = context;
  const { service, deletes, trashes, trustsClock, isDry } = flags;
  if (!isDry) requireRoot(context);
  if (service !== null) checkServiceNames(layout, [service], 'SERVICE');
  const left = startTally<Left>();
  const went = startWent(layout);
  const now = (): Moment => ({ wall: Date.parse(context.now()), clock: host.clock() });
  let begun = now();
  const ran = await runRecorded<CleanPlan, Cleaned>(context, {
    command: 'clean',
    scope: [service ?? 'all', ...(deletes ? ['--delete'] : []), ...(trashes ? ['--trash'] : [])].join(' '),
    isDry,
    async plan() {
      begun = now();
      const before = readBefore(context, begun);
      const { known, taken } = before;
      const plan = await planClean(context, { service, deletes, trashes, known, nowMs: begun.wall });
      return withRefusal(plan, clockProblem(before.moments, begun, { taken, trusted: trustsClock }));
    },
    decisions: () => [
      ...(deletes ? ['what is deleted is gone for good (--delete)'] : []),
      ...(trustsClock ? ['the clock is right, whatever is on record (--trust-clock)'] : []),
    ],
    act: (plan, hands) => clean(plan, hands),
    again: () => context.invocation,
  });
  const { planned, exitCode, problems, outcome, run, acted, done } = ran;
  const kept = isDry || outcome === 'refused' ? [] : keep(planned, run, acted);
  const [ofBase, ...ofServices] = planned.trashes;
  const more = [...ofServices.flatMap(({ wrong }) => wrong ?? []), ...kept];
  return {
    exitCode: more.length > 0 && exitCode === 0 ? 1 : exitCode,
    problems: [...problems, ...more],
    result: {
      root: host.root,
      base: layout.base,
      service,
      outcome,
      run,
      steps: planned.steps.slice(0, 1000),
      stepCount: planned.stepCount ?? planned.steps.length,
      done,
      places: planned.reports,
      things: planned.things.first,
      thingCount: planned.things.count,
      bytes: planned.bytes,
      freedBytes: acted?.freedBytes ?? planned.freedBytes,
      freedLaterBytes: planned.freedLaterBytes,
      // What frees nothing goes there all the same, and can be had back.
      freedLaterAt: planned.trashedCount > 0 ? new Date(planned.nowMs + TRASH_MS).toISOString() : null,
      kept: planned.kept.first,
      keptCount: planned.kept.count,
      youngCount: planned.youngCount,
      left: left.first,
      leftCount: left.count,
      trash: trashReport(ofBase),
      ...(ofServices.length > 0 && {
        ownTrashes: ofServices.map((one) => ({ service: one.service ?? '', ...trashReport(one) })),
      }),
    },
  };

  async function clean(plan: CleanPlan, hands: Hands): Promise<Cleaned> {
    const passedOver = (step: Step, why: Diagnostic) => {
      went.takeBack(step.do);
      left.add({ path: placeOf(step), why: [why.summary, ...why.detail.slice(-1)].join(': ') });
    };
    const moved = await move(plan, hands, passedOver);
    if (moved.outcome !== 'applied') {
      endQuietly(hands.run, moved.outcome, moved.failure);
      return { ...moved, deletedThings: 0, freedBytes: 0 };
    }
    const before = deletes ? dueIn(plan) : [];
    const emptied = await apply(emptyingSteps(before), host, {
      ...hands,
      onStep: (step, i) => hands.onStep(step, moved.doneCount + i),
      onPassedOver: passedOver,
    });
    const after = deletes ? dueIn(plan) : [];
    return {
      outcome: emptied.outcome,
      failure: emptied.failure,
      doneCount: moved.doneCount + emptied.doneCount,
      deletedThings: thingsOf(allOf(before)) - thingsOf(allOf(after)),
      freedBytes: bytesOf(allOf(before)) - bytesOf(allOf(after)),
    };
  }

  /** A part at a time: then it is seen whether somebody has opened some of it meanwhile. The record goes on after it. */
  async function move(
    plan: CleanPlan,
    hands: Hands,
    onPassedOver: (step: Step, why: Diagnostic) => void,
  ): Promise<Acted> {
    const doing = { host, plan, begun, now, left };
    const steps = moveSteps(doing);
    const run = { ...hands.run, end: () => {} };
    let doneCount = 0;
    for (;;) {
      const some: Step[] = [];
      const onStep = (step: Step, i: number) => {
        if (i % STEPS_A_SYNC === 0) hands.onStep(step, doneCount + i);
      };
      const moved = await apply(went.counting(upTo(MOVED_A_LOOK, steps, some)), host, {
        ...hands,
        run,
        batch: STEPS_A_SYNC,
        onStep,
        onPassedOver,
      });
      doneCount += moved.doneCount;
      if (moved.outcome !== 'applied') return { ...moved, doneCount };
      const back = await apply(went.counting(backSteps(doing, some)), host, { ...hands, run, onPassedOver });
      doneCount += back.doneCount;
      if (back.outcome !== 'applied' || some.length < MOVED_A_LOOK) return { ...back, doneCount };
    }
  }

  function trashNow({ trashes, nowMs }: CleanPlan): readonly Trash[] {
    return trashes.map((trash) => ({ ...trash, stamped: nowIn(host, trash, nowMs) }));
  }

  function dueIn(plan: CleanPlan): readonly Trash[] {
    return trashNow(plan).map((trash) => ({ ...trash, stamped: trash.stamped.filter(({ isDue }) => isDue) }));
  }

  function keep(plan: CleanPlan, number: number | null, acted: Cleaned | null): readonly Diagnostic[] {
    if (outcome !== 'applied' && outcome !== 'unchanged') return [];
    const trash = allOf(trashNow(plan));
    const nothing = { deletedThings: 0, freedBytes: 0, trashThings: 0, trashBytes: 0, clock: null };
    const services = went.byService();
    const all = [...services.values()];
    const records = new Map<string, CleanRecord>();
    records.set(DISK, {
      run: number,
      things: all.reduce((sum, { things }) => sum + things, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      deletedThings: acted?.deletedThings ?? 0,
      freedBytes: acted?.freedBytes ?? 0,
      trashThings: thingsOf(trash),
      trashBytes: bytesOf(trash),
      rules: [],
      clock: begun.clock,
    });
    for (const [subject, of] of services) records.set(subject, { ...nothing, run: number, ...of });
    return keepRecords(context, begun.wall, records);
  }

  function trashReport({ at, stamped }: Trash): CleanResult['trash'] {
    const due = stamped.filter(({ isDue }) => isDue);
    return {
      path: trashOf(at),
      things: thingsOf(stamped),
      bytes: bytesOf(stamped),
      dueThings: thingsOf(due),
      dueBytes: bytesOf(due),
      inUse: due.reduce((all, { inUse }) => all + inUse.size, 0),
      isEmptied: deletes && due.length > 0,
    };
  }
}

/** So many are moved before it is looked whether somebody opened one of them meanwhile. */
const MOVED_A_LOOK = 8192;

function* upTo(most: number, steps: Iterator<Step>, some: Step[]): Generator<Step> {
  while (some.length < most) {
    const { done, value } = steps.next();
    if (done === true) return;
    some.push(value);
    yield value;
  }
}

function placeOf({ address }: Step): string {
  return address.replace(/^thing /, '');
}

function* emptyingSteps(trashes: readonly Trash[]): Generator<Step> {
  for (const trash of trashes) yield* emptySteps(trash, trash.stamped);
}

function allOf(trashes: readonly Trash[]): readonly Stamped[] {
  return trashes.flatMap(({ stamped }) => stamped);
}

function thingsOf(trash: readonly Stamped[]): number {
  return trash.reduce((all, { numbers }) => all + numbers.length, 0);
}

function bytesOf(trash: readonly Stamped[]): number {
  return trash.reduce((all, { bytes }) => all + bytes, 0);
}
