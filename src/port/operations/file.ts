// Small files of root's: written whole or not at all, and removed, only while what is there is what was planned for.

import { contentOf } from '../../values/content.ts';
import type { Entry } from '../entry.ts';
import type { HostReader } from '../host-reader.ts';
import { describeOwner, owns } from '../owner.ts';
import { isAside } from './aside.ts';
import { changed, DONE, OPEN, operation } from './operation-entry.ts';
import type { FileState, Words } from './words.ts';

export const writeFile = operation({
  fields: (words) => ({
    path: words.absolutePath('Which'),
    from: words.file.nullable().meta({ description: 'The file before; null: there is none' }),
    to: words.file.meta({ description: 'The file after' }),
    unit: unitOf(words),
    wayOf: wayOf(words),
    changes: words.z.array(words.text('A line')).exactOptional().meta({
      description:
        'Of a file that is replaced: its lines that go (`-`) and come (`+`), without secrets and without values that somebody else set; at most 40',
    }),
  }),
  does: 'Writes a file, whole or not at all, and only while `from` is what is there',
  failure: 'cannot write a file',
  describe: ({ path, from, to }) =>
    `${from === null ? 'create' : 'replace'} file ${path}, ${describeFile(to)}`,
  cells: ({ path, to }) => ['file', path, describeFile(to)],
  sign: ({ from }) => (from === null ? '+' : '~'),
  creates: 'thing',
  undo: 'possible',
  effect({ path, from, to, unit }, host) {
    const entry = host.entry(path);
    if (holds(host, { path, entry }, to)) return isSettled(host, path, unit) ? DONE : OPEN;
    if (entry.type === 'missing') return from === null ? OPEN : changed('somebody has removed it');
    if (from !== null && holds(host, { path, entry }, from)) return OPEN;
    return changed(whatElse(entry));
  },
});

export const removeFile = operation({
  fields: (words) => ({
    path: words.absolutePath('Which'),
    from: words.file.meta({ description: 'The file before' }),
    unit: unitOf(words),
    wayOf: wayOf(words),
  }),
  does: 'Removes a file, only while `from` is what is there',
  failure: 'cannot remove a file',
  describe: ({ path, from }) => `remove file ${path}, ${describeFile(from)}`,
  cells: ({ path }) => ['file', path, 'removed'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect({ path, from, unit }, host) {
    const entry = host.entry(path);
    if (entry.type === 'missing') return isSettled(host, path, unit) ? DONE : OPEN;
    return holds(host, { path, entry }, from) ? OPEN : changed(whatElse(entry));
  },
});

/** `root:root 0644, 12 lines`. */
export function describeFile({ lines, mode, owner }: Pick<FileState, 'lines' | 'mode' | 'owner'>): string {
  // An edited file has its owner as a number, and most are root's.
  const named = {
    user: owner.user === 0 ? 'root' : owner.user,
    group: owner.group === 0 ? 'root' : owner.group,
  };
  return `${describeOwner(named)} ${mode}, ${lines === 1 ? '1 line' : `${lines} lines`}`;
}

function unitOf({ unitName }: Words) {
  return unitName.exactOptional().meta({
    description: 'The unit that the file is of: where systemd runs, it reads it anew',
  });
}

function wayOf({ owner }: Words) {
  return owner.exactOptional().meta({
    description:
      'Who may have directories on the way beside root: a service whose own configuration it is; left out: nobody',
  });
}

/** The file at a path is just this one: what is in it, mode and owner. */
function holds(
  host: HostReader,
  { path, entry }: { readonly path: string; readonly entry: Entry },
  want: FileState,
): boolean {
  if (entry.type !== 'file' || entry.mode !== want.mode || !owns(host, want.owner, entry)) return false;
  const text = host.text(path);
  return text !== null && contentOf(text).hash === want.hash;
}

/** Nothing of a change that was cut short is left: no other version beside it, no old one in the service manager. */
function isSettled(host: HostReader, path: string, unit: string | undefined): boolean {
  const outdated = unit !== undefined && host.units([unit]).get(unit)?.outdated === true;
  return !isAside(host, path) && !outdated;
}

function whatElse(entry: Entry): string {
  return entry.type === 'file' ? 'somebody has changed it' : `a ${entry.type} is there`;
}
