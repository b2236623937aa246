// Copying and comparing trees of a host in memory, as src/host/copy/ does it on a disk. A file whose length and time are the same
// is taken for the same, unless it is a suspect.
import { createHash } from 'node:crypto';
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import {
  type Compared,
  type CompareRequest,
  type Copied,
  type CopyRequest,
  DEEPEST_COPIED,
  DIFFERENCES_NAMED,
  type Difference,
  type HashedTree,
  OBSTACLES_NAMED,
  type Obstacle,
  type ObstacleKind,
} from '../../src/port/copy-tree.ts';
import { encodeName } from '../../src/values/file-name.ts';
import { listsOf } from './inside.ts';
import { cannotLook, makeNode, modeText, type Node, type State, unlinked } from './state.ts';
import { openedAt, writtenOf } from './tree.ts';

function opened(state: State, path: string): Node {
  const node = openedAt(state, path);
  if (typeof node === 'string') throw cannotLook(path, node);
  return node;
}

function refused(code: string, to: string): Problem {
  return new Problem(EXIT.failed, [diagnostic(code, 'refusing to copy there', { at: to })]);
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };

function collect() {
  const counts: Partial<Record<ObstacleKind, number>> = {};
  const named: Obstacle[] = [];
  const add = (kind: ObstacleKind, path: string, what = '') => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    if ((counts[kind] ?? 0) <= OBSTACLES_NAMED) named.push({ kind, path, what });
  };
  return { add, all: { counts, named } };
}

const below = (path: string, name: string) => (path === '' ? name : `${path}/${name}`);

/** Without holes. */
const dataOf = ({ lengthBytes, diskBytes }: Node) => Math.min(lengthBytes, diskBytes);

export function copyTreeIn(state: State, request: CopyRequest): Copied {
  const { from, to, pass, suspects, signal, onProgress } = request;
  const cut = to.lastIndexOf('/');
  if (from === to || `${to}/`.startsWith(`${from}/`) || `${from}/`.startsWith(`${to}/`))
    throw refused('E_COPY_INSIDE', to);
  const source = opened(state, from);
  const parent = opened(state, to.slice(0, cut) || '/');
  if (parent.uid !== 0 || (parent.mode & 0o077) !== 0) throw refused('E_COPY_OPEN', to);
  if (parent.on.facts?.readOnly === true)
    throw new Problem(EXIT.failed, [
      diagnostic('E_COPY', 'cannot write the copy', { at: to, detail: 'found EROFS' }),
    ]);
  const obstacles = collect();
  const copied = { files: 0, bytes: 0 };
  const compared = { files: 0, bytes: 0, differing: 0 };
  let [entries, removed, bytes] = [0, 0, 0];
  /** Of files with several names: the copy, and how many of them were met. */
  const links = new Map<Node, { copy: Node; path: string; found: number }>();
  const sources = new Map<Node, Node>();

  const put = (into: Node, name: string, node: Node) => {
    const there = into.children.get(name);
    if (there !== undefined) unlinked(there);
    into.children.set(name, node);
  };

  function one(node: Node, into: Node, { name, path, depth }: { name: string; path: string; depth: number }) {
    entries += 1;
    if (node.cover !== null) return leave(into, name, { kind: 'mount point', path });
    if (node.isDevice) return leave(into, name, { kind: 'device', path });
    if (depth > DEEPEST_COPIED) return leave(into, name, { kind: 'too deep', path });
    for (const flag of node.flags) obstacles.add('flag', path, flag);
    const known = node.type === 'directory' ? undefined : links.get(node);
    let there = into.children.get(name);
    if (known !== undefined) {
      known.found += 1;
      if (there !== known.copy) put(into, name, Object.assign(known.copy, { links: known.copy.links + 1 }));
      return;
    }
    if (there !== undefined && (there.type !== node.type || (sources.get(there) ?? node) !== node)) {
      into.children.delete(name);
      unlinked(there);
      there = undefined;
    }
    const copy = there ?? makeNode(state, node.type, into.on);
    if (there === undefined) put(into, name, copy);
    if (node.type === 'file') {
      bytes += dataOf(node);
      if (there === undefined) {
        copied.files += 1;
        copied.bytes += dataOf(node);
        fill(node, copy);
      } else if (!isSure(node, there)) {
        compared.files += 1;
        compared.bytes += dataOf(node);
        if (there.text !== node.text || there.lengthBytes !== node.lengthBytes) compared.differing += 1;
        fill(node, copy);
      }
    }
    sources.set(copy, node);
    if (node.type !== 'directory' && node.links > 1) links.set(node, { copy, path, found: 1 });
    if (node.type === 'directory') directory(node, copy, { path, depth });
    const { uid, gid, mode, acl, inherited, target, lengthBytes, changedAt, written } = node;
    Object.assign(copy, { uid, gid, mode, acl, inherited, target, lengthBytes, changedAt, written });
  }

  function directory(node: Node, copy: Node, { path, depth }: { path: string; depth: number }) {
    for (const [name, child] of node.children)
      one(child, copy, { name, path: below(path, name), depth: depth + 1 });
    if (pass === 'again')
      for (const name of [...copy.children.keys()]) if (!node.children.has(name)) takeAway(copy, name);
  }

  function takeAway(into: Node, name: string) {
    const there = into.children.get(name);
    if (there === undefined) return;
    into.children.delete(name);
    unlinked(there);
    removed += 1;
  }

  function leave(into: Node, name: string, { kind, path }: { kind: ObstacleKind; path: string }) {
    obstacles.add(kind, path);
    if (pass === 'again') takeAway(into, name);
  }

  function isSure(node: Node, there: Node): boolean {
    return (
      suspects !== 'all' &&
      !suspects.has(`${node.inode}`) &&
      node.lengthBytes === there.lengthBytes &&
      writtenOf(node).written.at === writtenOf(there).written.at
    );
  }

  const answer = (outcome: Copied['outcome']): Copied => {
    onProgress({ entries, bytes, readBytes: copied.bytes + compared.bytes });
    return { outcome, entries, copied, compared, removed, vanished: 0, obstacles: obstacles.all };
  };
  if (signal.aborted) return answer('stopped');
  const name = to.slice(cut + 1);
  if (pass === 'again' && parent.children.has(name) && !parent.children.has(`${name}.copied`))
    throw refused('E_COPY_UNKNOWN', to);
  if (!parent.children.has(`${name}.copied`))
    parent.children.set(
      `${name}.copied`,
      Object.assign(makeNode(state, 'file', parent.on), { mode: 0o600, text: '' }),
    );
  one(source, parent, { name, path: '', depth: 0 });
  for (const [node, { path, found }] of links)
    if (node.links > found) obstacles.add('linked from outside', path);
  return answer('done');
}

