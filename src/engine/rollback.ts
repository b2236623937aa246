// Owns undoing: for each recorded step whether its undo is still to be done, was done already, or must be left because
// something is there now that was not there before. Which runs are undone is journal/choose.ts's.
import { setImmediate } from 'node:timers/promises';
import { type Diagnostic, Problem } from '../messages/diagnostic.ts';
import type { Host, LongProgress } from '../port/host.ts';
import type { JournalStore } from '../port/journal-store.ts';
import {
  describeOperation,
  effectOf,
  entryOf,
  isIrreversible,
  isLong,
  type Operation,
  signOf,
} from '../port/operation.ts';
import { startTally, type Tally } from '../values/tally.ts';
import { type AccountSearch, createAccounts, isAccount, lockOf } from './account-undo.ts';
import { endQuietly, perform, performLong } from './apply.ts';
import {
  newestFirst,
  type OpenRun,
  readWhole,
  STEPS_A_SYNC,
  stepsBackwards,
  stepsOf,
} from './journal/journal.ts';
import type { ReadableRun } from './journal/read.ts';
import type { Done, Left, Outcome, ReadStep, RecordedRun, RecordedStep } from './journal/record.ts';
import { OBSTACLES } from './obstacles.ts';
import type { Step } from './resource.ts';

export interface RolledBack {
  readonly outcome: Outcome;
  /** The first of them, and how many there are. */
  readonly undone: readonly Step[];
  readonly undoneCount: number;
  /** What stays on the host, and why: the first, and how many there are. */
  readonly left: readonly Left[];
  readonly leftCount: number;
  readonly failure: Diagnostic | null;
  /** The search for what accounts still own took too long. */
  readonly ranOutOfTime: boolean;
}

export interface RollbackOptions {
  readonly run: OpenRun;
  readonly stopRequested: () => boolean;
  readonly onStep?: (step: Step, index: number) => void;
  readonly search: Pick<AccountSearch, 'base' | 'limitMs' | 'onProgress'>;
  /** Of all recorded steps just these; left out: all of them. */
  readonly only?: (step: Pick<RecordedStep, 'address'>) => boolean;
  /** Called while an undo that takes long is done. */
  readonly onProgress?: (step: Step, index: number, far: LongProgress) => void;
  /** Does one undo; left out: on the host, and looks whether it took effect. */
  readonly act?: (undo: Operation, host: Host) => void;
}

