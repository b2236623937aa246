// Owns which users of the layout this program made itself, as the record of its runs says: what they are like now is then no
// wish of a package or an administrator before it. Reads only, and only where it is asked.
import { newestFirst, readWhole, startUndone, stepsBackwards } from '../engine/journal/journal.ts';
import { someRecordHas } from '../engine/journal/read.ts';
import type { HostReader } from '../port/host.ts';
import type { JournalStore } from '../port/journal-store.ts';

export interface MadeUser {
  readonly home: string;
}

/** null: it was there before, was made by somebody else since, or is about to go. */
export type MadeUsers = (name: string) => MadeUser | null;

export const NOBODY_MADE: MadeUsers = () => null;

/** The record is read once, and not before the first question. */
export function usersMadeOn(host: HostReader & { readonly journal: JournalStore }): MadeUsers {
  let made: ReadonlyMap<string, MadeUser & { readonly uid: number | undefined }> | null = null;
  return (name) => {
    // What verifies records takes longer to load than this: most names were there before.
    if (
      made === null &&
      !someRecordHas(host.journal, 'setup', ['"deleteUser"', `"name":${JSON.stringify(name)}`])
    )
      return null;
    made ??= readMade(host.journal);
    const found = made.get(name);
    if (found === undefined) return null;
    return found.uid === undefined || host.users([name]).get(name)?.uid === found.uid ? found : null;
  };
}

function readMade(
  journal: JournalStore,
): ReadonlyMap<string, MadeUser & { readonly uid: number | undefined }> {
  const made = new Map<string, MadeUser & { readonly uid: number | undefined }>();
  const undone = startUndone();
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run) continue;
    undone.follow(run);
    const state = undone.stateOf(run);
    // What a rollback left, it has locked.
    if (run.command !== 'setup' || state === 'rolled back' || state === 'partly rolled back') continue;
    const found = readWhole(journal, run.run);
    if ('unreadable' in found) continue;
    for (const { undo, state: how } of stepsBackwards(journal, found))
      if (undo?.type === 'deleteUser' && how === 'done' && !made.has(undo.name))
        made.set(undo.name, { home: undo.home, uid: undo.uid });
  }
  return made;
}
