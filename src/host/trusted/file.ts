// Owns reading the files that say what root does (layout, saved plan, secrets): the descriptor that was looked at is
// the one that is read. A file that others could change comes with findings; the caller decides what to do about them.
import { closeSync, fstatSync, readSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { errnoText } from '../../values/errno.ts';
import {
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openAt,
  RESOLVE,
  SystemError,
  statusAt,
} from '../syscalls.ts';
import type { Caller } from './caller.ts';
import { linkInRoot, requireTrusted } from './finding.ts';
import { alongHostWay, type Way } from './way.ts';

/** `what`: as it is called in messages. */
export interface Reading {
  readonly what: string;
  readonly maxBytes: number;
}

/**
 * A plain file of at most `maxBytes`; null where there is none. For root, one that others could change is not even
 * read: its path may lead to what only root may see, and messages quote. Throws a Problem otherwise.
 */
export function readTextFile(
  path: string,
  reading: Reading,
  { owners, isRoot }: Pick<Caller, 'owners' | 'isRoot'>,
): string | null {
  const { what } = reading;
  return orNone({ path, what }, () =>
    alongHostWay(path, { owners, links: 'anywhere' }, (way) => {
      if (isRoot) requireTrusted(way.weaknesses, { what, path, owners });
      return textAt(path, way, reading);
    }),
  );
}

/** The same of a file of an image: below its root, through no link. */
export function readTextBelow(root: string, path: string, reading: Reading): string | null {
  const at = root + path;
  return orNone({ path: at, what: reading.what, below: true }, () => {
    const rootFd = openAt(AT_FDCWD, root, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
    try {
      const name = path.slice(1);
      const fd = openAt(rootFd, name, { flags: O_PATH, resolve: PLAINLY });
      try {
        return textAt(at, { parentFd: rootFd, name, status: statusAt(fd, '') }, reading);
      } finally {
        closeSync(fd);
      }
    } finally {
      closeSync(rootFd);
    }
  });
}

const PLAINLY = RESOLVE.noLinks | RESOLVE.beneath;
const AT_FDCWD = -100;

function orNone<T>(
  { path, what, below = false }: { readonly path: string; readonly what: string; readonly below?: boolean },
  read: () => T,
): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'ENOENT') return null;
    if (error.code === 'ELOOP' && below) throw linkInRoot(path, 'a link on the way there');
    throw cannotRead(path, { what, code: 'E_UNREADABLE', detail: `found ${errnoText(error.code)}` });
  }
}

function textAt(path: string, file: Found, { what, maxBytes }: Reading): string {
  const cannot = (code: string, detail: string) => cannotRead(path, { what, code, detail });
  if (file.status.type !== 'file') throw cannot('E_UNREADABLE', 'want a plain file, found something else');
  const bytes = readWhole(file, maxBytes);
  if (typeof bytes === 'number')
    throw cannot('E_TOO_LARGE', `want at most ${maxBytes} bytes, found ${bytes}`);
  return bytes.toString('utf8');
}

function cannotRead(
  path: string,
  { what, code, detail }: { readonly what: string; readonly code: string; readonly detail: string },
): Problem {
  return new Problem(EXIT.usage, [
    diagnostic(code, `cannot read the ${what}`, { at: path, detail, hint: `see: ls -l ${path}` }),
  ]);
}

/** What a way led to, or the same of a file that was reached otherwise. */
export type Found = Pick<Way, 'parentFd' | 'name' | 'status'>;

/** Its size where it is larger. Throws SystemError. */
export function readWhole(file: Found, maxBytes: number): Buffer | number {
  return opened(file, (fd) => {
    const { size } = fstatSync(fd);
    if (size > maxBytes) return size;
    const bytes = bytesOf(fd, maxBytes + 1);
    return bytes.length > maxBytes ? bytes.length : bytes;
  });
}

/** Throws SystemError. */
export function readBeginning(file: Found, mostBytes: number): Buffer {
  return opened(file, (fd) => bytesOf(fd, mostBytes));
}

function bytesOf(fd: number, most: number): Buffer {
  const bytes = Buffer.alloc(most);
  let length = 0;
  for (let read = -1; read !== 0 && length < most; length += read)
    read = readSync(fd, bytes, length, most - length, null);
  return bytes.subarray(0, length);
}

/** Only of a plain file: to open a device may do something. */
function opened<T>({ parentFd, name, status }: Found, read: (fd: number) => T): T {
  const flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW;
  const fd = openAt(parentFd ?? AT_FDCWD, name, { flags, resolve: PLAINLY });
  try {
    const now = statusAt(fd, '');
    // Only who can change the directory could have swapped it meanwhile: what was judged is what is read.
    if (now.inode !== status.inode || now.device !== status.device) throw new SystemError('openat2', ESTALE);
    return read(fd);
  } finally {
    closeSync(fd);
  }
}

const ESTALE = 116;
