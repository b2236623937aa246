// `jts-hot rollback`: undoes a recorded run, newest first, and leaves whatever holds data.

import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { type Planned, runRecorded } from '../command/recorded-run.ts';
import { standOnRunsDisk } from '../command/right-disk.ts';
import { mountsOfRuns } from '../command/service-disks.ts';
import { takenBack } from '../configure/taken-back.ts';
import { chooseRuns } from '../engine/journal/choose.ts';
import {
  damageOf,
  newestFirst,
  readWhole,
  STEPS_A_SYNC,
  startUndone,
  stepsOf,
} from '../engine/journal/journal.ts';
import type { RecordedRun } from '../engine/journal/record.ts';
import { rehearseRollback } from '../engine/rehearsal.ts';
import { type RolledBack, rollback } from '../engine/rollback.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import type { JournalStore } from '../port/journal-store.ts';
import { formatCount } from '../values/count.ts';
import type { RollbackResult, RunSummary, UnreadSummary } from './rollback-document.ts';

export function listRuns(context: Context): Answer<RollbackResult> {
  requireRoot(context);
  const { journal } = context.host;
  const undone = startUndone();
  const runs: RunSummary[] = [];
  const unreadable: UnreadSummary[] = [];
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run) {
      unreadable.push({ run: run.run, state: run.unreadable, problem: run.why });
      continue;
    }
    undone.follow(run);
    const { command, at, base, undoes, decisions, damage: problem } = run;
    const steps = run.steps ?? countSteps(journal, run.run);
    runs.push({
      run: run.run,
      at,
      command,
      base,
      state: undone.stateOf(run),
      steps,
      undoes,
      decisions,
      problem,
    });
  }
  const result = { outcome: 'listed', runs: runs.reverse(), unreadable: unreadable.reverse() } as const;
  return { exitCode: EXIT.ok, problems: [], result };
}

/** Half a million files take about two seconds (docs/performance.md). */
export const SEARCH_LIMIT_SECONDS = 120;

export async function rollbackCommand(
  context: Context,
  wanted: number | null,
  options: {
    /** Agrees to undo what can be believed of a damaged record. */
    readonly damaged?: boolean;
    readonly searchLimitSeconds?: number;
    /** Only shows what it would do. */
    readonly isDry?: boolean;
    /** Services that may start without what they have written on the hot tier. */
    readonly startEmpty?: readonly string[];
    /** The runs that somebody agreed to undo after they were shown: others are refused. */
    readonly agreed?: readonly number[];
  } = {},
): Promise<Answer<RollbackResult>> {
  requireRoot(context);
  const {
    damaged = false,
    searchLimitSeconds = SEARCH_LIMIT_SECONDS,
    isDry = false,
    agreed,
    startEmpty = [],
  } = options;
  const nothing = {
    outcome: 'unchanged',
    run: null,
    undoes: [],
    steps: [],
    stepCount: 0,
    left: [],
    leftCount: 0,
    searchUnfinished: false,
    remaining: null,
    restart: [],
  } as const;
  const choose = ({ journal }: Host) =>
    chooseRuns(newestFirst(journal), { run: wanted, damaged, damageOf: (run) => damageOf(journal, run) });
  const [last] = choose(context.host);
  // Nothing recorded: nothing to lock either.
  if (last === undefined) return { exitCode: EXIT.ok, problems: [], result: nothing };
  // The run knows which base it worked on; today's layout may name another.
  const { base } = last;
  const host = context.openHost(base, mountsOfRuns(choose(context.host)));
  const ran = await runRecorded(context, {
    command: 'rollback',
    scope: '',
    isDry,
    plan: async (): Promise<Undoing> => {
      const runs = choose(host);
      const back = await takenBack(host, runs, startEmpty);
      const others = agreed === undefined || isSame(agreed, runs) ? [] : [notAsShown(agreed, runs)];
      const refusals = [...others, ...back.refusals];
      if (isDry) return { ...(await rehearsed(context, runs, host)), refusals, units: back.units };
      const stepCount = runs.reduce(
        (sum, { run, steps }) => sum + (steps ?? countSteps(host.journal, run)),
        0,
      );
      return { runs, stepCount, steps: [], refusals, rehearsal: null, units: back.units };
    },
    undoing: {
      base,
      host,
      runs: numbersOf,
      ground: ({ runs }) => standOnRunsDisk(host, runs),
    },
    decisions: () => [],
    async act({ runs }, hands) {
      const rolledBack = await rollback(runs, host, {
        ...hands,
        search: {
          base,
          limitMs: searchLimitSeconds * 1000,
          onProgress: (entries) =>
            context.progress(`looking for what the accounts still own: ${formatCount(entries)} files`),
        },
      });
      return { ...rolledBack, doneCount: rolledBack.undoneCount };
    },
    again: ({ runs: [newest] }) => `rollback ${newest?.run}${damaged ? ' --damaged' : ''}`,
  });
  const { planned, exitCode, problems, acted, outcome, run } = ran;
  if (outcome === 'planned') {
    const { rehearsal, steps, stepCount } = planned;
    const { left = [], leftCount = 0 } = rehearsal ?? {};
    const { units: restart } = planned;
    const shown = { outcome, undoes: numbersOf(planned), steps, stepCount, left, leftCount, restart };
    return { exitCode, problems, result: { ...nothing, ...shown } };
  }
  if (outcome === 'refused') return { exitCode, problems, result: null };
  if (outcome === 'unchanged') return { exitCode, problems, result: nothing };
  return {
    exitCode,
    problems,
    result: {
      outcome,
      run,
      undoes: numbersOf(planned),
      steps: acted?.undone ?? [],
      stepCount: ran.done,
      left: acted?.left ?? [],
      leftCount: acted?.leftCount ?? 0,
      searchUnfinished: acted?.ranOutOfTime ?? false,
      remaining: newestInPlace(host),
      restart: planned.units,
    },
  };
}

