// Owns trying what a service would do, as its own user and group with no supplementary groups: the kernel answers, no
// reading of mode bits. What is tried leaves nothing behind, also when we are killed in the middle.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { Identity, Probe, Prober } from './host.ts';
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
/** Only where a file system has no unnamed files: always the same name, so that a later run finds and removes it. */
const PROBE_NAME = '.jts-hot-probe';

export function openProber(root: string): Prober {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY);

  function attempt(identity: Identity, act: () => void): Probe {
    try {
      if (identity.uid === 0) act();
      else asIdentity(identity.uid, identity.gid, act);
      return { ok: true };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined) throw error;
      return { ok: false, error: code };
    }
  }

  return {
    probeWrite: (path, identity) =>
      attempt(identity, () => {
        const relative = path.slice(1);
        try {
          // An unnamed file is made, written, synced and gone with its descriptor: nothing can be left (open(2)).
          writeAndSync(openAt(rootFd, relative, { flags: O_TMPFILE | O_RDWR, mode: 0o600, ...BENEATH }));
        } catch (error) {
          if (!(error instanceof SystemError) || !NO_UNNAMED_FILES.has(error.code)) throw error;
          withNamedFile(openAt(rootFd, relative, { flags: O_PATH | O_DIRECTORY, ...BENEATH }));
        }
      }),
    probeList: (path, identity) =>
      attempt(identity, () => {
        const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
        const fd = openAt(rootFd, path.slice(1), { flags, ...BENEATH });
        try {
          readDirectory(fd, () => false);
        } finally {
          closeSync(fd);
        }
      }),
  };
}

const NO_UNNAMED_FILES = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EISDIR']);

function writeAndSync(fd: number): void {
  try {
    writeSync(fd, 'jts-hot write probe\n');
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function withNamedFile(directory: number): void {
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
      writeAndSync(fd);
    } finally {
      unlinkAt(directory, PROBE_NAME);
    }
  } finally {
    closeSync(directory);
  }
}
