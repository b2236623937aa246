// Owns what logrotate does with the logs of the regular runs (logrotate(8)). Pure.
import type { Call } from './call.ts';

export const LOGROTATE_FILE = '/etc/logrotate.d/jts-hot';

/**
 * Runs open their log and end soon: it can be moved away without telling anybody, and one that runs just then is given
 * a week until its file is compressed. `su` lets logrotate work where a group may write to /var/log, as on Ubuntu.
 */
export function logrotateFile(calls: readonly Call[], group: string): string {
  const logs = calls.flatMap(({ log }) => log ?? []);
  return [
    ...logs.map((log, i) => (i === logs.length - 1 ? `${log} {` : log)),
    '    weekly',
    '    rotate 8',
    '    compress',
    '    delaycompress',
    '    missingok',
    '    notifempty',
    `    create 0640 root ${group}`,
    `    su root ${group}`,
    '}',
    '',
  ].join('\n');
}
