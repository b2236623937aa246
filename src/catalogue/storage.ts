// The commands that show disks, and make the hot tier on one.
import type { CommandEntry } from './entry.ts';
import { DRY_RUN } from './every-command.ts';
import { FORMAT_CONSENTS } from './format-consents.ts';

export const STORAGE = {
  device: {
    says: 'Show the disks, and whether the hot tier could be on one; put one back.',
    about: [
      '`list` shows all disks: size, model, serial number, namespace, what is on each, and whether the hot tier could be on it, or why not.',
      '`show` tells all of one device: sectors, discards, scheduler, health and wear, what is on it and on its partitions, who has it ' +
        'mounted or open, whether it could be used, and the lines that name it in a layout file. DEVICE is `nvme0n1`, `/dev/nvme0n1`, a ' +
        'serial number or a WWID.',
      'These two change nothing. Without root it is not known what is on a disk.',
      '`backup` makes an image of a whole disk that nobody uses, in a new file, and compares the two. Zeros take no room in it. It is what ' +
        '`--backup FILE` of `setup` asks for.',
      '`restore` shows what was saved of disks before the first write. With `--saved` and `--confirm` it puts the first and the last ' +
        '16 MiB of a disk back, where partition tables, LVM and the beginnings of file systems are, and compares them. What is there ' +
        'now is saved first, and `rollback` puts it back. Refused while the disk is in use.',
    ],
    argument: {
      name: 'verb',
      type: 'word',
      words: ['list', 'show', 'backup', 'restore'],
      default: 'list',
      says: 'list, show, backup or restore',
    },
    second: {
      name: 'device',
      type: 'device',
      says: 'name, path, serial number or WWID; of restore: serial number',
    },
    options: {
      to: {
        value: { type: 'file' },
        says: 'of backup: the new file, by its absolute path',
      },
      saved: {
        value: { type: 'name', name: 'name' },
        says: 'of restore: put this saved state back (its name, or how it begins)',
        more: 'Of `restore`: put this saved state back. NAME is how its name in the list begins.',
      },
      confirm: {
        value: { type: 'name', name: 'serial' },
        says: 'of restore: agree to write to the disk with this serial number',
      },
      'replace-live': {
        says: 'of restore: agree to lose what is newer on the disk',
        more: 'Of `restore`: agree to put the saved state over something newer. Never over what is in use.',
      },
      'dry-run': DRY_RUN,
    },
    isRecorded: true,
    takesLong: true,
    exits: { 0: 'shown, or put back', 1: 'there is no such device, or it could not be put back' },
    onAnotherDisk: { why: 'it shows disks, whatever is mounted of them' },
    examples: [
      { type: 'sudo jts-hot device list', to: 'see which disks could be used' },
      { type: 'sudo jts-hot device show nvme0n1', to: 'see all of one, and how a layout names it' },
    ],
  },
  storage: {
    says: 'Check or make the disk, volumes, file systems and mounts of the layout. Recorded.',
    about: [
      'Shows whether all from the disk to the mounts is as the section `storage` of the layout file says: the disk itself, the ' +
        'volume group and the volumes, file systems, mount points, the lines of /etc/fstab, what is mounted, and that no service ' +
        'starts without its mount. It changes nothing; works as far as can be seen without root.',
      'With `--apply` it is made so. `setup` does the same before it makes directories.',
      'Only an empty disk is formatted without further words, and only the one that the layout names in `allowFormat` and the ' +
        'command line with `--confirm`. A disk that holds anything needs `--backup` or `--no-backup` besides. One that the system ' +
        'runs from, that something uses, or that was set up by this program before is refused in any case.',
      'What a disk begins and ends with is saved before anything is written to it: see `device restore`.',
      'Recorded as a run. `rollback` unmounts, puts /etc/fstab back, and takes away volumes and file systems that this run made, ' +
        'as long as they hold no data.',
    ],
    options: {
      apply: {
        says: 'make it so',
        more: 'Make it so. Each change is a step of a recorded run, and `rollback` undoes it.',
      },
      ...FORMAT_CONSENTS,
      'dry-run': { ...DRY_RUN, more: `With \`--apply\`. ${DRY_RUN.more}` },
    },
    exits: { 0: 'all is as the layout says, or was made so', 1: 'something is not, or a step failed' },
    isRecorded: true,
    onAnotherDisk: { why: 'it is what mounts the disk; disks are compared by serial number and UUID' },
    examples: [
      { type: 'sudo jts-hot storage', to: 'see what is as the layout says, and what is not' },
      {
        type: 'sudo jts-hot storage --apply --dry-run',
        to: 'see what would be done, and what would refuse it',
      },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
