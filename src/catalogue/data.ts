// The commands that keep data safe: backups, and moving it.
import type { CommandEntry } from './entry.ts';
import { DRY_RUN } from './every-command.ts';

export const DATA = {
  backup: {
    says: 'Take backups of the services, prove them by a restore, restore and prune them.',
    about: [
      "`run` takes a backup with the service's own tools: in backup staging first, whole and synced, then in `daily`, in a directory " +
        'of its service that only root can enter. It deletes nothing.',
      '`list` shows what there is, and which of it was ever restored.',
      '`verify` compares each file with its sum, restores into an empty directory, starts the real server on it in a network of its ' +
        'own, and compares what it counts there with what was counted when the backup was taken.',
      '`restore` makes a data directory of a backup: in an empty place, or with `--replace-live` in the place of the data of a service ' +
        'that is stopped. The old data is kept beside it.',
      '`prune` shows what may go: what is older and more than is to be kept. The newest that was proved never goes, nothing that ' +
        'others need, and nothing after a failed run. With `--delete` it deletes that.',
      'The service may also be typed before the verb. Without one, or with `all`, it is about all that are installed here.',
    ],
    argument: {
      name: 'verb',
      type: 'word',
      words: ['run', 'list', 'verify', 'restore', 'prune'],
      default: 'list',
      says: 'run, list, verify, restore or prune',
    },
    second: { name: 'service', type: 'service', words: ['all'], says: 'only this one (default: all)' },
    options: {
      at: {
        value: { type: 'name', name: 'time' },
        says: 'of verify and restore: which one, as list calls it (default: the newest)',
      },
      to: {
        value: { type: 'directory' },
        says: 'of restore: the empty or missing directory to restore into',
        more: 'Of `restore`: the directory to restore into; it is missing or empty. Without it one in backup staging is made.',
        conflicts: ['replace-live'],
      },
      'replace-live': {
        says: 'of restore: agree to put it in the place of the live data, which is kept beside it',
        more:
          'Of `restore`: agree to put it in the place of the live data. The service must be stopped. The old data is kept beside it ' +
          'under another name; `rollback` puts it back.',
      },
      whole: { says: 'of run: no increment, also where there could be one' },
      rate: {
        value: { type: 'size' },
        says: 'read at most so much a second (default: 200MB)',
      },
      'trust-compression': {
        says: 'of run: begin although only compression can make it fit',
        more: 'Of `run`: begin although the data only fits if it can be compressed well. It ends before the room does.',
      },
      keep: {
        value: { type: 'count' },
        says: 'of prune: so many of the newest good ones stay (default: 7)',
        more: 'Of `prune`: so many of the newest good ones stay, instead of what the layout says, or 7.',
      },
      older: {
        value: { type: 'span', name: 'age' },
        says: 'of prune: only what is older may go (default: 30d)',
        more: 'Of `prune`: only what is older may go, instead of what the layout says, or 30 days. At least `1h`.',
      },
      delete: {
        says: 'of prune: agree to delete what it shows',
        more: 'Of `prune`: agree to delete what it shows, for good. Without it nothing is changed.',
      },
      'after-failure': {
        says: 'of prune: agree to it although the last backup failed',
        more:
          'Of `prune`: agree to it although the last backup failed, did not end, is gone, or is not on record: where there is no ' +
          'room for the next one. What is kept is the same.',
      },
      'trust-clock': {
        says: 'of prune: agree that the clock is right although it was set',
        more: 'Of `prune`: agree that the clock is right although it was set.',
      },
      'dry-run': DRY_RUN,
    },
    exits: { 0: 'done, or nothing to do', 1: 'a backup failed, or one is not good' },
    isRecorded: true,
    takesLong: true,
    onAnotherDisk: 'acts',
    examples: [
      { type: 'sudo jts-hot backup run postgresql', to: 'take a backup of PostgreSQL' },
      { type: 'sudo jts-hot backup verify postgresql', to: 'prove the newest one by a restore' },
    ],
  },
  move: {
    says: "Move a running service's data to the hot tier with a short stop, or finish that.",
    about: [
      "A running service's data goes from its old place to where the layout wants it. First all is checked, and nothing is changed " +
        'where something is in the way. Then it is copied while the service runs; the service is stopped; what was open or has ' +
        'changed meanwhile is compared and copied again; its settings are switched, as `config --install` does it; it is started, ' +
        'and seen to run on the hot tier by what it has open.',
      'Where it does not come up there, its settings are taken back and it is started on its old place.',
      'Each phase is on record before it begins: after a kill the same command goes on. A signal ends it at a safe point; while the ' +
        'service is stopped, it is started on its old place first.',
      'The old place is kept as it is, until `--finish` deletes what is in it.',
      'Without a service it lists moves that are not finished.',
    ],
    argument: { name: 'service', type: 'service', says: 'whose data; without it: what is being moved' },
    options: {
      from: {
        value: { type: 'directory', name: 'dir' },
        says: 'where its data is now',
        more: 'Where its data is now. Of a move that is on record it may be left out.',
      },
      to: {
        value: { type: 'name', name: 'path' },
        says: 'to another path below the base: the layout file says it, then its data goes there',
        more:
          'To another path below the base. The layout file is edited in place and recorded, its directories are made as `setup` does, ' +
          'and all that is in its directory goes there: it gets another name, where both are on one file system. A service that has its ' +
          'data elsewhere is moved with that alone. So is one for which the layout has a volume: it is made, and mounted there, first.',
        conflicts: ['from'],
      },
      'base-to': {
        value: { type: 'directory', name: 'dir' },
        says: 'the whole base to another path: the layout file says it, then all services go there',
        more:
          'The whole base to another path or file system, without a service. All is looked at first. The layout file is edited in ' +
          'place and recorded, directories are made as `setup` does, and each service goes with all that it has, stopped for as short ' +
          'as can be; one that does not run, or is no server, goes too. The history goes along; regular runs and the rotation of logs ' +
          'are written anew. What belongs to no service stays. What was copied is kept in the old base until `--finish`; `--cancel` goes back.',
        conflicts: ['from', 'to', 'finish', 'cancel'],
      },
      finish: {
        says: 'agree to delete what is in the old place, once it runs on the hot tier',
        more:
          'Agree to delete what is in the old place. Refused unless the service runs on the hot tier now, the old place is as it was ' +
          'left, and no process has any of it open. The directory itself stays. Without a service: of the whole base.',
        conflicts: ['from', 'to'],
      },
      cancel: {
        says: 'give an unfinished move up: back to its old place, and the copy goes',
        more:
          'Give an unfinished move up: the service runs on its old place, its settings are as they were, and the copy is deleted. ' +
          'A copy that the service was started on is kept and named. What was renamed gets its old name back, also after the move has ' +
          'come to its end. Without a service: of the whole base, and services that have gone are moved back.',
        conflicts: ['from', 'to', 'finish'],
      },
      rate: {
        value: { type: 'size' },
        says: 'read at most so much a second while it runs (default: as fast as it goes)',
        more: 'Read at most so much a second while the service runs. Not held to while it is stopped.',
      },
      hash: {
        says: 'hash both sides whole while it is stopped, also where that takes longer',
        more:
          'Hash all content of both sides while the service is stopped, also where that takes longer than three seconds. Without it ' +
          'content is compared then of what had been open for writing, or has changed.',
      },
      'stop-limit': {
        value: { type: 'seconds', default: 900 },
        says: 'how long it may take to stop; then it goes on as before',
      },
      'dry-run': {
        says: 'show all phases with their numbers, and change nothing',
        more: 'Show all phases with their numbers, and change nothing: no lock is taken, nothing is recorded.',
      },
    },
    exits: { 0: 'moved, finished or listed', 1: 'it failed, and the service is on its old place' },
    takesLong: true,
    measures: true,
    onAnotherDisk: 'acts',
    mountsVolume: true,
    examples: [
      {
        type: 'sudo jts-hot move postgresql --from /var/lib/postgresql/15/main --dry-run',
        to: 'see what would be done, how long it takes and what is stopped',
      },
      {
        type: 'sudo jts-hot move postgresql --finish',
        to: 'delete the old place, once all is well',
      },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
