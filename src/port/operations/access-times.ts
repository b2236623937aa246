// How a mount notes when files were read: changed on what is mounted, and nothing else of it. Not kept over the next mount.
import { type AccessTimes, accessTimesOf } from '../../disk/access-times.ts';
import type { DiskView } from '../../disk/base-disk.ts';
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

/** By what a file system is known again: devices change their names. */
export function nameOfMounted({ uuid, source }: Pick<DiskView['holder'], 'uuid' | 'source'>): string {
  return uuid ?? source;
}

export const setAccessTimes = operation({
  fields: ({ z, text, absolutePath }) => {
    const times = (description: string) =>
      z.enum(['noatime', 'relatime', 'strictatime']).meta({ description });
    return {
      mountPoint: absolutePath('Where it is mounted'),
      fileSystem: text('UUID of what is mounted there; of one that has none, its source'),
      from: times('Its option before'),
      to: times('Its option after'),
    };
  },
  does: 'Remounts with another option for the times of reading; all others stay',
  failure: 'cannot remount a file system',
  describe: ({ mountPoint, from, to }) => `remount ${mountPoint} with ${to} for ${from}`,
  cells: ({ mountPoint, from, to }) => ['mount', mountPoint, `${from} -> ${to}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect({ mountPoint, fileSystem, from, to }, host) {
    const { holder } = host.disk(mountPoint);
    if (holder.mountPoint !== mountPoint) return changed('nothing is mounted there');
    if (nameOfMounted(holder) !== fileSystem) return changed('another file system is mounted there');
    const found: AccessTimes = accessTimesOf(holder.options);
    if (found === to) return DONE;
    return found === from ? OPEN : changed(`want ${from}, found ${found}`);
  },
});
