// The directories that root's small files are in: made where they are missing, root's and open to read. One that others
// can change is refused: they could swap what root writes there.

import type { Resource } from '../engine/resource.ts';
import { diagnostic } from '../messages/diagnostic.ts';
import type { Entry } from '../port/entry.ts';
import { ancestors, closedToOthers, directoryAddress } from './directory.ts';

export interface RootDirectoryWant {
  readonly path: string;
  readonly purpose: string;
}

const ROOT = { user: 'root', group: 'root' } as const;

/** All on the way to these files, from the top. */
export function directoriesOf(files: readonly string[], purpose: string): readonly RootDirectoryWant[] {
  return [...new Set(files.flatMap(ancestors))].sort().map((path) => ({ path, purpose }));
}

export const rootDirectory: Resource<RootDirectoryWant, Entry> = {
  kind: 'root directory',
  role: 'file',
  creates: ['makeDirectory'],
  tools: {},
  isRepaired: true,
  irreversible: null,
  address: (want) => directoryAddress(want.path),
  checkId: (want) => `root-directory.${want.path}`,
  service: () => null,
  observe: (host, wants) => wants.map(({ path }) => host.entry(path)),
  diff({ path, purpose }, entry) {
    const address = directoryAddress(path);
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (entry.type === 'missing')
      return {
        steps: [
          {
            address,
            action: '+',
            summary: `${path}  root:root 0755`,
            reason: `${purpose}: the directory is missing`,
            do: { type: 'makeDirectory', path, owner: ROOT, mode: '0755' },
            undo: { type: 'removeDirectory', path, owner: ROOT },
            needs: parent === '' ? [] : [directoryAddress(parent)],
          },
        ],
        refusals: [],
        warnings: [],
      };
    // Anything else in the way is reported for the file.
    if (entry.type !== 'directory' || isRoots(entry)) return { steps: [], refusals: [], warnings: [] };
    return {
      steps: [],
      refusals: [
        diagnostic('E_WAY_OPEN', 'refusing to work below a directory that others can change', {
          at: address,
          detail: `want one that only root can change, found uid ${entry.uid}, mode ${entry.mode}`,
          fix: closedToOthers(path, entry),
        }),
      ],
      warnings: [],
    };
  },
  expected: () => 'directory that only root can change',
  found: (_want, entry) =>
    entry.type === 'directory' ? `directory of uid ${entry.uid}, ${entry.mode}` : entry.type,
};

/** Nobody else can change it. */
export function isRoots({ uid, mode }: Extract<Entry, { type: 'directory' }>): boolean {
  return uid === 0 && (Number.parseInt(mode, 8) & 0o022) === 0;
}
