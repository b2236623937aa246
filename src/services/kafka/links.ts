// Owns second names for the files of a running broker's partitions, while they are read: compaction and retention then take away its
// own names only. They stand beside its directory, on the same file system, and belong to its user. Must not touch its own names.
import { Problem } from '../../messages/diagnostic.ts';
import type { TakeHands } from '../backing-up.ts';
import { type Files, partitionsIn } from './segments.ts';

export interface Links {
  /** Where they stand. */
  readonly place: string;
  /** Of these partitions, and no others any more; answers what there is now. A file that goes meanwhile is left out. */
  readonly make: (directories: readonly string[]) => Promise<ReadonlyMap<string, Files>>;
  readonly remove: () => Promise<void>;
}

/** null: nothing can stand there, so the files are read under their own names. */
export async function linksBeside(
  hands: TakeHands,
  place: string,
  others: readonly string[],
): Promise<Links | null> {
  const parent = place.slice(0, place.lastIndexOf('/'));
  // Any other directory in `log.dirs` stops a broker.
  if (!hands.isRunning || parent === '' || others.includes(parent)) return null;
  const links = `${parent}/jts-hot-backup.links`;
  const sh = hands.program(['/usr/bin/sh', '/bin/sh'], 'dash');
  const run = (script: string, ...words: readonly string[]) =>
    hands.run([sh, '-c', script, 'sh', links, place, ...words]);
  const remove = async () => void (await run('rm -rf -- "$1"'));
  hands.atEnd(`remove ${links}`, remove);
  try {
    await run(TRY);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
  return {
    place: links,
    remove,
    async make(directories) {
      await run(MAKE, ...directories);
      return await partitionsIn(hands, links);
    },
  };
}

/** With what a killed backup left there. */
const TRY = `rm -rf -- "$1" && umask 077 && mkdir -- "$1" && ln -t "$1" -- "$2/meta.properties" && rm -rf -- "$1"`;

const MAKE = `set -e
links=$1 place=$2
shift 2
umask 077
rm -rf -- "$links"
mkdir -- "$links"
for each; do
  mkdir -- "$links/$each"
  find "$place/$each" -maxdepth 1 -type f ! -name '*index' ! -name '*.deleted' -exec ln -t "$links/$each" -- {} + 2>/dev/null || true
done`;
