// Owns the space report as one line for a plugin runner: status, what is wrong, performance data.
// Must not decide the status: the report has it, and the monitor's exit status says the same.
// Monitoring Plugins Development Guidelines, https://www.monitoring-plugins.org/doc/guidelines.html

import { wrongBackups } from '../backup/state-text.ts';
import { healthText } from '../health/health-text.ts';
import { type Levels, levelsOf, type Monitoring, type Thresholds } from '../layout/monitoring.ts';
import { plain } from '../messages/paint.ts';
import { beginsAt } from '../space/levels.ts';
import { thresholdText } from '../space/outlook.ts';
import type { Fired } from '../space/outlook-document.ts';
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import { ageText } from './measured-text.ts';
import { otherDiskText } from './monitor-text.ts';
import type { MonitorResult, ServiceUsage, Status } from './report-document.ts';

/** Nagios reads 8 kB of a plugin's output. */
const LONGEST_LINE = 8000;
/** Services named in the text; the performance data has them all. */
const NAMED = 5;

/** `monitoring`: what the report was judged by. One line, without its end. */
export function renderNagios(result: MonitorResult, monitoring: Monitoring): string {
  if (result.otherDisk !== null)
    return plain(`JTS-HOT ${result.status} - ${otherDiskText(result.otherDisk)}`).replaceAll('|', '/');
  const age = result.reported === null ? [] : [ageText(result.reported)];
  const health = (result.health ?? []).filter(({ level }) => level !== 'OK').map(healthText);
  const backups = wrongBackups(result.backups ?? []);
  const words = [
    diskText(result.fileSystem),
    ...(result.fileSystems ?? []).flatMap((one) =>
      one.service === null || one.status === 'OK' ? [] : [diskText(one, `disk of ${one.service}`)],
    ),
    ...health,
    ...servicesText(result.services),
    ...backups,
    ...age,
  ].join('; ');
  // What follows a bar is performance data.
  const text = plain(`JTS-HOT ${result.status} - ${words}`).replaceAll('|', '/');
  return withPerformance(text, performance(result, monitoring));
}

function diskText(fs: MonitorResult['fileSystem'], name = 'disk'): string {
  const available = `${formatBytes(fs.freeBytes)} of ${formatBytes(fs.sizeBytes)} available`;
  const used = `${name} ${fs.usedPercent} % used, ${available}`;
  if (fs.fired === null) return used;
  // The value of these two stands before it already.
  const named = fs.fired.rule === 'used' || fs.fired.rule === 'free';
  return `${used}, ${named ? thresholdText(fs.fired) : firedText(fs.fired)}`;
}

const BY_WEIGHT: readonly Status[] = ['CRITICAL', 'WARNING', 'UNKNOWN', 'OK'];

function servicesText(services: readonly ServiceUsage[]): readonly string[] {
  const wrong = services
    .filter(({ status }) => status !== 'OK')
    .toSorted((a, b) => BY_WEIGHT.indexOf(a.status) - BY_WEIGHT.indexOf(b.status));
  const more = wrong.length - NAMED;
  return [...wrong.slice(0, NAMED).map(serviceText), ...(more > 0 ? [`and ${more} more`] : [])];
}

function serviceText(usage: ServiceUsage): string {
  return `${usage.status} ${usage.service} ${whatIsWrong(usage)}`;
}

function whatIsWrong({ fired, usedPercent, plannedBytes, reachableBytes }: ServiceUsage): string {
  if (usedPercent === null) return 'cannot be measured';
  if (fired === null) return 'cannot be read everywhere';
  const plan = `its ${formatBytes(plannedBytes)}`;
  switch (fired.rule) {
    case 'used':
      return `${usedPercent} % of ${plan}`;
    case 'of-disk':
      return `${oneDigit(fired.value)} % of the ${formatBytes(reachableBytes ?? 0)} it can have`;
    case 'free':
      return `${firedText(fired)} of ${plan}`;
    case 'inodes':
      return firedText(fired);
    case 'soft-limit':
    case 'hard-limit':
      return firedText(fired);
    case 'full-in':
      return `at ${plan} in ${formatDuration(fired.value)}`;
    default:
      return fired.rule satisfies never;
  }
}

