// Processes of a host in memory, as they are looked at by what they run and what they have open.
import type { Held, Running } from '../../src/port/running.ts';
import type { MemoryProcess, Node, State } from './state.ts';
import { find } from './tree.ts';

export function runningIn(state: State, commands: readonly string[]): readonly Running[] {
  if (state.root !== '/') return [];
  const isOurs = ({ uid }: MemoryProcess) => state.effectiveUid === 0 || state.effectiveUid === uid;
  return state.running
    .filter(({ command }) => commands.includes(command))
    .map((process) => {
      const { pid, uid, command, words, isElsewhere, unit, directory, holds } = process;
      return {
        pid,
        parent: 1,
        command,
        words,
        uid,
        isElsewhere,
        unit,
        directory: directory === null || !isOurs(process) ? null : heldOf(state, directory),
        holds: (ends: readonly string[]) =>
          isOurs(process)
            ? holds
                .map((held) => heldOf(state, held))
                .filter((one) => ends.some((end) => one.path.endsWith(end)))
            : null,
      };
    });
}

export function deviceOf({ on }: Pick<Node, 'on'>): string {
  return `0:${on.number}`;
}

/** What is not at its path any more is on a file system that is not mounted, or was removed. */
function heldOf(state: State, { node, path }: MemoryProcess['holds'][number]): Held {
  if (node.type === 'file' && node.links === 0)
    return { path, isDeleted: true, device: deviceOf(node), readOnlyAt: null };
  const { mountPoint, number } = node.on;
  const top = find({ ...state, effectiveUid: 0, base: '/-', mounts: [] }, mountPoint);
  const isMounted = top.type === 'node' && (top.node.cover ?? top.node).on.number === number;
  // The kernel then tells the path below what was mounted.
  return isMounted
    ? { path, isDeleted: false, device: deviceOf(node), readOnlyAt: null }
    : { path: path.slice(mountPoint.length) || '/', isDeleted: false, device: null, readOnlyAt: null };
}
