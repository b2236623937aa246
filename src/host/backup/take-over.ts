// Owns making root's what a program of a service's user wrote into a directory of its own: by descriptors, through no link, and
// only what nobody can change any more. Must not copy anything.
import { closeSync, fchmodSync, fsyncSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { printableName } from '../../values/file-name.ts';
import { namesIn } from '../names-in.ts';
import { openInodesOn } from '../open-inodes.ts';
import {
  changeOwnerOf,
  isOpenForWriting,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  openAt,
  RESOLVE,
  type Status,
  SystemError,
  statusAt,
} from '../syscalls.ts';
import { ABOUT, type StoredFile } from './store.ts';

const THROUGH_NOTHING = RESOLVE.noLinks | RESOLVE.beneath | RESOLVE.noMounts;
/** What has just ended may still be closing its files. */
const PATIENCE_MS = 3000;
const LOOK_AGAIN_MS = 50;
/** No tool makes so many; a path through them has to fit into one call. */
const DEEPEST = 32;
/** Bytes: the end of its name says how a file is compressed. */
const LONGEST_NAME = 240;
/** A hole of terabytes takes no room, and hours to read. What a file system compresses takes a part of its room, too. */
const MOST_IN_HOLES = 2 ** 30;
const MOST_TO_DISK = 64;

/**
 * `fd`: the directory. Afterwards all of it is root's, 0700 and 0600, and synced. Its files, in the order of their names. Throws a
 * Problem where there is something else in it than the user's own files and directories, or where one is kept open.
 */
export async function takeOver(
  fd: number,
  { uid, path }: { readonly uid: number; readonly path: string },
): Promise<readonly StoredFile[]> {
  const inodes = new Map<string, string>();
  const files = take(fd, { uid, path, above: '', inodes });
  const { device } = statusAt(fd, '');
  // With its descriptor somebody could still write into what has been judged.
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    const held = heldIn(fd, { files, inodes, device });
    if (held === null) return files;
    if (waited >= PATIENCE_MS) throw refused(`${path}/${held.name}`, held.by);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Processes that are seen, and whatever /proc does not show: a descriptor that is on its way through a socket. */
function heldIn(
  fd: number,
  of: {
    readonly files: readonly StoredFile[];
    readonly inodes: ReadonlyMap<string, string>;
    readonly device: string;
  },
): { readonly name: string; readonly by: string } | null {
  const open = openInodesOn(of.device);
  for (const [inode, name] of of.inodes) {
    const by = open.get(inode);
    if (by !== undefined) return { name, by: `open by ${by.command} (process ${by.pid})` };
  }
  for (const { name } of of.files) {
    const one = openAt(fd, name, { flags: O_RDONLY | O_NOFOLLOW, resolve: THROUGH_NOTHING });
    try {
      if (isOpenForWriting(one)) return { name: printableName(name), by: 'open for writing by somebody' };
      const { links } = statusAt(one, '');
      if (links !== 1) return { name: printableName(name), by: `a file with ${links} names` };
    } finally {
      closeSync(one);
    }
  }
  return null;
}

interface Taking {
  readonly uid: number;
  readonly path: string;
  readonly above: string;
  readonly inodes: Map<string, string>;
}

function take(fd: number, of: Taking): readonly StoredFile[] {
  const { uid, path, above, inodes } = of;
  // First the directory: from then on nobody else changes what is in it.
  changeOwnerOf(fd, 0, 0);
  fchmodSync(fd, 0o700);
  const files: StoredFile[] = [];
  for (const name of namesIn(fd).sort()) {
    const at = `${path}/${above}${printableName(name)}`;
    if (printableName(name) !== name) throw refused(at, 'a name that cannot be written as it is');
    if (Buffer.byteLength(name) > LONGEST_NAME) throw refused(at, 'a name that is too long');
    // What says something of a backup is ours alone to say.
    if (above === '' && ABOUT.includes(name)) throw refused(at, 'a name of ours');
    const status = statusOf(fd, name, at);
    if (status.type === 'directory') {
      if (status.uid !== uid) throw refused(at, `a directory of uid ${status.uid}`);
      if (above.split('/').length > DEEPEST) throw refused(at, `directories in ${DEEPEST} others`);
      const below = open(fd, name, O_DIRECTORY, at);
      try {
        files.push(...take(below, { ...of, above: `${above}${name}/` }));
      } finally {
        closeSync(below);
      }
      continue;
    }
    const one = status.type === 'file' ? open(fd, name, O_NONBLOCK, at) : null;
    if (one === null) throw refused(at, `a ${status.type}`);
    try {
      const now = statusAt(one, '');
      if (now.type !== 'file') throw refused(at, `a ${now.type}`);
      if (now.uid !== uid) throw refused(at, `a file of uid ${now.uid}`);
      if (now.links !== 1) throw refused(at, `a file with ${now.links} names`);
      if (now.bytes > MOST_IN_HOLES && now.bytes > MOST_TO_DISK * now.diskBytes)
        throw refused(at, 'hardly anything but holes');
      changeOwnerOf(one, 0, 0);
      fchmodSync(one, 0o600);
      fsyncSync(one);
      inodes.set(now.inode, `${above}${printableName(name)}`);
      files.push({ name: `${above}${name}`, bytes: now.bytes });
    } finally {
      closeSync(one);
    }
  }
  fsyncSync(fd);
  return files;
}

/** Of what a user has mounted itself root may learn nothing. */
function statusOf(dirfd: number, name: string, at: string): Status {
  try {
    return statusAt(dirfd, name);
  } catch (error) {
    if (error instanceof SystemError) throw refused(at, error.code);
    throw error;
  }
}

function open(dirfd: number, name: string, flags: number, at: string): number {
  try {
    return openAt(dirfd, name, { flags: O_RDONLY | O_NOFOLLOW | flags, resolve: THROUGH_NOTHING });
  } catch (error) {
    if (error instanceof SystemError) throw refused(at, error.code);
    throw error;
  }
}

function refused(at: string, found: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NOT_ITS_OWN', 'refusing to take over what the tool of a service cannot have made', {
      at,
      detail: `want a file of the service's user, with one name, that nobody has open; found ${found}`,
      hint: 'see who works as that user (ps -u), then run the same command again',
    }),
  ]);
}
