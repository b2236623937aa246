// What is done to a disk as a whole: its first and last 16 MiB are saved, taken away and put back. There are its partition table
// and its signatures; what is between them is not touched.
import { findDisk } from '../find-disk.ts';
import type { HostReader } from '../host-reader.ts';
import { isSameDisk } from '../saved-disk.ts';
import { describeDisk, type PlannedDisk } from '../storage.ts';
import { changed, DONE, type Effect, OPEN, operation } from './operation-entry.ts';

const NO_SUCH_DISK = changed('there is no such disk, or there are two');
const shortly = (hash: string) => hash.slice(0, 12);

export const saveDisk = operation({
  fields: ({ plannedDisk, diskEnds }) => ({
    disk: plannedDisk.meta({ description: 'The disk' }),
    ends: diskEnds,
  }),
  does: 'Saves the first and the last 16 MiB of a disk, its partition table and the metadata of a volume group on it, only while its ends are `ends`',
  failure: 'cannot save what a disk begins and ends with',
  describe: ({ disk, ends }) => `save the first and last 16 MiB of ${describeDisk(disk)} as ${shortly(ends)}`,
  cells: ({ disk, ends }) => ['saved', describeDisk(disk), `first and last 16 MiB, as ${shortly(ends)}`],
  sign: () => '+',
  creates: null,
  undo: 'needless',
  effect({ disk, ends }, host) {
    if (host.savedDisks().some((saved) => saved.hash === ends && isSameDisk(saved.disk, disk))) return DONE;
    const found = host.diskEnds(disk);
    if (found === null) return NO_SUCH_DISK;
    return found.hash === ends ? OPEN : changed('what it begins or ends with has changed');
  },
});

export const eraseDisk = operation({
  fields: ({ plannedDisk, diskEnds }) => ({
    disk: plannedDisk.meta({ description: 'The disk' }),
    ends: diskEnds,
  }),
  does: 'Overwrites the first and the last 16 MiB of a disk with zeros, only while they are what was saved as `ends`',
  failure: 'cannot take partition tables and signatures off a disk',
  describe: ({ disk }) => `erase partition tables and signatures of ${describeDisk(disk)}`,
  cells: ({ disk }) => ['erased', describeDisk(disk), 'first and last 16 MiB become zeros'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect({ disk, ends }, host) {
    const found = host.diskEnds(disk, { one: ends, other: null });
    if (found === null) return NO_SUCH_DISK;
    if (found.isZero) return DONE;
    return found.isBetween ? OPEN : changed('what it begins or ends with has changed since it was saved');
  },
});

export const restoreDisk = operation({
  fields: ({ z, plannedDisk, diskEnds }) => ({
    disk: plannedDisk.meta({ description: 'The disk' }),
    ends: diskEnds,
    over: z.string().nullable().meta({
      description:
        'SHA-256 of the ends that are there now; null: it is put back only while nothing is on the disk',
    }),
  }),
  does: 'Puts the first and the last 16 MiB of a disk back as they were saved',
  failure: 'cannot put back what a disk began and ended with',
  describe: ({ disk, ends }) =>
    `put the first and last 16 MiB of ${describeDisk(disk)} back as ${shortly(ends)}`,
  cells: ({ disk, ends }) => ['put back', describeDisk(disk), `first and last 16 MiB, as ${shortly(ends)}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect({ disk, ends, over }, host) {
    const found = host.diskEnds(disk, { one: over, other: ends });
    if (found === null) return NO_SUCH_DISK;
    if (found.hash === ends) return DONE;
    if (!host.savedDisks().some((saved) => saved.hash === ends && isSameDisk(saved.disk, disk)))
      return changed('what was saved of it is no longer kept');
    if (found.isBetween) return OPEN;
    return over === null
      ? openWhileNothingIsOn(disk, host)
      : changed('what it begins or ends with has changed');
  },
});

/** What a file system or a physical volume leaves behind when it is taken away is nobody's data. */
function openWhileNothingIsOn(disk: PlannedDisk, host: HostReader): Effect {
  const what = whatIsOn(disk, host);
  return what === null ? OPEN : changed(`it holds data: ${what}`);
}

/** null: nothing. */
export function whatIsOn(disk: PlannedDisk, host: HostReader): string | null {
  const found = findDisk(host.blockDevices(), disk);
  const [contents] = 'disk' in found ? host.deviceContents([found.disk.name]) : [];
  if (contents === undefined) return 'a disk that cannot be found';
  const { probed, partitionTable, signatures, memberOf, mounts, swap, isHeld } = contents;
  if (!probed.ok) return `what cannot be read: ${probed.said}`;
  const all = [
    ...(partitionTable === null ? [] : [`a partition table (${partitionTable})`]),
    ...signatures.map(({ type, label }) => (label === null ? type : `${type} “${label}”`)),
    ...memberOf.map(({ of, name }) => (name === null ? of : `${of} ${name}`)),
    ...mounts.map(({ mountPoint }) => `mounted at ${mountPoint}`),
    ...swap.map((name) => `swap on ${name}`),
  ];
  if (all.length > 0) return all.join(', ');
  return isHeld ? 'something that holds it open' : null;
}
