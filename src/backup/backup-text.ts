// Owns how what `backup` did is shown to people, 80 columns wide.
import { type Paint, plain, wrap } from '../messages/paint.ts';
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import type { RestoreResult, RunResult, VerifyResult } from './backup-document.ts';

export function renderRun({ outcome, services, room, removed }: RunResult, paint: Paint): string {
  const here = services.filter((one) => one.outcome !== 'not installed');
  const lines = here.flatMap((one): readonly string[] => {
    const { service, says, sourceBytes, needBytes, manifest, path } = one;
    const of = sourceBytes === null ? '' : `of ${formatBytes(sourceBytes)} by ${says}`;
    if (one.outcome === 'planned')
      return [`${service}  would take ${formatBytes(needBytes ?? 0)} at most`, wrap(of, '    ', '  ')];
    if (one.outcome === 'skipped')
      return [`${service}  skipped: it is stopped, and its tool wants it running`];
    if (manifest === null || path === null) return [`${service}  ${paint('red', one.outcome)}`];
    const seconds = (Date.parse(manifest.ended) - Date.parse(manifest.begun)) / 1000;
    const { parent, limits, position } = manifest.taken;
    return [
      `${service}  ${paint('green', 'backed up')}  ${formatBytes(manifest.bytes)} in ${took(seconds)}`,
      `  ${path}`,
      wrap(of, '    ', '  '),
      ...(position === null ? [] : [`  up to ${plain(position)}`]),
      ...(parent === null ? [] : [`  an increment of ${parent}`]),
      ...limits.map((limit) => wrap(limit, '    ', '  - ')),
    ];
  });
  const made = here.filter((one) => one.manifest !== null);
  const [only] = made;
  const which = made.length === 1 && only !== undefined ? `backup verify ${only.service}` : 'backup verify';
  const proof = only === undefined ? [] : [`Not restored yet. Prove it:  sudo ${paint.command(which)}`];
  const none = here.length === 0 ? ['No service that can be backed up is installed here.'] : [];
  return [
    ...removed.map((name) => `Removed what a killed run had left: ${plain(name)}`),
    ...lines,
    ...none,
    `Room for backups: ${formatBytes(room.freeBytes)} (${formatBytes(room.plannedBytes)} planned, ${formatBytes(room.keptBytes)} taken${outcome === 'done' ? ' before' : ''}).`,
    ...proof,
  ].join('\n');
}

export function renderVerify({ backups, outcome }: VerifyResult, paint: Paint): string {
  if (outcome === 'none') return `There is no backup yet. To take one: sudo ${paint.command('backup run')}`;
  return backups
    .flatMap(({ service, name, outcome: came, verification }) => {
      if (came === 'planned') return [`${service}  ${name}  would be restored and proved`];
      const isGood = came === 'good';
      const first = `${service}  ${name}  ${isGood ? paint('green', 'good') : paint('red', came)}`;
      if (verification === null) return [first];
      const counted = verification.counts.filter(({ isExact }) => isExact);
      return [
        first,
        ...(isGood
          ? [
              `  restored, started and counted in ${took(verification.seconds)}: ${counted.length} counts fit`,
              ...counted.slice(0, COUNTS_SHOWN).map(({ what, count }) => `  ${plain(what)}: ${count}`),
              ...(counted.length > COUNTS_SHOWN ? [`  and ${counted.length - COUNTS_SHOWN} more`] : []),
            ]
          : []),
      ];
    })
    .join('\n');
}

const COUNTS_SHOWN = 5;

export function renderRestore(result: RestoreResult, paint: Paint): string {
  const { service, name, outcome, path, aside, needBytes, next, isLive } = result;
  if (outcome === 'planned')
    return [
      `${service}  ${name}  would be restored to`,
      `  ${path}`,
      `  room for ${formatBytes(needBytes)} is counted with`,
    ].join('\n');
  if (outcome !== 'restored' || path === null) return `${service}  ${name}  ${paint('red', outcome)}`;
  return [
    `${service}  ${name}  ${paint('green', isLive ? 'restored in the place of the live data' : 'restored')}`,
    `  ${path}`,
    ...(aside === null ? [] : [`  the old data is kept: ${aside}`]),
    ...next.map((line) => wrap(line, '    ', '  - ')),
  ].join('\n');
}

function took(seconds: number): string {
  return seconds < 1 ? 'under 1 s' : formatDuration(seconds);
}
