// Owns how far work in bytes has come, as one line: `copying: 512 MB of 1.05 GB, 210 MB a second, about 3 s left`. Pure.
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';

export interface Far {
  readonly bytes: number;
  /** About how many there are; null: nobody knows. Where there are more, it is not said any more. */
  readonly wantBytes: number | null;
  readonly seconds: number;
}

export function howFar(says: string, { bytes, wantBytes, seconds }: Far): string {
  const rate = bytes / Math.max(0.001, seconds);
  const isKnown = wantBytes !== null && wantBytes >= bytes;
  const of = isKnown ? ` of ${formatBytes(wantBytes)}` : '';
  const left = isKnown && rate >= 1 ? `, about ${formatDuration((wantBytes - bytes) / rate)} left` : '';
  return `${says}: ${formatBytes(bytes)}${of}, ${formatBytes(Math.round(rate))} a second${left}`;
}
