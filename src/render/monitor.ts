// The space report for people and for logs: -s is one line, else a table, largest service first.
import type { FileSystemUsage, MonitorResult, ServiceUsage, Status } from '../commands/monitor.ts';
import { errnoText } from '../errno.ts';
import { formatBytes } from '../size.ts';
import { columns, keepCommands, type Paint, plain, plural, type Style, WIDTH, wrap } from './paint.ts';

const STYLES: { readonly [status in Status]: Style } = {
  OK: 'green',
  WARNING: 'yellow',
  CRITICAL: 'red',
  UNKNOWN: 'yellow',
};

export function renderMonitorSummary(result: MonitorResult, at: string): string {
  const { fileSystem: fs, services, status } = result;
  const unknown = services.filter((service) => service.usedPercent === null);
  const above = services.filter((service) => service.status !== 'OK' && service.usedPercent !== null);
  const parts = [
    `${fs.usedPercent} % of ${formatBytes(fs.usedBytes + fs.freeBytes)} used, ${formatBytes(fs.freeBytes)} free`,
    ...above.map(
      (service) => `${service.service} ${service.usedPercent} % of its ${formatBytes(service.plannedBytes)}`,
    ),
    ...(unknown.length > 0 ? [`${plural(unknown.length, 'service')} cannot be measured`] : []),
  ];
  return plain(`${status} ${at} ${result.base}: ${parts.join('; ')}`);
}

export function renderMonitor(result: MonitorResult, at: string, paint: Paint): string {
  const { fileSystem: fs, services } = result;
  const rows = services.map((service) => [
    service.service,
    service.usedBytes === null ? '?' : formatBytes(service.usedBytes),
    formatBytes(service.plannedBytes),
    service.usedPercent === null ? '?' : `${service.usedPercent.toFixed(1)} %`,
    bar(service.usedPercent ?? 0),
    service.status,
  ]);
  const [head = '', ...lines] = columns(
    [['SERVICE', 'USED', 'PLANNED', 'OF PLAN', '', 'STATUS'], ...rows],
    [1, 2, 3],
  );
  return [
    ...title(result, at, paint),
    '',
    ...fileSystemLines(fs, paint),
    '',
    paint('dim', `  ${head}`),
    ...lines.map((line, i) => paint(STYLES[services[i]?.status ?? 'OK'], `  ${line}`)),
    ...allNotes(services, paint),
  ].join('\n');
}

/** A long base has the line to itself. */
function title({ base, status }: MonitorResult, at: string, paint: Paint): readonly string[] {
  const what = `Hot storage ${plain(base)}`;
  const how = `${paint(STYLES[status], status)}  ${at}`;
  const fits = `${what}  ${status}  ${at}`.length <= WIDTH;
  return fits ? [`${paint('bold', what)}  ${how}`] : [paint('bold', what), how];
}

function fileSystemLines(fs: FileSystemUsage, paint: Paint): readonly string[] {
  const where = wrap(`${fs.type} on ${fs.source}, mounted at ${fs.mountPoint}`, '  ');
  const numbers = [
    `size ${formatBytes(fs.sizeBytes)}`,
    `used ${formatBytes(fs.usedBytes)}`,
    `free ${formatBytes(fs.freeBytes)}`,
    `${fs.usedPercent.toFixed(1)} %`,
    fs.status,
  ].join('   ');
  return [where, paint(STYLES[fs.status], `  ${numbers}`)];
}

const BAR = 20;

function bar(percent: number): string {
  const filled = Math.min(BAR, Math.round((percent / 100) * BAR));
  return '#'.repeat(filled) + '.'.repeat(BAR - filled);
}

/** Of a host where nothing is set up: one line, and not one for each service. */
function allNotes(services: readonly ServiceUsage[], paint: Paint): readonly string[] {
  if (services.length === 0 || !services.every(isMissing))
    return services.flatMap((service) => notes(service, paint));
  return [wrap(keepCommands(`nothing is set up here yet: sudo ${paint.command('setup')}`), '    ', '  ')];
}

function isMissing({ unreadable }: ServiceUsage): boolean {
  return unreadable[0]?.error === 'missing';
}

function notes(service: ServiceUsage, paint: Paint): readonly string[] {
  const { unreadable, mountPoints } = service;
  const lines: string[] = [];
  const [first] = unreadable;
  if (first !== undefined) {
    const [what, next] = isMissing(service)
      ? ['its directory is missing', 'setup']
      : [
          `${unreadable.length} could not be read: ${errnoText(first.error)}`,
          first.error === 'EACCES' ? 'monitor' : 'validate',
        ];
    lines.push(wrap(keepCommands(`${service.service}: ${what}: sudo ${paint.command(next)}`), '    ', '  '));
  }
  for (const path of mountPoints)
    lines.push(wrap(`${service.service}: not counted, another file system: ${path}`, '    ', '  '));
  return lines;
}
