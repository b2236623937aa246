// Owns the search for what certain users and groups still own, on whole file systems and within a time. Must not say
// that all was looked at when it was not.

import type { Measured, MeasuredTree } from '../../port/measure.ts';
import type { OwnerSearch, OwnersFound } from '../../port/owner-search.ts';
import { isMountPoint, readMount } from '../disk.ts';
import type { Scanned, ScanRequest } from './scan.ts';

type Scan = (request: ScanRequest) => Promise<Scanned>;

export async function searchOwners(root: string, search: OwnerSearch, scan: Scan): Promise<OwnersFound> {
  const { at, owners, limitMs, ...asked } = search;
  const trees = [...new Set(at.map((path) => inRoot(root, readMount(root, path).mountPoint)))];
  const scanned = await scan({ trees, depth: 0, find: null, owners, timeoutMs: limitMs, ...asked });
  const { owned, entries } = scanned;
  // Then it stopped there, and the rest does not matter.
  const all = owned.length === owners.uids.length + owners.gids.length;
  return { owned, entries, unfinished: all ? null : whyUnfinished(root, scanned) };
}

/** What is mounted above an image is not searched: the image is. */
function inRoot(root: string, mountPoint: string): string {
  if (root === '/') return mountPoint;
  return mountPoint.startsWith(`${root}/`) ? mountPoint.slice(root.length) : '/';
}

function whyUnfinished(root: string, { trees, timedOut }: Measured): OwnersFound['unfinished'] {
  if (timedOut) return 'time';
  for (const tree of trees) {
    if (tree.error !== null) return { path: tree.path, error: tree.error };
    const hidden = unread(tree).find(({ path }) => !isMountPoint(root === '/' ? path : root + path));
    if (hidden !== undefined) return hidden;
    const unnamed = tree.unreadableCount - tree.unreadable.length;
    if (unnamed > 0) return { path: tree.path, error: `${unnamed} places cannot be read` };
  }
  return null;
}

/** What a user has mounted (FUSE) is closed to root, too, and is no part of the file system. */
function unread({ path, unreadable, mountPoints }: MeasuredTree) {
  const below = (name: string) => (path === '/' ? `/${name}` : `${path}/${name}`);
  return [
    ...unreadable.map((place) => ({
      path: place.path === '' ? path : below(place.path),
      error: place.error,
    })),
    ...mountPoints.map((name) => ({ path: below(name), error: 'a file system of its own' })),
  ];
}
