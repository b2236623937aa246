// Owns which recorded runs a rollback undoes: the one asked for, or the newest, with the unfinished ones it completed;
// and when not. A record that cannot be believed stops its own run, and no other. Reads no further back than it must.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { startUndone } from './journal.ts';
import type { UnreadableRun } from './read.ts';
import type { RecordedRun } from './record.ts';

export interface Wanted {
  /** null: the newest. */
  readonly run: number | null;
  /** Agrees to undo what can be believed of a damaged record. */
  readonly damaged: boolean;
  /** What is wrong with a run's record, the whole of it looked at; null: nothing. */
  readonly damageOf: (run: RecordedRun) => string | null;
}

/** The runs to undo, newest first. `newest` gives all of them, newest first. */
export function chooseRuns(
  newest: Iterable<RecordedRun | UnreadableRun>,
  wanted: Wanted,
): readonly RecordedRun[] {
  const undone = startUndone();
  const seen: RecordedRun[] = [];
  const newer: RecordedRun[] = [];
  let chosen: RecordedRun | null = null;
  let stayed: RecordedRun | null = null;
  for (const run of newest) {
    if ('unreadable' in run) {
      if (chosen === null && (wanted.run ?? run.run) === run.run) throw unreadable(run, wanted.run);
      continue;
    }
    undone.follow(run);
    if (run.command === 'rollback') continue;
    seen.push(run);
    if (chosen === null) {
      const gone = undone.stateOf(run) === 'rolled back';
      const untried = !gone && !undone.wasTried(run);
      if (run.run === wanted.run && gone) return [];
      if (!gone) stayed ??= run;
      if (wanted.run === null ? untried : run.run === wanted.run) chosen = run;
      else if (untried) newer.push(run);
    }
    if (chosen !== null && !isCompleting(chainOf(chosen, seen).at(-1), run)) break;
  }
  chosen ??= wanted.run === null ? stayed : null;
  if (chosen === null) {
    if (wanted.run === null) return [];
    throw unknown(wanted.run, seen);
  }
  const above = wanted.run === null ? undefined : newer.find((run) => wanted.damageOf(run) === null);
  if (above !== undefined) throw outOfOrder(chosen.run, above.run);
  const damage = wanted.damageOf(chosen);
  if (damage !== null && !wanted.damaged) throw damaged(chosen.run, damage, wanted.run);
  const chain = chainOf(chosen, seen);
  const stop = wanted.damaged ? -1 : chain.findIndex((run) => wanted.damageOf(run) !== null);
  return stop === -1 ? chain : chain.slice(0, stop);
}

/** `last` completes a run that is still to come. */
function isCompleting(last: RecordedRun | undefined, { run }: RecordedRun): boolean {
  const before = last?.continues ?? null;
  return before !== null && before < run;
}

function chainOf(run: RecordedRun, runs: readonly RecordedRun[]): readonly RecordedRun[] {
  const before = runs.find((other) => other.run === run.continues && other.run < run.run);
  return before === undefined ? [run] : [run, ...chainOf(before, runs)];
}

/** More numbers than that are not worth reading. */
const NAMED = 20;

function unknown(run: number, known: readonly RecordedRun[]): Problem {
  const numbers = known.map((other) => other.run).reverse();
  const some = numbers.length > NAMED ? [`${numbers[0]} to ${numbers.at(-1)}`] : numbers;
  return new Problem(EXIT.usage, [
    diagnostic('E_UNKNOWN_RUN', 'cannot find a recorded run of that number', {
      at: 'RUN',
      detail:
        known.length === 0
          ? `want run ${run}, found that no run is recorded`
          : `want one of ${some.join(', ')}; found ${run}`,
      hint: 'see: sudo jts-hot rollback --list',
    }),
  ]);
}

function outOfOrder(run: number, newer: number): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_ROLLBACK_ORDER', 'refusing to undo a run while a newer one stands on it', {
      detail: `want the newest first, which is run ${newer}; found run ${run} asked for`,
      fix: `sudo jts-hot rollback ${newer}`,
    }),
  ]);
}

const OTHERS = 'an older run is undone by its number (sudo jts-hot rollback --list)';

function damaged(run: number, damage: string, asked: number | null): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_RUN_DAMAGED', 'refusing to undo a run whose record is damaged', {
      at: `run ${run}`,
      detail: `want a record of which every line verifies, found that ${damage}`,
      fix: `sudo jts-hot rollback ${run} --damaged`,
      hint: `undoes what is recorded before that, but no accounts${asked === null ? `; ${OTHERS}` : ''}`,
    }),
  ]);
}

function unreadable({ run, unreadable: state, why }: UnreadableRun, asked: number | null): Problem {
  const others = asked === null ? `; ${OTHERS}` : '';
  return new Problem(EXIT.refused, [
    state === 'newer version'
      ? diagnostic('E_RUN_NEWER', 'refusing to undo a run that a newer program recorded', {
          at: `run ${run}`,
          detail: why,
          hint: `undo it with that program${others}`,
        })
      : diagnostic('E_RUN_DAMAGED', 'refusing to undo a run whose record is damaged', {
          at: `run ${run}`,
          detail: `want a record of which every line verifies, found that ${why}`,
          hint: `nothing of it can be undone; it stays in /var/lib/jts-hot/journal, to be looked at${others}`,
        }),
  ]);
}
