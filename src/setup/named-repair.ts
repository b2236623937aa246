// Owns what `repair --acl` and `--flags` mend at the layout's own directories, where access lists and flags stand in the way of
// owners and modes: in which order, and to what. What is inside them is tree-repair.ts's.
import type { Step } from '../engine/resource.ts';
import { fullLists, letsIn, listOfMode } from '../port/access-lists.ts';
import type { Entry } from '../port/entry.ts';
import type { HostReader } from '../port/host.ts';
import type { OperationOf } from '../port/operation.ts';
import { ownerIds } from '../port/owner.ts';
import { type DirectoryWant, isRightMode } from '../resources/directory.ts';
import { modeText } from '../values/mode.ts';
import { type Asked, changed } from './tree-repair.ts';

type DirectoryEntry = Extract<Entry, { type: 'directory' }>;

/**
 * The steps that owners and modes need, with those that were asked for: flags before anything else, since nothing of an
 * immutable directory can be changed; a list after the owner. A list goes to what the mode is to be, so that no step comes for
 * the mode, which would change the list.
 */
export function withListsAndFlags(
  host: HostReader,
  wants: readonly DirectoryWant[],
  { steps, asked }: { readonly steps: readonly Step[]; readonly asked: Asked },
): readonly Step[] {
  if (!asked.acl && !asked.flags) return steps;
  const flags: Step[] = [];
  const lists = new Map<string, Step>();
  const modes = new Map<string, number>();
  for (const want of wants) {
    const entry = host.entry(want.path);
    if (entry.type !== 'directory' || want.place === 'above') continue;
    const found = host.attributes(want.path);
    const { path } = want;
    const { inode, born } = entry;
    const same = { path, inode, ...(born !== null && { born }) };
    if (asked.flags && found.flags.length > 0)
      flags.push(changed({ type: 'changeFlags', ...same, from: found.flags, to: [] }));
    if (!asked.acl || !isInTheWay(host, want, { entry, lists: found.lists })) continue;
    const bits = wantedBits(want, entry);
    const from = fullLists(found.lists, entry.mode);
    const to = { access: listOfMode(bits), inherited: null };
    lists.set(path, changed({ type: 'changeLists', ...same, from, to }));
    modes.set(path, (Number.parseInt(entry.mode, 8) & 0o7000) | (bits & 0o777));
  }
  const own = steps.flatMap((step) => afterList(step, modes));
  const owners = new Set(own.flatMap(({ do: what }) => (what.type === 'changeOwner' ? [what.path] : [])));
  const first = [...lists].flatMap(([path, step]) => (owners.has(path) ? [] : [step]));
  const rest = own.flatMap((step) => {
    const list = step.do.type === 'changeOwner' ? lists.get(step.do.path) : undefined;
    return list === undefined ? [step] : [step, list];
  });
  return [...flags, ...first, ...rest];
}

/** It lets somebody in, or is why the mode is not as it should be. */
function isInTheWay(
  host: HostReader,
  want: DirectoryWant,
  { entry, lists }: { readonly entry: DirectoryEntry; readonly lists: Parameters<typeof letsIn>[0] },
): boolean {
  const { uid = entry.uid, gid = entry.gid } = ownerIds(want.owner, host);
  const isWrong = lists.access !== null && !isRightMode(want, entry);
  return isWrong || letsIn(lists, { uid, gid }, { uids: [], gids: [] }) !== null;
}

function wantedBits(want: DirectoryWant, entry: DirectoryEntry): number {
  return Number.parseInt(isRightMode(want, entry) ? entry.mode : want.mode, 8);
}

/** With the list gone the mode is another one: none is left to change, or from there. */
function afterList(step: Step, modes: ReadonlyMap<string, number>): readonly Step[] {
  const { do: what, undo } = step;
  const bits = what.type === 'changeMode' ? modes.get(what.path) : undefined;
  if (what.type !== 'changeMode' || bits === undefined) return [step];
  const from = modeText(bits);
  if (from === what.to) return [];
  const back = undo as OperationOf<'changeMode'> | null;
  return [{ ...step, do: { ...what, from }, undo: back === null ? null : { ...back, to: from } }];
}
