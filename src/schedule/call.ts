// Owns the regular calls: the monitor's two (M4) and the proof. What is called, when, and where its output goes. Pure.

/** What is only done by a timer where somebody agreed to it. */
export interface Agreed {
  /** It deletes. */
  readonly cleans: boolean;
  /** It takes room and time, and a service may be slower meanwhile. */
  readonly backsUp: boolean;
}

export const NOTHING_AGREED: Agreed = { cleans: false, backsUp: false };

/** How jts-hot is called on the host: every word as plain as PLAIN_WORD, so that none needs quoting anywhere. */
export interface Caller {
  /** Absolute path. */
  readonly path: string;
  /** Those that say which layout is meant. */
  readonly flags: readonly string[];
  /** Left out: nothing. */
  readonly agreed?: Agreed;
}

export interface Call {
  /** Of its units: `jts-hot-NAME.service`. */
  readonly name: 'look' | 'record' | 'daily' | 'validate' | 'clean' | 'backup';
  readonly title: string;
  readonly purpose: string;
  readonly words: readonly string[];
  /** What it is appended to, and rotated; null: it says nothing but what goes wrong. */
  readonly log: string | null;
  /** crontab(5): minute and hour. */
  readonly cronTime: string;
  /** systemd.time(7). */
  readonly calendar: string;
  /** Exit statuses beside 0 that are answers, not failures. */
  readonly answers: readonly number[];
  /** What it is for decides what it may do: `look` and `measure` read every service's directories, `prove` writes as each service, `clean` moves and deletes, `backup` starts the services' own tools as their users. */
  readonly does: 'look' | 'measure' | 'prove' | 'clean' | 'backup';
  /** false: nobody asked for it. Where it stands, it goes. */
  readonly isWanted: boolean;
}

/**
 * What means nothing but itself to cron, systemd and shells alike: they quote in different ways, and cron has no way to
 * check what it is given.
 */
export const PLAIN_WORD = /^[A-Za-z0-9._/+@:,=-]+$/;

export function callsOf({ path, flags, agreed = NOTHING_AGREED }: Caller): readonly Call[] {
  return [
    {
      name: 'record',
      title: 'JTS hot tier: record the use of space',
      purpose: 'Every six hours: one line for the log, a sample for the history, alerts.',
      words: [path, 'monitor', '-s', ...flags],
      log: '/var/log/jts-storage-monitor.log',
      cronTime: '0 */6',
      calendar: '*-*-* 00/6:00:00',
      answers: MONITOR_ANSWERS,
      does: 'measure',
      isWanted: true,
    },
    {
      name: 'daily',
      title: 'JTS hot tier: the full report of the day',
      purpose: 'At six in the morning: the full report.',
      words: [path, 'monitor', ...flags],
      log: '/var/log/jts-storage-daily.log',
      cronTime: '0 6',
      calendar: '*-*-* 06:00:00',
      answers: MONITOR_ANSWERS,
      does: 'measure',
      isWanted: true,
    },
    {
      name: 'validate',
      title: 'JTS hot tier: prove the layout',
      purpose: 'Half an hour later: prove the layout, and tell when it no longer holds.',
      words: [path, 'validate', '-q', '--record', ...flags],
      log: null,
      cronTime: '30 6',
      calendar: '*-*-* 06:30:00',
      answers: [],
      does: 'prove',
      isWanted: true,
    },
    {
      name: 'look',
      title: 'JTS hot tier: look at the disk',
      purpose: 'Every five minutes: the disk alone, alerts. Says nothing, and complains once a day.',
      words: [path, 'look', ...flags],
      log: null,
      cronTime: '*/5 *',
      calendar: '*-*-* *:00/5:00',
      answers: [],
      does: 'look',
      isWanted: true,
    },
    {
      name: 'clean',
      title: 'JTS hot tier: clean by the rules of the layout',
      purpose: 'At half past three in the morning: what is old goes, by the rules of the layout.',
      words: [path, 'clean', '--delete', ...flags],
      log: '/var/log/jts-storage-clean.log',
      cronTime: '30 3',
      calendar: '*-*-* 03:30:00',
      answers: [],
      does: 'clean',
      isWanted: agreed.cleans,
    },
    {
      name: 'backup',
      title: 'JTS hot tier: back up the services',
      purpose: 'At one in the morning: a backup of each service. Deletes none.',
      words: [path, 'backup', 'run', ...flags],
      log: '/var/log/jts-storage-backup.log',
      cronTime: '0 1',
      calendar: '*-*-* 01:00:00',
      answers: [],
      does: 'backup',
      isWanted: agreed.backsUp,
    },
  ];
}

/** WARNING and CRITICAL. */
const MONITOR_ANSWERS = [1, 2];
