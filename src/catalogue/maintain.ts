// The commands that keep the hot tier tidy and fast.
import type { CommandEntry } from './entry.ts';

export const MAINTAIN = {
  bench: {
    says: 'Measure how fast the disk is, judge it, and compare it with earlier times.',
    about: [
      'Measures the disk below the base with `fio(1)`: reads and writes in order, of 4 KiB at depth 1 and 32, mixed, and how long ' +
        'a log that is synced for each append waits. Shows bandwidth, operations a second, and how long 50, 99 and 99.9 of 100 ' +
        'take; each the median of three rounds.',
      'Warns where 99 of 100 reads of 4 KiB, or of syncs, take longer than 1 ms, and where anything has become more than 20 % ' +
        'slower than the first or the last time on the same disk. Figures are kept in the history, by the serial number of the ' +
        'disk.',
      'Measures with a file in backup staging that never has a name: it is gone however the command ends.',
      'Refused on a busy disk (`--now` measures all the same), and where less than 5 % of the disk would be free.',
      'A signal ends it at once, and nothing is kept.',
    ],
    options: {
      quick: { says: 'half a minute, with a file of 256 MiB (default)', conflicts: ['full'] },
      full: { says: 'some minutes, with a file of 4 GiB' },
      now: { says: 'also while the disk is busy' },
    },
    exits: {
      0: 'measured; fast enough, and nothing has become slower',
      1: 'slower than trading needs or than it was; or not measured, or not kept',
    },
    takesLong: true,
    onAnotherDisk: 'acts',
    examples: [
      { type: 'sudo jts-hot bench', to: 'measure the disk before the databases start' },
      { type: 'sudo jts-hot bench --full -j', to: 'measure it longer, as JSON' },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
