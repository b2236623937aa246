// How growth, a forecast and the rule that set a level are said, in every report for people.
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import type { Eta, Fired, Forecast } from './outlook-document.ts';
import { isSpent } from './quota-limits.ts';

/** `+12.0 GB`, `-3.00 MB`, `0 B`; not known: `?`. */
export function changeText(bytes: number | null): string {
  if (bytes === null) return '?';
  return `${bytes > 0 ? '+' : ''}${formatBytes(bytes)}`;
}

/** Of the disk until it is full, of a service until its plan is. null: not known. */
export function fullEta(forecast: Forecast): Eta | null {
  return forecast.known ? (forecast.full ?? forecast.planned) : null;
}

/** `12–19 days`, `40 h–3 days`, `12 days or later`, `now`; null: not in sight. */
export function etaText({ earliestSeconds: from, latestSeconds: to }: Eta): string | null {
  if (from === null) return null;
  if (to === null) return from === 0 ? 'now or later' : `${formatDuration(from)} or later`;
  if (to === 0) return 'now';
  const [early, late] = [formatDuration(from), formatDuration(to)];
  if (early === late) return late;
  const unit = late.slice(late.indexOf(' '));
  return `${early.endsWith(unit) ? early.slice(0, -unit.length) : early}–${late}`;
}

/** `used 91.2 %, critical from 90 %`. `whole` is what is full then: `disk` or `plan`. */
export function firedText(fired: Fired, whole: 'disk' | 'plan'): string {
  return `${valueText(fired, whole)}, ${thresholdText(fired)}`;
}

function valueText({ rule, value }: Fired, whole: 'disk' | 'plan'): string {
  switch (rule) {
    case 'used':
      return `used ${percentText(value)}`;
    case 'of-disk':
      return `used ${percentText(value)} of what the disk can give it`;
    case 'free':
      return `${formatBytes(value)} left`;
    case 'inodes':
      return `uses ${percentText(value)} of the file system's inodes`;
    case 'soft-limit':
      return `${formatBytes(value)} used, over the soft limit of its quota`;
    case 'hard-limit':
      return `${formatBytes(value)} used, its quota lets it write no more`;
    case 'full-in':
      return `${whole === 'disk' ? 'full' : 'at its plan'} in about ${formatDuration(value)}`;
    default:
      return rule satisfies never;
  }
}

/** `critical from 90 %`; a level that began there and is not over yet: `critical from 90 % until clearly better`. */
export function thresholdText({ rule, level, value, threshold }: Fired): string {
  const name = level.toLowerCase();
  const until = ' until clearly better';
  switch (rule) {
    case 'used':
    case 'of-disk':
    case 'inodes':
      return `${name} from ${threshold} %${value < threshold ? until : ''}`;
    case 'free':
      return `${name} at ${formatBytes(threshold)} or less${value > threshold ? until : ''}`;
    case 'soft-limit':
      return `${name} from ${formatBytes(threshold)}${value <= threshold ? until : ''}`;
    case 'hard-limit':
      return `${name} at ${formatBytes(threshold)}${isSpent(value, threshold) ? '' : until}`;
    case 'full-in':
      return `${name} within ${formatDuration(threshold)}${value > threshold ? until : ''}`;
    default:
      return rule satisfies never;
  }
}

export function percentText(percent: number): string {
  return `${percent.toFixed(1)} %`;
}
