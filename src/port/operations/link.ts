// Links of root's, such as the one to the program in use: pointed elsewhere in one step.
import { isAside } from './aside.ts';
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

export const switchLink = operation({
  fields: ({ absolutePath, z }) => ({
    path: absolutePath('Which'),
    from: z.string().nullable().meta({ description: 'What it says before; null: there is none' }),
    to: z.string().nullable().meta({ description: 'What it says after; null: it is removed' }),
  }),
  does: 'Points a link at something else in one step, only while it leads where `from` says',
  failure: 'cannot change a link',
  describe: ({ path, to }) => (to === null ? `remove link ${path}` : `point link ${path} at ${to}`),
  cells: ({ path, to }) => ['link', path, to === null ? 'removed' : `-> ${to}`],
  sign: ({ from, to }) => (to === null ? '-' : from === null ? '+' : '~'),
  creates: 'thing',
  undo: 'possible',
  effect({ path, from, to }, host) {
    const { type } = host.entry(path);
    const found = host.link(path);
    if (found === null && type !== 'missing') return changed(`a ${type} is there`);
    if (found === to) return isAside(host, path) ? OPEN : DONE;
    if (found !== from) return changed(`want it at ${from ?? 'nothing'}, found ${found ?? 'none'}`);
    if (to === null) return OPEN;
    const target = `${path.slice(0, path.lastIndexOf('/'))}/${to}`;
    return host.entry(target).type === 'directory' ? OPEN : changed(`what it led to is gone: ${target}`);
  },
});
