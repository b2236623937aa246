// Owns where a program really is, through links inside the root, and whether anybody but root could swap it. Reads only.
import { closeSync } from 'node:fs';
import type { Installed } from '../port/host.ts';
import { O_DIRECTORY, O_PATH, openAt, SystemError } from './syscalls.ts';
import { alongWay } from './trusted/way.ts';

/** null: there is no executable file. */
export function findInstalled(root: string, path: string): Installed | null {
  const rootFd = openAt(-100, root, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
  try {
    return alongWay(path, { rootFd, owners: [0], links: 'anywhere' }, ({ status, path: real, weaknesses }) =>
      status.type !== 'file' || (status.mode & 0o111) === 0
        ? null
        : { path: real, changeableAt: weaknesses[0]?.path ?? null },
    );
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  } finally {
    closeSync(rootFd);
  }
}
