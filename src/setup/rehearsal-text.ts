// What `jts-hot setup --rehearse` prints.
import { columns, type Paint, plain, WIDTH, wrap } from '../messages/paint.ts';
import { formatBytes } from '../values/size.ts';
import type { RehearsalPart, RehearsalResult } from './rehearsal-document.ts';

export function renderRehearsal(result: RehearsalResult, paint: Paint): string {
  const { disk, base, group, parts, notRehearsed } = result;
  const on =
    disk === null
      ? `Setup of ${base}, rehearsed on a copy of this host:`
      : `Setup of ${base}, rehearsed on a copy of this host, with a sparse file of ${formatBytes(disk.sizeBytes)} in the place of ${disk.called}:`;
  const lines = columns(parts.map((part) => [signOf(part), part.part, part.found].map(plain)));
  const holds = parts.every(({ held }) => held === true);
  return [
    wrap(on, '', ''),
    '',
    ...parts.map((part, i) => paint(colourOf(part), shown(part, `  ${lines[i] ?? ''}`))),
    '',
    'Not rehearsed:',
    ...notRehearsed.map(({ what, why }) => wrap(`${what}: ${why}`, '      ', '  - ')),
    ...(group === null
      ? []
      : [wrap(`LVM knew the volume group ${group} meanwhile: no other is called so.`, '', '')]),
    '',
    holds
      ? paint('green', 'All that was rehearsed held. Nothing of this host was changed.')
      : paint('red', 'Not all of it held: see the messages. Nothing of this host was changed.'),
    ...(holds ? [`Do it:  sudo ${paint.command('setup')}`] : []),
  ].join('\n');
}

function shown({ part, found, held }: RehearsalPart, line: string): string {
  if (line.length <= WIDTH) return line;
  return `  ${signOf({ held })}  ${plain(part)}\n${wrap(found, '      ')}`;
}

function signOf({ held }: Pick<RehearsalPart, 'held'>): string {
  return held === null ? '- ' : held ? 'ok' : 'no';
}

function colourOf({ held }: RehearsalPart): 'green' | 'red' | 'dim' {
  return held === null ? 'dim' : held ? 'green' : 'red';
}
