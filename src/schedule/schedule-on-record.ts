// Owns what the record of runs says of the schedule: which one was installed and not taken away, and for which layout. Reads
// only, and only where no file of a schedule is there to say it.
import { newestFirst, readWhole, startUndone, stepsOf } from '../engine/journal/journal.ts';
import { someRecordIs } from '../engine/journal/read.ts';
import type { JournalStore } from '../port/journal-store.ts';
import { PROGRAM } from '../resources/program.ts';
import { isOurs } from '../values/signed.ts';
import type { ScheduleKind } from './files.ts';

export interface OnRecord {
  readonly run: number;
  readonly kind: ScheduleKind;
  /** Words that say which layout it is for, as the files had them; null: not known any more. */
  readonly flags: readonly string[] | null;
  readonly base: string;
}

/** null: none was installed, or it was taken away or back. */
export function installedOnRecord(journal: JournalStore): OnRecord | null {
  // Most hosts that have none never had one, and what verifies takes longer to load than this.
  if (!someRecordIs(journal, 'schedule')) return null;
  const undone = startUndone();
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run) continue;
    undone.follow(run);
    const state = undone.stateOf(run);
    if (run.command !== 'schedule' || state === 'rolled back' || state === 'partly rolled back') continue;
    const [, kind] = /^--install (cron|systemd)$/.exec(run.scope) ?? [];
    if (kind === undefined || state !== 'applied') return null;
    return { run: run.run, kind: kind as ScheduleKind, flags: flagsOf(journal, run.run), base: run.base };
  }
  return null;
}

function flagsOf(journal: JournalStore, run: number): readonly string[] | null {
  const found = readWhole(journal, run);
  if ('unreadable' in found) return null;
  for (const { do: did } of stepsOf(journal, found)) {
    const text = did.type === 'writeFile' ? journal.content.text(did.to.hash) : null;
    const flags = text === null ? null : flagsIn(text);
    if (flags !== null) return flags;
  }
  return null;
}

/** Of the calls in a file of ours; null: it is none, or has no calls. */
export function flagsIn(text: string): readonly string[] | null {
  if (!isOurs(text)) return null;
  const [, flags] = LOOK.exec(text) ?? [];
  return flags === undefined ? null : flags.split(' ').filter(Boolean);
}

const LOOK = new RegExp(`^(?:ExecStart=|.* root )${PROGRAM.replaceAll('.', '\\.')} look\\b(.*)$`, 'm');
