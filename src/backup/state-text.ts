// The backups of services in lines for people: a table, and what is wrong.
import { columns, type Paint, plain, type Style, wrap } from '../messages/paint.ts';
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import type { BackupState } from './state-document.ts';

/** `backups of redis CRITICAL: …`; where nothing is wrong it is not said. */
export function wrongBackups(states: readonly BackupState[]): readonly string[] {
  return states.flatMap(({ service, level, causes }) =>
    level === 'OK' ? [] : [`backups of ${service} ${level}: ${causes.map(({ found }) => found).join('; ')}`],
  );
}

const STYLES = { OK: 'green', WARNING: 'yellow', CRITICAL: 'red' } as const satisfies Record<string, Style>;

/** `at`: the moment of the report, ISO 8601. Nothing where no backups are watched. */
export function backupLines(states: readonly BackupState[], at: string, paint: Paint): readonly string[] {
  if (states.length === 0) return [];
  const ago = (then: string | undefined) =>
    then === undefined
      ? 'never'
      : `${formatDuration(Math.max(0, Date.parse(at) - Date.parse(then)) / 1000)} ago`;
  const rows = states.map(({ service, lastGood, lastVerified, level }) => [
    plain(service),
    ago(lastGood?.at),
    lastGood === null || lastGood.bytes === null ? '' : formatBytes(lastGood.bytes),
    ago(lastVerified?.at),
    level,
  ]);
  const [head = '', ...lines] = columns(
    [['BACKUP OF', 'LAST GOOD', 'SIZE', 'PROVED', 'STATUS'], ...rows],
    [2],
  );
  return [
    paint('dim', `  ${head}`),
    ...lines.map((line, i) => paint(STYLES[states[i]?.level ?? 'OK'], `  ${line}`)),
    ...states.flatMap(({ service, causes }) =>
      causes.map(({ level, found }) => paint(STYLES[level], wrap(`${service}: ${found}`, '    ', '  '))),
    ),
  ];
}