function fill({ text, lengthBytes, diskBytes }: Node, copy: Writable<Node>): void {
  Object.assign(copy, { text, lengthBytes, diskBytes });
}

/** By bytes, as the real one orders them. */
function inOrder(names: Iterable<string>): readonly string[] {
  return [...names].sort((a, b) => Buffer.compare(encodeName(a), encodeName(b)));
}

/** What a copy keeps of each entry, by its path. */
function recordsOf(top: Node): { readonly records: ReadonlyMap<string, string>; readonly tree: HashedTree } {
  const records = new Map<string, string>();
  const obstacles = collect();
  const first = new Map<Node, string>();
  let bytes = 0;
  const look = (node: Node, path: string) => {
    if (node.cover !== null) return obstacles.add('mount point', path);
    const { type, uid, gid, mode, target, text, lengthBytes, isDevice } = node;
    const same = node.links > 1 && type !== 'directory' ? first.get(node) : undefined;
    if (same === undefined) first.set(node, path);
    const content = type === 'file' ? [text, lengthBytes] : [];
    records.set(
      path,
      JSON.stringify([type, uid, gid, modeText(mode), listsOf(node), target, content, isDevice, same]),
    );
    if (same === undefined && type === 'file') bytes += dataOf(node);
    for (const name of inOrder(node.children.keys())) {
      const child = node.children.get(name);
      if (child !== undefined) look(child, below(path, name));
    }
  };
  look(top, '');
  const sum = createHash('sha256');
  for (const [path, record] of records) sum.update(JSON.stringify([path, record]));
  const tree = { sha256: sum.digest('hex'), entries: records.size, bytes, obstacles: obstacles.all };
  return { records, tree };
}

export function compareTreesIn(state: State, { one, other, signal, onProgress }: CompareRequest): Compared {
  const [first, second] = [opened(state, one), opened(state, other)].map(recordsOf);
  if (first === undefined || second === undefined || signal.aborted) return { outcome: 'stopped' };
  onProgress({
    entries: first.tree.entries + second.tree.entries,
    bytes: first.tree.bytes + second.tree.bytes,
  });
  const sides = { one: first.tree, other: second.tree };
  const isWhole = [first, second].every(({ tree }) => tree.obstacles.named.length === 0);
  if (isWhole && first.tree.sha256 === second.tree.sha256)
    return { outcome: 'equal', ...sides, differences: [] };
  const differences: Difference[] = [];
  for (const path of inOrder(new Set([...first.records.keys(), ...second.records.keys()]))) {
    const [here, there] = [first.records.get(path), second.records.get(path)];
    if (here === there) continue;
    const what =
      there === undefined ? 'not at the other' : here === undefined ? 'at the other alone' : 'different';
    differences.push({ path, what });
  }
  return { outcome: 'different', ...sides, differences: differences.slice(0, DIFFERENCES_NAMED) };
}

/** Inodes that somebody writes, on the file system that holds a directory. */
export function openForWritingIn(state: State, path: string, holder: { readonly command: string }) {
  const { on } = opened(state, path);
  const here = state.held.filter(({ node, writes }) => writes && node.on === on);
  return {
    inodes: new Map(here.map(({ node, pid }) => [`${node.inode}`, { pid, command: holder.command }])),
    unseen: 0,
  };
}
