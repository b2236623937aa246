// Owns trying what a service would do, as its own user with its own groups: the kernel answers, no reading of mode bits. What is tried leaves nothing behind, also when we are killed in the middle.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { Identity, Probe, Prober } from '../port/host.ts';
import { errnoOf } from '../values/errno.ts';
import {
  asIdentity,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  openAt,
  RESOLVE,
  readDirectory,
  SystemError,
  unlinkAt,
} from './syscalls.ts';

const BENEATH = { resolve: RESOLVE.noLinks | RESOLVE.beneath };
/** Only for file systems without unnamed files: always the same name, so that a later run finds and removes it. */
const PROBE_NAME = '.jts-hot-probe';

/** `text`: reads a plain file with the rights that it is called with. */
export function openProber(root: string, text: (path: string) => string | null): Prober {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY);

  function as<T>(identity: Identity, act: () => T): T {
    return identity.uid === 0 ? act() : asIdentity(identity, act);
  }

  function attempt(act: () => void): Probe {
    try {
      act();
      return { ok: true };
    } catch (error) {
      const code = errnoOf(error);
      if (code === undefined) throw error;
      return { ok: false, error: code };
    }
  }

  return {
    probeWrites: (paths, identity, synced) =>
      as(identity, () => paths.map((path, i) => attempt(() => write(path.slice(1), i < synced)))),
    readAs(path, identity) {
      let found: string | null = null;
      const { ok } = attempt(() => {
        found = as(identity, () => text(path));
      });
      return ok ? found : null;
    },
    probeReach: (paths, identity) =>
      as(identity, () =>
        paths.map((path) => ({
          list: attempt(() => list(path.slice(1))),
          enter: attempt(() => enter(path.slice(1))),
        })),
      ),
  };

  function write(path: string, sync: boolean): void {
    try {
      // An unnamed file is made, written and gone with its descriptor: nothing can be left (open(2)).
      writeAndClose(openAt(rootFd, path, { flags: O_TMPFILE | O_RDWR, mode: 0o600, ...BENEATH }), sync);
    } catch (error) {
      if (!(error instanceof SystemError) || !NO_UNNAMED_FILES.has(error.code)) throw error;
      withNamedFile(openAt(rootFd, path, { flags: O_PATH | O_DIRECTORY, ...BENEATH }), sync);
    }
  }

  function list(path: string): void {
    const fd = openAt(rootFd, path, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, ...BENEATH });
    try {
      readDirectory(fd, () => false);
    } finally {
      closeSync(fd);
    }
  }

  /** The kernel asks for the right to search a directory when a name in it is looked for: `.` always is. */
  function enter(path: string): void {
    closeSync(openAt(rootFd, `${path}/.`, { flags: O_PATH | O_DIRECTORY, ...BENEATH }));
  }
}

const NO_UNNAMED_FILES = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EISDIR']);

function writeAndClose(fd: number, sync: boolean): void {
  try {
    writeSync(fd, 'jts-hot write probe\n');
    if (sync) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function withNamedFile(directory: number, sync: boolean): void {
  const make = () =>
    openAt(directory, PROBE_NAME, { flags: O_CREAT | O_EXCL | O_RDWR, mode: 0o600, ...BENEATH });
  try {
    let fd: number;
    try {
      fd = make();
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'EEXIST') throw error;
      unlinkAt(directory, PROBE_NAME);
      fd = make();
    }
    try {
      writeAndClose(fd, sync);
    } finally {
      unlinkAt(directory, PROBE_NAME);
    }
  } finally {
    closeSync(directory);
  }
}
