// The space report for people and for logs: -s is one line, else a table, largest service first, and where it leads.

import { backupLines, wrongBackups } from '../backup/state-text.ts';
import { healthText } from '../health/health-text.ts';
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
import { changeText, etaText, firedText, fullEta, percentText, thresholdText } from '../space/outlook.ts';
import type { Forecast, Growth } from '../space/outlook-document.ts';
import { formatCount } from '../values/count.ts';
import { formatBytes } from '../values/size.ts';
import {
  ageText,
  ELSEWHERE,
  type MeasuredService,
  NO_SERVICE,
  note,
  notesOnMeasurement,
  notesOnOther,
  notesOnReported,
  notesOnServices,
  WHAT_IS_ELSEWHERE,
} from './measured-text.ts';
import type {
  FileSystemUsage,
  HeldFileSystem,
  MonitorResult,
  ServiceUsage,
  Status,
} from './report-document.ts';

export const STYLES: { readonly [status in Status]: Style } = {
  OK: 'green',
  WARNING: 'yellow',
  CRITICAL: 'red',
  UNKNOWN: 'yellow',
};

export function renderMonitorSummary(result: MonitorResult, at: string): string {
  const { fileSystem: fs, services, status, alerts } = result;
  const beginning = `${status} ${at} ${result.base}`;
  if (result.otherDisk !== null) return plain(`${beginning}: ${otherDiskText(result.otherDisk)}`);
  const unknown = services.filter((service) => service.usedPercent === null);
  const wrong = services.filter((service) => service.status !== 'OK' && service.usedPercent !== null);
  const [short, above] = partition(wrong, ({ fired }) => fired?.rule === 'of-disk');
  const full = fullIn(fs.forecast);
  const disk = [
    `${fs.usedPercent} % used`,
    `${formatBytes(fs.freeBytes)} of ${formatBytes(fs.sizeBytes)} available`,
    ...(full === null ? [] : [`full in ${full}`]),
    ...(fs.fired === null ? [] : [summaryOf(fs.fired, 'disk')]),
  ];
  const parts = [
    disk.join(', '),
    ...ownOf(result)
      .filter(({ status: level }) => level !== 'OK')
      .map(ownSummary),
    ...above.map(serviceSummary),
    ...(short.length > 0 ? [`${plural(short.length, 'service')} cannot have the planned space`] : []),
    ...(result.health ?? []).filter(({ level }) => level !== 'OK').map(healthText),
    ...wrongBackups(result.backups ?? []),
    ...(unknown.length > 0 ? [`${plural(unknown.length, 'service')} cannot be measured`] : []),
    // In the log of a timer this is all that is seen of it.
    ...(result.reported === null ? [] : [ageText(result.reported)]),
    ...(alerts.waiting > 0 ? [`${plural(alerts.waiting, 'alert')} not delivered: see alert list`] : []),
  ];
  return plain(`${beginning}: ${parts.join('; ')}`);
}

/** Of services that have one of their own. */
function ownOf({ fileSystems = [] }: Pick<MonitorResult, 'fileSystems'>): readonly OwnUsage[] {
  return fileSystems.flatMap((one) => (one.service === null ? [] : [{ ...one, service: one.service }]));
}

type OwnUsage = HeldFileSystem & { readonly service: string };

function ownSummary({ service, usedPercent, fired }: OwnUsage): string {
  const used = `disk of ${service} ${usedPercent} % used`;
  return fired === null ? used : `${used}, ${summaryOf(fired, 'disk')}`;
}

function partition<T>(all: readonly T[], is: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(is), all.filter((one) => !is(one))];
}

function serviceSummary({ service, usedPercent, plannedBytes, fired, unreadable }: ServiceUsage): string {
  return [
    `${service} ${usedPercent} % of its ${formatBytes(plannedBytes)}`,
    ...(fired === null ? [] : [summaryOf(fired, 'plan')]),
    ...(unreadable.length === 0 ? [] : ['not all of it could be read']),
  ].join(', ');
}

