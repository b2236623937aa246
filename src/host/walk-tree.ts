// Owns walking a tree entry by entry, in this thread: for who changes what it meets. To measure or to look for something in
// millions of entries, scan/ is faster. Changes nothing, follows no link, enters no other file system.
import { closeSync } from 'node:fs';
import { type AccessLists, NO_LISTS } from '../port/access-lists.ts';
import type { Met, WalkEntry, WalkHow } from '../port/host.ts';
import { FORMAT, flagsIn } from '../port/inside.ts';
import { encodeName } from '../values/file-name.ts';
import { modeText } from '../values/mode.ts';
import { projectOf } from './project/calls.ts';
import { createListReader } from './scan/list-reader.ts';
import {
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  openAt,
  RESOLVE,
  type Seen,
  SystemError,
  startStatuses,
  statusAt,
} from './syscalls.ts';

const THROUGH_NOTHING = RESOLVE.noLinks | RESOLVE.beneath;

/** As deep as we go: each level holds a descriptor, and a service user can nest as deep as the disk allows. */
const DEEPEST = 200;

interface Level {
  readonly fd: number;
  /** Below the start, with its `/`. */
  readonly prefix: string;
  readonly directories: string[];
}

/** Depth first, each directory opened from its parent's descriptor: the work is the same for each, however deep. */
export function* walkFrom(start: number, how: WalkHow = 'all'): Generator<Met> {
  const levels: Level[] = [];
  const statusesOf = startStatuses();

  function* enter(fd: number, prefix: string): Generator<Met> {
    const directories: string[] = [];
    levels.push({ fd, prefix, directories });
    const cut = prefix.indexOf('/');
    const top = cut === -1 ? null : prefix.slice(0, cut);
    const entry = walkEntry(
      prefix,
      top,
      (name) => lists.read(fd, encodeName(name), 0),
      (name) => projectAt(fd, name),
    );
    for (const seen of statusesOf(fd)) {
      if (seen.refused !== null) {
        yield { type: 'unreadable', path: prefix + seen.name, error: seen.refused };
        continue;
      }
      if (seen.status.isMountPoint) {
        yield { type: 'mount point', path: prefix + seen.name };
        continue;
      }
      if (how === 'all' && seen.status.type === 'directory') directories.push(seen.name);
      yield entry(seen);
    }
  }

  /** Live services delete and swap files while we read: what is gone holds no space. */
  function* guarded(path: string, act: () => Generator<Met>): Generator<Met> {
    try {
      yield* act();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'EXDEV') yield { type: 'mount point', path };
      else if (!GONE.has(error.code)) yield { type: 'unreadable', path, error: error.code };
    }
  }

  const lists = createListReader();
  const top = statusAt(start, '');
  const { type, mode, uid, gid, inode, born, links, diskBytes, bytes, writtenAt, changedAt, device } = top;
  const flags = flagsIn(top.attributes);
  const numbers = { links, diskBytes, bytes, writtenAt, changedAt, device };
  const own = { lists: lists.read(start, encodeName('.'), 0), project: projectAt(start, '.') };
  const more = { ...numbers, isDevice: false, flags, ...own };
  yield { path: '', top: '', type, uid, gid, mode: modeText(mode), inode, born, ...more };
  try {
    yield* guarded('', () => enter(start, ''));
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const { fd, prefix, directories } = level;
      const name = directories.pop();
      if (name === undefined) {
        levels.pop();
        if (fd !== start) closeSync(fd);
      } else if (levels.length >= DEEPEST) {
        const error = `deeper than ${DEEPEST} directories`;
        yield { type: 'unreadable', path: prefix + name, error };
      } else {
        const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
        const resolve = THROUGH_NOTHING | RESOLVE.noMounts;
        yield* guarded(prefix + name, () => enter(openAt(fd, name, { flags, resolve }), `${prefix}${name}/`));
      }
    }
  } finally {
    for (const { fd } of levels) if (fd !== start) closeSync(fd);
  }
}

/** null: it keeps none, is gone, or not for us to open. */
function projectAt(fd: number, name: string): number | null {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  try {
    const opened = openAt(fd, name, { flags, resolve: THROUGH_NOTHING | RESOLVE.noMounts });
    try {
      return projectOf(opened)?.project ?? null;
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}

const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** What is seen of each entry of one directory: read from the kernel's answer only when it is asked for. */
function walkEntry(
  prefix: string,
  top: string | null,
  readLists: (name: string) => AccessLists,
  readProject: (name: string) => number | null,
): (seen: Seen) => WalkEntry {
  let now: Seen;
  const entry: WalkEntry = {
    get path() {
      return prefix + now.name;
    },
    get top() {
      return top ?? now.name;
    },
    get type() {
      return now.status.type;
    },
    get uid() {
      return now.status.uid;
    },
    get gid() {
      return now.status.gid;
    },
    get mode() {
      return modeText(now.status.mode);
    },
    get inode() {
      return now.status.inode;
    },
    get born() {
      return now.status.born;
    },
    get links() {
      return now.status.links;
    },
    get diskBytes() {
      return now.status.diskBytes;
    },
    get bytes() {
      return now.status.bytes;
    },
    get writtenAt() {
      return now.status.writtenAt;
    },
    get changedAt() {
      return now.status.changedAt;
    },
    get device() {
      return now.status.device;
    },
    get isDevice() {
      return now.status.format === FORMAT.block || now.status.format === FORMAT.character;
    },
    get flags() {
      return flagsIn(now.status.attributes);
    },
    get lists() {
      const { type } = now.status;
      return type === 'directory' || type === 'file' ? readLists(now.name) : NO_LISTS;
    },
    get project() {
      const { type } = now.status;
      return type === 'directory' || type === 'file' ? readProject(now.name) : null;
    },
  };
  return (seen) => {
    now = seen;
    return entry;
  };
}
