// Owns what logrotate is told of a log that its server does not rotate itself (logrotate(8)), as one file of ours. Pure.
import { type ByLogrotate, ROTATED } from '../services/logs.ts';
import { sign } from '../values/signed.ts';
import { LOGROTATE_DIRECTORY } from './logrotate-files.ts';

export const BY_LOGS = { writer: 'jts-hot logs', removal: 'jts-hot rollback' };

export function logrotatePath(service: string): string {
  return `${LOGROTATE_DIRECTORY}/jts-hot-${service}`;
}

/** Why logrotate would take it for another path; null: it does not. */
export function cannotBeNamed(path: string): string | null {
  if (/[\n\r]/.test(path)) return 'has a line break';
  return /["*?[\]{}\\]/.test(path) ? 'has a sign that stands for others in logrotate' : null;
}

/**
 * `su`: others than root can change its directory, and logrotate does nothing there as root. Two in one second do not meet in one
 * name. What was renamed last is not compressed yet: it may still be written.
 */
export function logrotateText(
  {
    log,
    user,
    group,
    unit,
  }: {
    readonly log: string;
    readonly user: string;
    readonly group: string;
    readonly unit: string | null;
  },
  { comment, signal }: Pick<ByLogrotate, 'comment' | 'signal'>,
): string {
  const body = [
    `"${log}" {`,
    `    # ${comment}`,
    `    su ${user} ${group}`,
    `    size ${ROTATED.size}`,
    `    rotate ${ROTATED.count}`,
    '    dateext',
    '    dateformat -%Y%m%d-%s',
    '    compress',
    '    delaycompress',
    '    missingok',
    '    notifempty',
    '    nocreate',
    ...(signal === null || unit === null
      ? []
      : ['    postrotate', `        systemctl kill --signal=${signal} ${unit}`, '    endscript']),
    '}',
    '',
  ];
  return sign(body.join('\n'), BY_LOGS);
}
