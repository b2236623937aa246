// What `jts-hot logs` prints.
import { counts, shownSteps, stepLines } from '../command/steps-text.ts';
import { problemLines } from '../configure/check-text.ts';
import { keepWhole, type Paint, plain, plural, wrap } from '../messages/paint.ts';
import { asRoot } from '../messages/typed-command.ts';
import { percentOf } from '../space/levels.ts';
import { percentText } from '../space/outlook.ts';
import { formatDuration } from '../values/duration.ts';
import { printable } from '../values/quote.ts';
import { exactSize, formatBytes } from '../values/size.ts';
import type {
  InstalledLogs,
  Log,
  LogsInstalled,
  LogsListed,
  LogsResult,
  Rotation,
  ServiceLogs,
} from './logs-document.ts';

/** `doIt`: of a dry run, the command that does what is shown, without `jts-hot`. */
export function renderLogs(result: LogsResult, paint: Paint, doIt: string): string {
  return result.did === 'list' ? renderListed(result, paint) : renderInstalled(result, paint, doIt);
}

function renderListed(result: LogsListed, paint: Paint): string {
  const { services, logs, overBytes, more, unseen, base } = result;
  const heading = `Logs of ${exactSize(overBytes)} and more`;
  return [
    paint('bold', plain(`Logs of the services in ${base}`)),
    ...services.flatMap((one) => serviceLines(one, paint)),
    '',
    ...(logs.length === 0 ? [`${paint('bold', heading)}: none`] : [paint('bold', heading)]),
    ...logs.flatMap((one) => logLines(one)),
    ...(more ? ['  … and more'] : []),
    ...(unseen === 0 ? [] : [`  ${plural(unseen, 'process', 'processes')} could not be looked into`]),
  ].join('\n');
}

function serviceLines(one: ServiceLogs, paint: Paint): readonly string[] {
  const { service, usedBytes, files, log, rotation, isInstalled, error, problems, plannedBytes } = one;
  const head = `${service}  ${formatBytes(usedBytes)} in ${plural(files, 'file')}`;
  return [
    '',
    plain(isInstalled ? head : `${head}, not installed`),
    ...(error === null ? [] : [wrap(`could not be measured: ${error}`, '    ', '  ')]),
    ...(log === null ? [] : [wrap(`writes ${keepWhole(log)}`, '    ', '  ')]),
    ...(rotation === null || rotation.by === 'nothing' ? [] : rotationLines(rotation, plannedBytes)),
    ...problems.flatMap((problem) => problemLines(problem, paint)),
  ];
}

function rotationLines(rotation: Rotation, plannedBytes: number): readonly string[] {
  return [
    wrap(`rotated by ${rotation.by}: ${rotation.says}`, '    ', '  '),
    ...(rotation.at === null ? [] : [`    ${plain(rotation.at)}`]),
    wrap(limitOf(rotation, plannedBytes), '    ', '  '),
  ];
}

function limitOf({ mostBytes, isEach, unlimited }: Rotation, plannedBytes: number): string {
  if (mostBytes === null) return `no limit: ${unlimited ?? 'nothing says one'}`;
  const of = isEach ? ' each' : '';
  const share = percentText(percentOf(mostBytes, plannedBytes));
  return `at most ${formatBytes(mostBytes)}${of}, ${share} of the planned ${formatBytes(plannedBytes)}`;
}

function logLines(log: Log): readonly string[] {
  const { usedBytes, ageSeconds, growthBytesPerDay, path, rotation } = log;
  const parts = [
    formatBytes(usedBytes),
    ageSeconds < 0 ? 'dated in the future' : `changed ${formatDuration(ageSeconds)} ago`,
    ...(growthBytesPerDay === null ? [] : [`grew ${formatBytes(growthBytesPerDay)} a day`]),
    writtenBy(log),
  ];
  const says = rotation.by === 'nothing' || rotation.says === null ? '' : `: ${rotation.says}`;
  return [
    `  ${shownPath(path)}`,
    wrap(parts.join(', '), '      ', '    '),
    wrap(`rotated by ${rotation.by}${says}`, '      ', '    '),
  ];
}

/** The kernel keeps 15 bytes of it, and anybody may call a process what they like. */
const LONGEST_COMMAND = 20;
const WRITERS_SHOWN = 3;

function writtenBy({ writers, isOpenedForEachLine }: Log): string {
  if (writers.length === 0)
    return isOpenedForEachLine ? 'opened for each line' : 'nobody has it open for writing';
  const named = writers
    .slice(0, WRITERS_SHOWN)
    .map(({ pid, command }) => `${printable(command, LONGEST_COMMAND)} (${pid})`);
  const rest = writers.length - named.length;
  return `written by ${named.join(' and ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** Longer paths are cut; JSON has them whole. */
const LONGEST_PATH = 1000;

function shownPath(path: string): string {
  const shown = plain(path);
  return shown.length <= LONGEST_PATH
    ? shown
    : `${shown.slice(0, LONGEST_PATH / 2)}…${shown.slice(-LONGEST_PATH / 2)}`;
}

function renderInstalled(result: LogsInstalled, paint: Paint, doIt: string): string {
  const { outcome, steps, done, run } = result;
  const lines: string[] = [];
  if (outcome === 'planned' && steps.length > 0)
    lines.push(
      ...shownSteps(steps, paint),
      '',
      `${counts(steps)}. Nothing has been changed.`,
      `Do it:  sudo ${paint.command(doIt)}`,
    );
  else if (outcome === 'planned' || outcome === 'unchanged') lines.push(paint('green', nothingToDo(result)));
  if (outcome === 'refused') lines.push('Nothing has been changed.');
  if (outcome === 'applied') lines.push(...stepLines(steps, paint), '');
  if (outcome === 'applied') lines.push(`${counts(steps)}, recorded as run ${run}.`);
  if (outcome === 'stopped' || outcome === 'failed') lines.push(...stepLines(steps.slice(0, done), paint));
  if (outcome !== 'refused') lines.push(...result.services.flatMap((one) => installedLines(one, paint)));
  if (outcome === 'applied') lines.push(...next(result, paint));
  return lines.join('\n');
}

function nothingToDo({ services }: LogsInstalled): string {
  return services.some(({ state }) => state !== 'not installed')
    ? 'Nothing to do: the logs are rotated already.'
    : 'Nothing to do: no service that was asked for is installed here.';
}

function installedLines(one: InstalledLogs, paint: Paint): readonly string[] {
  const { service, state, rotation, notes, plannedBytes, problems } = one;
  if (state === 'left as it is')
    return [
      plain(`${service}: left as it is`),
      ...problems.flatMap((problem) => problemLines(problem, paint)),
    ];
  if (state === 'not installed' || rotation === null || rotation.says === null) return [];
  const says = [`${rotation.says}`, limitOf(rotation, plannedBytes)].join('; ');
  const at = rotation.at === null || state === 'to be rotated' ? '' : ` (${keepWhole(rotation.at)})`;
  return [wrap(`${service}: ${says}${at}`, '  ', ''), ...notes.map((note) => wrap(note, '    ', '  '))];
}

function next({ services, run }: LogsInstalled, paint: Paint): readonly string[] {
  const units = services.flatMap(({ restart }) => restart ?? []);
  return [
    ...(units.length === 0
      ? []
      : [
          'They count from the next start on:',
          ...units.map((unit) => `  ${plain(asRoot([`systemctl restart ${unit}`]))}`),
        ]),
    `Undo it:   sudo ${paint.command(`rollback ${run}`)}`,
  ];
}
