// The commands that measure space, and show what was measured.
import type { CommandEntry } from './entry.ts';

const TIMEOUT = 'give up a disk that has not answered by then (default: after a minute without progress)';

export const WATCH = {
  monitor: {
    says: 'Show who uses how much of the hot tier, largest first, and when it will be full.',
    about: [
      'Shows the disk use of each service, largest first, against its planned space, and that of the file system; how much ' +
        'they have grown, and when they will be full, as a range.',
      'Every run by root adds a sample to the history, remembers at which level the disk and each service are, and tells the ' +
        'channels of the layout of each change of level.',
      'Without root it measures nothing where it can answer from the last report: for members of `monitoring: group` of the layout.',
    ],
    options: {
      summary: { short: 's', says: 'one line only' },
      warning: {
        short: 'w',
        value: { type: 'percent' },
        says: "warn from this use on, of the disk and of each plan; not the layout's levels",
        more:
          'Warn from this use on, of the disk and of each plan, instead of where the layout says (80, if it does not). Levels ' +
          'are then judged for this run alone: nothing is told.',
      },
      critical: {
        short: 'c',
        value: { type: 'percent' },
        says: 'critical from this use on',
        more: 'Critical from this use on; 90, if neither this nor the layout says so.',
      },
      nagios: {
        says: 'one line with performance data, for a plugin runner',
        conflicts: ['json', 'summary'],
      },
      prometheus: {
        value: { type: 'file', optional: true },
        says: 'metrics in the text format, into a file for a textfile collector or on stdout',
        more:
          'Metrics in the text format of Prometheus, on standard output or, whole or not at all, into FILE for the textfile ' +
          'collector.',
        conflicts: ['json', 'summary', 'nagios'],
      },
      watch: {
        value: { type: 'seconds', optional: true },
        says: 'look again and again, on a terminal (default: 5); records nothing',
        more:
          'On a terminal, look again every 5 or SECONDS seconds, until `q` is typed; `?` shows the other keys. Records nothing ' +
          'and sends no alerts.',
        conflicts: ['json', 'summary', 'nagios', 'prometheus'],
      },
      timeout: {
        value: { type: 'span' },
        says: TIMEOUT,
        more: 'Give up a disk that has not answered after this long; if not given, after a minute without progress.',
      },
      'no-record': {
        says: 'only look: no sample for the history, no alerts',
        more: 'Only look: no sample, no alert.',
      },
    },
    exits: {
      0: 'OK',
      1: 'WARNING',
      2: 'CRITICAL; also bad input, with a message on stderr and nothing on stdout',
      3: 'UNKNOWN: something could not be measured',
    },
    measures: true,
    onAnotherDisk: 'tells',
    examples: [
      {
        type: 'sudo jts-hot monitor -s -w 75 -c 85',
        to: 'get one line for a log or a check, with levels of your own',
      },
      { type: 'sudo jts-hot monitor --watch', to: 'see it on a terminal, again and again' },
    ],
  },
  usage: {
    says: 'Find what takes the space: the largest directories and files, large logs, old temporary files.',
    about: [
      'Finds what takes the space, of all services or of one: the largest directories, large files, large logs, old temporary ' +
        'files.',
      'Of all services together it also names deleted files that take space until they are closed, with their process.',
      'Deletes nothing. Without root it answers from the last report, as `monitor` does, and names no files.',
    ],
    argument: { name: 'service', type: 'service', says: 'only this one' },
    options: {
      top: {
        value: { type: 'count', name: 'n', default: 10 },
        says: 'how many of each kind',
        more: 'How many of each kind; 10 if not given.',
      },
      depth: {
        value: { type: 'count', name: 'n', default: 3 },
        says: 'directories down to this many levels below a service',
        more: 'Directories down to this many levels below a service; 3 if not given.',
      },
      'files-over': {
        value: { type: 'size' },
        says: 'files of at least this size (default: 1GB)',
        more: 'Files of at least this size; 1GB if not given.',
      },
      'logs-over': {
        value: { type: 'size' },
        says: '*.log of at least this size (default: 100MB)',
        more: 'Files called `*.log` of at least this size; 100MB if not given.',
      },
      'tmp-older-than': {
        value: { type: 'span' },
        says: '*.tmp last changed longer ago than this (default: 1d)',
        more: 'Files called `*.tmp` last changed longer ago than this; 1d if not given.',
      },
      timeout: { value: { type: 'span' }, says: TIMEOUT, more: 'As for `monitor`.' },
    },
    exits: { 0: 'all of it was measured', 1: 'a part could not be' },
    measures: true,
    onAnotherDisk: 'looks',
    examples: [
      { type: 'sudo jts-hot usage', to: 'find what fills the disk' },
      { type: 'sudo jts-hot usage kafka --files-over 500MB', to: 'look closer at one service' },
    ],
  },
  history: {
    says: 'Show how the use of the disk and of each service has grown.',
    about: [
      'Shows how the use of the disk and of each service has grown; of one service, or of `disk`, every sample.',
    ],
    argument: {
      name: 'service',
      type: 'service',
      words: ['disk'],
      says: 'every sample of this one; disk: of the whole disk',
    },
    options: {
      since: {
        value: { type: 'span' },
        says: 'only so far back, for example 7d',
        more: 'Only so far back.',
      },
      csv: {
        says: 'as comma-separated values',
        more: 'As comma-separated values: bytes as numbers, times as ISO 8601.',
        conflicts: ['json'],
      },
    },
    exits: { 0: 'shown', 1: 'nothing was recorded yet, or it cannot be read' },
    onAnotherDisk: { why: 'it reads what was recorded' },
    examples: [
      { type: 'jts-hot history --since 7d', to: 'see how all have grown in a week' },
      { type: 'jts-hot history kafka --csv', to: 'get every sample of one, for a spreadsheet' },
    ],
  },
  record: {
    says: 'Measure, add a sample to the history, alert when a level has changed. For timers.',
    about: [
      'Measures as `monitor` does and adds a sample, for timers.',
      'Its exit status says whether a sample was recorded, not how full the disk is, nor whether an alert arrived.',
    ],
    options: { timeout: { value: { type: 'span' }, says: TIMEOUT, more: 'As for `monitor`.' } },
    exits: {
      0: 'a sample was recorded, however full the disk is',
      1: 'none was',
    },
    measures: true,
    onAnotherDisk: 'tells',
    examples: [
      { type: 'sudo jts-hot record', to: 'add a sample' },
      { type: 'sudo jts-hot record --timeout 10m', to: 'give up a disk that hangs' },
    ],
  },
  look: {
    says: 'Look at the disk alone, judge its level, send alerts. For a timer of five minutes. Prints nothing.',
    about: [
      'For a timer of five minutes: asks the file system how full it is, which costs the same whatever is on it, judges its ' +
        'level, keeps what it saw where the history does not grow by it, and tells of a changed level.',
      'Where the disk moves fast all services are measured, once an hour at most.',
      'Prints nothing. Errors go to standard error, where that is no terminal only once a day; the exit status reports them ' +
        'each time.',
    ],
    options: {},
    exits: {
      0: 'the disk was looked at, however full it is; another look is at work',
      1: 'it does not answer or is not the right one, or what was seen cannot be kept',
    },
    onAnotherDisk: 'tells',
    examples: [
      { type: 'sudo jts-hot look', to: 'look once' },
      { type: 'sudo jts-hot look -j', to: 'see what it found' },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
