// Owns the cron table (crontab(5)): the run-book's two lines, the proof and the look. Pure.
import type { Call } from './call.ts';

/** No dot in its name: cron passes over files with one. */
export const CRON_FILE = '/etc/cron.d/jts-hot';

/** What is called writes to its log; cron mails root what goes wrong where there is none, or it cannot be opened. */
export function cronTable(calls: readonly Call[]): string {
  const lines = calls.flatMap(({ purpose, cronTime, words, log }) => [
    '',
    `# ${purpose}`,
    `${cronTime} * * * root ${words.join(' ')}${log === null ? '' : ` >> ${log} 2>&1`}`,
  ]);
  return [
    'SHELL=/bin/sh',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'MAILTO=root',
    ...lines,
    '',
  ].join('\n');
}
