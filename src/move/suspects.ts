// Owns which files could have been written without their times telling: those that some process had open for writing, or mapped,
// at a look. Looks again and again while something else is done. Reads only.
import type { HostReader } from '../port/host.ts';

const LOOK_MS = 1000;

export interface Suspects {
  /** Looks once more, and gives all since the last `begin`. */
  readonly all: () => ReadonlySet<string>;
  /** From now on a new set, with what is open now. */
  readonly begin: () => void;
  readonly end: () => void;
}

export function startSuspecting(host: HostReader, from: string): Suspects {
  let found = new Set<string>();
  const look = () => {
    for (const inode of host.openForWriting(from).inodes.keys()) found.add(inode);
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return {
    all: () => {
      look();
      return found;
    },
    begin: () => {
      found = new Set();
      look();
    },
    end: () => clearInterval(timer),
  };
}
