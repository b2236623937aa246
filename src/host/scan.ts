// Owns measuring directories on the real host.
import type { Entry, Measured, MeasuredDirectory, MeasuredTree, MeasureRequest } from './host.ts';
import { DIRECTORIES_KEPT, UNREADABLE_KEPT } from './host.ts';
import type { Tree } from './tree.ts';

type Account = { -readonly [key in keyof MeasuredDirectory]: MeasuredDirectory[key] };

export async function measureByWalking(tree: Tree, request: MeasureRequest): Promise<Measured> {
  const linked = new Set<string>();
  let entries = 0;
  let slots = 0;
  const trees = request.trees.map((path): MeasuredTree => {
    const accounts = new Map<string, Account>();
    let files = 0;
    const walk = tree.walk(path, (entry) => {
      entries += 1;
      if (entry.type !== 'directory' && entry.links > 1) {
        if (linked.has(entry.inode)) return;
        linked.add(entry.inode);
      }
      if (entry.type === 'file') files += 1;
      const names = entry.path === '' ? [] : entry.path.split('/');
      const levels = Math.min(request.depth, entry.type === 'directory' ? names.length : names.length - 1);
      for (let level = 0; level <= levels; level += 1) {
        const at = names.slice(0, level).join('/');
        let account = accounts.get(at);
        if (account === undefined) {
          if (slots >= DIRECTORIES_KEPT) break;
          slots += 1;
          account = { path: at, diskBytes: 0, apparentBytes: 0, inodes: 0 };
          accounts.set(at, account);
        }
        account.diskBytes += entry.diskBytes;
        account.apparentBytes += entry.type === 'file' || entry.type === 'link' ? entry.diskBytes : 0;
        account.inodes += 1;
      }
    });
    const top = accounts.get('');
    const failed = walk.unreadable.find((at) => at.path === '');
    const nothing = { diskBytes: 0, apparentBytes: 0, inodes: 0 };
    const error = failed === undefined ? null : whyUnmeasured(tree.entry(path), failed.error);
    return {
      path,
      error,
      total: top === undefined || error !== null ? nothing : { ...top },
      files: error === null ? files : 0,
      directories: error === null ? [...accounts.values()].sort((a, b) => b.diskBytes - a.diskBytes) : [],
      mountPoints: walk.mountPoints,
      unreadable: error === null ? walk.unreadable.slice(0, UNREADABLE_KEPT) : [],
      unreadableCount: error === null ? walk.unreadable.length : 0,
      found: [],
    };
  });
  request.onProgress(entries);
  return { trees, entries, linksBeyond: 0, timedOut: false };
}

function whyUnmeasured(entry: Entry, errno: string): string {
  return entry.type === 'hidden' || entry.type === 'directory' ? errno : entry.type;
}
