// Owns the files in which moves of data are on record: root's alone, a file for each service, replaced whole and synced.
import { closeSync, fsyncSync } from 'node:fs';
import type { MoveStore } from '../port/move-store.ts';
import { bytesOf, type InDirectory } from './content-store.ts';
import { isThere, NO_LINKS, replaceFile, unlinkIfThere } from './state-place.ts';
import { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openAt, readDirectory } from './syscalls.ts';

const ENDING = '.json';
/** No service's: none has a name that begins so. What a killed run leaves of it is taken away by the next one. */
const NEW = '.new';

export function openMoveStore(inDirectory: InDirectory): MoveStore {
  return {
    services: () =>
      inDirectory(
        false,
        (directory) => {
          const names: string[] = [];
          readDirectory(directory, (name) => {
            if (name.endsWith(ENDING)) names.push(name.slice(0, -ENDING.length));
            return undefined;
          });
          return names.sort();
        },
        [],
      ),

    text: (service) =>
      inDirectory(
        false,
        (directory) => {
          if (!isThere(directory, service + ENDING)) return null;
          const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
          const fd = openAt(directory, service + ENDING, { flags, resolve: NO_LINKS });
          try {
            return bytesOf(fd)?.toString('utf8') ?? null;
          } finally {
            closeSync(fd);
          }
        },
        null,
      ),

    set(service, text) {
      inDirectory(
        true,
        (directory) => {
          if (text === null) unlinkIfThere(directory, service + ENDING);
          else replaceFile(directory, service + ENDING, { by: NEW, bytes: Buffer.from(text) });
          fsyncSync(directory);
        },
        undefined,
      );
    },
  };
}
