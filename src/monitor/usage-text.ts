// Where the space is, for people: by service, the largest directories, large files and logs, old temporary files.

import { columns, type Paint, plain, plural, WIDTH, wrap } from '../messages/paint.ts';
import { shellWord } from '../messages/typed-command.ts';
import { percentOf } from '../space/levels.ts';
import type { FileSystemUse } from '../space/measure-document.ts';
import { percentText } from '../space/outlook.ts';
import { formatCount } from '../values/count.ts';
import { exactDuration, formatDuration } from '../values/duration.ts';
import { printable } from '../values/quote.ts';
import { exactSize, formatBytes } from '../values/size.ts';
import {
  ELSEWHERE,
  NO_SERVICE,
  note,
  notesOnMeasurement,
  notesOnOther,
  notesOnReported,
  notesOnServices,
  WHAT_IS_ELSEWHERE,
} from './measured-text.ts';
import type { DeletedOpenFiles, Listing, SpaceDirectory, SpaceFile, UsageResult } from './usage-document.ts';

export function renderUsage(result: UsageResult, paint: Paint): string {
  const { fileSystem } = result;
  return [
    ...title(result, paint),
    ...notesOnReported(result.reported, { again: 'usage', paint }),
    '',
    ...(fileSystem === null ? [] : fileSystemLines(fileSystem)),
    ...(result.fileSystems ?? []).flatMap((one) => fileSystemLines(one, `${one.service}: `)),
    ...(fileSystem === null ? [] : ['']),
    ...table(result, paint),
    ...notesOnServices(result.services, { again: 'usage', paint }),
    ...notesOnOther(result.other, { again: 'usage', paint }),
    ...notesOnMeasurement(result),
    '',
    ...directoryLines(result.directories, paint),
    ...(result.reported === null ? lists(result, paint) : []),
    ...deletedLines(result.deletedOpen, paint),
    ...next(result, paint),
  ].join('\n');
}

/** Of single files, which a report does not name. */
function lists(result: UsageResult, paint: Paint): readonly string[] {
  const { filesOverBytes, logsOverBytes, temporaryOlderThanSeconds } = result.asked;
  return [
    '',
    ...fileLines(`Files of ${exactSize(filesOverBytes)} and more`, result.largeFiles, paint),
    '',
    ...fileLines(`Logs (*.log) of ${exactSize(logsOverBytes)} and more`, result.largeLogs, paint),
    '',
    ...fileLines(
      `Temporary files (*.tmp) unchanged for ${exactDuration(temporaryOlderThanSeconds)}`,
      result.oldTemporaryFiles,
      paint,
    ),
  ];
}

/** A long base has the line to itself. */
function title({ base, service, at }: UsageResult, paint: Paint): readonly string[] {
  const what = plain(`Disk use of ${service === null ? '' : `${service} in `}${base}`);
  return `${what}  ${at}`.length <= WIDTH ? [`${paint('bold', what)}  ${at}`] : [paint('bold', what), at];
}

function fileSystemLines(fs: FileSystemUse, of = ''): readonly string[] {
  const numbers = [
    `size ${formatBytes(fs.sizeBytes)}`,
    `used ${formatBytes(fs.usedBytes)}`,
    `available ${formatBytes(fs.freeBytes)}`,
    percentText(percentOf(fs.usedBytes, fs.usableBytes)),
  ].join('   ');
  return [wrap(`${of}${fs.type} on ${fs.source}, mounted at ${fs.mountPoint}`, '  '), `  ${numbers}`];
}

/** A project quota does not say it. */
function bytesText(bytes: number | null): string {
  return bytes === null ? '?' : formatBytes(bytes);
}

function countText(count: number | null): string {
  return count === null ? '?' : formatCount(count);
}

function table({ services, total, other, unaccountedBytes }: UsageResult, paint: Paint): readonly string[] {
  const elsewhere = unaccountedBytes ?? 0;
  const rows = services.map(({ service, space }) =>
    space === null
      ? [service, '?', '?', '?', '?']
      : [
          service,
          formatBytes(space.usedBytes),
          percentText(percentOf(space.usedBytes, total.usedBytes)),
          bytesText(space.apparentBytes),
          countText(space.files),
        ],
  );
  if (services.length > 1)
    rows.push([
      'together',
      formatBytes(total.usedBytes),
      '',
      bytesText(total.apparentBytes),
      countText(total.files),
    ]);
  if (other !== null)
    rows.push([
      NO_SERVICE,
      formatBytes(other.usedBytes),
      '',
      formatBytes(other.apparentBytes),
      formatCount(other.files),
    ]);
  if (elsewhere > 0) rows.push([ELSEWHERE, formatBytes(elsewhere), '', '', '']);
  const [head = '', ...lines] = columns(
    [['SERVICE', 'USED', 'SHARE', 'LENGTH', 'FILES'], ...rows],
    [1, 2, 3, 4],
  );
  return [
    paint('dim', `  ${head}`),
    ...lines.map((line) => `  ${line}`),
    paint('dim', wrap('USED is on the disk; LENGTH is what the files say they are, with their holes.', '  ')),
    ...(elsewhere === 0 ? [] : [paint('dim', note(`${ELSEWHERE}: ${WHAT_IS_ELSEWHERE}`))]),
  ];
}

