// Moving into the trash of a host in memory, out of it, and deleting what is in it, as trash.ts of the real one does.
import type { OperationOf, Performers } from '../../src/port/operation.ts';
import { wholeOf } from '../../src/port/whole.ts';
import { deviceOf } from './processes.ts';
import { existing, failed, reach, refuseReadOnly } from './reach.ts';
import { walkNode } from './scan.ts';
import { type Node, type State, unlinked } from './state.ts';

type Trashing = Pick<Performers, 'moveToTrash' | 'takeFromTrash' | 'emptyTrash'>;

export function trashPerformers(state: State): Trashing {
  return {
    moveToTrash(operation) {
      const trash = trashAt(state, operation, operation.trash);
      const { node, parent, name } = existing(state, operation, operation.path);
      refuseReadOnly(operation, parent);
      const { inode, born, bytes, entries, writtenAt } = operation;
      const found = wholeIn(state, node, new Map());
      const same =
        found.inode === inode &&
        found.born === born &&
        found.bytes === bytes &&
        found.entries === entries &&
        found.writtenAt === writtenAt;
      if (found.kind === 'other' || found.obstacle !== null || !same)
        throw failed('E_CHANGED', operation, found.obstacle ?? `found inode ${found.inode}`);
      if (trash.node.on !== parent.on) throw failed('E_OTHER_DISK', operation, 'EXDEV');
      if (trash.node.children.has(trash.name)) throw failed('E_EXISTS', operation, 'EEXIST');
      parent.children.delete(name);
      trash.node.children.set(trash.name, node);
    },
    takeFromTrash(operation) {
      const trash = trashAt(state, operation, operation.trash);
      const node = trash.node.children.get(trash.name);
      if (node === undefined) throw failed('E_NOT_THERE', operation, 'it is missing');
      if (`${node.inode}` !== operation.inode || node.born !== operation.born)
        throw failed('E_CHANGED', operation, `found inode ${node.inode}`);
      const place = reach(state, operation, operation.path);
      if (place.type === 'node') throw failed('E_EXISTS', operation, `a ${place.node.type} is there`);
      if (place.parent === null) throw failed('E_NOT_THERE', operation, 'its parent is missing');
      refuseReadOnly(operation, trash.node);
      trash.node.children.delete(trash.name);
      place.parent.children.set(place.name, node);
    },
    emptyTrash(operation) {
      const { node } = trashAt(state, operation, `${operation.path}/-`);
      refuseReadOnly(operation, node);
      const { stamp, first, last } = operation;
      const names = Array.from({ length: last - first + 1 }, (_, i) => `${stamp}-${first + i}`);
      const there = names.flatMap((name) => {
        const child = node.children.get(name);
        return child === undefined ? [] : [{ name, child }];
      });
      const open = new Map(
        state.held.map((held) => [`${held.node.inode}`, { pid: held.pid, command: 'holder' }]),
      );
      for (const { child } of there)
        if (wholeIn(state, child, open).obstacle?.startsWith('open by ') === true)
          throw failed('E_IN_USE', operation, 'a process has it open');
      for (const { name, child } of there) {
        node.children.delete(name);
        forget(child);
      }
    },
  };
}

function wholeIn(state: State, node: Node, open: Parameters<typeof wholeOf>[1]['open']) {
  return wholeOf(walkNode(state, node), { device: deviceOf(node), open });
}

function forget(node: Node): void {
  for (const child of node.children.values()) forget(child);
  unlinked(node);
}

/** The trash that a path is in: root's alone. */
function trashAt(
  state: State,
  operation: OperationOf<keyof Trashing>,
  path: string,
): { readonly node: Node; readonly name: string } {
  const cut = path.lastIndexOf('/');
  const { node } = existing(state, operation, path.slice(0, cut));
  if (node.type !== 'directory') throw failed('E_UNREACHABLE', operation, `it is a ${node.type}`);
  if (node.uid !== 0 || (node.mode & 0o077) !== 0) throw failed('E_TRASH_OPEN', operation, `uid ${node.uid}`);
  return { node, name: path.slice(cut + 1) };
}