interface Undoing extends Planned {
  /** Newest first. */
  readonly runs: readonly RecordedRun[];
  readonly stepCount: number;
  /** Whose services read former settings then. */
  readonly units: readonly string[];
  /** Of a dry run: what would come of it. */
  readonly rehearsal: RolledBack | null;
}

/** Also refuses where the disk of the runs is not there. */
async function rehearsed(
  context: Context,
  runs: readonly RecordedRun[],
  host: Host,
): Promise<Omit<Undoing, 'refusals' | 'units'>> {
  await standOnRunsDisk(host, runs);
  const rehearsal = await rehearseRollback(runs, host, (_, i) => {
    if (i % STEPS_A_SYNC === 0) context.progress(`looking at what it would undo: ${formatCount(i)} steps`);
  });
  context.progress('');
  if (rehearsal.failure !== null) throw new Problem(EXIT.failed, [rehearsal.failure]);
  return { runs, rehearsal, steps: rehearsal.undone, stepCount: rehearsal.undoneCount };
}

function isSame(numbers: readonly number[], runs: readonly RecordedRun[]): boolean {
  return numbers.join() === runs.map(({ run }) => run).join();
}

function notAsShown(agreed: readonly number[], runs: readonly RecordedRun[]): Diagnostic {
  return diagnostic('E_NOT_AS_SHOWN', 'refusing to undo other runs than were shown', {
    detail: `want ${agreed.join(', ')}; found ${runs.map(({ run }) => run).join(', ')}: another run ended meanwhile`,
    hint: 'see it again: sudo jts-hot rollback --dry-run',
  });
}

function numbersOf({ runs }: Undoing): readonly number[] {
  return runs.map(({ run }) => run);
}

function countSteps(journal: JournalStore, run: number): number {
  const found = readWhole(journal, run);
  let count = 0;
  if (!('unreadable' in found)) for (const _ of stepsOf(journal, found)) count += 1;
  return count;
}

function newestInPlace({ journal }: Host): number | null {
  const undone = startUndone();
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run) continue;
    undone.follow(run);
    const state = undone.stateOf(run);
    if (run.command !== 'rollback' && state !== 'rolled back' && state !== 'partly rolled back')
      return run.run;
  }
  return null;
}