function directoryLines({ listed, more }: Listing<SpaceDirectory>, paint: Paint): readonly string[] {
  const rows = listed.map(({ usedBytes, path }) => ({ cells: [formatBytes(usedBytes)], path }));
  return section('Largest directories, each with all that is below it', { rows, more }, paint);
}

function fileLines(heading: string, { listed, more }: Listing<SpaceFile>, paint: Paint): readonly string[] {
  const rows = listed.map(({ usedBytes, ageSeconds, path }) => ({
    cells: [formatBytes(usedBytes), ageSeconds < 0 ? 'in the future' : `${formatDuration(ageSeconds)} ago`],
    path,
  }));
  return section(heading, { rows, more }, paint);
}

/** Nothing where there are none: that is how it usually is. */
function deletedLines(files: UsageResult['deletedOpen'], paint: Paint): readonly string[] {
  if (files === null) return [];
  const { listed, more, usedBytes, unseen } = files;
  const hidden =
    unseen === 0
      ? []
      : [
          note(
            `${plural(unseen, 'process', 'processes')} could not be looked into: sudo ${paint.command('usage')}`,
          ),
        ];
  if (listed.length === 0) return hidden.length === 0 ? [] : ['', ...hidden];
  const rows = listed.map((file) => ({
    cells: [formatBytes(file.usedBytes), holderText(file)],
    path: file.path,
  }));
  const heading = `Deleted files that are still open, ${formatBytes(usedBytes)} until they are closed`;
  return ['', ...section(heading, { rows, more }, paint), ...hidden];
}

/** The kernel keeps 15 bytes of it. */
const LONGEST_COMMAND = 20;

/** Anybody may call a process what they like. */
function holderText({ pid, command, holders }: DeletedOpenFiles['listed'][number]): string {
  return `${printable(command, LONGEST_COMMAND)} (${pid})${holders > 1 ? ` and ${holders - 1} more` : ''}`;
}

function section(
  heading: string,
  { rows, more }: { readonly rows: readonly Row[]; readonly more: boolean },
  paint: Paint,
): readonly string[] {
  if (rows.length === 0) return [`${paint('bold', heading)}: none`];
  const cells = columns(
    rows.map((row) => row.cells),
    [0, 1],
  );
  return [
    paint('bold', heading),
    ...rows.map(({ path }, i) => beside(`  ${cells[i]}  `, shownPath(path))),
    ...(more ? ['  … and more'] : []),
  ];
}

interface Row {
  readonly cells: readonly string[];
  readonly path: string;
}

/** A path is never broken, to be copied: one that does not fit goes below. */
function beside(cells: string, path: string): string {
  return cells.length + path.length <= WIDTH ? cells + path : `${cells.trimEnd()}\n    ${path}`;
}

/** Longer paths are cut; JSON has them whole. */
const LONGEST_PATH = 1000;

function shownPath(path: string): string {
  const shown = plain(path);
  if (shown.length <= LONGEST_PATH) return shown;
  return `${shown.slice(0, LONGEST_PATH / 2)}…${shown.slice(-LONGEST_PATH / 2)}`;
}

/** What to type to see more, where there is more. */
function next(result: UsageResult, paint: Paint): readonly string[] {
  const { service, asked, directories, services } = result;
  const largest = services.find(({ space }) => space !== null && space.usedBytes > 0);
  const lists = [directories, result.largeFiles, result.largeLogs, result.oldTemporaryFiles];
  const words = service === null ? 'usage' : `usage ${shellWord(service)}`;
  const lines: string[] = [];
  if (service === null && services.length > 1 && largest !== undefined)
    lines.push(`One service:  sudo ${paint.command(`usage ${shellWord(largest.service)}`)}`);
  if (service !== null && directories.listed.length > 0)
    lines.push(`Deeper:  sudo ${paint.command(`${words} --depth ${asked.depth * 2}`)}`);
  if (lists.some(({ more }) => more))
    lines.push(`More of each:  sudo ${paint.command(`${words} --top ${asked.top * 4}`)}`);
  return lines.length === 0 ? [] : ['', ...lines];
}
