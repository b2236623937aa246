// Owns the regular calls: the monitor's two (M4) and the proof. What is called, when, and where its output goes. Pure.

/** How jts-hot is called on the host: every word as plain as PLAIN_WORD, so that none needs quoting anywhere. */
export interface Caller {
  /** Absolute path. */
  readonly path: string;
  /** Those that say which layout is meant. */
  readonly flags: readonly string[];
}

export interface Call {
  /** Of its units: `jts-hot-NAME.service`. */
  readonly name: 'look' | 'record' | 'daily' | 'validate';
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
  /** What it is for decides what it may do: `look` and `measure` read every service's directories, `prove` writes as each service. */
  readonly does: 'look' | 'measure' | 'prove';
}

/**
 * What means nothing but itself to cron, systemd and shells alike: they quote in different ways, and cron has no way to
 * check what it is given.
 */
export const PLAIN_WORD = /^[A-Za-z0-9._/+@:,=-]+$/;

export function callsOf({ path, flags }: Caller): readonly Call[] {
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
    },
  ];
}

/** WARNING and CRITICAL. */
const MONITOR_ANSWERS = [1, 2];
