// What `jts-hot move` prints.
import { stepLines } from '../command/steps-text.ts';
import { columns, type Paint, plain, plural, wrap } from '../messages/paint.ts';
import { shellWord } from '../messages/typed-command.ts';
import { formatCount } from '../values/count.ts';
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import { renderBase } from './base-text.ts';
import type {
  CancelResult,
  FinishResult,
  ListResult,
  MoveAnswer,
  MoveResult,
  Pass,
} from './move-document.ts';

/** `doIt`: of a dry run, the command that does what is shown, without `jts-hot`. */
export function renderMove(result: MoveAnswer, paint: Paint, doIt: string): string {
  switch (result.did) {
    case 'list':
      return renderList(result, paint);
    case 'move':
      return renderMoved(result, paint, doIt);
    case 'finish':
      return renderFinished(result, paint, doIt);
    case 'cancel':
      return renderCancelled(result, paint, doIt);
    case 'base':
      return renderBase(result, paint, doIt);
    default:
      return result satisfies never;
  }
}

function renderList({ moves, wholeBase }: ListResult, paint: Paint): string {
  if (moves.length === 0 && wholeBase === null) return 'No move is begun.';
  const base = wholeBase === null ? [] : baseLines(wholeBase, paint);
  const services = moves.flatMap(({ service, how, from, to, unit, phase, stopped, runsAt }) => [
    `${plain(service)}: ${phase === 'moved' ? (how === 'rename' ? 'moved, by another name' : 'moved, its old place is kept') : phase === 'deleting' ? 'deleting its old place was begun' : `not finished, it came to: ${phase}`}`,
    `  from  ${plain(from)}`,
    `  to    ${plain(to)}`,
    ...(unit === null
      ? ['  It does not run.']
      : runsAt === 'nowhere'
        ? [paint('red', `  It is stopped${stopped === null ? '' : `, since ${stopped}`}.`)]
        : [`  It runs: ${runsAt}`]),
    ...(wholeBase !== null && from.startsWith(`${wholeBase.from}/`)
      ? []
      : [`  Next:  sudo ${paint.command(nextCommand({ service, from, phase }))}`]),
  ]);
  return [...base, ...services].join('\n');
}

function baseLines(
  { from, to, phase }: NonNullable<ListResult['wholeBase']>,
  paint: Paint,
): readonly string[] {
  const next = {
    moving: `move --base-to ${shellWord(to)}`,
    'going back': 'move --cancel',
    moved: 'move --finish',
    finishing: 'move --finish',
  }[phase];
  return [
    `The whole base: ${phase === 'moved' ? 'moved, the old one is kept' : `not finished, it came to: ${phase}`}`,
    `  from  ${plain(from)}`,
    `  to    ${plain(to)}`,
    `  Next:  sudo ${paint.command(next)}`,
  ];
}

function nextCommand({
  service,
  from,
  phase,
}: Pick<ListResult['moves'][number], 'service' | 'from' | 'phase'>): string {
  return phase === 'moved' || phase === 'deleting'
    ? `move ${service} --finish`
    : `move ${service} --from ${shellWord(from)}`;
}

function renderMoved(result: MoveResult, paint: Paint, doIt: string): string {
  const { service, how, unit, from, to, outcome, wasDown, stopSeconds, run, passes, hashed } = result;
  const lines: string[] = [];
  if (outcome === 'planned') return renderPlanned(result, paint, doIt);
  if (wasDown !== null)
    lines.push(
      paint(
        'yellow',
        wrap(`${service} was stopped since ${wasDown}: an earlier call did not come to its end.`, ''),
      ),
    );
  if (outcome === 'unchanged') lines.push(paint('green', `${service} is moved already.`));
  if (outcome === 'applied') {
    lines.push(
      paint('green', `${plain(service)} ${unit === null ? 'is' : 'runs'} on the hot tier.`),
      `  from  ${plain(from)}`,
      `  to    ${plain(to)}`,
    );
  }
  if (passes.length > 0) lines.push(...passLines(passes));
  if (hashed !== null)
    lines.push(
      wrap(
        `Both sides hashed and equal: ${formatBytes(hashed.bytes)}, SHA-256 ${hashed.sha256.slice(0, 16)}…`,
        '  ',
        '',
      ),
    );
  if (stopSeconds !== null) lines.push(`Stopped for ${stopSeconds.toFixed(1)} s.`);
  if (outcome === 'applied' || outcome === 'unchanged') {
    if (run !== null) lines.push(`Its settings are recorded as run ${run}.`);
    const kept = 'The old place is kept as it was. Once all is well, delete what is in it:';
    const renamed = `It is the old place under another name: nothing was copied. Back: sudo ${doItBack(service)}. Once all is well:`;
    lines.push(
      wrap(how === 'rename' ? renamed : kept, '  ', ''),
      `  sudo ${paint.command(`move ${service} --finish`)}`,
    );
  }
  return lines.join('\n');
}

