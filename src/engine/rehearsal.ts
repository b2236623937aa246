// Owns a rollback that is only thought through: the very code that undoes, on a host that takes back nothing and looks as if
// it had. So what is shown before is what is done after. Must not change anything, and records nothing.
import { dirname } from 'node:path';
import type { Entry } from '../port/entry.ts';
import type { Host } from '../port/host.ts';
import type { Operation } from '../port/operation.ts';
import { type OwnerIds, ownerIds } from '../port/owner.ts';
import type { Mode } from '../values/mode.ts';
import type { OpenRun } from './journal/journal.ts';
import type { RecordedRun } from './journal/record.ts';
import { rehearseStorage } from './rehearsed-storage.ts';
import type { Step } from './resource.ts';
import { type RolledBack, rollback } from './rollback.ts';

/**
 * What undoing `runs` (newest first) would do, and what it would leave. Whether files elsewhere still belong to an account is
 * not searched for: that takes minutes, and is done when it is undone.
 */
export function rehearseRollback(
  runs: readonly RecordedRun[],
  host: Host,
  onStep: (step: Step, index: number) => void = () => {},
): Promise<RolledBack> {
  const [looking, take] = lookingUndone(host);
  return rollback(runs, looking, {
    run: unrecorded(),
    stopRequested: () => false,
    search: { base: host.base, limitMs: 0, onProgress: () => {} },
    act: take,
    onStep,
  });
}

function unrecorded(): OpenRun {
  let begun = 0;
  return {
    run: 0,
    doing(steps) {
      begun += steps.length;
      return steps.map((_, i) => begun - steps.length + i + 1);
    },
    done: () => {},
    left: () => {},
    end: () => {},
  };
}

/** There may be a million. Of two runs that changed the same thing beyond these, both are shown. */
const CHANGES_KNOWN = 50_000;

type Change = { readonly uid?: number; readonly gid?: number; readonly mode?: Mode };

/** What later undos ask about earlier ones: whether a directory is empty by now, whose something is, who is left. */
function lookingUndone(host: Host): readonly [host: Host, take: (undo: Operation) => void] {
  const gone = new Set<string>();
  const removedIn = new Map<string, number>();
  const changes = new Map<string, Change>();
  const accounts = { user: new Set<string>(), group: new Set<string>() };
  const without = <T>(found: ReadonlyMap<string, T>, names: ReadonlySet<string>) =>
    new Map([...found].filter(([name]) => !names.has(name)));

  const storage = rehearseStorage(host);

  const remove = (path: string) => {
    if (gone.has(path)) return;
    gone.add(path);
    removedIn.set(dirname(path), (removedIn.get(dirname(path)) ?? 0) + 1);
  };
  const change = (path: string, to: Change) => {
    if (changes.size < CHANGES_KNOWN) changes.set(path, { ...changes.get(path), ...to });
  };

  const entry = (path: string): Entry => {
    if (gone.has(path)) return { type: 'missing' };
    const found = host.entry(path);
    if (!('uid' in found)) return found;
    const changed = { ...found, ...changes.get(path) };
    if (changed.type !== 'directory' || changed.entries === null) return changed;
    return { ...changed, entries: changed.entries - (removedIn.get(path) ?? 0) };
  };

  const take = (undo: Operation): void => {
    switch (undo.type) {
      case 'removeDirectory':
      case 'removeFile':
        return remove(undo.path);
      case 'changeOwner':
        return change(undo.path, numbers(ownerIds(undo.to, host)));
      case 'changeMode':
        return change(undo.path, { mode: undo.to });
      case 'deleteUser':
        accounts.user.add(undo.name);
        return;
      case 'deleteGroup':
        accounts.group.add(undo.name);
        return;
      default:
        storage.take(undo);
    }
  };

  const looking: Host = {
    ...host,
    entry,
    volumeGroups: storage.volumeGroups,
    deviceContents: storage.deviceContents,
    fileSystemsOn: storage.fileSystemsOn,
    mountPlace: storage.mountPlace,
    users: (names) => without(host.users(names), accounts.user),
    groups: (names) => without(host.groups(names), accounts.group),
    searchOwners: async () => ({ owned: [], entries: 0, unfinished: null }),
    perform: take,
  };
  return [looking, take];
}

function numbers({ uid, gid }: OwnerIds): Change {
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
}
