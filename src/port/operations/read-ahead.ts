// How far the kernel reads ahead on a device: set in sysfs. Not kept over a start of the machine.
import { knownText } from '../read-ahead.ts';
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

export const setReadAhead = operation({
  fields: ({ z, text }) => ({
    device: text('What the kernel calls it, for example `nvme0n1` or `dm-0`'),
    known: z.string().nullable().meta({
      description:
        'By what the device is known again: `serial`, `wwid` or `dm uuid`, and its value; null: it has none of them',
    }),
    from: z.int().min(0).meta({ description: 'How far before, in KiB' }),
    to: z.int().min(0).meta({ description: 'How far after, in KiB' }),
  }),
  does: 'Has the kernel read ahead so far on a device, only while it is the same device and has `from`',
  failure: 'cannot set how far the kernel reads ahead',
  describe: ({ device, from, to }) => `set the readahead of ${device} from ${from} KiB to ${to} KiB`,
  cells: ({ device, from, to }) => ['readahead', device, `${from} -> ${to} KiB`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect({ device, known, from, to }, host) {
    const [found = null] = host.readAheads([device]);
    if (found === null) return changed('there is no such device');
    if (knownText(found) !== known) return changed('another device has its name');
    if (found.kib === to) return DONE;
    return found.kib === from ? OPEN : changed(`want ${from} KiB, found ${found.kib} KiB`);
  },
});
