// Owns listing what is in a directory that is open.
import { closeSync } from 'node:fs';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, openAt, RESOLVE, readDirectory } from './syscalls.ts';

const ITSELF = {
  flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
  resolve: RESOLVE.noLinks | RESOLVE.beneath | RESOLVE.noMounts,
};

/** As the directory gives them, at most so many. Opened anew: a descriptor that was read once stands at its end. */
export function namesIn(fd: number, most = Number.POSITIVE_INFINITY): string[] {
  const again = openAt(fd, '.', ITSELF);
  try {
    const names: string[] = [];
    readDirectory(again, (name) => names.push(name) < most);
    return names;
  } finally {
    closeSync(again);
  }
}
