// Owns entering a mount point that the layout declares: by its name in its own directory, through no link, and only while the
// file system that the layout names is mounted there. It is asked by the descriptor that is then worked on.
import { closeSync, readFileSync } from 'node:fs';
import { constants as os } from 'node:os';
import type { DeclaredMount } from '../port/declared-mount.ts';
import {
  fileSystemUuid,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  openAt,
  RESOLVE,
  SystemError,
  statusAt,
} from './syscalls.ts';

const THROUGH_NOTHING = RESOLVE.noLinks | RESOLVE.beneath;

/** Throws SystemError: EXDEV where nothing is mounted there, or another file system. `act` is given a descriptor of its top. */
export function openDeclared<T>(
  at: { readonly parent: number; readonly name: string },
  { uuid }: Pick<DeclaredMount, 'uuid'>,
  act: (top: number) => T,
): T {
  // A link in the place gives ELOOP, since O_DIRECTORY asks for more than the name.
  const flags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
  const top = openAt(at.parent, at.name, { flags, resolve: THROUGH_NOTHING });
  try {
    if (!isRight(top, uuid)) throw new SystemError('openat2', os.errno.EXDEV);
    return act(top);
  } finally {
    closeSync(top);
  }
}

function isRight(top: number, uuid: string): boolean {
  const { isMountPoint, device } = statusAt(top, '');
  return isMountPoint && (uuidByKernel(top) ?? uuidByUdev(device))?.toLowerCase() === uuid;
}

/** null: it does not say, or not to us. */
function uuidByKernel(top: number): string | null {
  try {
    const flags = O_RDONLY | O_DIRECTORY;
    const directory = openAt(top, '.', { flags, resolve: THROUGH_NOTHING | RESOLVE.noMounts });
    try {
      return fileSystemUuid(directory);
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}

/** As udev found it on the device that is mounted there now. */
function uuidByUdev(device: string): string | null {
  try {
    const known = readFileSync(`/run/udev/data/b${device}`, 'utf8');
    return /^E:ID_FS_UUID=(.+)$/m.exec(known)?.[1] ?? null;
  } catch {
    return null;
  }
}
