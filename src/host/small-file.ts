// Owns small files such as those below /etc: read, written and removed whole, by descriptor, only where nobody but root can
// change the way to them, or the service whose configuration it is. Somebody else's edit is never lost: an unexpected version
// is put back.
import { chmodSync, closeSync, fstatSync, fsyncSync, readSync, writeSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import { asidePath } from '../port/operations/aside.ts';
import { bytesOfText, hashOfBytes } from '../values/content.ts';
import { decodeName } from '../values/file-name.ts';
import { type Mode, modeText } from '../values/mode.ts';
import { changedSince } from './changed-since.ts';
import { bytesOf } from './content-store.ts';
import {
  changeOwnerOf,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  openAt,
  RESOLVE,
  renameAt,
  SystemError,
  statusAt,
  unlinkAt,
} from './syscalls.ts';
import type { Tree } from './tree.ts';

/** A FileState with the owner in numbers. */
export interface SmallFile {
  /** Of what is in it. */
  readonly hash: string;
  readonly mode: Mode;
  readonly uid: number;
  readonly gid: number;
}

/** `text` is asked for when it is to be written, and not where it is there already. */
export type Written = SmallFile & { readonly text: () => string };

export interface SmallFiles {
  /** null: larger than MAX_FILE_BYTES, no plain file, or not for us to read. Throws SystemError. */
  text(path: string): string | null;
  /** The last so many bytes of it; null as of `text`, but of no size. Throws SystemError. */
  end(path: string, bytes: number): string | null;
  /** Throws SystemError, or a Problem E_CHANGED where `from` is not what is there; null: nothing is. */
  write(file: OnItsWay, from: SmallFile | null, to: Written): void;
  remove(file: OnItsWay, from: SmallFile): void;
}

export interface OnItsWay {
  readonly path: string;
  /** Who may have directories on the way beside root: all that they could spoil there is their own. null: nobody. */
  readonly also: { readonly uid: number; readonly gid: number } | null;
}

/** Mode of a version that is not whole yet. */
const IN_THE_MAKING = '0600';
const PLAINLY = RESOLVE.noLinks | RESOLVE.beneath | RESOLVE.noMounts;

export function openSmallFiles({ within }: Pick<Tree, 'within'>): SmallFiles {
  function inParent<T>(path: string, act: (parent: number, name: string) => T): T {
    const cut = path.lastIndexOf('/');
    return within(path.slice(0, cut) || '/', O_RDONLY, (parent) => act(parent, path.slice(cut + 1)));
  }

  /** null: no plain file, or not for us to read. */
  function opened<T>(path: string, read: (fd: number) => T): T | null {
    return inParent(path, (parent, name) => {
      let fd: number;
      try {
        fd = openAt(parent, name, { flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, resolve: PLAINLY });
      } catch (error) {
        if (error instanceof SystemError && error.code === 'EACCES') return null;
        throw error;
      }
      try {
        return fstatSync(fd).isFile() ? read(fd) : null;
      } finally {
        closeSync(fd);
      }
    });
  }

  return {
    text(path) {
      const bytes = opened(path, bytesOf);
      return bytes === null ? null : decodeName(bytes);
    },

    end: (path, bytes) =>
      opened(path, (fd) => {
        const { size } = fstatSync(fd);
        const buffer = Buffer.alloc(Math.min(size, bytes));
        const length = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
        return decodeName(buffer.subarray(0, length));
      }),

    write({ path, also }, from, to) {
      requireRootsWay(within, path, also);
      inParent(path, (parent, name) => {
        const aside = asideOf(name);
        discard(parent, { path, aside, known: [from, to] });
        const there = fileAt(parent, name);
        if (!isSame(there, to)) {
          if (!isSame(there, from)) throw changed(path);
          makeFile(parent, aside, to);
          try {
            if (from === null) renameAt(parent, aside, name, 'noReplace');
            else exchange(parent, { path, name, aside, from });
          } catch (error) {
            // This is ours: somebody else was first, and the file under the name is theirs.
            unlinkAt(parent, aside);
            throw error;
          }
        }
        fsyncSync(parent);
      });
    },

    remove({ path, also }, from) {
      requireRootsWay(within, path, also);
      inParent(path, (parent, name) => {
        const aside = asideOf(name);
        discard(parent, { path, aside, known: [from] });
        if (fileAt(parent, name) !== 'missing') {
          if (!isSame(fileAt(parent, name), from)) throw changed(path);
          renameAt(parent, name, aside, 'noReplace');
          if (!isSame(fileAt(parent, aside), from)) {
            renameAt(parent, aside, name, 'noReplace');
            throw changed(path);
          }
          unlinkAt(parent, aside);
        }
        fsyncSync(parent);
      });
    },
  };

  /** After it the old file stands aside. It is compared once more, because nobody can open it under its name any longer. */
  function exchange(
    parent: number,
    file: { readonly path: string; readonly name: string; readonly aside: string; readonly from: SmallFile },
  ): void {
    const { path, name, aside, from } = file;
    renameAt(parent, aside, name, 'exchange');
    if (!isSame(fileAt(parent, aside), from)) {
      renameAt(parent, aside, name, 'exchange');
      throw changed(path);
    }
    unlinkAt(parent, aside);
  }
}

/** Anybody who can change a directory on the way can put another file in the place of ours at any moment. */
export function requireRootsWay(within: Tree['within'], path: string, also: OnItsWay['also'] = null): void {
  for (let at = path.lastIndexOf('/'); at >= 0; at = at === 0 ? -1 : path.lastIndexOf('/', at - 1)) {
    const directory = path.slice(0, at) || '/';
    const { uid, gid, mode } = within(directory, O_PATH, (fd) => statusAt(fd, ''));
    const isClosed = (mode & (gid === also?.gid ? 0o002 : 0o022)) === 0;
    if ((uid === 0 || uid === also?.uid) && isClosed) continue;
    throw new Problem(EXIT.refused, [
      diagnostic('E_WAY_OPEN', 'refusing to work below a directory that others can change', {
        at: `directory ${directory}`,
        detail: `want one that only root can change, found uid ${uid}, mode ${modeText(mode)}`,
        fix:
          uid === 0 ? `sudo chmod go-w ${shellWord(directory)}` : `sudo chown root ${shellWord(directory)}`,
      }),
    ]);
  }
}

function asideOf(name: string): string {
  return asidePath(`/${name}`).slice(1);
}

/** With exactly this owner and mode, whatever the umask, and synced; the caller makes its name last of all. */
function makeFile(parent: number, name: string, { text, mode, uid, gid }: Written): void {
  const bytes = bytesOfText(text());
  const fd = openAt(parent, name, {
    flags: O_RDWR | O_CREAT | O_EXCL,
    mode: Number.parseInt(IN_THE_MAKING, 8),
    resolve: PLAINLY,
  });
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    changeOwnerOf(fd, uid, gid);
    // Last: a change of owner takes set-user-ID away.
    chmodSync(`/proc/self/fd/${fd}`, Number.parseInt(mode, 8));
    fsyncSync(fd);
  } catch (error) {
    unlinkAt(parent, name);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Takes away what a run that was killed left aside: a version in the making, closed to all but its owner, or one that is
 * recorded. Anything else is an edit that somebody made in that moment: it stays, and must be looked at.
 */
function discard(
  parent: number,
  of: { readonly path: string; readonly aside: string; readonly known: readonly (SmallFile | null)[] },
): void {
  const left = fileAt(parent, of.aside);
  if (left === 'missing') return;
  const ours =
    left !== null && (left.mode === IN_THE_MAKING || of.known.some((one) => one?.hash === left.hash));
  if (!ours)
    throw new Problem(EXIT.failed, [
      diagnostic('E_LEFT_ASIDE', 'cannot tell whose a file is that was set aside', {
        at: `file ${asidePath(of.path)}`,
        detail: `want a version of ${of.path} that is recorded, found another one`,
        hint: 'look at it, move it away, then run the same command again',
      }),
    ]);
  unlinkAt(parent, of.aside);
}

/** null: it is no plain file, or too large for one of ours. */
function fileAt(parent: number, name: string): SmallFile | 'missing' | null {
  let fd: number;
  try {
    fd = openAt(parent, name, { flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, resolve: PLAINLY });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'ENOENT') return 'missing';
    // A link (O_NOFOLLOW), a socket, something mounted there.
    if (['ELOOP', 'ENXIO', 'EXDEV'].includes(error.code)) return null;
    throw error;
  }
  try {
    const { type, uid, gid, mode } = statusAt(fd, '');
    const bytes = type === 'file' ? bytesOf(fd) : null;
    return bytes === null ? null : { hash: hashOfBytes(bytes), mode: modeText(mode), uid, gid };
  } finally {
    closeSync(fd);
  }
}

/** `wanted` null: that nothing is there. */
function isSame(found: SmallFile | 'missing' | null, wanted: SmallFile | null): boolean {
  if (found === 'missing' || found === null || wanted === null) return found === 'missing' && wanted === null;
  return (
    found.hash === wanted.hash &&
    found.mode === wanted.mode &&
    found.uid === wanted.uid &&
    found.gid === wanted.gid
  );
}

function changed(path: string): Problem {
  return changedSince(`file ${path}`, 'want the file as it was when this was planned, found another');
}