/** `runs`: newest first. Goes through their records without holding them: they may have millions of steps. */
export async function rollback(
  runs: readonly RecordedRun[],
  host: Host,
  options: RollbackOptions,
): Promise<RolledBack> {
  const undone = startTally<Step>();
  const left = startLeft();
  /** Address → why it must stay: something that stays needs it. */
  const needed = new Map<string, string>();
  const { run, stopRequested, act = perform, only = () => true } = options;
  const isThoughtThrough = options.act !== undefined;
  const accounts = createAccounts(host, runs, { ...options.search, stopRequested });
  const leave = (step: Pick<RecordedStep, 'address' | 'needs'>, why: string): readonly Left[] => {
    for (const need of step.needs) if (!needed.has(need)) needed.set(need, `${step.address} is still there`);
    return left.add({ address: step.address, why });
  };
  try {
    const { believed, unknown } = believe(runs, host.journal);
    run.left(unknown.flatMap((thing) => left.add(thing)));
    const made = new Set(madeBy(believed, host.journal));
    const accountSteps: Recalled[] = [];
    let searched = false;
    for (const some of inBatches(accountsLast(newestStepsFirst(believed, host.journal), accountSteps))) {
      await setImmediate();
      if (stopRequested()) return finish('stopped', null);
      if (!searched && some.some(isAccount)) {
        searched = true;
        await accounts.search(
          accountSteps,
          (step) => whyLeft(step, host, needed) !== 'done already' && !needed.has(step.address),
        );
        if (stopRequested()) return finish('stopped', null);
      }
      const leaving: Left[] = [];
      const undos: Undo[] = [];
      for (const step of some.filter(only)) {
        // What these runs made goes or stays as a whole: a directory with data keeps the owner that can read it.
        if (made.has(step.address) && !makesNew(step)) continue;
        const why = whyLeft(step, host, needed);
        if (why === 'done already') {
          accounts.missing(step);
          continue;
        }
        const kept = why === null ? accounts.whyKept(step) : null;
        if (kept !== null) leaving.push(...leave(step, `${await lock(step)}${kept}`));
        else if (why === null && step.undo !== null) undos.push({ ...step, undo: step.undo });
        else leaving.push(...leave(step, why ?? 'it cannot be undone'));
      }
      const numbers = run.doing(undos.map(undoStep));
      const done: Done[] = [];
      for (const [i, undo] of undos.entries()) {
        const recorded = { step: numbers[i] as number };
        // Two runs may have recorded the same change, the first one without doing it: one undo serves both.
        if (effectOf(undo.undo, host).state === 'done') {
          done.push(recorded);
          continue;
        }
        const step = undoStep(undo);
        options.onStep?.(step, undone.count);
        const { undo: what } = undo;
        let isStopped = false;
        const obstacle =
          isLong(what) && !isThoughtThrough
            ? await tryToUndo(async () => {
                const onProgress = (far: LongProgress) => options.onProgress?.(step, undone.count, far);
                isStopped = (await performLong(what, host, { stopRequested, onProgress })) === 'stopped';
              })
            : await tryToUndo(() => act(what, host));
        if (isStopped) return finish('stopped', null);
        if (obstacle === null) {
          done.push(recorded);
          undone.add(step);
          accounts.removed(undo.undo);
        } else leaving.push(...leave(undo, obstacle));
      }
      run.done(done);
      run.left(leaving);
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return finish('failed', error.diagnostics[0] ?? null);
  }
  return finish('applied', null);

  /** A user that stays only to keep its number taken gets locked. Returns the words to put before the reason. */
  async function lock(step: Recalled): Promise<string> {
    const operation = lockOf(step, host);
    if (operation === null) return '';
    if (effectOf(operation, host).state === 'done') return 'locked, since ';
    const locking = { ...undoStep({ ...step, undo: operation }), undo: null };
    const [number = 0] = run.doing([locking]);
    options.onStep?.(locking, undone.count);
    const obstacle = await tryToUndo(() => act(operation, host));
    if (obstacle !== null) return `not locked (${obstacle}), since `;
    run.done([{ step: number }]);
    undone.add(locking);
    return 'locked, since ';
  }

  function finish(outcome: Outcome, failure: Diagnostic | null): RolledBack {
    endQuietly(run, outcome, failure);
    const { first, count } = left.tally;
    return {
      outcome,
      undone: undone.first,
      undoneCount: undone.count,
      left: first,
      leftCount: count,
      failure,
      ranOutOfTime: accounts.ranOutOfTime(),
    };
  }
}

/** Each address once; the first reason it is left for is the true one. */
function startLeft(): { readonly tally: Tally<Left>; add(thing: Left): readonly Left[] } {
  const tally = startTally<Left>();
  const known = new Set<string>();
  let last: string | null = null;
  return {
    tally,
    add(thing) {
      const { address } = thing;
      if (known.has(address) || last === address) return [];
      // A million changes can be left. The two of one entry stand side by side, and what else a run did is few.
      if (known.size < LEFT_KNOWN) known.add(address);
      last = address;
      tally.add(thing);
      return [thing];
    },
  };
}

const LEFT_KNOWN = 10_000;

/** The part of the runs' records that can be believed, and what is wrong with the rest. */
function believe(runs: readonly RecordedRun[], store: JournalStore) {
  const believed: ReadableRun[] = [];
  const unknown: Left[] = [];
  for (const { run } of runs) {
    const found = readWhole(store, run);
    if (!('unreadable' in found)) believed.push(found);
    const damage = 'unreadable' in found ? found.why : found.run.damage;
    if (damage === null) continue;
    unknown.push({ address: `run ${run}`, why: `${damage}: what it did from there on is not known` });
  }
  return { believed, unknown };
}

/** Addresses that the runs made new: as many as the layout has, however much else they changed. */
function* madeBy(runs: readonly ReadableRun[], store: JournalStore): Generator<string> {
  for (const run of runs) for (const step of stepsOf(store, run)) if (makesNew(step)) yield step.address;
}

interface Recalled extends ReadStep {
  /** Whose it is. */
  readonly run: number;
  /** Why it stays, whatever its undo finds. */
  readonly stays?: string;
}

function* newestStepsFirst(runs: readonly ReadableRun[], store: JournalStore): Generator<Recalled> {
  for (const found of runs) {
    const { run, damage } = found.run;
    for (const step of stepsBackwards(store, found))
      yield damage !== null && isAccount(step)
        ? { ...step, run, stays: `what else run ${run} made for it is not known` }
        : { ...step, run };
  }
}

/** For all runs together: files that accounts still own are searched for once, after the directories. */
function* accountsLast(steps: Iterable<Recalled>, accounts: Recalled[]): Generator<Recalled> {
  for (const step of steps)
    if (isAccount(step)) accounts.push(step);
    else yield step;
  yield* accounts;
}

type Undo = Recalled & { readonly undo: Operation };

/** null: it is undone. Throws where the host itself is in trouble: a full disk, a lock. */
async function tryToUndo(act: () => unknown): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (error) {
    const [problem] = error instanceof Problem ? error.diagnostics : [];
    if (problem === undefined || !OBSTACLES.has(problem.code)) throw error;
    return [problem.summary, ...problem.detail.slice(-1)].join(': ');
  }
}

