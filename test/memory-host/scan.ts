// Walking, measuring and searching the trees of a host in memory.

import type { Met, WalkHow } from '../../src/port/host.ts';
import {
  DIRECTORIES_KEPT,
  type FoundFile,
  type Measured,
  type MeasuredDirectory,
  type MeasuredTree,
  type MeasureRequest,
  UNREADABLE_KEPT,
} from '../../src/port/measure.ts';
import type { Owned, OwnerSearch, OwnersFound } from '../../src/port/owner-search.ts';
import { type DataPlaces, isDataPath } from '../../src/values/data-places.ts';
import type { NumberedName } from '../../src/values/numbered-name.ts';
import { listsOf } from './inside.ts';
import { deviceOf } from './processes.ts';
import { FIRST_BIRTH, isBelow, modeText, type Node, permits, READ, SEARCH, type State, us } from './state.ts';
import { entryAt, nearest, openedAt, writtenOf } from './tree.ts';

/** As deep as linux.ts walks, the start counted. */
const DEEPEST = 200;

export function* walkFrom(state: State, path: string, how?: WalkHow): Generator<Met> {
  const start = openedAt(state, path);
  if (typeof start === 'string') yield { type: 'unreadable', path: '', error: start };
  else yield* walkNode(state, start, how);
}

export function* walkNode(state: State, start: Node, how: WalkHow = 'all'): Generator<Met> {
  function* enter(below: string, node: Node, depth: number): Generator<Met> {
    yield {
      path: below,
      top: below.split('/', 1)[0] ?? '',
      type: node.type,
      uid: node.uid,
      gid: node.gid,
      mode: modeText(node.mode),
      inode: `${node.inode}`,
      born: node.born,
      links: node.links,
      diskBytes: node.diskBytes,
      bytes: node.lengthBytes,
      writtenAt: writtenOf(node).written.at,
      changedAt: (FIRST_BIRTH + BigInt(node.written)).toString(),
      device: deviceOf(node),
      isDevice: node.isDevice,
      flags: node.flags,
      lists: listsOf(node),
      project: node.type === 'directory' || node.type === 'file' ? node.project : null,
    };
    if (node.type !== 'directory' || (how === 'here' && depth > 0)) return;
    if (depth >= DEEPEST) {
      yield { type: 'unreadable', path: below, error: `deeper than ${DEEPEST} directories` };
      return;
    }
    if (!permits(node, us(state), READ | SEARCH)) {
      yield { type: 'unreadable', path: below, error: 'EACCES' };
      return;
    }
    for (const [name, child] of node.children) {
      const childPath = below === '' ? name : `${below}/${name}`;
      if (child.cover === null) yield* enter(childPath, child, depth + 1);
      else yield { type: 'mount point', path: childPath };
    }
  }
  yield* enter('', start, 0);
}

export function measureIn(state: State, request: MeasureRequest, hanging: string | null): Measured {
  const linked = new Set<Node>();
  let entries = 0;
  let slots = request.trees.length;
  const trees = request.trees.map((path, tree): MeasuredTree => {
    const apart = new Set(request.apart?.[tree]);
    const data = request.find?.dataPlaces[tree] ?? { below: [], except: [] };
    if (hanging === path || (hanging !== null && isBelow(hanging, path))) return unmeasured(path, 'timeout');
    const start = openedAt(state, path);
    if (typeof start === 'string') return unmeasured(path, whyUnmeasured(state, path, start));
    const accounts = new Map<string, Account>();
    const mountPoints: string[] = [];
    const unreadable: { readonly path: string; readonly error: string }[] = [];
    const found: FoundFile[] = [];
    let files = 0;
    const enter = (below: string, node: Node, above: readonly Account[]) => {
      entries += 1;
      if (node.type !== 'directory' && node.links > 1) {
        if (linked.has(node)) return;
        linked.add(node);
      }
      for (const account of above) {
        account.diskBytes += node.diskBytes;
        account.inodes += 1;
        if (node.type === 'file' || node.type === 'link') account.apparentBytes += node.lengthBytes;
      }
      if (node.type === 'file') {
        files += 1;
        found.push(...findings({ path: below, node, data }, request.find));
      }
      if (node.type !== 'directory') return;
      if (!permits(node, us(state), READ | SEARCH)) {
        unreadable.push({ path: below, error: 'EACCES' });
        return;
      }
      for (const [name, child] of node.children) {
        const childPath = below === '' ? name : `${below}/${name}`;
        if (apart.has(childPath)) continue;
        if (child.cover !== null) {
          mountPoints.push(childPath);
          continue;
        }
        const itsOwn =
          child.type === 'directory' && above.length <= request.depth && slots < DIRECTORIES_KEPT;
        if (!itsOwn) {
          enter(childPath, child, above);
          continue;
        }
        slots += 1;
        const account = newAccount(childPath);
        accounts.set(childPath, account);
        enter(childPath, child, [...above, account]);
      }
    };
    const total = newAccount('');
    accounts.set('', total);
    enter('', start, [total]);
    const { diskBytes, apparentBytes, inodes } = total;
    return {
      path,
      error: null,
      total: { diskBytes, apparentBytes, inodes },
      files,
      directories: [...accounts.values()].sort(
        (a, b) => b.diskBytes - a.diskBytes || (a.path < b.path ? -1 : 1),
      ),
      mountPoints,
      unreadable: unreadable.slice(0, UNREADABLE_KEPT),
      unreadableCount: unreadable.length,
      found: largest(found, request.find?.most ?? 0),
    };
  });
  request.onProgress(entries);
  return { trees, entries, linksBeyond: 0, timedOut: trees.some(({ error }) => error === 'timeout') };
}

