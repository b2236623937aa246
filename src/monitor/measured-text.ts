// The text about an incomplete measurement: what is missing, could not be read, did not answer, was not counted.

import { keepCommands, keepWhole, type Paint, wrap } from '../messages/paint.ts';
import { UNREADABLE_KEPT } from '../port/measure.ts';
import type { Reported } from '../space/measure-document.ts';
import { formatCount } from '../values/count.ts';
import { formatDuration } from '../values/duration.ts';
import { errnoText } from '../values/errno.ts';

/** A service as it was measured, or was not. */
export interface MeasuredService {
  readonly service: string;
  /** Why there are no numbers, as in `MeasuredTree`; null: there are. */
  readonly error: string | null;
  /** The first of them; below the service's directory. */
  readonly unreadable: readonly { readonly path: string; readonly error: string }[];
  /** Of all of them; left out: as many as are in `unreadable`, or more. */
  readonly unreadableCount?: number;
  readonly mountPoints: readonly string[];
}

/** The row of what is below the base and belongs to no service, and that of what was not found there. */
export const NO_SERVICE = 'no service';
export const ELSEWHERE = 'elsewhere';
export const WHAT_IS_ELSEWHERE =
  'outside of the base, in deleted files that are still open, for the file system itself.';

/** Enough paths to see what they have in common. */
const NAMED = 3;

/**
 * A line or a few for each incomplete service; `again` is the command that measures as root. Of a host where
 * nothing is set up: one line, and not one for each service. `wasThere`: something has been measured here before.
 */
export function notesOnServices(
  services: readonly MeasuredService[],
  {
    again,
    paint,
    wasThere = false,
  }: { readonly again: string; readonly paint: Paint; readonly wasThere?: boolean },
): readonly string[] {
  if (services.length > 0 && services.every(({ error }) => error === 'missing'))
    return [
      note(
        wasThere
          ? 'nothing is here any more: is the disk mounted? (findmnt)'
          : `nothing is set up here yet: sudo ${paint.command('setup')}`,
      ),
    ];
  return services.flatMap((service) => notesOn(service, { again, paint }));
}

/** Of what lies beside the services. */
export function notesOnOther(
  other: Pick<MeasuredService, 'unreadable' | 'mountPoints'> | null,
  on: { readonly again: string; readonly paint: Paint },
): readonly string[] {
  return other === null ? [] : notesOn({ ...other, service: NO_SERVICE, error: null }, on);
}

function notesOn(
  { service, error, unreadable, unreadableCount, mountPoints }: MeasuredService,
  { again, paint }: { readonly again: string; readonly paint: Paint },
): readonly string[] {
  const lines: string[] = [];
  if (error !== null) lines.push(note(`${service}: ${whyNone(error, { again, paint })}`));
  const [first] = unreadable;
  if (error === null && first !== undefined) {
    const least = unreadable.length >= UNREADABLE_KEPT ? `${UNREADABLE_KEPT} or more` : unreadable.length;
    const count = unreadableCount ?? least;
    const next = first.error === 'EACCES' ? again : 'validate';
    lines.push(
      note(`${service}: ${count} could not be read: ${errnoText(first.error)}: sudo ${paint.command(next)}`),
      ...unreadable.slice(0, NAMED).map(({ path }) => wrap(keepWhole(path), '      ')),
      ...(unreadable.length > NAMED ? ['      …'] : []),
    );
  }
  for (const path of mountPoints) lines.push(note(`${service}: not counted, another file system: ${path}`));
  return lines;
}

function whyNone(error: string, { again, paint }: { readonly again: string; readonly paint: Paint }): string {
  switch (error) {
    case 'missing':
      return `its directory is missing: sudo ${paint.command('setup')}`;
    case 'timeout':
      return `its disk did not answer in time, nothing of it is counted: ${keepWhole('sudo dmesg | tail')}`;
    case 'file':
    case 'link':
    case 'special':
      return `not a directory but a ${error}, so nothing is counted: sudo ${paint.command('validate')}`;
    case 'mount point':
      return 'another file system is mounted on its directory, nothing of it is counted';
    case 'blocked':
      return `the way to its directory is blocked: sudo ${paint.command('validate')}`;
    default:
      return `could not be read: ${errnoText(error)}: sudo ${paint.command(error === 'EACCES' ? again : 'validate')}`;
  }
}

/** What holds for the whole measurement. */
export function notesOnMeasurement({
  linksBeyond,
  timedOut,
}: {
  readonly linksBeyond: number;
  readonly timedOut: boolean;
}): readonly string[] {
  return [
    ...(timedOut ? [note('not everything was measured: the time was up')] : []),
    ...(linksBeyond > 0
      ? [
          note(
            `too high: of files with several names, ${formatCount(linksBeyond)} names more than can be remembered were counted each`,
          ),
        ]
      : []),
  ];
}

/** Of an answer that nobody measured now. */
export function notesOnReported(
  reported: Reported | null,
  { again, paint }: { readonly again: string; readonly paint: Paint },
): readonly string[] {
  if (reported === null) return [];
  return [note(`${ageText(reported)}; without root nothing is measured: sudo ${paint.command(again)}`)];
}

export function ageText({ ageSeconds }: Reported): string {
  return `measured ${formatDuration(ageSeconds)} ago`;
}

export function note(text: string): string {
  return wrap(keepCommands(text), '    ', '  ');
}
