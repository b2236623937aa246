// The I/O scheduler of a disk: chosen in sysfs. Not kept over a start of the machine.
import { knownAs } from '../block-queue.ts';
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

export const setScheduler = operation({
  fields: ({ z, text }) => ({
    disk: text('What the kernel calls it, for example `nvme0n1`'),
    known: z.string().nullable().meta({
      description: 'By what the disk is known again: its WWID, or its serial number; null: it has none',
    }),
    from: text('Its scheduler before'),
    to: text('Its scheduler after'),
  }),
  does: 'Has a disk take its requests by another scheduler, only while it is the same disk and has `from`',
  failure: 'cannot choose the scheduler of a disk',
  describe: ({ disk, from, to }) => `set the scheduler of ${disk} from ${from} to ${to}`,
  cells: ({ disk, from, to }) => ['scheduler', disk, `${from} -> ${to}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect({ disk, known, from, to }, host) {
    const [queue = null] = host.blockQueues([disk]);
    if (queue === null) return changed('there is no such disk');
    if (knownAs(queue) !== known) return changed('another disk has its name');
    const now = queue.scheduler?.now ?? 'none';
    if (now === to) return DONE;
    return now === from ? OPEN : changed(`want ${from}, found ${now}`);
  },
});