/** The per cent that the rule `used` speaks of stand before it already. */
function summaryOf(fired: NonNullable<ServiceUsage['fired']>, whole: 'disk' | 'plan'): string {
  return fired.rule === 'used' ? thresholdText(fired) : firedText(fired, whole);
}

/** Empty where the layout held when it was last proved. */
function checkLines({ checks }: MonitorResult, paint: Paint): readonly string[] {
  if (checks === null || checks.level === 'OK') return [];
  const { passed, failed, warnings, skipped, level, at } = checks;
  const counts = [
    ...(failed + skipped === 0
      ? []
      : [`${failed + skipped} of ${passed + failed + warnings + skipped} checks did not hold`]),
    ...(warnings === 0 ? [] : [plural(warnings, 'warning')]),
  ];
  const text = `${counts.join(', ')}, proved at ${at}: sudo ${paint.command('validate')}`;
  return [paint(STYLES[level], wrap(keepCommands(text), '    ', '  '))];
}

/** The whole text where nothing was measured. */
export function otherDiskText(why: string): string {
  return `not on its disk: ${why}`;
}

export function renderMonitor(result: MonitorResult, at: string, paint: Paint): string {
  const { fileSystem: fs, services, otherDisk } = result;
  if (otherDisk !== null)
    return [...title(result, at, paint), '', paint('yellow', note(otherDiskText(otherDisk)))].join('\n');
  const [head = '', ...lines] = serviceTable(result);
  return [
    ...title(result, at, paint),
    ...notesOnReported(result.reported, { again: 'monitor', paint }),
    '',
    ...fileSystemLines(fs, paint),
    ...ownOf(result).flatMap((one) => fileSystemLines(one, paint, `${one.service}: `)),
    ...healthLines(result, paint),
    '',
    paint('dim', `  ${head}`),
    ...lines.map((line, i) => paint(STYLES[services[i]?.status ?? 'OK'], `  ${line}`)),
    ...(isThere(result.unaccountedBytes) ? [paint('dim', note(`${ELSEWHERE}: ${WHAT_IS_ELSEWHERE}`))] : []),
    ...rules(result, paint),
    ...planLines(result, paint),
    ...notesOnServices(services.map(measuredService), {
      again: 'monitor',
      paint,
      wasThere: result.history.samples > 0,
    }),
    ...notesOnOther(result.other, { again: 'monitor', paint }),
    '',
    ...outlook(result, paint),
    ...backupTable(result, at, paint),
    ...checkLines(result, paint),
    ...notesOnMeasurement(result),
    ...said(result, paint),
  ].join('\n');
}

const FROM = { 'project quota': 'quota', scan: 'scan' } as const;

function isCounted({ source }: ServiceUsage): boolean {
  return source?.by === 'project quota';
}

/** With per cent of what the disk can really give only where that is less than a plan. */
function serviceTable({ services, other, unaccountedBytes }: MonitorResult): readonly string[] {
  const short = services.some(({ usedPercentOfReachable }) => usedPercentOfReachable !== null);
  const counted = services.some(isCounted);
  const rows = services.map((service) => {
    const { usedBytes, usedPercent, usedPercentOfReachable: ofReachable } = service;
    return [
      service.service,
      usedBytes === null ? '?' : formatBytes(usedBytes),
      formatBytes(service.plannedBytes),
      usedPercent === null ? '?' : percentText(usedPercent),
      ...(short ? [ofReachable === null ? '' : percentText(ofReachable)] : []),
      bar(ofReachable ?? usedPercent ?? 0, short ? SHORT_BAR : BAR),
      ...(counted ? [service.source === undefined ? '' : FROM[service.source.by]] : []),
      service.status,
    ];
  });
  const rest = [
    ...(other === null ? [] : [[NO_SERVICE, formatBytes(other.usedBytes)]]),
    ...(isThere(unaccountedBytes) ? [[ELSEWHERE, formatBytes(unaccountedBytes)]] : []),
  ];
  const head = [
    ...['SERVICE', 'USED', 'PLANNED', 'OF PLAN'],
    ...(short ? ['OF DISK'] : []),
    '',
    ...(counted ? ['FROM'] : []),
    'STATUS',
  ];
  return columns(
    [head, ...rows, ...rest.map((row) => head.map((_, i) => row[i] ?? ''))],
    short ? [1, 2, 3, 4] : [1, 2, 3],
  );
}

