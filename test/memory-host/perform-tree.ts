// Directories, owners and modes of a host in memory, as tree.ts of the real one changes them.

import { type FullLists, fullLists, modeOfList, parseList } from '../../src/port/access-lists.ts';
import type { Operation, OperationOf, Performers } from '../../src/port/operation.ts';
import { listsText } from '../../src/port/operations/attributes.ts';
import { listsOf } from './inside.ts';
import { existing, failed, numbers, reach, refuseDeclared, refuseReadOnly } from './reach.ts';
import { makeNode, modeNumber, modeText, type Node, type State, unlinked } from './state.ts';
import { writtenOf } from './tree.ts';

type Changing = OperationOf<'changeOwner' | 'changeMode' | 'changeFlags' | 'changeLists'>;

export function treePerformers(
  state: State,
): Pick<Performers, 'makeDirectory' | 'removeDirectory' | Changing['type']> {
  return {
    makeDirectory(operation) {
      const ids = numbers(state, operation, operation.owner);
      refuseDeclared(state, operation, operation.path);
      const found = reach(state, operation, operation.path);
      if (found.type === 'node') throw failed('E_EXISTS', operation, `a ${found.node.type} is there`);
      if (found.parent === null) throw failed('E_NOT_THERE', operation, 'its parent is missing');
      refuseReadOnly(operation, found.parent);
      refuseFlagged(operation, found.parent);
      const node = makeNode(state, 'directory', found.parent.on);
      const { project, inheritsProject } = found.parent;
      if (inheritsProject) Object.assign(node, { project, inheritsProject });
      node.label = found.parent.label;
      found.parent.children.set(found.name, Object.assign(node, ids, { mode: modeNumber(operation.mode) }));
    },
    removeDirectory(operation) {
      refuseDeclared(state, operation, operation.path);
      const { node, parent, name } = existing(state, operation, operation.path);
      if (node.type !== 'directory') throw failed('E_UNREACHABLE', operation, `it is a ${node.type}`);
      if (node.children.size > 0)
        throw failed('E_NOT_EMPTY', operation, `${node.children.size} entries are in it`);
      refuseReadOnly(operation, parent);
      parent.children.delete(name);
      unlinked(node);
    },
    changeOwner(operation) {
      const from = numbers(state, operation, operation.from);
      const to = numbers(state, operation, operation.to);
      const { node } = plain(state, operation);
      if (node.uid !== from.uid || node.gid !== from.gid)
        throw failed('E_CHANGED', operation, `found ${node.uid}:${node.gid}`);
      if (node.type === 'file' && node.links > 1 && node.uid !== to.uid)
        throw failed('E_HARD_LINKS', operation, `it has ${node.links} names`);
      refuseReadOnly(operation, node);
      refuseFlagged(operation, node);
      Object.assign(node, to);
      // chown(2): files lose set-user-ID, and set-group-ID where the group may execute.
      if (node.type === 'file') node.mode &= (node.mode & 0o010) !== 0 ? 0o1777 : 0o3777;
    },
    changeMode(operation) {
      const { node } = plain(state, operation);
      if (node.mode !== modeNumber(operation.from))
        throw failed('E_CHANGED', operation, `found ${modeText(node.mode)}`);
      refuseReadOnly(operation, node);
      refuseFlagged(operation, node);
      node.mode = modeNumber(operation.to);
    },
    changeFlags(operation) {
      const { node } = plain(state, operation);
      if (node.flags.toSorted().join() !== operation.from.toSorted().join())
        throw failed('E_CHANGED', operation, `found ${node.flags.join()}`);
      refuseReadOnly(operation, node);
      node.flags = operation.to;
    },
    changeLists(operation) {
      const { node } = plain(state, operation);
      const have = listsText(fullLists(listsOf(node), modeText(node.mode)));
      if (have !== listsText(operation.from)) throw failed('E_CHANGED', operation, `found ${have}`);
      refuseReadOnly(operation, node);
      refuseFlagged(operation, node);
      setLists(node, operation.to);
    },
  };
}

/** The directory or plain file that an operation means, while it is still the same one. */
function plain(state: State, operation: Changing): { readonly node: Node } {
  const found = existing(state, operation, operation.path);
  const node = found.node.cover ?? found.node;
  if (node.type === 'link' || node.type === 'special')
    throw failed('E_CHANGED', operation, `it is a ${node.type}`);
  const { inode, born, written } = operation;
  if (`${node.inode}` !== inode)
    throw failed('E_CHANGED', operation, `want inode ${inode}, found ${node.inode}`);
  if (born !== undefined && node.born !== born) throw failed('E_CHANGED', operation, 'it was made anew');
  const { bytes, at } = writtenOf(node).written;
  if (written !== undefined && (bytes !== written.bytes || at !== written.at))
    throw failed('E_CHANGED', operation, 'it was written since');
  return { node };
}

function refuseFlagged(operation: Operation, { flags }: Node): void {
  if (flags.length > 0) throw failed('E_FORBIDDEN', operation, 'EPERM: operation not permitted');
}

/** As the kernel does: the mask shows as the group's bits, and a list that a mode can say is none. */
function setLists(node: Node, { access, inherited }: FullLists): void {
  const entries = parseList(access);
  const mask = entries.find(({ tag }) => tag === 'mask');
  const named = entries.flatMap(({ tag, id, bits }) =>
    id === null || (tag !== 'user' && tag !== 'group') ? [] : [{ type: tag, id, bits }],
  );
  const mode = modeOfList(access);
  node.acl = mask === undefined ? null : { owningGroup: (mode >> 3) & 7, entries: named };
  const shown = mask === undefined ? mode : (mode & ~0o070) | (mask.bits << 3);
  node.mode = (node.mode & 0o7000) | shown;
  node.inherited = inherited;
}
