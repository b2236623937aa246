// The commands that set a host up, prove it and take it back.
import type { CommandEntry } from './entry.ts';
import { DRY_RUN } from './every-command.ts';
import { FORMAT_CONSENTS } from './format-consents.ts';

export const SET_UP = {
  plan: {
    says: 'Show every step setup would take, why, and its undo. Changes nothing.',
    about: [
      'Shows every step that `setup` would take, why, and its undo.',
      'Changes nothing and works without root, as far as can be seen without.',
    ],
    options: {
      out: {
        value: { type: 'file' },
        says: 'save the plan, for: setup --plan FILE',
        more: 'Save the plan, for `setup --plan`. Only a plain file is replaced.',
      },
      adopt: {
        value: { type: 'service', repeatable: true, words: ['base'] },
        says: "plan as if it may take over this service's directories",
        more: 'Plan as if `setup` were given the same flag.',
      },
      ...FORMAT_CONSENTS,
    },
    onAnotherDisk: 'acts',
    mountsFirst: true,
    examples: [
      { type: 'jts-hot plan', to: 'see what setup would do' },
      { type: 'sudo jts-hot plan --out /root/hot.plan', to: 'save it, to have it reviewed' },
    ],
  },
  setup: {
    says: 'Set the host up: preflight, plan, apply, verify, report.',
    about: [
      'Looks at the host first (space, disk, tools), plans, does the steps, and looks again.',
      'Where the layout has a section `storage`, what `storage --apply` does comes first, as a run of its own.',
      'What is right already is left alone, so a second run changes nothing, and a run after damage mends the damage.',
      'A run that was interrupted is completed by the next one.',
    ],
    options: {
      plan: {
        value: { type: 'file' },
        says: 'apply just this saved plan; refused when the host has changed since',
        more:
          'Do just what this saved plan says. Refused when the host has changed since. The host, the layout and what may be ' +
          'adopted come from the plan, so `--root`, `--spec`, `--base` and `--adopt` cannot be given.',
      },
      adopt: {
        value: { type: 'service', repeatable: true, words: ['base'] },
        says: 'take over the directories of this service (or: base); repeatable',
        more:
          "Take over directories of this service that hold somebody else's data; what is in them stays as it is, until " +
          '`repair --recursive`. `base` means the base directory. May be given several times.',
      },
      'new-disk': {
        says: 'agree to another disk, or another base directory, than on record',
        more:
          'Agree to another disk, or another base directory, than the first setup put on record. Recorded in the run; its ' +
          'rollback puts the earlier one on record again.',
      },
      strict: {
        says: 'refuse when preflight warns',
        more: 'Refuse when one of the checks before work begins warns.',
      },
      ...FORMAT_CONSENTS,
      rehearse: {
        says: 'do it on a copy of this host with a sparse file as its disk, and undo it',
        more:
          'Do all of it on a copy of this host that is gone afterwards, with a sparse file of the size of the disk in its place: ' +
          'plan, setup, validate, setup again, rollback. Says of each whether it held, and what could not be rehearsed here. The ' +
          'disk itself is not opened, this host is not changed, and nothing is recorded.',
        conflicts: ['plan', 'dry-run', 'confirm', 'backup', 'no-backup', 'new-disk', 'strict'],
      },
      'dry-run': { ...DRY_RUN, more: `${DRY_RUN.more} The same as \`plan\`, and works without root.` },
    },
    isRecorded: true,
    onAnotherDisk: 'acts',
    mountsFirst: true,
    examples: [
      { type: 'sudo jts-hot setup', to: 'make what is missing, mend what is wrong' },
      { type: 'sudo jts-hot setup --plan /root/hot.plan', to: 'do just what was planned' },
    ],
  },
  validate: {
    says: 'Prove the layout: every user, directory, owner, mode; really write as each service.',
    about: [
      'Checks every user, group, directory, owner and mode, and the space.',
      'Creates, syncs and removes a file as each service in each of its directories, and tries to list and enter the ' +
        'directories of the others, with the groups that its account really has.',
      'Fails where the user of a service is in a group that lets it in elsewhere, where two accounts share a number, and where ' +
        'two services have one user and do not say so (`sharesUser`).',
      'Looks at the first entries of each directory in the trees of services that have a user of their own, at most 1,000 a ' +
        'service: owners, modes, access lists, flags, programs that run as their owner, devices, other file systems.',
      'Where regular runs are installed, or the record of runs says that they were, looks at each file and timer that `schedule` ' +
        'makes and at the program that they call: all of it with `--deep`, else that it is complete and only root can change it.',
      'Looks at the history, where one was begun: that it opens, that its small tables can be read, that only root can change it.',
      'A failure that follows from another one is named with it, and one command that mends it stands with each cause that has one.',
      'Nothing is left behind.',
    ],
    argument: {
      name: 'service',
      type: 'service',
      says: 'with --deep: go through the tree of this one only',
    },
    options: {
      deep: {
        says: 'go through the trees of services, all of them or that of SERVICE',
        more:
          'Look at every entry in the trees of services, or in that of SERVICE, by all cores; follows no link and enters no ' +
          'other file system. The files of services that belong to root are not judged: they are meant to belong to many. The ' +
          'program that regular runs call is read whole.',
      },
      verbose: {
        short: 'v',
        says: 'every check, with what was expected and found',
        more: 'Show every check, not only those that do not hold.',
      },
      quiet: {
        short: 'q',
        says: 'print nothing; the exit status says it',
        more: 'Print nothing; the exit status says it.',
        conflicts: ['json', 'verbose'],
      },
      record: {
        says: 'remember the outcome for metrics, and tell the alert channels when it changes: for timers',
      },
    },
    exits: {
      0: 'everything holds; warnings do not count',
      1: 'a check failed, or could not be tried',
    },
    onAnotherDisk: 'tells',
    examples: [
      { type: 'sudo jts-hot validate', to: 'prove the layout, and see what does not hold' },
      { type: 'sudo jts-hot validate --deep kafka', to: 'look at all that kafka has' },
    ],
  },
  repair: {
    says: "Restore the layout's directories, owners and modes; makes no users. Recorded.",
    about: [
      "Restores owners and modes of the layout's directories, and makes those that are missing, but no users and groups.",
      'Directories with data that belong to root are given back to their service.',
      'With SERVICE only the directories of this one are looked at, and given back to it, also where somebody else owns them.',
    ],
    argument: {
      name: 'service',
      type: 'service',
      says: 'only this one; agrees to give its directories back to it, also from another owner',
    },
    options: {
      recursive: {
        says: 'also inside its tree: wrong owners, modes of the wrong class',
        more:
          "Go into the service's tree as well: entries with another owner, files that their owner cannot read, directories that " +
          'it cannot use, anything that everybody may write. Left alone are links, special files, programs that run as their ' +
          "owner or group, files with several hard links that are somebody else's, and other file systems. Everything that is " +
          'changed is recorded. It goes through the tree twice: to see whether anything is in the way, and to change what is ' +
          'wrong as it is by then.',
      },
      acl: {
        says: 'also take away access lists that let others in, and inherited ones',
        more:
          "Also take away access lists that let somebody in beyond the mode, and those that new files would inherit: of the layout's " +
          'own directories, which get the mode that the layout wants; with `--recursive` also inside, where the mode of the group ' +
          'becomes what it was before there was a list.',
      },
      flags: {
        says: 'also take away the flags immutable and append-only',
        more:
          'Also take away the flags immutable and append-only (see `chattr(1)`): while they are set nothing else of an entry ' +
          "can be mended, and the service cannot write. Of the layout's own directories; with `--recursive` also inside.",
      },
      'allow-in-use': {
        says: 'even while a process has files open in there',
        more: 'Even while a process has files open in there. Only with `--recursive`.',
      },
      'dry-run': DRY_RUN,
    },
    isRecorded: true,
    onAnotherDisk: 'acts',
    examples: [
      { type: 'sudo jts-hot repair kafka', to: 'restore its directories' },
      {
        type: 'sudo jts-hot repair kafka --recursive',
        to: 'give its files back to it after somebody restored them as root',
      },
    ],
  },
  rollback: {
    says: 'Undo a recorded run, newest first. Whatever holds data stays, and is named.',
    about: [
      'Undoes a recorded run, the newest if no number is given, together with interrupted runs that it completed.',
      'Newer runs must be undone first.',
      'On a terminal it shows what it will undo, and asks; elsewhere, and with `-j`, it does not ask.',
      'Whatever holds data stays, with the account that owns it and the directories above it.',
      'What somebody else has made in the meantime stays as well: users and groups are known by name and number, directories ' +
        'and files by inode and birth time.',
      'An account goes only when every directory that was made for it is accounted for and nothing belongs to its number on ' +
        'the file systems of the base, of its home and of `/var`.',
      'Otherwise it is kept, and locked with `usermod --lock --expiredate 1`.',
      'No layout is read: a run records where it was, so a layout that is broken by now is not in the way.',
    ],
    argument: { name: 'run', type: 'run', says: 'number of the run (default: the newest)' },
    options: {
      'dry-run': {
        ...DRY_RUN,
        more: `${DRY_RUN.more} Whether an account still owns files elsewhere is searched for only when it is undone.`,
      },
      yes: {
        short: 'y',
        says: 'do not ask, on a terminal either',
        more: 'Do not ask, on a terminal either.',
        conflicts: ['dry-run'],
      },
      list: {
        conflicts: ['dry-run', 'yes'],
        says: 'show the recorded runs',
        more: "Show the recorded runs, and what is wrong with records that are damaged or a newer program's.",
      },
      damaged: {
        says: 'of a run whose record is damaged: what is recorded before that, but no accounts',
        more:
          'Of a run whose record is damaged: undo the steps before the first line that does not verify. Accounts stay, since ' +
          'what else was made for them is not known. Only with the number of the run.',
      },
      'start-empty': {
        value: { type: 'service', repeatable: true },
        says: 'of settings: agree that this service starts without its data on the hot tier',
        more:
          'Of a run that installed settings: agree that this service starts without the data that it has written on the hot tier ' +
          'since, which stays there. May be given several times.',
      },
      'search-limit': {
        value: { type: 'span', name: 'duration' },
        says: 'how long to look for what accounts still own (default: 2m)',
        more: 'How long to look for what accounts still own; `2m` if not given. Accounts that could not be cleared by then stay.',
      },
    },
    isRecorded: true,
    onAnotherDisk: 'tells',
    examples: [
      { type: 'sudo jts-hot rollback --list', to: 'see what was done' },
      { type: 'sudo jts-hot rollback 3', to: 'undo run 3' },
    ],
  },
  spec: {
    says: 'Show the effective layout as a file, check it, print a lost one or the schema.',
    about: [
      '`show` prints the layout in effect, as a file (this is the default); `check` checks it; `schema` prints the JSON Schema ' +
        'of such files.',
      '`recorded` prints the layout file that the newest recorded run went by, as it was: for one that is lost.',
    ],
    argument: {
      name: 'what',
      type: 'word',
      words: ['show', 'check', 'schema', 'recorded'],
      verbs: ['show', 'check'],
      default: 'show',
      says: 'show, check, schema or recorded',
    },
    options: {},
    exits: { 0: 'shown; checked, and it is right' },
    onAnotherDisk: { why: 'it reads the layout only' },
    examples: [
      { type: 'jts-hot spec', to: 'see the layout, to save it and change it' },
      { type: 'jts-hot spec check --spec hot.yaml', to: 'check a layout file before it is used' },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