/** Known, and more than nothing. */
function isThere(bytes: number | null): bytes is number {
  return bytes !== null && bytes > 0;
}

/** Where the disk cannot give what is planned. */
function planLines({ plans, services }: MonitorResult, paint: Paint): readonly string[] {
  const short = services.some(({ usedPercentOfReachable }) => usedPercentOfReachable !== null);
  const { plannedBytes, plannableBytes } = plans;
  const together = `the plans together, ${formatBytes(plannedBytes)}, exceed the ${formatBytes(plannableBytes)} that the disk can give them`;
  return [
    ...(short
      ? [paint('dim', note('OF DISK: of what the disk can really give it, its use and what is available.'))]
      : []),
    ...(plans.fit ? [] : [paint('yellow', note(together))]),
  ];
}

/** A long base has the line to itself. */
function title({ base, status }: MonitorResult, at: string, paint: Paint): readonly string[] {
  const what = `Hot storage ${plain(base)}`;
  const how = `${paint(STYLES[status], status)}  ${at}`;
  const fits = `${what}  ${status}  ${at}`.length <= WIDTH;
  return fits ? [`${paint('bold', what)}  ${how}`] : [paint('bold', what), how];
}

function fileSystemLines(fs: FileSystemUsage, paint: Paint, of = ''): readonly string[] {
  const where = wrap(`${of}${fs.type} on ${fs.source}, mounted at ${fs.mountPoint}`, '  ');
  const numbers = [
    `size ${formatBytes(fs.sizeBytes)}`,
    `used ${formatBytes(fs.usedBytes)}`,
    `available ${formatBytes(fs.freeBytes)}`,
    percentText(fs.usedPercent),
    fs.status,
  ].join('   ');
  return [where, paint(STYLES[fs.status], `  ${numbers}`)];
}

/** A report of an earlier version knows nothing of it. */
function healthLines({ health }: MonitorResult, paint: Paint): readonly string[] {
  return (health ?? []).map((one) => paint(STYLES[one.level], note(plain(healthText(one)))));
}

/** A report of an earlier version knows nothing of it. */
function backupTable({ backups }: MonitorResult, at: string, paint: Paint): readonly string[] {
  const lines = backupLines(backups ?? [], at, paint);
  return lines.length === 0 ? [] : ['', ...lines];
}

const BAR = 20;
const SHORT_BAR = 12;

/** `percent` of `width` characters; full from 100 on. */
export function bar(percent: number, width = BAR): string {
  const filled = Math.min(width, Math.max(0, Math.round((percent / 100) * width)));
  return '#'.repeat(filled) + '.'.repeat(width - filled);
}

/** Why a level is not OK. */
function rules(result: MonitorResult, paint: Paint): readonly string[] {
  const { fileSystem, services } = result;
  const disks = [
    { name: 'disk', whole: 'disk', fired: fileSystem.fired } as const,
    ...ownOf(result).map(({ service, fired }) => {
      return { name: `disk/${service}`, whole: 'disk', fired } as const;
    }),
  ];
  const firedOn = (service: string) =>
    (ownOf(result).find((one) => one.service === service) ?? fileSystem).fired;
  // What follows from the disk stands in the table, and once in the disk's line.
  const own = services.filter(({ service, fired }) => fired?.rule !== 'of-disk' || firedOn(service) === null);
  const each = own.map(({ service, fired }) => ({ name: service, whole: 'plan', fired }) as const);
  return [
    ...[...disks, ...each].flatMap(({ name, whole, fired }) =>
      fired === null ? [] : [paint(STYLES[fired.level], note(`${name}: ${firedText(fired, whole)}`))],
    ),
    ...services.flatMap((service) => aboutLimit(service, paint)),
  ];
}

