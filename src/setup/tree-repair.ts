// Owns what `repair --recursive` may change inside a service's tree: entries with the wrong owner, or a mode of the
// wrong class; where it is asked for, flags and access lists. Decides only; the steps it gives are performed, recorded and undone like all others.

import type { Step } from '../engine/resource.ts';
import type { Service } from '../layout/layout.ts';
import { type AccessLists, fullLists, letsIn, listOfMode, modeOfList } from '../port/access-lists.ts';
import type { HostReader, Met, WalkEntry } from '../port/host.ts';
import {
  BEHIND_FLAGS,
  bitOf,
  type EntryFacts,
  FLAG_BITS,
  FORMAT,
  LAYOUTS_OWN,
  NOT_OURS,
  rightMode,
  wrongOf,
} from '../port/inside.ts';
import { entryOf, type OperationOf } from '../port/operation.ts';
import type { Owner } from '../port/operations/words.ts';
import { modeText } from '../values/mode.ts';
import { startTally, type Tally } from '../values/tally.ts';

/** What else to mend, where the operator asked for it. */
export interface Asked {
  readonly acl?: boolean;
  readonly flags?: boolean;
}

const NOTHING_MORE: Asked = {};

export interface TreeOwner {
  readonly service: Service;
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** Directories below it that are this program's own, with all that is in them. */
  readonly ours: readonly string[];
}

export interface Left {
  readonly path: string;
  readonly why: string;
}

export interface TreeRepair {
  readonly steps: Tally<Step>;
  readonly entries: number;
  /** Wrong, but not ours to change. */
  readonly left: Tally<Left>;
  readonly openBy: OpenBy | null;
  /** The walk did not reach all of it. */
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
  asked: Asked = NOTHING_MORE,
  onEntries: (entries: number) => Promise<boolean> = async () => false,
): Promise<TreeRepair> {
  const open = host.openInodes(tree.path);
  const steps = startTally<Step>();
  const left = startTally<Left>();
  let entries = 0;
  let openBy: OpenBy | null = null;
  let stopped = false;
  const judged = judgedIn(host, tree);
  for (const met of walkTheirs(host, tree)) {
    if (isEntry(met)) {
      entries += 1;
      const process = open.get(met.inode);
      if (process !== undefined && openBy === null) openBy = { ...process, path: pathOf(met, tree) };
    }
    const wrong = judge(met, judged, asked);
    if ('why' in wrong) left.add(wrong);
    else for (const step of wrong.steps) steps.add(step);
    stopped = entries % ENTRIES_A_TURN === 0 && (await onEntries(entries));
    if (stopped) break;
  }
  return { steps, entries, left, openBy, stopped };
}

const ENTRIES_A_TURN = 10_000;

/** The changes, as the walk finds them: an entry that was changed meanwhile is judged as it is then. */
export function* treeSteps(host: HostReader, tree: TreeOwner, asked: Asked = NOTHING_MORE): Generator<Step> {
  const judged = judgedIn(host, tree);
  for (const met of walkTheirs(host, tree)) {
    const wrong = judge(met, judged, asked);
    if ('steps' in wrong) yield* wrong.steps;
  }
}

function* walkTheirs(host: HostReader, { path, ours }: TreeOwner): Generator<Met> {
  for (const met of host.walk(path)) if (!ours.some((own) => `${met.path}/`.startsWith(`${own}/`))) yield met;
}

const RIGHT = { steps: [] } as const;
const FLAGS = bitOf('flags');
const ACL = bitOf('acl');

interface Judged extends TreeOwner {
  /** It is a file system of its own: what mkfs made at its top is root's. */
  readonly isOwn: boolean;
}

function judgedIn({ mounts }: HostReader, tree: TreeOwner): Judged {
  return { ...tree, isOwn: mounts.some(({ path }) => path === tree.path) };
}

function judge(met: Met, tree: Judged, ask: Asked): Left | { readonly steps: readonly Step[] } {
  if (met.type === 'mount point')
    return { path: pathOf(met, tree), why: 'another file system is mounted there' };
  if (met.type === 'unreadable') return { path: pathOf(met, tree), why: `cannot be read: ${met.error}` };
  const path = pathOf(met, tree);
  const facts = factsOf(met);
  let wrong = wrongOf(facts, tree);
  if ((wrong & NOT_OURS) !== 0) return { path, why: whyNotOurs(met, wrong) ?? '' };
  if (met.type === 'link' || met.type === 'special')
    return met.uid === tree.uid && met.gid === tree.gid ? RIGHT : { path, why: whyNotPlain(met) };
  // The service's own directories have owners and modes in the layout: the plan looks after them.
  const isOwn = isNamed(met.path, tree.service) || (tree.isOwn && met.path === 'lost+found');
  if (isOwn) wrong &= ~(LAYOUTS_OWN | FLAGS);
  if (ask.acl && !isOwn && letsIn(met.lists, tree, NOBODYS) !== null) wrong |= ACL;
  if ((wrong & FLAGS) !== 0 && !ask.flags) {
    const flags = met.flags.join(', ');
    return (wrong & BEHIND_FLAGS) === 0 ? RIGHT : { path, why: `${flags}: it is mended with --flags` };
  }
  if (wrong === 0) return RIGHT;
  const hasLongList = (wrong & ACL) !== 0 && entriesOf(met.lists) > LONGEST_LIST;
  return hasLongList
    ? { path, why: `an access list of more than ${LONGEST_LIST} entries: look at it with getfacl` }
    : { steps: stepsFor(met, tree, wrong) };
}

