// Owns how `jts-hot tune host` shows the settings: a row each, and what services lose by them.
import { columns, type Paint, plain, WIDTH, wrap } from '../messages/paint.ts';
import { NOT_TOLD } from './host-part.ts';
import type { HostResult, HostRow } from './tune-document.ts';
import { isAsWished } from './tune-host.ts';

const HEAD = ['RESULT', 'SETTING', 'REQUIRED', 'NOW', 'KEPT'];

export function hostStanding({ services, rows }: HostResult, paint: Paint): readonly string[] {
  const [head = '', ...lines] = columns([HEAD, ...rows.map(cellsOf)].map((row) => row.map(plain)));
  const argued = rows.find(({ wishes }) => wishes.some(({ isMet }) => !isMet)) ?? rows[0];
  return [
    wrap(`Tuning of the host for ${services.join(', ')}`, '  ', ''),
    '',
    ...(rows.length === 0 ? ['  No service of the layout wishes anything.'] : [paint('dim', `  ${head}`)]),
    ...rows.flatMap((row, i) => [
      paint(COLOURS[resultOf(row)], fitting(lines[i] ?? '', row)),
      ...notesOf(row).map((note) => wrap(note, INDENT)),
    ]),
    '',
    ...lossesOf(rows),
    ...(argued === undefined ? [] : [`Why:    ${paint.command(`tune host --explain ${argued.setting}`)}`]),
  ];
}

/** What is not as it should be is called by its severity. */
type ResultWord = 'ok' | 'unknown' | HostRow['severity'];
const COLOURS = { ok: 'green', unknown: 'dim', error: 'red', warning: 'yellow', hint: 'dim' } as const;
const INDENT = ' '.repeat(11);

function resultOf(row: HostRow): ResultWord {
  if (row.now === NOT_TOLD) return 'unknown';
  return isAsWished(row) ? 'ok' : row.severity;
}

function cellsOf(row: HostRow): readonly string[] {
  const { setting, required, now, isForGood, isSetByUs } = row;
  return [resultOf(row), setting, required, shownValue(now), isSetByUs ? (isForGood ? 'yes' : 'no') : '-'];
}

/** systemd sets `fs.file-max` to the largest number that there is. */
function shownValue(now: string): string {
  return /^\d{19,}$/.test(now) ? 'no limit' : now;
}

/** In one line where there is room. */
function fitting(line: string, row: HostRow): string {
  if (line.length + 2 <= WIDTH) return `  ${line}`;
  const [result = '', setting = '', required, now, kept] = cellsOf(row);
  return `  ${result.padEnd(7)}  ${plain(setting)}\n${wrap(`want ${required}, now ${now}; kept: ${kept}`, INDENT)}`;
}

function notesOf({ note, isSetByUs, isForGood, forGood }: HostRow): readonly string[] {
  // `60 in 99-zzz.conf`.
  const isOther = isSetByUs && !isForGood && forGood.includes(' in ');
  return [...(note === null ? [] : [note]), ...(isOther ? [`at the next start: ${forGood}`] : [])];
}

/** Whose wishes the one value does not meet. */
function lossesOf(rows: readonly HostRow[]): readonly string[] {
  const losses = rows.flatMap(({ setting, value, wishes }) =>
    wishes
      .filter(({ isMet }) => !isMet)
      .flatMap(({ service, loses, itself }) => [
        wrap(`${setting} ${value}: ${service} loses ${loses}`, '    ', '  '),
        ...(itself === null ? [] : [wrap(`for itself: ${itself}`, '      ', '    ')]),
      ]),
  );
  return losses.length === 0 ? [] : ['What some lose by one value for all:', ...losses, ''];
}
