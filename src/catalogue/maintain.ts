// The commands that keep the hot tier tidy and fast.
import type { CommandEntry } from './entry.ts';
import { DRY_RUN } from './every-command.ts';

export const MAINTAIN = {
  clean: {
    says: 'Take away what is old, by the rules of the layout, through a trash. Recorded.',
    about: [
      'Takes away what is old by rules: backup staging after 7 days and snapshots after 30, of each all but the newest, and ' +
        '`*.tmp` in temporary directories and staging after a day; those of the section `clean` of the layout file replace and ' +
        'complete them.',
      'Never touched: directories for data or configuration; what a process has open or mapped; what has changed since it was ' +
        'planned; the newest, as many as a rule keeps; anything through a link, or on a file system that the layout does not ' +
        'give to its service; what is dated ahead, which is named.',
      'A clock that was set since the last run stops it.',
      'What goes is moved into `.jts-hot-trash` first, where only root can look: below the base, and for a service with a file ' +
        'system of its own at the top of that. Nothing is freed by that. ' +
        'After three days it may be deleted: with `--delete`.',
      'Recorded as a run. `rollback` brings back what is in the trash; what was deleted is gone.',
    ],
    argument: { name: 'service', type: 'service', says: 'only what belongs to this one' },
    options: {
      delete: {
        says: 'agree to delete: what is due in the trash, and what rules take a second time',
        more:
          'Agree to delete for good: what has been in the trash for three days, and, at once, what is taken by a rule that has ' +
          'taken something in an earlier run. What a new or changed rule takes first goes into the trash all the same.',
      },
      trash: {
        says: 'all goes into the trash first, also with --delete',
        more: 'All goes into the trash first. With `--delete` only what is due there is deleted.',
      },
      'trust-clock': {
        says: 'agree that the clock is right although it was set',
        more: 'Agree that the clock is right although it was set since the last run.',
      },
      'dry-run': DRY_RUN,
    },
    exits: { 0: 'cleaned, or nothing to do', 1: 'a step failed' },
    isRecorded: true,
    onAnotherDisk: 'acts',
    examples: [
      { type: 'sudo jts-hot clean --dry-run', to: 'see what would go, and what stays' },
      { type: 'sudo jts-hot clean backup --trash', to: 'move what is old of backups into the trash' },
    ],
  },
  logs: {
    says: "List the services' large logs and what rotates them; have them rotated. Recorded.",
    about: [
      'Lists large logs of the services, in their directories of logs and, of Docker, what containers say: size, age, growth, the ' +
        'processes that have each open for writing, and what rotates it, with the line that says so. Segments of Kafka are data and ' +
        'are not listed.',
      'With `--install` what is not rotated yet becomes so, each as its service wants it: by its own settings, by a file for log4j, ' +
        'or by a file for logrotate. What is rotated already stays as it is.',
      'It deletes and rotates nothing itself. Installing is recorded as a run, and undone by `rollback`.',
    ],
    argument: { name: 'service', type: 'service', says: 'only this one' },
    options: {
      over: {
        value: { type: 'size' },
        says: 'logs of at least this size (default: 100MB)',
        more: 'Logs of at least this size; 100MB if not given.',
      },
      install: {
        says: 'have those rotated that are not',
        more: 'Have the logs rotated that nothing rotates yet, of the services that are installed here. Recorded, and undone by `rollback`.',
        conflicts: ['over'],
      },
      replace: {
        says: 'with --install: agree to replace files that somebody else wrote or changed',
        more: 'With `--install`: agree to replace files in the place of ours that somebody else wrote or changed.',
      },
      'dry-run': { ...DRY_RUN, more: `With \`--install\`. ${DRY_RUN.more}` },
    },
    exits: {
      0: 'listed, installed, or nothing to do',
      1: 'a step failed, or a part could not be measured',
    },
    isRecorded: true,
    measures: true,
    onAnotherDisk: 'looks',
    examples: [
      {
        type: 'sudo jts-hot logs --over 50MB',
        to: 'see which logs are large, and whether anything rotates them',
      },
      { type: 'sudo jts-hot logs --install --dry-run', to: 'see what would have them rotated' },
    ],
  },
  bench: {
    says: 'Measure how fast the disk is, judge it, and compare it with earlier times.',
    about: [
      'Measures the disk below the base, or below the file system that a service has for itself, with `fio(1)`: reads and writes in order, of 4 KiB at depth 1 and 32, mixed, and how long ' +
        'a log that is synced for each append waits. Shows bandwidth, operations a second, and how long 50, 99 and 99.9 of 100 ' +
        'take; each the median of three rounds.',
      'Warns where 99 of 100 reads of 4 KiB, or of syncs, take longer than 1 ms, and where anything has become more than 20 % ' +
        'slower than the first or the last time on the same disk and file system. Figures are kept in the history, by the serial ' +
        'number of the disk.',
      'Measures with a file that never has a name, in backup staging or at the top of the file system: it is gone however the ' +
        'command ends.',
      'Refused on a busy disk (`--now` measures all the same), and where less than 5 % of the disk would be free.',
      'A signal ends it at once, and nothing is kept.',
    ],
    argument: {
      name: 'service',
      type: 'service',
      says: 'the file system that this one is on, instead of the one of the base',
    },
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
  tune: {
    says: 'Check or set how disk and kernel are tuned for the services. Recorded, and undone by rollback.',
    about: [
      '`tune disk` tells of the disk below the base whether reading writes nothing to it (`noatime`), whether NVMe disks are without an ' +
        'I/O scheduler, and whether the disk is really told what is free on it (TRIM): now, and at the next start. Changes ' +
        'nothing, unless `--apply` is given.',
      'With `--apply` it is made so: by a remount, and where it is said how the disk is mounted, in `/etc/fstab` or in a drop-in ' +
        'for its unit of systemd. All else in that file stays, a copy with the date stands beside it, and `findmnt --verify` ' +
        'judges the new one first. The scheduler is chosen in sysfs, and at each start by a rule of udev that knows the disk by its ' +
        'serial number. `fstrim.timer` is enabled and started; where `fstrim.service` passes the mount by, a timer of ours is.',
      '`tune host` tells of each setting of the kernel that a service of the layout wishes something of (huge pages, overcommit, ' +
        'swappiness, maps, dirty pages, open files, connections, readahead, swap, clock) whether it is right, now and at the next start. Of ' +
        'wishes that contradict each other one value comes by rules: fewest errors, then warnings, then hints. What a service loses ' +
        'by it is said, and what it can have for itself instead. Wishes of severity `hint` do not count in the exit status.',
      'With `--apply` settings are made so in /proc/sys and /sys, and at each start by `/etc/sysctl.d/99-zz-jts-hot.conf` and ' +
        '`/etc/tmpfiles.d/00-jts-hot.conf`, and of readahead by a rule of udev for each device. A value that meets the same wishes is left as it is. Swap and clock are told and not set.',
      '`tune` alone is both, each in a run of its own.',
      'Recorded as a run, and undone by `rollback`: files byte for byte, and what is set now.',
    ],
    argument: {
      name: 'what',
      type: 'word',
      words: ['disk', 'host'],
      says: 'disk or host; both, if not given',
    },
    options: {
      check: {
        says: 'tell how it is, and change nothing (default)',
        more: 'Tell how it is, and change nothing; ends with 1 where something is not as it should be. This is the default.',
      },
      apply: {
        says: 'make it so, now and for good',
        more: 'Make it so, now and for good.',
        conflicts: ['check'],
      },
      explain: {
        value: {
          type: 'name',
          name: 'setting',
          words: [
            'thp',
            'thp-defrag',
            'vm.overcommit_memory',
            'vm.swappiness',
            'vm.max_map_count',
            'vm.dirty_background_ratio',
            'vm.dirty_ratio',
            'fs.file-max',
            'fs.aio-max-nr',
            'net.core.somaxconn',
            'kernel.pid_max',
            'kernel.threads-max',
            'kernel.task_delayacct',
            'readahead',
            'swap',
            'clock',
          ],
        },
        says: 'of the host: tell who wishes what of one setting, and why',
        more: 'Of the host: tell who wishes what of one setting, why, by which document, and which values were weighed.',
        conflicts: ['check', 'apply', 'dry-run', 'replace'],
      },
      replace: {
        says: 'agree to replace files that somebody else wrote or changed',
        more: 'With `--apply`: agree to replace files in the place of ours that somebody else wrote or changed.',
        conflicts: ['check'],
      },
      'dry-run': {
        says: 'show what --apply would do, and change nothing',
        more: 'Show what `--apply` would do, and change nothing: no lock is taken, nothing is recorded.',
        conflicts: ['check'],
      },
    },
    exits: {
      0: 'all is as it should be, or was made so',
      1: 'something is not as it should be, or a step failed',
    },
    isRecorded: true,
    onAnotherDisk: 'acts',
    examples: [
      { type: 'jts-hot tune', to: 'see how disk and kernel are set' },
      { type: 'sudo jts-hot tune host --apply', to: 'set the kernel as the services wish it' },
    ],
  },
  trim: {
    says: 'Tell the disk now what is free on it, as fstrim does.',
    about: [
      'Tells the disk below the base what is free on its file system, so that it need not keep what was deleted. In ranges, with ' +
        'progress on a terminal; a signal ends it between two of them, and what is trimmed stays so.',
      'Refused where the disk, or a layer above it, takes no discards.',
      'Changes nothing that can be read, so it is no run and there is nothing to undo. What was deleted cannot be read from the disk ' +
        'any more.',
    ],
    options: {
      'dry-run': {
        says: 'show what it would do, and change nothing',
        more: 'Show what it would do, and change nothing.',
      },
    },
    exits: { 0: 'trimmed', 1: 'a range failed' },
    takesLong: true,
    onAnotherDisk: 'acts',
    examples: [
      { type: 'jts-hot trim --dry-run', to: 'see whether the disk can be trimmed, and how much is free' },
      { type: 'sudo jts-hot trim', to: 'trim it now' },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