/** What to do at the limit of a quota, and until when above the soft one. */
function aboutLimit({ service, fired, quota = null }: ServiceUsage, paint: Paint): readonly string[] {
  if (fired?.rule === 'hard-limit')
    return [
      note(`${service}: free some space: sudo ${paint.command(`usage ${service}`)}, or raise its limit`),
    ];
  if (quota === null || !quota.enforced || quota.graceEndsAt === null) return [];
  return [note(`${service}: above its soft limit, so it can write no more from ${quota.graceEndsAt} on`)];
}

function measuredService({ service, usedBytes, unreadable, mountPoints }: ServiceUsage): MeasuredService {
  const error = usedBytes === null ? (unreadable[0]?.error ?? 'ENOENT') : null;
  return { service, error, unreadable: error === null ? unreadable : [], mountPoints };
}

/** Growth, and when the disk is full or a plan is used up; one line where nothing is known yet. */
function outlook(result: MonitorResult, paint: Paint): readonly string[] {
  const { fileSystem, services } = result;
  const all = [
    { name: 'disk', ...fileSystem },
    ...ownOf(result).map((one) => ({ name: `disk/${one.service}`, ...one })),
    ...services.map((one) => ({ name: one.service, ...one })),
  ];
  if (all.every(({ growth, forecast }) => isNew(growth) && !forecast.known))
    return [note(`growth and time to full: ${reasonOf(fileSystem.forecast)}`)];
  const rows = all.map(({ name, growth, forecast }) => [
    name,
    changeText(growth.dayBytes),
    changeText(growth.weekBytes),
    changeText(growth.monthBytes),
    forecast.known ? (fullIn(forecast) ?? 'not in 10 years') : (reasonOf(forecast).split(':', 1)[0] ?? ''),
  ]);
  const [head = '', ...lines] = columns(
    [['GROWTH OF', 'LAST DAY', 'LAST WEEK', 'LAST MONTH', 'FULL IN'], ...rows],
    [1, 2, 3],
  );
  const reasons = new Set(all.flatMap(({ forecast }) => (forecast.known ? [] : [reasonOf(forecast)])));
  return [
    paint('dim', `  ${head}`),
    ...lines.map((line) => `  ${line}`),
    ...[...reasons].filter((reason) => reason.includes(':')).map(note),
    paint('dim', note('FULL IN: the disk: no space left; a service: its planned space used up.')),
  ];
}

function isNew({ dayBytes, weekBytes, monthBytes }: Growth): boolean {
  return dayBytes === null && weekBytes === null && monthBytes === null;
}

function reasonOf(forecast: Forecast): string {
  return forecast.known ? '' : forecast.reason;
}

/** null: not known, or not in sight. */
function fullIn(forecast: Forecast): string | null {
  const eta = fullEta(forecast);
  return eta === null ? null : etaText(eta);
}

/** Where the numbers come from, what was kept of them, who was told. */
function said(
  { source, entries, services, history, alerts }: MonitorResult,
  paint: Paint,
): readonly string[] {
  const scanned = `a scan of ${formatCount(entries)} entries`;
  const mixed = services.some(isCounted) ? `project quotas and ${scanned}` : scanned;
  const how = source.by === 'scan' ? mixed : `${source.by}s`;
  const { delivered, waiting, failures } = alerts;
  return [
    paint('dim', note(`numbers from ${how}, since ${source.reason}`)),
    ...(history.recorded && history.since !== null
      ? [paint('dim', note(`history: ${plural(history.samples, 'sample')} since ${history.since}`))]
      : []),
    ...history.notes.map((about) => note(`history: ${about}`)),
    ...(delivered + waiting > 0
      ? [note(`alerts: ${delivered} delivered${waiting > 0 ? `, ${waiting} still to be delivered` : ''}`)]
      : []),
    ...failures.map(({ channel, error }) =>
      paint('yellow', note(`alerts: ${channel} failed, the next run tries again: ${error}`)),
    ),
  ];
}
