// A service's first start on an empty directory: its own tool, run as its own user, makes what the server wants to find there.
import type { HostReader } from '../host-reader.ts';
import { changed, DONE, HOLDS_DATA, OPEN, operation } from './operation-entry.ts';

export function isPrepared(
  host: HostReader,
  { path, mark }: { readonly path: string; readonly mark: string },
): boolean {
  return host.entry(`${path}/${mark}`).type === 'file';
}

export const prepareData = operation({
  fields: ({ absolutePath, owner, text, z }) => ({
    path: absolutePath('The empty data directory'),
    mark: text('A file in it that is there once it is prepared'),
    owner: owner.meta({ description: 'As which user and group' }),
    argv: z.array(text('A word')).meta({ description: 'The command' }),
  }),
  does: 'Prepares an empty data directory with the tool of its service, as its user',
  failure: 'cannot prepare a data directory',
  describe: ({ argv, owner }) => `as user ${owner.user}: ${argv.join(' ')}`,
  cells: ({ path, argv, owner }) => [
    'data',
    path,
    `by ${(argv[0] ?? '').replace(/^.*\//, '')} as user ${owner.user}`,
  ],
  sign: () => '+',
  creates: null,
  // What it makes is data from then on: no rollback takes it away, nor waits for it.
  undo: 'needless',
  effect(of, host) {
    if (isPrepared(host, of)) return DONE;
    const entry = host.entry(of.path);
    if (entry.type !== 'directory') return changed(`a ${entry.type} is in the place of its directory`);
    return host.names(of.path).length === 0 ? OPEN : HOLDS_DATA;
  },
});
