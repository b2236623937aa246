// Owns the two regular calls of the monitor (M4): what is called, when, and where its words go. Pure.

/** How jts-hot is called on the host: every word as plain as PLAIN_WORD, so that none needs quoting anywhere. */
export interface Caller {
  /** Absolute path. */
  readonly path: string;
  /** Those that say which layout is meant. */
  readonly flags: readonly string[];
}

export interface Call {
  readonly name: 'record' | 'daily';
  readonly title: string;
  readonly purpose: string;
  readonly words: readonly string[];
  readonly log: string;
  /** crontab(5): minute and hour. */
  readonly cronTime: string;
  /** systemd.time(7). */
  readonly calendar: string;
}

/**
 * What means nothing but itself to cron, systemd and shells alike: they quote in different ways, and cron has no way to
 * check what it is given.
 */
export const PLAIN_WORD = /^[A-Za-z0-9._/+@:,=-]+$/;

export function callsOf({ path, flags }: Caller): readonly [Call, Call] {
  return [
    {
      name: 'record',
      title: 'JTS hot tier: record the use of space',
      purpose: 'Every six hours: one line for the log, a sample for the history, alerts.',
      words: [path, 'monitor', '-s', ...flags],
      log: '/var/log/jts-storage-monitor.log',
      cronTime: '0 */6',
      calendar: '*-*-* 00/6:00:00',
    },
    {
      name: 'daily',
      title: 'JTS hot tier: the full report of the day',
      purpose: 'At six in the morning: the full report.',
      words: [path, 'monitor', ...flags],
      log: '/var/log/jts-storage-daily.log',
      cronTime: '0 6',
      calendar: '*-*-* 06:00:00',
    },
  ];
}
