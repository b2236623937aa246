// Owns which recorded run a disk stands on: the newest that emptied it for the hot tier and was not undone. Reads the journal only.
import { newestFirst, readWhole, startUndone, stepsOf } from '../../engine/journal/journal.ts';
import type { JournalStore } from '../../port/journal-store.ts';
import type { PlannedDisk } from '../../port/storage.ts';

export interface RunOfDisk {
  /** It came to its end. */
  readonly setUpBy: number | null;
  /** It did not. */
  readonly begunBy: number | null;
}

const NONE: RunOfDisk = { setUpBy: null, begunBy: null };
/** Others have no disks in them, and one of them may have a million steps. */
const COMMANDS: readonly string[] = ['storage', 'setup', 'device'];

export function runOfDisk(journal: JournalStore, disk: PlannedDisk): RunOfDisk {
  const undone = startUndone();
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run) continue;
    undone.follow(run);
    const command: string = run.command;
    if (!COMMANDS.includes(command)) continue;
    const state = undone.stateOf(run);
    if (state === 'rolled back' || !isAbout(journal, run.run, disk)) continue;
    // Put back as it was before.
    if (command === 'device') return NONE;
    return state === 'applied' || state === 'partly rolled back'
      ? { setUpBy: run.run, begunBy: null }
      : { setUpBy: null, begunBy: run.run };
  }
  return NONE;
}

function isAbout(journal: JournalStore, run: number, disk: PlannedDisk): boolean {
  const found = readWhole(journal, run);
  if ('unreadable' in found) return false;
  for (const { do: did } of stepsOf(journal, found))
    if (
      (did.type === 'saveDisk' || did.type === 'eraseDisk' || did.type === 'restoreDisk') &&
      did.disk.serial === disk.serial &&
      did.disk.namespace === disk.namespace
    )
      return true;
  return false;
}
