// What `jts-hot clean` prints: what goes, place by place and rule by rule, what stays all the same, what it comes to.
import { keepWhole, type Paint, plain, plural, wrap } from '../messages/paint.ts';
import { formatCount } from '../values/count.ts';
import { exactDuration, formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import type { Candidate, CleanPlace, CleanResult } from './clean-document.ts';

/** More lines than this nobody reads: there may be a million. */
const SHOWN = 40;
const SHOWN_KEPT = 20;

/** `doIt`: the command that does what is shown, without `jts-hot`. */
export function renderClean(result: CleanResult, paint: Paint, doIt: string): string {
  const { outcome } = result;
  const isDry = outcome === 'planned';
  const lines: string[] = [];
  if (outcome !== 'refused' || result.thingCount > 0) lines.push(...placeLines(result, paint));
  lines.push(...keptLines(result, paint), ...leftLines(result));
  switch (outcome) {
    case 'planned':
      lines.push('', ...sumLines(result), 'Nothing has been changed.');
      if (result.thingCount > 0 || trashesIn(result).some(({ isEmptied }) => isEmptied))
        lines.push(`Do it:  sudo ${paint.command(doIt)}`);
      break;
    case 'unchanged':
      lines.push(paint('green', 'Nothing to clean.'));
      break;
    case 'applied':
      lines.push(
        '',
        ...sumLines(result),
        paint('green', `Recorded as run ${result.run}.`),
        ...(result.freedLaterAt === null
          ? []
          : [`Get it back:  sudo ${paint.command(`rollback ${result.run}`)}`]),
      );
      break;
    case 'refused':
      lines.push('Nothing has been changed.');
      break;
    case 'stopped':
    case 'failed':
      break;
    default:
      outcome satisfies never;
  }
  for (const trash of trashesIn(result))
    if (!isDry || trash.things > 0) lines.push(...trashLines(trash, paint));
  return lines.join('\n');
}

function placeLines({ places, things, thingCount }: CleanResult, paint: Paint): readonly string[] {
  const lines: string[] = [];
  let shown = 0;
  for (const place of places) {
    if (place.error !== null && place.error !== 'it is not there')
      lines.push(paint('yellow', wrap(`${keepWhole(place.path)}: ${place.error}`, '    ', '  ! ')));
    if (place.things === 0) continue;
    lines.push(paint('bold', wrap(`${place.service}/${place.directory}, ${ruleText(place)}`, '    ', '')));
    const own = things.filter(({ path, rule }) => rule === place.rule && path.startsWith(`${place.path}/`));
    const some = own.slice(0, Math.max(0, SHOWN - shown));
    lines.push(...some.map((one) => thingLine(one, place)));
    shown += some.length;
    const more = place.things - some.length;
    if (more > 0) lines.push(`  … and ${formatCount(more)} more`);
  }
  if (thingCount > things.length)
    lines.push(`The first ${formatCount(things.length)}: with -j. All are in the journal once they went.`);
  return lines;
}

/** `rule staging: * older than 7d, but *.tmp; keeps the newest` */
function ruleText(rule: Pick<CleanPlace, 'rule' | 'pattern' | 'except' | 'olderSeconds' | 'keep'>): string {
  const { pattern, except, keep } = rule;
  const but = except === null ? '' : `, but ${except}`;
  const kept = keep === 0 ? '' : keep === 1 ? '; keeps the newest' : `; keeps the newest ${keep}`;
  return `rule ${rule.rule}: ${pattern} older than ${exactDuration(rule.olderSeconds)}${but}${kept}`;
}

function thingLine({ path, bytes, ageSeconds, kind, how }: Candidate, place: CleanPlace): string {
  const name = `${plain(path.slice(place.path.length + 1))}${kind === 'directory' ? '/' : ''}`;
  const age = formatDuration(ageSeconds).padStart(9);
  return `${age}  ${formatBytes(bytes).padStart(9)}  ${name}${how === 'delete' ? '  (deleted)' : ''}`;
}

function keptLines({ kept, keptCount, youngCount }: CleanResult, paint: Paint): readonly string[] {
  const lines = kept
    .slice(0, SHOWN_KEPT)
    .map(({ path, why }) => paint('dim', wrap(`stays: ${keepWhole(path)}: ${why}`, '    ', '  ')));
  if (keptCount > SHOWN_KEPT) lines.push(`  … and ${formatCount(keptCount - SHOWN_KEPT)} more that stay`);
  if (youngCount > 0) lines.push(paint('dim', `  ${plural(youngCount, 'thing')} not old enough`));
  return lines;
}

function leftLines({ left, leftCount }: CleanResult): readonly string[] {
  const lines = left
    .slice(0, SHOWN_KEPT)
    .map(({ path, why }) => wrap(`left as it is: ${keepWhole(path)}: ${why}`, '    ', '  '));
  if (leftCount > SHOWN_KEPT) lines.push(`  … and ${formatCount(leftCount - SHOWN_KEPT)} more like these`);
  return lines;
}

function sumLines(result: CleanResult): readonly string[] {
  const { thingCount, bytes, freedBytes, freedLaterBytes, freedLaterAt } = result;
  const total = thingCount === 0 ? [] : [`${plural(thingCount, 'thing')}, ${formatBytes(bytes)}.`];
  const now = `${formatBytes(freedBytes)} freed`;
  const later =
    freedLaterAt === null
      ? `${now}.`
      : `${now} until ${freedLaterAt.slice(0, 16)}Z: then ${formatBytes(freedLaterBytes)} more, from the trash.`;
  return [...total, later];
}

type ShownTrash = CleanResult['trash'] & { readonly service: string | null };

function trashesIn({ trash, ownTrashes = [] }: CleanResult): readonly ShownTrash[] {
  return [{ service: null, ...trash }, ...ownTrashes];
}

function trashLines(trash: ShownTrash, paint: Paint): readonly string[] {
  const { service, things, bytes, dueThings, dueBytes, inUse, isEmptied } = trash;
  if (things === 0) return [];
  const due = `${plural(dueThings, 'thing')}, ${formatBytes(dueBytes)}`;
  return [
    `In the trash${service === null ? '' : ` of ${plain(service)}`} before: ${plural(things, 'thing')}, ${formatBytes(bytes)}.`,
    ...(dueThings === 0
      ? []
      : isEmptied
        ? [`Of these ${due} ${dueThings === 1 ? 'is' : 'are'} due, and deleted.`]
        : [`Of these ${due} due:  sudo ${paint.command('clean --delete')}`]),
    ...(inUse === 0 ? [] : [`${plural(inUse, 'thing')} of these stay, since a process has them open.`]),
  ];
}
