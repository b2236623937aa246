// Owns taking away the empty directories that a move has made below a base which nobody needs any more, as a recorded run. Must not
// touch what holds something, nor what others made: the records say which directory it is, and each is known again by its inode.
import type { Context } from '../command/context.ts';
import { runRecorded } from '../command/recorded-run.ts';
import { standOnRunsDisk } from '../command/right-disk.ts';
import { newestFirst, readWhole, startUndone, stepsOf } from '../engine/journal/journal.ts';
import type { RecordedRun } from '../engine/journal/record.ts';
import { rollback } from '../engine/rollback.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { JournalStore } from '../port/journal-store.ts';
import { directoryAddress } from '../resources/directory.ts';

/** `there`: with the layout and the host of that base. Returns why they are still there, as a note. */
export async function takeMadeBack(
  there: Context,
  { base, since }: { readonly base: string; readonly since: string },
): Promise<readonly Diagnostic[]> {
  const { host } = there;
  const runs = madeSince(host.journal, base, since);
  if (runs.length === 0) return [];
  const isDirectory = ({ address }: { readonly address: string }) => address.startsWith(directoryAddress(''));
  try {
    const { exitCode, problems } = await runRecorded(there, {
      command: 'rollback',
      scope: 'directories of a move',
      plan: () => ({ steps: [], refusals: [] }),
      decisions: () => [`what a move of the base made in ${base} is not needed any more (jts-hot move)`],
      async act(_, hands) {
        // An account that was made with them is that of the base that stays.
        const others = runs.flatMap((run) =>
          [...stepsIn(host.journal, run)].filter((one) => !isDirectory(one)),
        );
        hands.run.left(others.map(({ address }) => ({ address, why: 'it is used by the base that stays' })));
        const search = { base, limitMs: 0, onProgress: () => {} };
        const undone = await rollback(runs, host, { ...hands, search, only: isDirectory });
        return { ...undone, doneCount: undone.undoneCount };
      },
      again: () => 'move',
      undoing: {
        base,
        host,
        runs: () => runs.map(({ run }) => run),
        ground: () => standOnRunsDisk(host, runs),
      },
    });
    return exitCode === EXIT.ok ? [] : [staysEmpty(base, problems)];
  } catch (error) {
    if (error instanceof Problem) return [staysEmpty(base, error.diagnostics)];
    throw error;
  }
}

/** Newest first. */
function madeSince(journal: JournalStore, base: string, since: string): readonly RecordedRun[] {
  const found: RecordedRun[] = [];
  const undone = startUndone();
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run) continue;
    undone.follow(run);
    if (Date.parse(run.at) < Date.parse(since)) break;
    const isOurs = run.command === 'setup' && run.base === base;
    if (isOurs && !undone.wasTried(run)) found.push(run);
  }
  return found;
}

function stepsIn(journal: JournalStore, { run }: RecordedRun) {
  const found = readWhole(journal, run);
  return 'unreadable' in found ? [] : stepsOf(journal, found);
}

function staysEmpty(base: string, problems: readonly Diagnostic[]): Diagnostic {
  return diagnostic('W_EMPTY_LEFT', 'cannot take away the empty directories that the move made', {
    at: base,
    detail: problems.flatMap(({ summary, detail }) => [summary, ...detail]).slice(0, 5),
    hint: `see what is there: sudo find ${base} -type d -empty`,
  });
}
