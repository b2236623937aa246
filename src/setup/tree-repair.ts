// Owns what `repair --recursive` may change inside a service's tree: entries with the wrong owner, or a mode of the
// wrong class. Decides only; the steps it gives are performed, recorded and undone like all others.

import type { Step } from '../engine/resource.ts';
import type { Service } from '../layout/layout.ts';
import type { HostReader, Met, WalkEntry } from '../port/host.ts';
import type { Operation } from '../port/operation.ts';
import type { Owner } from '../port/operations/words.ts';
import type { Mode } from '../values/mode.ts';
import { startTally, type Tally } from '../values/tally.ts';

export interface TreeOwner {
  readonly service: Service;
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}

interface Left {
  readonly path: string;
  readonly why: string;
}

export interface TreeRepair {
  readonly steps: Tally<Step>;
  readonly entries: number;
  /** Wrong, but not ours to change. */
  readonly left: Tally<Left>;
  readonly openBy: OpenBy | null;
  /** Not all of it was gone through. */
  readonly stopped: boolean;
}

/** A process that has something in the tree open. */
export interface OpenBy {
  readonly pid: number;
  readonly command: string;
  readonly path: string;
}

/** Goes through a tree and changes nothing. `onEntries` is called now and then; true stops it there. */
export async function examineTree(
  host: HostReader,
  tree: TreeOwner,
  onEntries: (entries: number) => Promise<boolean> = async () => false,
): Promise<TreeRepair> {
  const open = host.openInodes(tree.path);
  const steps = startTally<Step>();
  const left = startTally<Left>();
  let entries = 0;
  let openBy: OpenBy | null = null;
  let stopped = false;
  for (const met of host.walk(tree.path)) {
    if (isEntry(met)) {
      entries += 1;
      const process = open.get(met.inode);
      if (process !== undefined && openBy === null) openBy = { ...process, path: pathOf(met, tree) };
    }
    const wrong = judge(met, tree);
    if ('why' in wrong) left.add(wrong);
    else for (const step of wrong.steps) steps.add(step);
    stopped = entries % ENTRIES_A_TURN === 0 && (await onEntries(entries));
    if (stopped) break;
  }
  return { steps, entries, left, openBy, stopped };
}

const ENTRIES_A_TURN = 10_000;

/** The changes, as the walk finds them: an entry that was changed meanwhile is judged as it is then. */
export function* treeSteps(host: HostReader, tree: TreeOwner): Generator<Step> {
  for (const met of host.walk(tree.path)) {
    const wrong = judge(met, tree);
    if ('steps' in wrong) yield* wrong.steps;
  }
}

const RIGHT = { steps: [] } as const;

function judge(met: Met, tree: TreeOwner): Left | { readonly steps: readonly Step[] } {
  if (met.type === 'mount point')
    return { path: pathOf(met, tree), why: 'another file system is mounted there' };
  if (met.type === 'unreadable') return { path: pathOf(met, tree), why: `cannot be read: ${met.error}` };
  // The service's own directories have modes of their own in the layout: the plan looks after them.
  if (isNamed(met.path, tree.service) || isRight(met, tree)) return RIGHT;
  const why = whyNot(met, tree);
  const path = pathOf(met, tree);
  return why === null ? { steps: stepsFor(met, path, tree) } : { path, why };
}

function isEntry(met: Met): met is WalkEntry {
  return met.type !== 'mount point' && met.type !== 'unreadable';
}

function isNamed(path: string, service: Service): boolean {
  return path === '' || service.directories.some(({ name }) => name === path);
}

function pathOf(met: Met, tree: TreeOwner): string {
  return met.path === '' ? tree.path : `${tree.path}/${met.path}`;
}

/** Of what is wrong. null: may be changed. */
function whyNot(entry: WalkEntry, tree: TreeOwner): string | null {
  if (entry.type === 'link') return 'a symbolic link: its owner does not matter, and it is never followed';
  if (entry.type === 'special') return 'a device, socket or pipe';
  // Given away it would run as somebody else, and given back as root, with whatever the service wrote into it.
  if (entry.type === 'file' && (Number.parseInt(entry.mode, 8) & 0o6000) !== 0)
    return `a program that runs as its owner or group (mode ${entry.mode}): look at it, then chmod u-s,g-s`;
  if (entry.type === 'file' && entry.links > 1 && entry.uid !== tree.uid)
    return `somebody else's file with ${entry.links} hard links`;
  return null;
}

/** Links and special files have no mode that matters: every link's is 0777. */
function isRight(entry: WalkEntry, tree: TreeOwner): boolean {
  const owned = entry.uid === tree.uid && entry.gid === tree.gid;
  return owned && (entry.type === 'link' || entry.type === 'special' || entry.mode === rightMode(entry));
}

/**
 * The class, not the mode: a directory its owner can use, a file its owner can read, neither writable by all, no
 * program that runs as its owner. What the service chose beyond that stays.
 */
export function rightMode(entry: Pick<WalkEntry, 'type' | 'mode'>): Mode {
  const bits = Number.parseInt(entry.mode, 8);
  const right = entry.type === 'directory' ? (bits | 0o700) & ~0o002 : (bits | 0o400) & ~0o6002;
  return right.toString(8).padStart(4, '0');
}

function stepsFor(entry: WalkEntry, path: string, tree: TreeOwner): readonly Step[] {
  const { inode } = entry;
  const steps: Step[] = [];
  const from: Owner = { user: entry.uid, group: entry.gid };
  const to: Owner = { user: tree.uid, group: tree.gid };
  const { mode } = entry;
  const right = rightMode(entry);
  // Changing the owner of a file clears set-user-ID and set-group-ID (chown(2)), which the right mode has not got: done
  // first, and once for each entry, it can be undone whether or not a crash came in between.
  if (right !== mode) steps.push(changed(path, { type: 'changeMode', path, inode, from: mode, to: right }));
  if (entry.uid !== tree.uid || entry.gid !== tree.gid)
    steps.push(changed(path, { type: 'changeOwner', path, inode, from, to }));
  return steps;
}

type Change = Extract<Operation, { type: 'changeOwner' | 'changeMode' }>;

function changed(path: string, operation: Change): Step {
  const undo =
    operation.type === 'changeOwner'
      ? { ...operation, from: operation.to, to: operation.from }
      : { ...operation, from: operation.to, to: operation.from };
  const what =
    operation.type === 'changeOwner'
      ? `owner ${operation.from.user}:${operation.from.group} -> ${operation.to.user}:${operation.to.group}`
      : `mode ${operation.from} -> ${operation.to}`;
  return {
    address: `entry ${path}`,
    action: '~',
    summary: `${path}  ${what}`,
    reason: "not as the service's files are",
    do: operation,
    undo,
    needs: [],
  };
}
