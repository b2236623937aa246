// What performing on a host in memory finds in its way: what is missing, unknown, read-only or in between.
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import { describeOperation, type Operation } from '../../src/port/operation.ts';
import type { Owner } from '../../src/port/operations/words.ts';
import type { Node, State } from './state.ts';
import { type Found, find, isClosed } from './tree.ts';

export function failed(code: string, operation: Operation, detail: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic(code, 'cannot change the host', { detail: [describeOperation(operation), detail] }),
  ]);
}

export function numbers(state: State, operation: Operation, owner: Owner): { uid: number; gid: number } {
  const uid =
    typeof owner.user === 'number'
      ? owner.user
      : state.users.find((candidate) => candidate.name === owner.user)?.uid;
  const gid =
    typeof owner.group === 'number'
      ? owner.group
      : state.groups.find((candidate) => candidate.name === owner.group)?.gid;
  if (uid === undefined) throw failed('E_UNKNOWN_NAME', operation, `no user ${owner.user}`);
  if (gid === undefined) throw failed('E_UNKNOWN_NAME', operation, `no group ${owner.group}`);
  return { uid, gid };
}

export function reach(
  state: State,
  operation: Operation,
  path: string,
): Extract<Found, { type: 'node' } | { type: 'missing' }> {
  const found = find(state, path);
  if (found.type === 'blocked') throw failed('E_UNREACHABLE', operation, `${found.at} is a ${found.by}`);
  if (found.type === 'hidden') throw failed('E_IO', operation, 'EACCES: permission denied');
  if (found.type === 'unanswered') throw failed('E_IO', operation, found.error);
  return found;
}

export function existing(state: State, operation: Operation, path: string): Extract<Found, { type: 'node' }> {
  const found = reach(state, operation, path);
  if (found.type === 'missing') throw failed('E_NOT_THERE', operation, 'it is missing');
  if (isClosed(state, path, found.node)) throw failed('E_UNREACHABLE', operation, 'it is a mount point');
  return found;
}

/** What holds a file system of its own is neither made nor removed as a directory of another one. */
export function refuseDeclared(state: State, operation: Operation, path: string): void {
  if (state.mounts.some((mount) => mount.path === path))
    throw failed('E_UNREACHABLE', operation, 'it is a mount point');
}

export function refuseReadOnly(operation: Operation, node: Node): void {
  if (node.on.facts?.readOnly === true) throw failed('E_IO', operation, 'EROFS: read-only file system');
}