/** As it is typed after `jts-hot`. */
function doItBack(service: string): string {
  return `jts-hot move ${service} --cancel`;
}

function passLines(passes: readonly Pass[]): readonly string[] {
  const rows = passes.map((pass) => [
    pass.while === 'running' ? 'while it ran' : 'while it was stopped',
    formatBytes(pass.copiedBytes),
    `copied, ${formatBytes(pass.comparedBytes)} compared`,
    formatDuration(pass.seconds),
  ]);
  return columns(rows, [1, 3]).map((line) => `  ${line}`);
}

function renderPlanned(result: MoveResult, paint: Paint, doIt: string): string {
  const { service, how, from, to, unit, stopsToo, bytes, files, entries, settings, comparesAll } = result;
  const compares = comparesAll === null ? 'what was open or has changed' : 'all content';
  const stops = unit === null ? 'nothing: it does not run' : [unit, ...stopsToo].map(plain).join(', ');
  const settles = settings.length === 0 ? 'none' : plural(settings.length, 'step');
  const phases =
    how === 'rename'
      ? [
          ['1 stop', stops],
          ['2 rename', `${formatBytes(bytes)}, ${plural(files, 'file')}: nothing is copied`],
          ['3 switch its settings', settles],
          ['4 start', unit === null ? 'nothing' : plain(unit)],
          ['5 check', 'by what it has open'],
        ]
      : [
          [
            unit === null ? '1 copy' : '1 copy, while it runs',
            `${formatBytes(bytes)}, ${plural(files, 'file')}`,
          ],
          [
            '',
            `about ${formatDuration(result.expectedSeconds)} at ${formatBytes(result.bytesPerSecond)} a second`,
          ],
          ['2 stop', stops],
          ['3 compare and copy again', compares],
          ['4 switch its settings', settles],
          ['5 start', unit === null ? 'nothing' : plain(unit)],
          ['6 check', 'by what it has open'],
          ['7 keep the old place', 'until move --finish'],
        ];
  return [
    `Move the data of ${plain(service)}`,
    `  from  ${plain(from)}`,
    `  to    ${plain(to)}`,
    '',
    ...columns(phases).map((line) => `  ${line}`),
    '',
    ...stepLines(settings, paint),
    '',
    wrap(
      `Room: ${formatBytes(bytes)} of ${formatBytes(result.availableBytes)} available, ${formatCount(entries)} inodes` +
        (result.inodesFree > 0 ? ` of ${formatCount(result.inodesFree)} free` : ''),
      '  ',
      '',
    ),
    ...(comparesAll === null
      ? []
      : [wrap(`All content is compared while it is stopped: ${comparesAll}.`, '  ', '')]),
    ...result.notes.map(({ summary, detail }) => wrap(`Note: ${summary}: ${detail.join(' ')}`, '  ', '')),
    'Nothing has been changed.',
    `Do it:  sudo ${paint.command(doIt)}`,
  ].join('\n');
}

function renderFinished(
  { service, path, outcome, entries, bytes }: FinishResult,
  paint: Paint,
  doIt: string,
): string {
  const what = `${plural(entries, 'entry', 'entries')}, ${formatBytes(bytes)}`;
  switch (outcome) {
    case 'planned':
      return [
        wrap(`Would delete what is in ${path}: ${what}`, '  ', ''),
        'Nothing has been changed.',
        `Do it:  sudo ${paint.command(doIt)}`,
      ].join('\n');
    case 'unchanged':
      return wrap(`Nothing is left in ${path}. The move of ${service} is finished.`, '  ', '');
    case 'applied':
      return wrap(`Deleted what was in ${path}: ${what}. The move of ${service} is finished.`, '  ', '');
    default:
      return wrap(`Deleted ${plural(entries, 'entry', 'entries')} of ${path}`, '  ', '');
  }
}

function renderCancelled({ service, from, outcome, kept }: CancelResult, paint: Paint, doIt: string): string {
  if (outcome === 'planned')
    return [
      wrap(
        `Would have ${service} run with its data in ${from}, as before the move, and delete the copy`,
        '  ',
        '',
      ),
      'Nothing has been changed.',
      `Do it:  sudo ${paint.command(doIt)}`,
    ].join('\n');
  if (outcome !== 'applied') return `The move of ${plain(service)} is not given up yet.`;
  return [
    wrap(`The move of ${service} is given up: its data is in ${from}, as before.`, '  ', ''),
    ...(kept === null
      ? []
      : [
          wrap(
            `It had been started on the copy. That is kept, for what it may have written: ${kept}`,
            '  ',
            '',
          ),
        ]),
  ].join('\n');
}