function firedText({ rule, value }: Fired): string {
  switch (rule) {
    case 'used':
      return `${oneDigit(value)} % used`;
    case 'of-disk':
      return `${oneDigit(value)} % of what it can have`;
    case 'free':
      return `${formatBytes(value)} free`;
    case 'inodes':
      return `${oneDigit(value)} % of all inodes`;
    case 'soft-limit':
      return `${formatBytes(value)} used, over its soft limit`;
    case 'hard-limit':
      return `${formatBytes(value)} used, at its hard limit`;
    case 'full-in':
      return `full in ${formatDuration(value)}`;
    default:
      return rule satisfies never;
  }
}

function oneDigit(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Levels that a value begins at; null: none. */
interface Begins {
  readonly warning: number | null;
  readonly critical: number | null;
}

interface Datum {
  readonly label: string;
  readonly value: number;
  readonly unit: 'B' | 's' | '';
  readonly begins: Begins;
  /** `above` it is wrong, or `below`. */
  readonly wrong: 'above' | 'below';
  readonly max: number | null;
}

/** File systems by their mount points: no service can have a slash in its name. */
function performance(result: MonitorResult, monitoring: Monitoring): readonly Datum[] {
  const { fileSystem: fs, fileSystems = [], services } = result;
  const own = fileSystems.filter(({ service }) => service !== null);
  return [
    ...diskData(fs, monitoring.disk),
    ...own.flatMap((one) => diskData(one, monitoring.disk)),
    ...services.flatMap(({ service, usedBytes, plannedBytes }): readonly Datum[] => {
      if (usedBytes === null) return [];
      const levels = levelsOf(monitoring, service);
      return [
        {
          label: service,
          value: usedBytes,
          unit: 'B',
          begins: begins(levels, (thresholds) => beginsAt(thresholds, plannedBytes)),
          wrong: 'above',
          max: plannedBytes,
        },
      ];
    }),
  ];
}

function diskData(fs: MonitorResult['fileSystem'], levels: Levels): readonly Datum[] {
  const limitBytes = fs.usedBytes + fs.freeBytes;
  const disk: Datum = {
    label: fs.mountPoint,
    value: fs.usedBytes,
    unit: 'B',
    begins: begins(levels, (thresholds) => beginsAt(thresholds, limitBytes)),
    wrong: 'above',
    max: limitBytes,
  };
  return [disk, ...inodes(fs, levels), ...fullIn(fs, levels)];
}

function inodes(fs: MonitorResult['fileSystem'], levels: Levels): readonly Datum[] {
  if (fs.inodes === 0) return [];
  const from = ({ inodesPercent }: Thresholds) =>
    inodesPercent === null ? null : (fs.inodes * inodesPercent) / 100;
  return [
    {
      label: `${fs.mountPoint} inodes`,
      value: fs.inodesUsed,
      unit: '',
      begins: begins(levels, from),
      wrong: 'above',
      max: fs.inodes,
    },
  ];
}

function fullIn({ mountPoint, forecast }: MonitorResult['fileSystem'], levels: Levels): readonly Datum[] {
  const seconds = forecast.known ? (forecast.full?.likelySeconds ?? null) : null;
  if (seconds === null) return [];
  return [
    {
      label: `${mountPoint} full in`,
      value: seconds,
      unit: 's',
      begins: begins(levels, ({ fullInSeconds }) => fullInSeconds),
      wrong: 'below',
      max: null,
    },
  ];
}

function begins({ warning, critical }: Levels, from: (thresholds: Thresholds) => number | null): Begins {
  return { warning: from(warning), critical: from(critical) };
}

/** Whole data only; what is left out, because the line would be too long, is the smallest. */
function withPerformance(text: string, data: readonly Datum[]): string {
  let line = `${text} |`;
  const labels = new Set<string>();
  for (const datum of data) {
    const label = labelOf(datum.label);
    const item = ` '${label}'=${performanceValue(datum)}`;
    if (labels.has(label) || Buffer.byteLength(line + item) > LONGEST_LINE) continue;
    labels.add(label);
    line += item;
  }
  return line;
}

/** Neither the guidelines nor what parses them let a label have a quote or an equals sign, in any quoting. */
function labelOf(name: string): string {
  return plain(name).replace(/['=|]/g, '_');
}

/** `value[UOM];[warn];[crit];[min];[max]`, all in the same unit. */
function performanceValue({ value, unit, begins: { warning, critical }, wrong, max }: Datum): string {
  const range = (from: number | null) =>
    from === null ? '' : `${Math.round(from)}${wrong === 'below' ? ':' : ''}`;
  const fields = [`${Math.round(value)}${unit}`, range(warning), range(critical), '0'];
  return [...fields, max === null ? '' : String(max)].join(';');
}