/** null: its undo can be performed. */
function whyLeft(step: Recalled, host: Host, needed: ReadonlyMap<string, string>): string | null {
  if (step.undo === null) return isIrreversible(step) ? 'it cannot be undone' : 'done already';
  const effect = effectOf(step.undo, host);
  if (effect.state === 'done')
    return isLost(step, host)
      ? 'it is gone, and no run took it away: what it was on may be damaged'
      : 'done already';
  if (step.state === 'not ours') return 'somebody else was faster to make it';
  return needed.get(step.address) ?? step.stays ?? (effect.state === 'changed' ? effect.why : null);
}

/** It was there when its step was done; a rollback that was killed may have taken it away. */
function isLost({ undo, state, address, run }: Recalled, { journal }: Host): boolean {
  if (undo === null || state !== 'done' || entryOf(undo).goneIsDamage !== true) return false;
  for (const newer of newestFirst(journal)) {
    if ('unreadable' in newer || !newer.undoes.includes(run)) continue;
    const found = readWhole(journal, newer.run);
    if ('unreadable' in found) continue;
    for (const step of stepsOf(journal, found))
      if (step.address === address && step.do.type === undo.type) return false;
  }
  return true;
}

/** Changes to different things do not depend on each other and may be a million: many share one sync. */
function* inBatches(steps: Iterable<Recalled>): Generator<readonly Recalled[]> {
  let batch: Recalled[] = [];
  // Two runs may have changed the same thing: what the older one's undo finds is known once the newer one's is done. Lists
  // and flags are compared with the rest of their thing, or keep it from being changed.
  let inBatch = new Set<string>();
  for (const step of steps) {
    const { type } = step.undo ?? {};
    const change = `${type} ${step.address}`;
    const isTied = type === 'changeLists' || type === 'changeFlags';
    const joins = batch.length < STEPS_A_SYNC && [...batch.slice(0, 1), step].every(isChange);
    if (batch.length > 0 && (!joins || inBatch.has(isTied ? step.address : change))) {
      yield batch;
      batch = [];
      inBatch = new Set();
    }
    batch.push(step);
    inBatch.add(change).add(step.address);
  }
  if (batch.length > 0) yield batch;
}

const CHANGES: ReadonlySet<string> = new Set([
  'changeOwner',
  'changeMode',
  'changeFlags',
  'changeLists',
  'takeFromTrash',
]);

function isChange(step: RecordedStep): boolean {
  return CHANGES.has(step.undo?.type ?? '');
}

function makesNew(step: RecordedStep): boolean {
  const { creates } = entryOf(step.do);
  return creates === 'place' || creates === 'account';
}

function undoStep(step: Undo): Step {
  const { address, undo } = step;
  const summary = describeOperation(undo);
  return {
    address,
    action: signOf(undo),
    summary,
    reason: 'undoes a recorded step',
    do: undo,
    undo: step.do,
    needs: [],
  };
}
