// Owns which of the accounts that runs made may be deleted: those whose directories are all accounted for and whose
// number owns no file any more. If one is deleted too early, the next new user gets its number and its files. Must not delete.

import { accountProgram } from '../port/account.ts';
import type { Host } from '../port/host.ts';
import { effectOf, entryOf, type Operation, type OperationOf } from '../port/operation.ts';
import type { Owners, OwnersFound } from '../port/owner-search.ts';
import { formatDuration } from '../values/duration.ts';
import { newestFirst, readWhole, stepsBackwards } from './journal/journal.ts';
import type { ReadStep, RecordedRun, RecordedStep } from './journal/record.ts';

export interface AccountSearch {
  /** The file system of this directory is searched, and those of /var and of the accounts' homes. */
  readonly base: string;
  readonly limitMs: number;
  readonly stopRequested: () => boolean;
  readonly onProgress: (entries: number) => void;
}

export interface Accounts {
  /** Call it when this rollback has removed a directory. */
  removed(undo: Operation): void;
  /** Call it when a directory that a run made is missing: unless a rollback removed it, its owners stay. */
  missing(step: ReadStep): void;
  /** Call it once, after all directories: looks for files that the accounts still own. */
  search<T extends ReadStep>(steps: readonly T[], mayGo: (step: T) => boolean): Promise<void>;
  /** Why an account stays; null: it may go. */
  whyKept(step: ReadStep): string | null;
  /** The time limit was reached before the search ended. */
  ranOutOfTime(): boolean;
}

type RemoveDirectory = OperationOf<'removeDirectory'>;
type Deletion = OperationOf<'deleteUser' | 'deleteGroup'>;

/** If it were deleted, the next user with its number would own its files. */
export function isAccount<T extends RecordedStep>(step: T): step is T & { readonly undo: Deletion } {
  return entryOf(step.do).creates === 'account';
}

export function createAccounts(host: Host, runs: readonly RecordedRun[], asked: AccountSearch): Accounts {
  const { base, ...limits } = asked;
  let removals: Set<string> | null = null;
  /** Address of an account → the directory that we cannot account for. */
  const astray = new Map<string, string>();
  let sought: Owners = { uids: [], gids: [] };
  let found: OwnersFound = { owned: [], entries: 0, unfinished: null };

  function removedSoFar(): Set<string> {
    removals ??= removedBefore(host, runs);
    return removals;
  }

  /** null: it is not there. */
  function numberOf({ undo }: { readonly undo: Deletion }): number | null {
    if (undo.type === 'deleteUser') return host.users([undo.name]).get(undo.name)?.uid ?? null;
    return host.groups([undo.name]).get(undo.name)?.gid ?? null;
  }

  return {
    removed(undo) {
      if (undo.type === 'removeDirectory') removedSoFar().add(keyOf(undo));
    },
    missing(step) {
      // The step was begun only: the directory may never have been made.
      if (step.undo?.type !== 'removeDirectory' || step.state !== 'done') return;
      if (removedSoFar().has(keyOf(step.undo))) return;
      for (const need of step.needs) if (!astray.has(need)) astray.set(need, step.address);
    },
    async search(steps, mayGo) {
      const leaving = steps.filter(isAccount).filter((step) => !astray.has(step.address) && mayGo(step));
      const numbers = (type: Deletion['type']) => [
        ...new Set(leaving.flatMap((step) => (step.undo.type === type ? (numberOf(step) ?? []) : []))),
      ];
      sought = { uids: numbers('deleteUser'), gids: numbers('deleteGroup') };
      if (sought.uids.length + sought.gids.length === 0) return;
      const homes = leaving.flatMap(({ undo }) => (undo.type === 'deleteUser' ? [undo.home] : []));
      found = await host.searchOwners({
        at: [base, ...host.mounts.map(({ path }) => path), '/var', ...homes],
        owners: sought,
        ...limits,
      });
    },
    whyKept(step) {
      if (!isAccount(step)) return null;
      const directory = astray.get(step.address);
      if (directory !== undefined) {
        const program = accountProgram(step.undo.type === 'deleteUser' ? 'userdel' : 'groupdel', host.root);
        return `${directory} is missing, and no rollback removed it: it may be on a disk that is not mounted, or have another name; if it is gone for good: ${program} ${step.undo.name}`;
      }
      const [kind, verb] =
        step.undo.type === 'deleteUser' ? (['uid', 'owns'] as const) : (['gid', 'has'] as const);
      const id = numberOf(step);
      // Somebody may have made it anew since.
      if (id === null || !sought[`${kind}s`].includes(id)) return `${kind} ${id} was not searched for`;
      const owned = found.owned.find((one) => one.kind === kind && one.id === id);
      if (owned !== undefined) return `${kind} ${id} still ${verb} ${owned.path}`;
      if (found.unfinished === null) return null;
      if (found.unfinished === 'time')
        return `what ${kind} ${id} still ${verb} was searched for, and not everywhere within ${formatDuration(limits.limitMs / 1000)}`;
      const { path, error } = found.unfinished;
      return `what ${kind} ${id} still ${verb} could not be searched for in ${path} (${error})`;
    },
    ranOutOfTime: () => found.unfinished === 'time',
  };
}

/** What earlier rollbacks of these runs removed, or were about to when they were cut short. */
function removedBefore({ journal }: Host, runs: readonly RecordedRun[]): Set<string> {
  const numbers = new Set(runs.map(({ run }) => run));
  const oldest = Math.min(...numbers);
  const removals = new Set<string>();
  for (const rollback of newestFirst(journal)) {
    if (rollback.run <= oldest) break;
    if ('unreadable' in rollback || !rollback.undoes.some((run) => numbers.has(run))) continue;
    const found = readWhole(journal, rollback.run);
    if ('unreadable' in found) continue;
    // It may have removed the last thing that it found to be ours, and been killed before it recorded that.
    let last = rollback.outcome !== 'applied';
    for (const { do: operation, state } of stepsBackwards(journal, found)) {
      if (operation.type === 'removeDirectory' && (state === 'done' || last)) removals.add(keyOf(operation));
      last = false;
    }
  }
  return removals;
}

function keyOf({ path, inode, born }: RemoveDirectory): string {
  return JSON.stringify([path, inode ?? null, born ?? null]);
}

/** Locks a user that stays only to keep its number taken; null: there is nothing to lock. */
export function lockOf(step: ReadStep, host: Host): OperationOf<'lockUser'> | null {
  if (step.undo?.type !== 'deleteUser' || effectOf(step.undo, host).state !== 'open') return null;
  const uid = host.users([step.undo.name]).get(step.undo.name)?.uid;
  if (uid === undefined) return null;
  return { type: 'lockUser', name: step.undo.name, uid };
}
