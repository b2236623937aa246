// Owns the directories of the history and of the copy that others may read: the way to them, which only root may
// change, who may read what is in them, and moving a file aside. Must not open a database.
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { STATE_DIRECTORY, STATE_MODE } from '../../host/state-place.ts';
import { makeDirectoryAt, O_DIRECTORY, O_RDONLY, SystemError } from '../../host/syscalls.ts';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import { HISTORY_FILE } from './problem.ts';

/** Everybody may read /var and /var/lib, and pass through the next one. */
const SHARED_DEPTH = 2;
/** What SQLite keeps beside a file while it is open, and leaves when it is killed: sqlite.org/tempfiles.html. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const;

/** One that is being made, before it takes the place of another. */
export const NEW_FILE = 'new.db';

/** `history`: root's alone. `published`: the copy for those who may read it. */
export type Ours = 'history' | 'published';

/**
 * The real path of the directory; null where it is missing and must not be made. SQLite opens its files by path, so from the
 * top of the machine's tree on every directory must be root's, and no link may be on the way below `root`.
 */
export function historyDirectory(root: string, ours: Ours, make: boolean): string | null {
  const names = [...STATE_DIRECTORY.slice(1).split('/'), ours];
  const top = realpathSync(root);
  const directory = join(top, ...names);
  if (!make && status(directory) === null) return null;
  for (let end = top.length; end > 0; end = top.lastIndexOf('/', end - 1))
    requireRoots(root, top.slice(0, end) || '/', lstatSync(top.slice(0, end) || '/'));
  if (top !== '/') requireRoots(root, '/', lstatSync('/'));
  let at = top;
  for (const [depth, name] of names.entries()) {
    if (make) makeBelow(at, name, depth < SHARED_DEPTH ? 0o755 : depth === SHARED_DEPTH ? STATE_MODE : 0o700);
    at = join(at, name);
    const found = lstatSync(at);
    // Nobody but root could have put a link here: one that root did put leads to where nothing was looked at.
    if (!found.isDirectory()) throw Object.assign(new Error(at), { code: 'ENOTDIR' });
    requireRoots(root, at, found);
  }
  return directory;
}

function makeBelow(parent: string, name: string, mode: number): void {
  const fd = openSync(parent, O_RDONLY | O_DIRECTORY);
  try {
    makeDirectoryAt(fd, name, mode);
    fsyncSync(fd);
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EEXIST') throw error;
  } finally {
    closeSync(fd);
  }
}

const STICKY = 0o1000;

/** In a sticky directory nobody moves what is another's; what comes below it is asked for itself. */
function requireRoots(
  root: string,
  path: string,
  { uid, mode }: { readonly uid: number; readonly mode: number },
): void {
  if (uid === 0 && ((mode & 0o022) === 0 || (mode & STICKY) !== 0)) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_HISTORY_DIRECTORY', 'refusing to trust a history below a directory that others can write', {
      at: `directory ${path}`,
      detail: `want root's alone, found uid ${uid}, mode ${(mode & 0o7777).toString(8)}`,
      hint: `see what it is for (ls -ld ${shellWord(path)}), then give it to root${root === '/' ? '' : ', or move the image'}`,
    }),
  ]);
}

/** Who may read a history beside root; null: nobody. */
export type Reader = { readonly gid: number } | null;

/**
 * The history itself is for root only: a user who may read it could lock it, too. Earlier versions let a group in. The
 * directories first: access that ends, ends at once. The state directory above, which holds the journal too,
 * lets all pass and shows nobody anything.
 */
export function setReader(directory: string, reader: Reader): void {
  become(directory, { gid: 0, mode: 0o700 });
  const published = join(directory, '../published');
  if (status(published)?.isDirectory()) setPublishedReader(published, reader);
  become(join(directory, '..'), { gid: 0, mode: STATE_MODE });
  for (const ending of ['', ...COMPANIONS]) {
    const path = join(directory, HISTORY_FILE + ending);
    // Anything else is in the way, and is set aside unchanged.
    if (status(path)?.isFile()) become(path, { gid: 0, mode: 0o600 });
  }
}

export function setPublishedReader(published: string, reader: Reader): void {
  become(published, { gid: reader?.gid ?? 0, mode: reader === null ? 0o700 : 0o750 });
  const path = join(published, HISTORY_FILE);
  if (status(path)?.isFile()) becomePublished(path, reader);
}

export function becomePublished(path: string, reader: Reader): void {
  become(path, { gid: reader?.gid ?? 0, mode: reader === null ? 0o600 : 0o640 });
}

function become(path: string, { gid, mode }: { readonly gid: number; readonly mode: number }): void {
  try {
    const found = lstatSync(path);
    if (found.uid !== 0 || found.gid !== gid) chownSync(path, 0, gid);
    // Looked at again: to change the owner may have taken the set-group-ID bit.
    if ((lstatSync(path).mode & 0o7777) !== mode) chmodSync(path, mode);
  } catch (error) {
    // The last process to close the file removed a companion.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Names of files that were put out of the way. */
export function asideIn(directory: string): readonly string[] {
  return readdirSync(directory).filter((name) => /^history-.*\.db$/.test(name));
}

/**
 * Renames the file, with what SQLite keeps beside it, to `history-2026-01-01T000000Z-damaged.db`; the answer is that name.
 * Nobody may have it open: the last process to close it removes the files beside it, by name.
 */
export function putAside(
  directory: string,
  { why, now }: { readonly why: string; readonly now: number },
): string {
  const when = new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  const at = (name: string) => join(directory, name);
  const isFree = (name: string) => ['', ...COMPANIONS].every((ending) => status(at(name + ending)) === null);
  let name = `history-${when}-${why}.db`;
  for (let again = 2; !isFree(name); again += 1) name = `history-${when}-${why}-${again}.db`;
  // The file last: killed before that, the next run finds it still, and does not give its companions to a new one.
  for (const ending of [...COMPANIONS, ''])
    if (status(at(HISTORY_FILE + ending)) !== null) renameSync(at(HISTORY_FILE + ending), at(name + ending));
  syncDirectory(directory);
  return name;
}

/** Something is written in companions of a file that is not there, or is empty. */
export function hasOrphans(directory: string): boolean {
  return COMPANIONS.some((companion) => (status(join(directory, HISTORY_FILE + companion))?.size ?? 0) > 0);
}

export function syncDirectory(directory: string): void {
  const fd = openSync(directory, O_RDONLY | O_DIRECTORY);
  fsyncSync(fd);
  closeSync(fd);
}

/** null: there is nothing. */
export function status(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}
