// Owns where a program really is, through links inside the root, and whether anybody but root could swap it. Reads only.
import { closeSync, readlinkSync } from 'node:fs';
import type { Installed } from './host.ts';
import {
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  openAt,
  RESOLVE,
  type Status,
  SystemError,
  statusAt,
} from './syscalls.ts';

/** null: there is no executable file. `root` is without links. */
export function findInstalled(root: string, path: string): Installed | null {
  const rootFd = openAt(-100, root, { flags: O_RDONLY | O_DIRECTORY, resolve: 0 });
  try {
    const found = lookAt(rootFd, root, path);
    if (found === null || found.status.type !== 'file' || (found.status.mode & 0o111) === 0) return null;
    const directories = [parentOf(path), parentOf(found.path)].flatMap((directory) => {
      const real = lookAt(rootFd, root, directory)?.path ?? directory;
      return [...ancestorsOf(real), real];
    });
    const weak = [...new Set([...directories, found.path])].find((at) => {
      const status = lookAt(rootFd, root, at)?.status;
      return status === undefined || status.uid !== 0 || (status.mode & 0o022) !== 0;
    });
    return { path: found.path, changeableAt: weak ?? null };
  } finally {
    closeSync(rootFd);
  }
}

function lookAt(
  rootFd: number,
  root: string,
  path: string,
): { readonly path: string; readonly status: Status } | null {
  try {
    const fd = openAt(rootFd, path, { flags: O_PATH, resolve: RESOLVE.inRoot });
    try {
      const real = readlinkSync(`/proc/self/fd/${fd}`);
      return { path: root === '/' ? real : real.slice(root.length) || '/', status: statusAt(fd, '') };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** `/a/b/c` → `/`, `/a`, `/a/b`. */
function ancestorsOf(path: string): readonly string[] {
  const names = path.split('/').slice(1, -1);
  return ['/', ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)];
}
