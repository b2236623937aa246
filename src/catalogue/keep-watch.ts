// The commands that have a host watched when nobody is there.
import type { CommandEntry } from './entry.ts';
import { DRY_RUN } from './every-command.ts';

export const KEEP_WATCH = {
  status: {
    says: 'Show on one screen how the host is, what changed, and what to type next.',
    about: [
      'Shows the disk, each service (whether it runs on the hot tier, its use and level, its last backup and whether one was ever ' +
        'restored), the last proof, the runs that changed the host in the last seven days, and what to type next.',
      'Answers at once: what is used comes from the last measurement. Measures nothing, changes nothing.',
      'Without root it shows no processes and no runs.',
    ],
    options: {},
    exits: { 0: 'nothing needs anybody', 1: 'something does: what to type is shown' },
    onAnotherDisk: 'tells',
    examples: [
      { type: 'sudo jts-hot status', to: 'see how everything is' },
      { type: 'sudo jts-hot status -j', to: 'have the same as JSON' },
    ],
  },
  doctor: {
    says: 'Say why a service does not start, or what it complains of, and what mends it.',
    about: [
      'Says of each installed service that does not run, or fails a check of `validate`, why: cause, evidence and fix, the most ' +
        'probable first.',
      'Looks at what `validate` and `config --check` look at, at its unit, at what it said since it was last started (the journal ' +
        'and its own logs), and knows what many of these messages mean.',
      'Changes nothing.',
    ],
    argument: { name: 'service', type: 'service', says: 'only this one' },
    options: {},
    exits: { 0: 'nothing is wrong', 1: 'something is: what mends it is shown' },
    onAnotherDisk: 'tells',
    examples: [
      { type: 'sudo jts-hot doctor', to: 'find what is wrong with any service' },
      { type: 'sudo jts-hot doctor redis', to: 'find why Redis does not start' },
    ],
  },
  schedule: {
    says: 'Show, install or remove the regular runs of the monitor. Recorded, and undone by rollback.',
    about: [
      'Shows what would run regularly, installs it or removes it: a line of the summary every six hours, and the whole report ' +
        'every day at six, appended to logs that are rotated; and a proof of the layout every day at half past six.',
      'What is run is a complete copy of this program in `/usr/local/libexec/jts-hot`, so that an update of the checkout stops ' +
        'nothing: install again after one.',
      'Recorded as a run, and undone by `rollback`.',
    ],
    options: {
      cron: { says: 'as /etc/cron.d/jts-hot', more: 'As `/etc/cron.d/jts-hot`.' },
      systemd: {
        says: 'as systemd timers (default where systemd runs)',
        more: 'As services and timers; this is the default where systemd runs.',
        conflicts: ['cron'],
      },
      install: { says: 'put them there', more: 'Put them there.' },
      remove: { says: 'take them away', more: 'Take them away.', conflicts: ['install'] },
      clean: {
        value: { type: 'name', name: 'when', words: ['daily', 'never'] },
        says: 'daily: also clean every day, which deletes; never: no longer',
        more:
          '`daily`: agree to `clean --delete` every day at half past three; what a rule takes for the first time goes into the ' +
          'trash for three days, what it takes later is deleted at once. `never`: no longer. Left out: as it was.',
        conflicts: ['remove'],
      },
      backup: {
        value: { type: 'name', name: 'when', words: ['daily', 'never'] },
        says: 'daily: also back up every day; never: no longer',
        more:
          '`daily`: agree to `backup run` of all services every day at one in the morning. It deletes no backup; `backup prune` does, ' +
          'which no timer runs. `never`: no longer. Left out: as it was.',
        conflicts: ['remove'],
      },
      replace: {
        says: 'agree to replace and remove files that somebody else wrote or changed',
        more: 'Agree to replace and remove files that somebody else wrote or changed. Only with `--install` or `--remove`.',
      },
      'dry-run': DRY_RUN,
    },
    exits: { 0: 'shown, installed, removed, or nothing to do', 1: 'a step failed' },
    isRecorded: true,
    onAnotherDisk: { why: 'its files are below /etc' },
    examples: [
      { type: 'jts-hot schedule', to: 'see what would be installed' },
      { type: 'sudo jts-hot schedule --install', to: 'have it measured from now on' },
    ],
  },
  alert: {
    says: 'Try the channels that alerts go through, or list them and what they delivered.',
    about: [
      '`list` shows the channels of the layout and what they delivered (this is the default); `test` sends a message that is ' +
        'marked as a test through all of them.',
    ],
    argument: { name: 'what', type: 'word', words: ['test', 'list'], default: 'list', says: 'test or list' },
    options: {},
    exits: {
      0: 'every channel has delivered the test; listed, also when some wait',
      1: 'one has not delivered it',
    },
    onAnotherDisk: { why: 'its channels are in the layout; of the disk it shows only how full it is' },
    examples: [
      { type: 'sudo jts-hot alert', to: 'see the channels, and what waits' },
      { type: 'sudo jts-hot alert test', to: 'try them all' },
    ],
  },
  serve: {
    says: 'Answer scrapes with the last recorded report. Never measures by itself.',
    about: [
      'Answers scrapes at `/metrics` with the last report that was recorded.',
      'Never measures by itself, and needs no root where the history may be read.',
    ],
    options: {
      metrics: {
        says: 'for Prometheus, at /metrics (default: there is nothing else)',
        more: 'What to serve. It may be left out: there is nothing else yet.',
      },
      listen: {
        value: { type: 'address', default: '127.0.0.1:9847' },
        says: 'address and port',
        more: 'Address and port; `127.0.0.1:9847` if not given.',
      },
      'allow-remote': {
        says: 'agree to answer other machines too',
        more: 'Agree to listen on an address that other machines can reach.',
      },
      host: {
        value: { type: 'name', repeatable: true },
        says: 'a name it may be asked by, beside addresses and localhost; repeatable',
        more:
          'A name by which it may be asked, beside addresses, localhost and, with `--allow-remote`, the name of this machine. ' +
          'Repeatable.',
      },
    },
    exits: {
      0: 'was told to end, by a signal too',
      1: 'it cannot listen there, or its standard error is gone',
    },
    onAnotherDisk: { why: 'it answers with the last report' },
    examples: [
      { type: 'jts-hot serve', to: 'answer a Prometheus on this machine' },
      {
        type: 'jts-hot serve --listen 10.0.0.5:9847 --allow-remote',
        to: 'answer one on another machine',
      },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
