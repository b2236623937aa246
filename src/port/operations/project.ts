// Projects of directories and their limits, as the kernel counts and holds them. A directory gets its project together with all that is
// in it, which takes a while; it has it itself once all else has, so that it can be seen whether it is done.

import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import { formatBytes } from '../../values/size.ts';
import type { Entry } from '../entry.ts';
import type { DirectoryProject, ProjectLimits } from '../project-quota.ts';
import { ANOTHER, changed, DONE, OPEN, operation } from './operation-entry.ts';

export function projectText({ project, inherits }: DirectoryProject): string {
  if (project === 0) return 'none';
  return inherits ? `${project}` : `${project}, not inherited`;
}

export function limitsText({ softBytes, hardBytes }: ProjectLimits): string {
  if (softBytes === null && hardBytes === null) return 'none';
  const of = (bytes: number | null) => (bytes === null ? 'none' : formatBytes(bytes));
  return `soft ${of(softBytes)}, hard ${of(hardBytes)}`;
}

/** With more than that in it every write would fail at once. null: there is room. */
export function limitExceeded(path: string, usedBytes: number, hardBytes: number | null): Diagnostic | null {
  if (hardBytes === null || usedBytes < hardBytes) return null;
  return diagnostic('E_LIMIT_EXCEEDED', 'refusing to set a limit that is exceeded already', {
    at: path,
    detail: `want less than ${formatBytes(hardBytes)} used, found ${formatBytes(usedBytes)}`,
    hint: 'plan more space for it in the layout, or say `quota: account`, then run the same command again',
  });
}

function isSame(one: DirectoryProject, other: DirectoryProject): boolean {
  return one.project === other.project && one.inherits === other.inherits;
}

export const setProject = operation({
  fields: ({ absolutePath, inode, born, directoryProject }) => ({
    path: absolutePath('The directory'),
    inode: inode.exactOptional(),
    born: born.exactOptional(),
    from: directoryProject('Its project before, and that of all that is in it'),
    to: directoryProject('Its project after'),
  }),
  does: 'Gives a directory, and all in it that has the project of `from` or none, another project; follows no link',
  failure: 'cannot give a directory its project',
  describe: ({ path, from, to }) =>
    `change project of ${path} and all in it from ${projectText(from)} to ${projectText(to)}`,
  cells: ({ path, from, to }) => ['project', path, `${projectText(from)} -> ${projectText(to)}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  isLong: true,
  effect({ path, inode, born, from, to }, host, seen) {
    const entry = seen ?? host.entry(path);
    if (entry.type !== 'directory') return changed('it is not there');
    if (inode !== undefined && entry.inode !== inode) return ANOTHER;
    if (born !== undefined && entry.born !== born) return ANOTHER;
    const at = host.projectsAt(path);
    if (at.state === 'off') return changed(at.reason);
    const own = at.own ?? at.made;
    if (isSame(own, to)) return DONE;
    // Interrupted, it has either of them and hands none on.
    const isBetween = !own.inherits && (own.project === from.project || own.project === to.project);
    if (isSame(own, from) || isBetween) return OPEN;
    return changed(`want project ${projectText(from)}, found ${projectText(own)}`);
  },
  known: (_changed, _host, seen?: Entry) =>
    seen?.type === 'directory' ? { inode: seen.inode, born: seen.born } : {},
  again: (undo, { inode, born }) => ({
    ...undo,
    ...(inode !== undefined && { inode }),
    ...(born !== undefined && { born }),
  }),
});

export const setProjectLimits = operation({
  fields: ({ absolutePath, whole, projectLimits }) => ({
    path: absolutePath('A directory on the file system'),
    project: whole('The project'),
    from: projectLimits('Its limits before'),
    to: projectLimits('Its limits after'),
  }),
  does: 'Sets the limits of a project, only while they are those of `from`, after it was tried that limits hold',
  failure: 'cannot set the limits of a project',
  describe: ({ path, from, to, project }) =>
    `set limits of project ${project} at ${path} from ${limitsText(from)} to ${limitsText(to)}`,
  cells: ({ path, to }) => ['limit', path, limitsText(to)],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect({ path, project, from, to }, host) {
    const found = host.projectLimits(path, project);
    if (found === null) return changed('the kernel counts no projects there');
    const same = (one: ProjectLimits) =>
      one.softBytes === found.softBytes && one.hardBytes === found.hardBytes;
    if (same(to)) return DONE;
    return same(from) ? OPEN : changed(`want limits ${limitsText(from)}, found ${limitsText(found)}`);
  },
});
