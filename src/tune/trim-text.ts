// What `jts-hot trim` prints.
import { type Paint, plural, wrap } from '../messages/paint.ts';
import { formatBytes } from '../values/size.ts';
import type { TrimResult } from './trim-document.ts';

export function renderTrim(result: TrimResult, paint: Paint): string {
  const lines = [result, ...(result.fileSystems ?? [])].map(lineOf).join('\n');
  if (result.outcome !== 'planned') return lines;
  return `${lines} Nothing has been changed.\nDo it:  sudo ${paint.command('trim')}`;
}

function lineOf(one: Omit<TrimResult, 'base' | 'fileSystems'>): string {
  const { mountPoint, source, type, outcome, freeBytes, ranges, done, trimmedBytes } = one;
  const about = `${type} from ${source}, mounted at ${mountPoint}`;
  const line = (text: string) => wrap(text, '  ', '');
  switch (outcome) {
    case 'planned':
      return `${line(`Would tell the disk what is free on ${about}`)}\n${formatBytes(freeBytes)} free, in ${plural(ranges, 'range')}.`;
    case 'trimmed':
      return line(
        `Trimmed ${formatBytes(trimmedBytes)} of ${formatBytes(freeBytes)} that are free: ${about}`,
      );
    case 'stopped':
    case 'failed':
      return line(`Trimmed ${formatBytes(trimmedBytes)}, ${done} of ${plural(ranges, 'range')}: ${about}`);
    default:
      return outcome satisfies never;
  }
}
