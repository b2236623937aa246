// Owns what of a plan is done, as it is done: each thing is judged once more, and passed over where it has changed; what a process
// has open comes back. Reads only; the steps are performed by who asks for them.
import type { Step } from '../engine/resource.ts';
import { EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { trashOf } from '../port/operations/trash.ts';
import { millisecondsOf, wholeOf } from '../port/whole.ts';
import type { Tally } from '../values/tally.ts';
import { jumpedMeanwhile, type Moment } from './clean-clock.ts';
import type { CleanPlan, PlannedPlace } from './clean-plan.ts';
import { moveStep, trashStep } from './clean-steps.ts';
import { judge } from './decide.ts';
import { listPlace, type Surroundings } from './listing.ts';

export interface Left {
  readonly path: string;
  readonly why: string;
}

export interface Doing {
  readonly host: HostReader;
  readonly plan: CleanPlan;
  /** When it was planned. */
  readonly begun: Moment;
  readonly now: () => Moment;
  readonly left: Tally<Left>;
}

/** A kernel's time for files is a little behind. */
const TICK_MS = 20;
const LOOK_EVERY = 64;

export function* moveSteps(doing: Doing): Generator<Step> {
  const { plan, host, left } = doing;
  const { stamp, nowMs } = plan;
  const made = new Set<string>();
  let number = 0;
  for (const place of plan.places) {
    const { path: above, rules, newest, trash } = place;
    const { at, surroundings } = trash;
    if (place.isPassedOver) continue;
    for (const verdict of judge(listPlace(host, above, surroundings), rules, { newest, nowMs })) {
      if (verdict.reason !== 'old') continue;
      const { thing, rule } = verdict;
      const path = `${above}/${thing.path}`;
      // When this was, the kernel alone says; the dates below could have been set.
      if (millisecondsOf(thing.whole.changedAt) > doing.begun.wall - TICK_MS) {
        left.add({ path, why: 'it has changed since it was planned' });
        continue;
      }
      if (number % LOOK_EVERY === 0) {
        requireClock(doing);
        if (!keepsWhatStays(host, place)) {
          left.add({ path, why: 'what was to stay of its rule has gone or changed' });
          break;
        }
      }
      if (plan.makesTrashIn.has(at) && !made.has(at)) {
        made.add(at);
        yield trashStep(at);
      }
      number += 1;
      const deletes = place.deletes.has(rule);
      yield moveStep(verdict, { path: above, at, stamp, number, deletes, nowMs });
    }
  }
}

function requireClock({ begun, now }: Doing): void {
  const problem = jumpedMeanwhile(begun, now());
  if (problem !== null) throw new Problem(EXIT.refused, [problem]);
}

/** Else the one that goes would be the last good one. */
function keepsWhatStays(host: HostReader, { path, newest }: PlannedPlace): boolean {
  return [...newest.values()].flat().every((thing) => {
    const entry = host.entry(`${path}/${thing.path}`);
    return 'inode' in entry && entry.inode === thing.whole.inode && entry.born === thing.whole.born;
  });
}

/** In the trash nobody can open it by its name any more: who has it open did so before, and gets it back. */
export function* backSteps({ host, plan, left }: Doing, moved: readonly Step[]): Generator<Step> {
  if (moved.length === 0) return;
  const open = new Map<string, Surroundings>();
  for (const { address, do: did, undo } of moved) {
    if (did.type !== 'moveToTrash' || undo === null) continue;
    const all = seenAnew(did.trash);
    const isOpen =
      all.open.has(did.inode) ||
      (did.entries > 1 && wholeOf(host.walk(did.trash), all).obstacle?.startsWith('open by '));
    // What was passed over is not there.
    if (isOpen !== true || host.entry(did.trash).type === 'missing') continue;
    left.add({ path: did.path, why: 'a process has opened it: it is back' });
    const summary = `${did.path}  back`;
    yield { address, action: '+', summary, reason: 'a process has it open', do: undo, undo: did, needs: [] };
  }

  function seenAnew(path: string): Surroundings {
    const trash = plan.trashes.find(({ at }) => path.startsWith(`${trashOf(at)}/`)) ?? plan.trashes[0];
    const { at, surroundings } = trash;
    const known = open.get(at) ?? { ...surroundings, open: host.openInodes(at) };
    open.set(at, known);
    return known;
  }
}
