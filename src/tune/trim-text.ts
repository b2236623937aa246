// What `jts-hot trim` prints.
import { type Paint, plural, wrap } from '../messages/paint.ts';
import { formatBytes } from '../values/size.ts';
import type { TrimResult } from './trim-document.ts';

export function renderTrim(result: TrimResult, paint: Paint): string {
  const { mountPoint, source, type, outcome, freeBytes, ranges, done, trimmedBytes } = result;
  const about = `${type} from ${source}, mounted at ${mountPoint}`;
  switch (outcome) {
    case 'planned':
      return [
        wrap(`Would tell the disk what is free on ${about}`, '  ', ''),
        `${formatBytes(freeBytes)} free, in ${plural(ranges, 'range')}. Nothing has been changed.`,
        `Do it:  sudo ${paint.command('trim')}`,
      ].join('\n');
    case 'trimmed':
      return wrap(
        `Trimmed ${formatBytes(trimmedBytes)} of ${formatBytes(freeBytes)} that are free: ${about}`,
        '  ',
        '',
      );
    case 'stopped':
    case 'failed':
      return wrap(
        `Trimmed ${formatBytes(trimmedBytes)}, ${done} of ${plural(ranges, 'range')}: ${about}`,
        '  ',
        '',
      );
    default:
      return outcome satisfies never;
  }
}
