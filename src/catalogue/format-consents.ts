// The flags by which an operator agrees that a disk is formatted. Of every command that may do so.
import type { OptionEntry } from './entry.ts';

export const FORMAT_CONSENTS = {
  confirm: {
    value: { type: 'name', name: 'serial' },
    says: 'agree that the disk with this serial number is formatted',
    more:
      'Agree that the disk with this serial number is formatted. The layout must name it, too (`allowFormat`). It counts for ' +
      'this call alone. Left out on a terminal, where nothing else is in the way, it is asked for, after all steps are shown.',
  },
  backup: {
    value: { type: 'file' },
    says: 'keep all that is on the disk in this file first',
    more:
      'Keep all that is on the disk in this file first, and compare it. The file must not be there, and is on another disk. Bytes ' +
      'that are zero take no room in it.',
    conflicts: ['no-backup'],
  },
  'no-backup': {
    value: { type: 'name', name: 'serial' },
    says: 'agree that what is on the disk with this serial number is lost',
    more: 'Agree that what is on the disk with this serial number is lost. Recorded in the run.',
  },
} as const satisfies Readonly<Record<string, OptionEntry>>;
