// Files of a host in memory that have no name any more and are held open.
import type { DeletedOpen } from '../../src/port/deleted-open.ts';
import { HOLDER } from './prepare.ts';
import type { Node, State } from './state.ts';

export function deletedHeldOn({ held }: State, on: Node['on']): readonly DeletedOpen[] {
  const found = new Map<Node, DeletedOpen>();
  for (const { node, path, pid } of held) {
    if (node.type !== 'file' || node.links > 0 || node.on !== on) continue;
    const { diskBytes, lengthBytes: apparentBytes } = node;
    const holders = (found.get(node)?.holders ?? 0) + 1;
    const process = { pid, command: HOLDER.command, holders };
    found.set(node, { inode: `${node.inode}`, path, diskBytes, apparentBytes, ...process });
  }
  return [...found.values()].toSorted((a, b) => b.diskBytes - a.diskBytes);
}
