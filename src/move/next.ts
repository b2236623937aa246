// Owns what an open move goes on with after its call was killed or stopped, by how far it had come and where the service runs now.
// Pure: what is on record was about to be done, and the host says whether it was.
import type { Phase } from './record.ts';
import type { RunsAt } from './where.ts';

/**
 * `copy`: it runs on its old place, so all is copied anew where it differs. `compare`: it is stopped, and the copy is made equal.
 * `switch`: it is stopped, and the copy was equal. `start`: settings are switched. `go back`: to its old place. `moved`: it runs on
 * the hot tier. `anew`: it was moved, and somebody has brought it back since. `refuse`: nobody knows what this is.
 */
export type Next = 'anew' | 'copy' | 'compare' | 'switch' | 'start' | 'go back' | 'moved' | 'refuse';

export function nextOf(phase: Phase, at: RunsAt): Next {
  if (at === 'elsewhere' || at === 'unseen') return 'refuse';
  switch (phase) {
    case 'copying':
      // Where it is stopped, somebody else has stopped it: the plan says so.
      return at === 'hot tier' ? 'refuse' : 'copy';
    case 'stopping':
    case 'comparing':
      return { 'old place': 'copy', 'hot tier': 'refuse', nowhere: 'compare' }[at] as Next;
    case 'switching':
      return { 'old place': 'go back', 'hot tier': 'moved', nowhere: 'switch' }[at] as Next;
    case 'starting':
      return { 'old place': 'go back', 'hot tier': 'moved', nowhere: 'start' }[at] as Next;
    case 'going back':
      return at === 'hot tier' ? 'moved' : 'go back';
    case 'moved':
      return at === 'old place' ? 'anew' : 'moved';
    case 'deleting':
      return at === 'old place' ? 'refuse' : 'moved';
    default:
      return phase satisfies never;
  }
}
