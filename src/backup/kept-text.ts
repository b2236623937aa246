// What `backup list` and `backup prune` say, for people, 80 columns wide.
import { columns, keepWhole, type Paint, plain, plural, wrap } from '../messages/paint.ts';
import { exactDuration, formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import type { ListResult, PruneResult } from './backup-document.ts';
import type { Reason } from './retention.ts';

type Listed = ListResult['backups'][number];

/** `at`: the moment of it, ISO 8601. */
export function renderList(result: ListResult, at: string, paint: Paint): string {
  const { backups, bytes, leftovers, others, service } = result;
  const beside = [
    ...leftovers.map((name) => wrap(`of a run at work or killed: ${keepWhole(name)}`, '    ', '  ')),
    ...others.map(({ path, why }) => wrap(`no backup: ${keepWhole(path)}: ${why}`, '    ', '  ')),
  ].map((line) => paint('yellow', line));
  if (backups.length === 0) {
    const run = service === null ? 'backup run' : `backup run ${service}`;
    return [`There is no backup yet. To take one: sudo ${paint.command(run)}`, ...beside].join('\n');
  }
  const rows = backups.map((one) => [
    plain(one.service),
    one.name,
    one.bytes === null ? '?' : formatBytes(one.bytes),
    one.sourceBytes === null ? '?' : formatBytes(one.sourceBytes),
    one.isElsewhere ? 'elsewhere' : (one.kind ?? 'damaged'),
    proofText(one, at),
  ]);
  const [head = '', ...lines] = columns(
    [['SERVICE', 'TIME', 'SIZE', 'OF', 'KIND', 'PROVED'], ...rows],
    [2, 3],
  );
  const unproved = backups.filter(({ proof, damaged }) => proof === null && damaged === null).length;
  return [
    paint('dim', head),
    ...lines.map((line, i) => (isWrong(backups[i]) ? paint('red', line) : line)),
    ...backups.flatMap((one) => wrongText(one)).map((line) => paint('red', line)),
    ...beside,
    `${plural(backups.length, 'backup')}, ${formatBytes(bytes)}${unproved === 0 ? '' : `; ${unproved} never restored`}.`,
  ].join('\n');
}

function proofText({ proof, damaged }: Listed, at: string): string {
  if (proof === null) return damaged === null ? 'never restored' : '';
  const ago = `${formatDuration(Math.max(0, Date.parse(at) - Date.parse(proof.at)) / 1000)} ago`;
  return proof.isGood ? ago : `NOT GOOD ${ago}`;
}

function isWrong(one: Listed | undefined): boolean {
  return one !== undefined && (one.damaged !== null || one.proof?.isGood === false);
}

function wrongText({ service, name, damaged, proof }: Listed): readonly string[] {
  const why = damaged ?? (proof?.isGood === false ? proof.why.join('; ') : null);
  return why === null ? [] : [wrap(`${service} ${name}: ${why}`, '    ', '  ')];
}

/** `doIt`: the command that deletes what is shown, without `jts-hot`. */
export function renderPrune(result: PruneResult, paint: Paint, doIt: string): string {
  const { services, outcome, removed, leftovers, bytes, freedBytes } = result;
  const goes = services.reduce((sum, one) => sum + one.goes.length, 0);
  const deleted = services.reduce((sum, one) => sum + one.deleted.length, 0);
  const isPlanned = services.some((one) => one.outcome === 'planned');
  const end = isPlanned
    ? [
        `${plural(goes, 'backup')} may go, ${formatBytes(bytes)}. Nothing has been changed.`,
        `Delete them for good:  sudo ${paint.command(doIt)}`,
      ]
    : deleted > 0
      ? [paint('green', `Deleted ${plural(deleted, 'backup')}, ${formatBytes(freedBytes)}.`)]
      : [outcome === 'unchanged' ? paint('green', 'Nothing to prune.') : 'Nothing has been deleted.'];
  return [
    ...removed.map((name) => `Removed what a killed run had left: ${plain(name)}`),
    ...leftovers.map((name) => paint('yellow', `Of a run at work or killed: ${plain(name)}`)),
    ...services.flatMap((one) => prunedLines(one, paint)),
    ...end,
  ].join('\n');
}

type Pruned = PruneResult['services'][number];

/** Of one service; a month of nightly backups is more than a screen. */
const SHOWN = 40;

function prunedLines(one: Pruned, paint: Paint): readonly string[] {
  const { service, keep, olderSeconds, goes, stays, deleted, stopped } = one;
  const head = `${service}: keeps the newest ${keep === 1 ? 'good one' : `${keep} good ones`}, and all younger than ${exactDuration(olderSeconds)}`;
  const gone = new Set(deleted);
  const size = (bytes: number | null) => (bytes === null ? '?' : formatBytes(bytes)).padStart(9);
  const going = goes.map(
    ({ name, bytes }) => `  ${name}  ${size(bytes)}  ${gone.has(name) ? 'deleted' : 'goes'}`,
  );
  const staying = stays.map(({ name, reason, by }) =>
    paint('dim', wrap(`stays: ${WORDS[reason](by ?? '')}`, '    ', `  ${name}  `)),
  );
  return [
    paint('bold', wrap(head, '    ', '')),
    ...first(staying),
    ...first(going),
    ...(stopped === null ? neededLines(one, paint) : [paint('yellow', '  nothing goes')]),
  ];
}

/** A chain of increments that never ends would stay for ever. */
function neededLines({ service, stays, goes }: Pruned, paint: Paint): readonly string[] {
  const needed = stays.filter(({ reason }) => reason === 'needed').length;
  if (needed === 0 || goes.length > 0) return [];
  return [
    `  ${plural(needed, 'stays', 'stay')} only for the increments after ${needed === 1 ? 'it' : 'them'}.`,
    '  To have them go in time, take a whole one:',
    `  sudo ${paint.command(`backup run ${service} --whole`)}`,
  ];
}

function first(lines: readonly string[]): readonly string[] {
  const more = lines.length - SHOWN;
  return more > 0 ? [...lines.slice(0, SHOWN), `  … and ${more} more: with -j`] : lines;
}

const WORDS: { readonly [reason in Reason]: (by: string) => string } = {
  ahead: () => 'it is dated ahead of the clock',
  damaged: (by) => `nobody can tell whether it is needed: ${by}`,
  needed: (by) => `${by} needs it`,
  'needed by a damaged one': () => 'a damaged one after it may need it',
  newest: () => 'one of the newest good ones',
  proved: () => 'the newest that was proved by a restore',
  'too few newer': () => 'too few good ones are newer',
  young: () => 'not old enough',
};
