// Directories of a host in memory that get another name or are emptied, as tree-moving.ts of the real one does it.
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import type { Emptied, EmptyRequest, KnownDirectory } from '../../src/port/tree-moving.ts';
import type { Events } from './events.ts';
import { HOLDER } from './prepare.ts';
import { walkNode } from './scan.ts';
import { type Node, type State, unlinked } from './state.ts';
import { find } from './tree.ts';

export function renameDirectory(
  state: State,
  { event }: Events,
  directory: KnownDirectory,
  to: string,
): void {
  const act = () => renameKnown(state, directory, to);
  event(act, act);
}

/** Itself, without a crash in the middle: a rename has none. */
export function renameKnown(state: State, directory: KnownDirectory, to: string): void {
  const from = knownAt(state, directory);
  const into = find(state, to);
  if (into.type === 'node') throw refused('E_EXISTS', to);
  if (into.type !== 'missing' || into.parent === null) throw refused('E_NOT_THERE', to);
  if (into.parent.on !== from.parent.on) throw refused('E_UNREACHABLE', to);
  from.parent.children.delete(from.name);
  into.parent.children.set(into.name, from.node);
}

export function requireNobodyIn(state: State, { path }: Pick<KnownDirectory, 'path'>): void {
  const found = find(state, path);
  const open = new Set(state.held.map((held) => held.node));
  const isOpen = (one: Node): boolean => open.has(one) || [...one.children.values()].some(isOpen);
  if (found.type === 'node' && isOpen(found.node)) throw refused('E_IN_USE', `${HOLDER.command} has it open`);
}

export function emptyDirectory(state: State, { event }: Events, request: EmptyRequest): Emptied {
  let entries = 0;
  const { node } = knownAt(state, request);
  const open = new Set(state.held.map((held) => held.node));
  const isOpen = (one: Node): boolean => open.has(one) || [...one.children.values()].some(isOpen);
  for (const child of node.children.values()) {
    if (isOpen(child)) throw refused('E_IN_USE', `${HOLDER.command} has it open`);
    for (const met of walkNode(state, child))
      if (met.type === 'mount point') throw refused('E_UNREACHABLE', met.path);
  }
  const empty = () => {
    for (const [name, child] of node.children) {
      entries += [...walkNode(state, child)].length;
      unlinked(child);
      node.children.delete(name);
    }
  };
  event(empty, () => {
    const [first] = node.children;
    if (first !== undefined) node.children.delete(first[0]);
  });
  return { outcome: 'done', entries };
}

function knownAt(state: State, { path, inode, born }: KnownDirectory) {
  const found = find(state, path);
  if (found.type !== 'node') throw refused('E_NOT_THERE', path);
  if (`${found.node.inode}` !== inode || found.node.born !== born) throw refused('E_CHANGED', path);
  return found;
}

function refused(code: string, detail: string): Problem {
  return new Problem(EXIT.failed, [diagnostic(code, 'cannot move or empty a directory', { detail })]);
}
