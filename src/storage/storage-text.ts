// What `jts-hot storage` prints.
import { counts, shownSteps, stepLines } from '../command/steps-text.ts';
import { renderDiagnostic } from '../messages/diagnostic-text.ts';
import { columns, type Paint, plain, plural, WIDTH, wrap } from '../messages/paint.ts';
import type { StorageResult, StorageRow } from './storage-document.ts';

/** `doIt`: the command that does what is shown, without `jts-hot`. */
export function renderStorage(result: StorageResult, paint: Paint, doIt: string): string {
  const { outcome, steps, done, run, rows, continues } = result;
  const noticed = result.warnings.map((warning) => renderDiagnostic(warning, paint));
  const todo = steps.length === 0 ? [] : ['', `Do it:  sudo ${paint.command(doIt)}`];
  switch (outcome) {
    case 'shown':
      return [...standing(rows, paint), ...noticed, ...todo].join('\n');
    case 'planned':
      return [
        ...noticed,
        ...shownSteps(steps, paint),
        ...(steps.length === 0
          ? ['Nothing to do.']
          : ['', `${counts(steps)}. Nothing has been changed.`, `Do it:  sudo ${paint.command(doIt)}`]),
      ].join('\n');
    case 'unchanged':
      return [...standing(rows, paint), ...noticed, 'Nothing to do.'].join('\n');
    case 'applied':
      return [
        ...noticed,
        ...stepLines(steps, paint),
        '',
        `${plural(done, 'step')}, recorded as run ${run}.`,
        ...(continues === null ? [] : [`It completes run ${continues}, which was interrupted.`]),
        `Undo it:  sudo ${paint.command(`rollback ${run}`)}`,
      ].join('\n');
    case 'refused':
      return [...noticed, 'Nothing has been changed.'].join('\n');
    case 'stopped':
    case 'failed':
      return stepLines(steps.slice(0, done), paint).join('\n');
    default:
      return outcome satisfies never;
  }
}

/** What most of them are, and nobody reads while it is right. */
const SMALL: readonly string[] = ['root directory', 'file'];

function standing(rows: readonly StorageRow[], paint: Paint): readonly string[] {
  const told = rows.filter(({ kind, isAsWanted }) => !isAsWanted || !SMALL.includes(kind));
  const lines = columns(told.map(({ at, isAsWanted, found }) => [signOf(isAsWanted), at, found].map(plain)));
  const others = rows.length - told.length;
  return [
    ...told.flatMap((row, i) => {
      const line = lines[i] ?? '';
      const shown =
        line.length + 2 <= WIDTH
          ? `  ${line}`
          : `  ${signOf(row.isAsWanted)}  ${plain(row.at)}\n${wrap(row.found, '      ')}`;
      const wanted = row.isAsWanted ? [] : [wrap(`want ${row.want}`, '      ')];
      return [paint(row.isAsWanted ? 'green' : 'yellow', shown), ...wanted];
    }),
    ...(others === 0
      ? []
      : [
          paint(
            'green',
            `  ok  ${plural(others, 'directory or file', 'directories and files')} besides: the way there, guards of units`,
          ),
        ]),
  ];
}

function signOf(isAsWanted: boolean): string {
  return isAsWanted ? 'ok' : 'no';
}
