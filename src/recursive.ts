// Owns what `repair --recursive` may change inside a service's tree: entries with the wrong owner, or a mode of the
// wrong class. Decides only; the steps it gives are performed, recorded and undone like all others.
import type { HostReader, WalkEntry } from './host/host.ts';
import type { Operation, Owner } from './operation.ts';
import type { Step } from './resource.ts';
import type { Mode, Service } from './spec.ts';

interface TreeOwner {
  readonly service: Service;
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}

export interface TreeRepair {
  readonly steps: readonly Step[];
  readonly entries: number;
  /** Wrong, but not ours to change. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
  /** A process that has something in the tree open. */
  readonly openBy: { readonly pid: number; readonly command: string; readonly path: string } | null;
}

export function examineTree(host: HostReader, tree: TreeOwner): TreeRepair {
  const open = host.openInodes(tree.path);
  const steps: Step[] = [];
  const left: { path: string; why: string }[] = [];
  // The service's own directories have modes of their own in the spec: the plan looks after them.
  const named = new Set(['', ...tree.service.directories.map((directory) => directory.name)]);
  let entries = 0;
  let openBy: TreeRepair['openBy'] = null;
  const walk = host.walk(tree.path, (entry) => {
    entries += 1;
    const path = entry.path === '' ? tree.path : `${tree.path}/${entry.path}`;
    const process = open.get(entry.inode);
    if (process !== undefined && openBy === null) openBy = { ...process, path };
    if (named.has(entry.path) || isRight(entry, tree)) return;
    const why = whyNot(entry, tree);
    if (why !== null) left.push({ path, why });
    else steps.push(...stepsFor(entry, path, tree));
  });
  for (const at of walk.mountPoints)
    left.push({ path: `${tree.path}/${at}`, why: 'another file system is mounted there' });
  for (const { path, error } of walk.unreadable)
    left.push({ path: `${tree.path}/${path}`, why: `cannot be read: ${error}` });
  return { steps, entries, left, openBy };
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
