// What `jts-hot status` prints: one screen.
import {
  columns,
  keepCommands,
  type Paint,
  plain,
  plural,
  type Style,
  WIDTH,
  wrap,
} from '../messages/paint.ts';
import { STYLES } from '../monitor/monitor-text.ts';
import { etaText, fullEta, percentText } from '../space/outlook.ts';
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import type { Change, Next, ServiceStatus, StatusResult } from './status-document.ts';

/** As many runs as leave room for the rest of the screen. */
const RUNS_SHOWN = 5;

export function renderStatus(result: StatusResult, at: string, paint: Paint): string {
  const { base, disk, services, next, changes } = result;
  const isRoot = changes !== null;
  const how = next.length === 0 ? 'nothing needs you' : `${plural(next.length, 'thing')} to look after`;
  const [head = '', ...lines] = columns([HEAD, ...services.map((one) => rowOf(one, { at, isRoot }))], [2, 3]);
  return [
    ...title(`Hot storage ${plain(base)}`, { how, at, paint, style: next.length === 0 ? 'green' : 'yellow' }),
    '',
    ...diskLines(disk, paint),
    wrap(aboutTimes(result, at), '  '),
    '',
    paint('dim', `  ${head}`),
    ...lines.map((line, i) => paint(styleOf(services[i]), `  ${line}`)),
    ...(isRoot ? [] : [paint('dim', '  RUNS: only root sees it.')]),
    ...changeLines(changes, at, paint),
    ...nextLines(next, paint),
  ].join('\n');
}

function title(
  what: string,
  {
    how,
    at,
    paint,
    style,
  }: { readonly how: string; readonly at: string; readonly paint: Paint; readonly style: Style },
): readonly string[] {
  const state = `${paint(style, how)}  ${at}`;
  return `${what}  ${how}  ${at}`.length <= WIDTH
    ? [`${paint('bold', what)}  ${state}`]
    : [paint('bold', what), `  ${state}`];
}

function diskLines({ wrong, ...disk }: StatusResult['disk'], paint: Paint): readonly string[] {
  const { source, mountPoint, sizeBytes, availableBytes, usedPercent, level, forecast } = disk;
  if (wrong !== null) return [paint('red', wrap(`not on its disk: ${wrong}`, '    ', '  '))];
  const eta = forecast === null ? null : fullEta(forecast);
  const full = eta === null ? null : etaText(eta);
  const numbers = [
    `size ${formatBytes(sizeBytes)}`,
    `available ${formatBytes(availableBytes)}`,
    percentText(usedPercent),
    ...(full === null ? [] : [`full in ${full}`]),
    level ?? '?',
  ].join('   ');
  return [
    wrap(`${source}, mounted at ${mountPoint}`, '  '),
    paint(STYLES[level ?? 'UNKNOWN'], `  ${numbers}`),
  ];
}

function ago(then: string, at: string): string {
  return `${formatDuration(Math.max(0, Date.parse(at) - Date.parse(then)) / 1000)} ago`;
}

function aboutTimes({ measuredAt, proof }: StatusResult, at: string): string {
  const measured = measuredAt === null ? 'never measured' : `measured ${ago(measuredAt, at)}`;
  if (proof === null) return `${measured}, never proved`;
  const held = proof.level === 'CRITICAL' ? 'not valid' : 'valid';
  return `${measured}; proved ${ago(proof.at, at)}: ${held}`;
}

const HEAD = ['SERVICE', 'RUNS', 'USED', 'PLANNED', 'FULL IN', 'BACKUP', 'PROVED', 'LEVEL'];

const RUNS = {
  'not installed': 'not here',
  installed: 'no',
  configured: 'no',
  running: 'elsewhere',
  'running on the hot tier': 'yes',
} as const satisfies Record<NonNullable<ServiceStatus['state']>, string>;

function rowOf(
  service: ServiceStatus,
  { at, isRoot }: { readonly at: string; readonly isRoot: boolean },
): readonly string[] {
  const { state, usedBytes, plannedBytes, forecast, backup, level } = service;
  const eta = forecast === null ? null : fullEta(forecast);
  const age = (then: string | null) =>
    then === null ? 'never' : formatDuration(Math.max(0, Date.parse(at) - Date.parse(then)) / 1000);
  return [
    plain(service.service),
    state === null ? (isRoot ? '' : '?') : RUNS[state],
    usedBytes === null ? '?' : formatBytes(usedBytes),
    formatBytes(plannedBytes),
    (eta === null ? null : etaText(eta)) ?? '',
    backup === null ? '' : age(backup.lastGoodAt),
    backup === null ? '' : age(backup.lastRestoredAt),
    level ?? '?',
  ];
}

function styleOf(service: ServiceStatus | undefined): Style {
  if (service === undefined) return 'dim';
  const { state, level, backup } = service;
  if (level === 'CRITICAL' || backup?.level === 'CRITICAL') return 'red';
  const isUp = state === null || state === 'running on the hot tier' || state === 'not installed';
  if (!isUp || level === 'WARNING' || level === 'UNKNOWN' || backup?.level === 'WARNING') return 'yellow';
  return level === null ? 'dim' : 'green';
}

function changeLines(changes: readonly Change[] | null, at: string, paint: Paint): readonly string[] {
  if (changes === null) return [];
  if (changes.length === 0) return ['', paint('dim', '  Nothing was changed in the last seven days.')];
  const rows = changes
    .slice(0, RUNS_SHOWN)
    .map(({ run, at: when, command, scope, state, steps }) => [
      `run ${run}`,
      ago(when, at),
      plain(scope === '' ? command : `${command} ${scope}`),
      [state, ...(steps === null ? [] : [plural(steps, 'step')])].join(', '),
    ]);
  const more = changes.length - rows.length;
  return [
    '',
    paint('dim', '  CHANGED IN THE LAST SEVEN DAYS'),
    ...columns(rows, []).map((line) => `  ${line}`),
    ...(more === 0 ? [] : [`  and ${more} more: sudo ${paint.command('rollback --list')}`]),
  ];
}

function nextLines(next: readonly Next[], paint: Paint): readonly string[] {
  if (next.length === 0) return [];
  return [
    '',
    paint('bold', 'To look after:'),
    ...next.flatMap(({ why, fix, hint }) => [
      wrap(keepCommands(why), '    ', '  '),
      ...(fix === null ? [] : [`    fix: ${plain(fix)}`]),
      ...(hint === null ? [] : [wrap(keepCommands(hint), '          ', '    hint: ')]),
    ]),
  ];
}
