// What `jts-hot move` prints of a whole base.
import { columns, type Paint, plain, plural, wrap } from '../messages/paint.ts';
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import type { BaseResult, BaseService } from './base-document.ts';

/** `doIt`: of a dry run, the command that does what is shown, without `jts-hot`. */
export function renderBase(result: BaseResult, paint: Paint, doIt: string): string {
  const { act, outcome } = result;
  if (act === 'finish') return renderFinished(result, paint, doIt);
  if (outcome === 'planned') return renderPlanned(result, paint, doIt);
  const isDone = outcome === 'applied' || outcome === 'unchanged';
  const [at, other] = act === 'cancel' ? [result.from, result.to] : [result.to, result.from];
  const head =
    act === 'cancel'
      ? isDone
        ? `The base is ${at} again.`
        : 'The base is not back yet.'
      : isDone
        ? `The base is ${at}.`
        : 'The base is not moved yet.';
  return [
    paint(isDone ? 'green' : 'red', plain(head)),
    `  from  ${plain(result.from)}`,
    `  to    ${plain(result.to)}`,
    '',
    ...serviceLines(result.services),
    '',
    ...rewrittenLines(result),
    ...staysLines(result),
    ...noteLines(result),
    ...(isDone && result.phase === 'moved'
      ? [
          wrap(`What was copied is kept in ${other} as it was. Once all is well:`, '  ', ''),
          `  sudo ${paint.command('move --finish')}`,
        ]
      : []),
  ].join('\n');
}

function renderPlanned(result: BaseResult, paint: Paint, doIt: string): string {
  const { act, from, to, layoutFile, availableBytes } = result;
  const copied = result.services.filter(({ how, state }) => how === 'copy' && state === 'to go');
  const bytes = copied.reduce((sum, one) => sum + one.bytes, 0);
  const base = act === 'cancel' ? from : to;
  const room = `Room: ${formatBytes(bytes)} to be copied of ${formatBytes(availableBytes)} available, about ${formatDuration(result.expectedSeconds)} at ${formatBytes(result.bytesPerSecond)} a second.`;
  return [
    act === 'cancel' ? 'Go back to the old base' : 'Move the whole base',
    `  from  ${plain(act === 'cancel' ? to : from)}`,
    `  to    ${plain(base)}`,
    '',
    wrap(`${layoutFile} will say: base: ${base}`, '  ', ''),
    wrap('Directories are made there, as setup does. Then one after the other:', '  ', ''),
    '',
    ...serviceLines(result.services),
    '',
    ...(act === 'cancel' ? [] : [wrap(room, '  ', '')]),
    ...(result.rewritten.length === 0
      ? []
      : [wrap(`Written anew afterwards: ${result.rewritten.join(', ')}.`, '  ', '')]),
    ...staysLines(result),
    ...noteLines(result),
    'Nothing has been changed.',
    `Do it:  sudo ${paint.command(doIt)}`,
  ].join('\n');
}

function renderFinished(result: BaseResult, paint: Paint, doIt: string): string {
  const { from, outcome } = result;
  const rows = serviceLines(result.services);
  if (outcome === 'planned')
    return [
      wrap(`Would delete what is left of these services in ${from}:`, '  ', ''),
      ...rows,
      ...staysLines(result),
      'Nothing has been changed.',
      `Do it:  sudo ${paint.command(doIt)}`,
    ].join('\n');
  if (outcome !== 'applied') return [`Not all is deleted yet in ${plain(from)}.`, ...rows].join('\n');
  return [
    wrap(`Nothing of these services is left in ${from}. The move is finished.`, '  ', ''),
    ...rows,
    ...staysLines(result),
  ].join('\n');
}

function serviceLines(services: readonly BaseService[]): readonly string[] {
  const rows = services.map(({ service, state, how, unit, bytes, files, stopSeconds }) => [
    plain(service),
    state,
    how === null ? '' : how,
    files === 0 && bytes === 0 ? '' : `${formatBytes(bytes)}, ${plural(files, 'file')}`,
    stopSeconds !== null
      ? `stopped for ${stopSeconds.toFixed(1)} s`
      : state !== 'to go' || how === null
        ? ''
        : unit === null
          ? 'does not run'
          : `stops ${plain(unit)}`,
  ]);
  return columns(rows).map((line) => `  ${line}`.trimEnd());
}

function rewrittenLines({ rewritten, history }: BaseResult): readonly string[] {
  const also = [...(history === 'taken along' ? ['history'] : []), ...rewritten];
  return also.length === 0 ? [] : [wrap(`Also taken along: ${also.join(', ')}.`, '  ', '')];
}

function staysLines({ stays, from }: BaseResult): readonly string[] {
  return stays.length === 0
    ? []
    : [wrap(`Stays in ${from}, as no service has it: ${stays.join(', ')}`, '  ', '')];
}

function noteLines({ notes }: BaseResult): readonly string[] {
  return notes.map(({ summary, detail }) => wrap(`Note: ${summary}: ${detail.join(' ')}`, '  ', ''));
}