export function searchIn(
  state: State,
  { at, owners, onProgress }: OwnerSearch,
  hanging: string | null,
): OwnersFound {
  const everywhere = { ...state, effectiveUid: 0, base: '/-', mounts: [] };
  const mounts = [...new Set(at.map((path) => nearest(everywhere, path).node.on.mountPoint))];
  const owned = new Map<string, Owned>();
  let entries = 0;
  let hangs = false;
  const look = (path: string, node: Node) => {
    if (path === hanging) {
      hangs = true;
      return;
    }
    entries++;
    for (const kind of ['uid', 'gid'] as const) {
      const id = node[kind];
      const key = `${kind} ${id}`;
      if (owners[`${kind}s`].includes(id) && !owned.has(key)) owned.set(key, { kind, id, path: path || '/' });
    }
    for (const [name, child] of node.children) if (child.cover === null) look(`${path}/${name}`, child);
  };
  for (const mountPoint of mounts)
    look(mountPoint === '/' ? '' : mountPoint, nearest(everywhere, mountPoint).node);
  onProgress(entries);
  const all = owned.size === owners.uids.length + owners.gids.length;
  return { owned: [...owned.values()], entries, unfinished: hangs && !all ? 'time' : null };
}

type Account = { -readonly [key in keyof MeasuredDirectory]: MeasuredDirectory[key] };

function newAccount(path: string): Account {
  return { path, diskBytes: 0, apparentBytes: 0, inodes: 0 };
}

function unmeasured(path: string, error: string): MeasuredTree {
  const total = { diskBytes: 0, apparentBytes: 0, inodes: 0 };
  const nothing = {
    files: 0,
    directories: [],
    mountPoints: [],
    unreadable: [],
    unreadableCount: 0,
    found: [],
  };
  return { path, error, total, ...nothing };
}

function whyUnmeasured(state: State, path: string, errno: string): string {
  if (errno === 'ENAMETOOLONG') return errno;
  const entry = entryAt(state, path);
  return entry.type === 'hidden' || entry.type === 'directory' ? errno : entry.type;
}

function isLog(path: string, notLogs: readonly NumberedName[]): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isNumber = (text: string, digits: number) => text.length === digits && /^\d+$/.test(text);
  return (
    name.endsWith('.log') &&
    !notLogs.some(
      ({ digits, ending }) => name.endsWith(ending) && isNumber(name.slice(0, -ending.length), digits),
    )
  );
}

function findings(
  { path, node, data }: { readonly path: string; readonly node: Node; readonly data: DataPlaces },
  find: MeasureRequest['find'],
): readonly FoundFile[] {
  if (find === null) return [];
  const { filesOverBytes, logsOverBytes, notLogs, temporaryBefore } = find;
  const kinds = {
    large: filesOverBytes !== null && node.diskBytes >= filesOverBytes,
    log:
      logsOverBytes !== null &&
      node.diskBytes >= logsOverBytes &&
      isLog(path, notLogs) &&
      !isDataPath(path, data),
    temporary: temporaryBefore !== null && path.endsWith('.tmp') && node.changedAt < temporaryBefore,
  };
  const about = {
    path,
    diskBytes: node.diskBytes,
    apparentBytes: node.lengthBytes,
    changedAt: node.changedAt,
  };
  return (['large', 'log', 'temporary'] as const).flatMap((kind) =>
    kinds[kind] ? [{ kind, ...about }] : [],
  );
}

function largest(found: readonly FoundFile[], most: number): readonly FoundFile[] {
  const sorted = found.toSorted((a, b) => b.diskBytes - a.diskBytes || (a.path < b.path ? -1 : 1));
  return (['large', 'log', 'temporary'] as const).flatMap((kind) =>
    sorted.filter((file) => file.kind === kind).slice(0, most),
  );
}
