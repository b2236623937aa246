// Small files of a host in memory, as small-file.ts of the real one writes and removes them.

import type { ContentStore } from '../../src/port/content-store.ts';
import type { OperationOf, Performers } from '../../src/port/operation.ts';
import { asidePath } from '../../src/port/operations/aside.ts';
import type { FileState } from '../../src/port/operations/words.ts';
import { contentOf } from '../../src/values/content.ts';
import { changeableAt } from './program.ts';
import { failed, numbers, reach, refuseReadOnly } from './reach.ts';
import { makeNode, modeNumber, modeText, type Node, type State, textOf, unlinked } from './state.ts';
import type { Found } from './tree.ts';
import { unitText } from './units.ts';

export function filePerformers(
  state: State,
  content: ContentStore,
): Pick<Performers, 'writeFile' | 'removeFile'> {
  return {
    writeFile: (operation) => writeFile(state, operation, content),
    removeFile: (operation) => removeFile(state, operation),
  };
}

type FileOperation = OperationOf<'writeFile' | 'removeFile'>;

function writeFile(state: State, operation: OperationOf<'writeFile'>, content: ContentStore): void {
  const { path, from, to, unit } = operation;
  for (const one of [from, to]) if (one !== null) numbers(state, operation, one.owner);
  const { parent, name } = settle(state, operation, [from, to]);
  const there = reach(state, operation, path);
  if (!isSame(state, operation, there, to)) {
    if (!isSame(state, operation, there, from)) throw failed('E_CHANGED', operation, 'another file is there');
    refuseReadOnly(operation, parent);
    const made = fileNode(state, operation, { on: parent.on, like: to, content });
    if (there.type === 'node') unlinked(there.node);
    parent.children.set(name, made);
  }
  refresh(state, unit);
}

function removeFile(state: State, operation: OperationOf<'removeFile'>): void {
  const { path, from, unit } = operation;
  numbers(state, operation, from.owner);
  const { parent, name } = settle(state, operation, [from]);
  const there = reach(state, operation, path);
  if (there.type === 'node') {
    if (!isSame(state, operation, there, from)) throw failed('E_CHANGED', operation, 'another file is there');
    refuseReadOnly(operation, parent);
    unlinked(there.node);
    parent.children.delete(name);
  }
  refresh(state, unit);
}

/** The directory of the file, which nobody but root can change, and nothing left aside in it. */
function settle(
  state: State,
  operation: FileOperation,
  known: readonly (FileState | null)[],
): { readonly parent: Node; readonly name: string } {
  const found = reach(state, operation, operation.path);
  if (found.type === 'missing' && found.parent === null)
    throw failed('E_NOT_THERE', operation, 'its parent is missing');
  const parent = found.parent as Node;
  const way = operation.path.slice(0, operation.path.lastIndexOf('/')) || '/';
  const { wayOf } = operation;
  const also = wayOf === undefined ? null : numbers(state, operation, wayOf);
  const open = changeableAt(state, way, 'nobody else', also);
  if (open !== null) throw failed('E_WAY_OPEN', operation, `others can change ${open}`);
  const aside = asidePath(`/${found.name}`).slice(1);
  const left = parent.children.get(aside);
  if (left !== undefined) {
    if (modeText(left.mode) !== '0600' && !known.some((one) => one?.hash === hashIn(left)))
      throw failed('E_LEFT_ASIDE', operation, 'found another file aside');
    parent.children.delete(aside);
  }
  return { parent, name: found.name };
}

export function leaveAside(state: State, operation: FileOperation, content: ContentStore): void {
  const { parent, name } = settle(state, operation, [operation.from]);
  const aside = asidePath(`/${name}`).slice(1);
  if (operation.type === 'writeFile') {
    parent.children.set(
      aside,
      fileNode(state, operation, { on: parent.on, like: { ...operation.to, mode: '0600' }, content }),
    );
    return;
  }
  const node = parent.children.get(name);
  if (node !== undefined) parent.children.set(aside, node);
  parent.children.delete(name);
}

function fileNode(
  state: State,
  operation: FileOperation,
  of: { readonly on: Node['on']; readonly like: FileState; readonly content: ContentStore },
): Node {
  const { on, like, content } = of;
  const text = content.text(like.hash);
  if (text === null) throw failed('E_CONTENT_GONE', operation, `no text is ${like.hash}`);
  const ids = numbers(state, operation, like.owner);
  return Object.assign(makeNode(state, 'file', on), ids, { mode: modeNumber(like.mode) }, textOf(text));
}

function hashIn({ text }: Node): string {
  return contentOf(text ?? '').hash;
}

function isSame(
  state: State,
  operation: FileOperation,
  found: Extract<Found, { type: 'node' | 'missing' }>,
  wanted: FileState | null,
): boolean {
  if (found.type === 'missing' || wanted === null) return found.type === 'missing' && wanted === null;
  const { type, uid, gid, mode } = found.node;
  const owner = numbers(state, operation, wanted.owner);
  const same = uid === owner.uid && gid === owner.gid && modeText(mode) === wanted.mode;
  return type === 'file' && same && hashIn(found.node) === wanted.hash;
}

/** An active unit is loaded anew; it stays active without its file, too. */
function refresh(state: State, unit: string | undefined): void {
  if (unit !== undefined && state.units.has(unit)) state.units.set(unit, unitText(state, unit));
}