const NOBODYS = { uids: [], gids: [] };
/** Each list is recorded, and its owner may write what it likes into it. */
const LONGEST_LIST = 64;

function isEntry(met: Met): met is WalkEntry {
  return met.type !== 'mount point' && met.type !== 'unreadable';
}

function isNamed(path: string, service: Service): boolean {
  return path === '' || service.directories.some(({ name }) => name === path);
}

function pathOf(met: Pick<Met, 'path'>, tree: TreeOwner): string {
  return met.path === '' ? tree.path : `${tree.path}/${met.path}`;
}

function entriesOf({ access, inherited }: AccessLists): number {
  return [access, inherited].reduce((all, list) => all + (list?.split(',').length ?? 0), 0);
}

/** What repair leaves alone, whatever is asked. */
function whyNotOurs(entry: WalkEntry, wrong: number): string | null {
  if ((wrong & bitOf('device')) !== 0) return 'a device';
  // Given away it would run as somebody else, and given back as root, with whatever the service wrote into it.
  if ((wrong & bitOf('setuid')) !== 0)
    return `a program that runs as its owner or group (mode ${entry.mode}): look at it, then chmod u-s,g-s`;
  if ((wrong & bitOf('hard-links')) !== 0) return `somebody else's file with ${entry.links} hard links`;
  return null;
}

/** Their mode does not matter: every link's is 0777. */
function whyNotPlain(entry: WalkEntry): string {
  return entry.type === 'link'
    ? 'a symbolic link: its owner does not matter, and it is never followed'
    : 'a socket or pipe';
}

function factsOf({ type, isDevice, mode, uid, gid, links, flags }: WalkEntry): EntryFacts {
  const format =
    type === 'directory' ? FORMAT.directory : type === 'file' ? FORMAT.file : isDevice ? FORMAT.character : 0;
  const attributes = flags.reduce((all, flag) => all | FLAG_BITS[flag], 0);
  return { mode: format | Number.parseInt(mode, 8), uid, gid, links, attributes };
}

/** In this order each is possible, and each can be taken back in the reverse one. */
function stepsFor(entry: WalkEntry, tree: TreeOwner, wrong: number): readonly Step[] {
  const path = pathOf(entry, tree);
  const { inode, born } = entry;
  // Only root and the owner change flags and lists: it must be the same entry.
  const same = { path, inode, ...(born !== null && { born }) };
  const steps: Step[] = [];
  const { format, mode } = {
    format: factsOf(entry).mode & FORMAT.mask,
    mode: Number.parseInt(entry.mode, 8),
  };
  let bits = mode;
  if ((wrong & FLAGS) !== 0) steps.push(changed({ type: 'changeFlags', ...same, from: entry.flags, to: [] }));
  if ((wrong & ACL) !== 0) {
    const from = fullLists(entry.lists, entry.mode);
    // Without the list, the group bits mean again what they meant before.
    bits = (mode & 0o7000) | modeOfList(from.access);
    steps.push(
      changed({ type: 'changeLists', ...same, from, to: { access: listOfMode(bits), inherited: null } }),
    );
  }
  if ((wrong & LAYOUTS_OWN) === 0) return steps;
  const right = rightMode(format | bits) & 0o7777;
  // Changing the owner of a file clears set-user-ID and set-group-ID (chown(2)), which the right mode has not got: done
  // first, and once for each entry, it can be undone whether or not a crash came in between.
  if (right !== bits)
    steps.push(changed({ type: 'changeMode', path, inode, from: modeText(bits), to: modeText(right) }));
  if ((wrong & bitOf('owner')) !== 0) {
    const from: Owner = { user: entry.uid, group: entry.gid };
    const to: Owner = { user: tree.uid, group: tree.gid };
    steps.push(changed({ type: 'changeOwner', path, inode, from, to }));
  }
  return steps;
}

type Change = OperationOf<'changeOwner' | 'changeMode' | 'changeFlags' | 'changeLists'>;

export function changed(operation: Change): Step {
  const { path } = operation;
  const [kind, , how] = entryOf(operation).cells(operation);
  return {
    address: `entry ${path}`,
    action: '~',
    summary: `${path}  ${kind} ${how}`,
    reason: "not as the service's files are",
    do: operation,
    undo: { ...operation, from: operation.to, to: operation.from } as Change,
    needs: [],
  };
}
