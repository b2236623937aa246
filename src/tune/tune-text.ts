// What `jts-hot tune` prints.
import { counts, shownSteps, stepLines } from '../command/steps-text.ts';
import { columns, type Paint, plain, plural, wrap } from '../messages/paint.ts';
import { hostStanding } from './host-text.ts';
import { isAsTuned } from './parts.ts';
import { applyOf } from './run-tuning.ts';
import { renderTopic } from './topic-text.ts';
import type { DiskResult, HostResult, TuneResult, TuneRow } from './tune-document.ts';

export function renderTune(result: TuneResult, paint: Paint): string {
  switch (result.what) {
    case 'disk':
      return renderRun(result, standing(result, paint), paint);
    case 'host':
      return renderRun(result, hostStanding(result, paint), paint);
    case 'both':
      return [result.disk, result.host]
        .flatMap((one) => (one === null ? [] : [renderTune(one, paint)]))
        .join('\n\n');
    case 'topic':
      return renderTopic(result, paint);
    default:
      return result satisfies never;
  }
}

/** `standing`: how it is. */
function renderRun(result: DiskResult | HostResult, standing: readonly string[], paint: Paint): string {
  const { what, outcome, steps, done, run } = result;
  const doIt = `Do it:  sudo ${paint.command(applyOf(what))}`;
  switch (outcome) {
    case 'shown':
      return [...standing, ...(steps.length === 0 ? [] : [doIt])].join('\n');
    case 'planned':
      return [
        ...shownSteps(steps, paint),
        ...(steps.length === 0 ? [] : ['']),
        steps.length === 0 ? 'Nothing to do.' : `${counts(steps)}. Nothing has been changed.`,
        ...(steps.length === 0 ? [] : [doIt]),
      ].join('\n');
    case 'unchanged':
      return [...standing, 'Nothing to do.'].join('\n');
    case 'applied':
      return [
        ...stepLines(steps, paint),
        '',
        ...standing,
        `${plural(done, 'step')}, recorded as run ${run}.`,
        `Undo it:  sudo ${paint.command(`rollback ${run}`)}`,
      ].join('\n');
    case 'refused':
      return 'Nothing has been changed.';
    case 'stopped':
    case 'failed':
      return stepLines(steps.slice(0, done), paint).join('\n');
    default:
      return outcome satisfies never;
  }
}

function standing({ base, mountPoint, type, source, rows }: DiskResult, paint: Paint): readonly string[] {
  const cells = rows.map((row) => [
    isAsTuned(row) ? 'ok' : 'no',
    nameOf(row, rows),
    row.want,
    row.now,
    row.forGood,
  ]);
  const [head = '', ...lines] = columns(
    [['', '', 'WANTED', 'NOW', 'FOR GOOD'], ...cells].map((row) => row.map(plain)),
  );
  return [
    wrap(`Tuning of the disk below ${base}: ${type} from ${source}, mounted at ${mountPoint}`, '  ', ''),
    '',
    paint('dim', `  ${head}`),
    ...lines.flatMap((line, i) => {
      const row = rows[i] as TuneRow;
      const note = row.note === null ? [] : [wrap(row.note, '      ')];
      return [paint(isAsTuned(row) ? 'green' : 'yellow', fitting(line, row, cells[i] ?? [])), ...note];
    }),
    '',
  ];
}

/** In one line where there is room. */
function fitting(line: string, row: TuneRow, [sign = '', name = '']: readonly string[]): string {
  if (line.length + 2 <= 80) return `  ${line}`;
  return `  ${sign}  ${plain(name)}\n${wrap(`want ${row.want}, now ${row.now}; for good: ${row.forGood}`, '      ')}`;
}

const NAMES = { noatime: 'access times', scheduler: 'scheduler', trim: 'TRIM' } as const;

/** Of several disks, of which. */
function nameOf({ part, subject }: TuneRow, rows: readonly TuneRow[]): string {
  const isOne = rows.filter((row) => row.part === part).length === 1;
  return isOne ? NAMES[part] : `${NAMES[part]} of ${subject}`;
}
