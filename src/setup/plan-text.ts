// Plans, setups and repairs for people: the steps, what was noticed, what to do next.
import { type Check, failed } from '../checks/check.ts';
import { counts, shownSteps, stepLines } from '../command/steps-text.ts';
import { renderDiagnostic } from '../messages/diagnostic-text.ts';
import { keepCommands, keepWhole, type Paint, plain, plural, wrap } from '../messages/paint.ts';
import { isIrreversible } from '../port/operation.ts';
import type { StorageResult } from '../storage/storage-document.ts';
import { formatCount } from '../values/count.ts';
import { REPORTED } from '../values/tally.ts';
import type { PlanResult } from './plan-document.ts';
import type { RepairResult } from './repair-document.ts';
import type { SetupResult } from './setup-document.ts';

/** `doIt`: the command that does what is shown, without `jts-hot`. */
export function renderPlan(
  result: Pick<PlanResult, 'steps' | 'refusals' | 'warnings' | 'preflight' | 'storage'>,
  paint: Paint,
  doIt = 'setup',
): string {
  const { refusals, storage } = result;
  const first = storage?.steps ?? [];
  const steps = [...first, ...result.steps];
  const final = steps.filter(isIrreversible).length;
  const hidden = result.warnings.filter(({ code }) => code === 'W_HIDDEN').length;
  const isAllSeen = hidden === 0 && !storage?.warnings.some(({ code }) => code === 'W_STORAGE_UNSEEN');
  const done = isAllSeen
    ? 'Nothing to do: the host is as the layout wants it.'
    : 'Nothing to do as far as can be seen.';
  return [
    ...noticed(result.preflight, paint),
    ...[...(storage?.warnings ?? []), ...result.warnings]
      .filter(({ code }) => code !== 'W_HIDDEN')
      .map((warning) => renderDiagnostic(warning, paint)),
    ...(first.length === 0 ? [] : ['From the disk to the mounts:', ...shownSteps(first, paint), '']),
    ...(first.length === 0 || result.steps.length === 0 ? [] : ['Then, on what is mounted by then:']),
    ...shownSteps(result.steps, paint),
    '',
    ...(steps.length > 0
      ? [`${counts(steps)}. Nothing has been changed.`]
      : refusals.length > 0
        ? []
        : [done]),
    ...(final > 0 ? [paint('red', `${plural(final, 'step')} cannot be undone.`)] : []),
    ...(hidden > 0
      ? [
          `${plural(hidden, 'directory', 'directories')} cannot be seen without root:  sudo ${paint.command('plan')}`,
        ]
      : []),
    ...(refusals.length > 0 ? [`${plural(refusals.length, 'thing')} in the way: see the messages.`] : []),
    ...(steps.length > 0 && refusals.length === 0 ? [`Do it:  sudo ${paint.command(doIt)}`] : []),
  ].join('\n');
}

export function renderSetup(result: SetupResult, paint: Paint): string {
  const { outcome, steps, done, storage } = result;
  const lines = [
    ...(storage === null ? [] : madeFirst(storage, outcome, paint)),
    ...noticed(result.preflight, paint),
    ...result.warnings.map((warning) => renderDiagnostic(warning, paint)),
  ];
  switch (outcome) {
    case 'unchanged':
      lines.push(paint('green', wrap(`Nothing to do: ${result.base} is as the layout wants it.`, '  ', '')));
      if (result.continues !== null)
        lines.push(`Run ${result.continues}, which was interrupted, is complete.`);
      break;
    case 'applied':
      if (result.run === null) {
        lines.push(...notGoneOn(result, paint));
        break;
      }
      lines.push(...stepLines(steps, paint), '', `${counts(steps)}, recorded as run ${result.run}.`);
      if (result.continues !== null)
        lines.push(`It completes run ${result.continues}, which was interrupted.`);
      if (result.verified)
        lines.push(paint('green', wrap(`Verified: ${result.base} is as the layout wants it.`, '  ', '')));
      lines.push(
        `Prove it:  sudo ${paint.command('validate')}`,
        `Undo it:   sudo ${paint.command(`rollback ${result.run}`)}`,
      );
      break;
    case 'planned':
    case 'refused':
      lines.push('Nothing has been changed.');
      break;
    case 'stopped':
    case 'failed':
      lines.push(...stepLines(steps.slice(0, done), paint));
      break;
    default:
      outcome satisfies never;
  }
  return lines.join('\n');
}

/** All was done from the disk to the mounts, and some of it is not as it should be. */
function notGoneOn({ base, storage }: SetupResult, paint: Paint): readonly string[] {
  return [
    paint(
      'yellow',
      wrap(`Nothing was made in ${base}: what is below is not as the layout wants it.`, '  ', ''),
    ),
    ...(storage?.run == null ? [] : [`Undo it:   sudo ${paint.command(`rollback ${storage.run}`)}`]),
  ];
}

/** What it says by itself where setup went on; where it did not, that is all there is to say. */
function madeFirst(storage: StorageResult, outcome: SetupResult['outcome'], paint: Paint): readonly string[] {
  const { steps, done, run, continues } = storage;
  const lines = storage.warnings.map((warning) => renderDiagnostic(warning, paint));
  if (storage.outcome === 'applied') {
    lines.push(...stepLines(steps, paint), '', `${plural(done, 'step')}, recorded as run ${run}.`);
    if (continues !== null) lines.push(`It completes run ${continues}, which was interrupted.`);
    lines.push('');
  }
  if (outcome === storage.outcome && (outcome === 'failed' || outcome === 'stopped'))
    lines.push(...stepLines(steps.slice(0, done), paint));
  return lines;
}

/** More lines than this nobody reads: a recursive repair can have a million. */
const SHOWN = 40;

/** `doIt`: of a dry run, the command that does what is shown, without `jts-hot`. */
export function renderRepair(result: RepairResult, paint: Paint, doIt = 'repair'): string {
  const { steps, done, left, outcome } = result;
  const isDry = outcome === 'planned';
  const count = isDry ? result.stepCount : done;
  const lines = [...stepLines(steps.slice(0, Math.min(count, SHOWN)), paint)];
  if (count > SHOWN)
    lines.push(
      isDry
        ? `  … and ${count - SHOWN} more; the first ${formatCount(REPORTED)}:  sudo ${paint.command(`${doIt} --dry-run -j`)}`
        : `  … and ${count - SHOWN} more: all are in the journal of run ${result.run}`,
    );
  if (result.entries > 0) lines.push(`${plural(result.entries, 'entry', 'entries')} looked at.`);
  if (isDry)
    lines.push(
      ...(count === 0 ? [] : ['']),
      count === 0 ? 'Nothing to repair.' : `${plural(count, 'change')}. Nothing has been changed.`,
      ...(count === 0 ? [] : [`Do it:  sudo ${paint.command(doIt)}`]),
    );
  if (outcome === 'unchanged') lines.push(paint('green', 'Nothing to repair: owners and modes are right.'));
  if (outcome === 'applied')
    lines.push(
      paint('green', `${plural(done, 'change')}, recorded as run ${result.run}.`),
      `Undo it:   sudo ${paint.command(`rollback ${result.run}`)}`,
    );
  if (outcome === 'refused') lines.push('Nothing has been changed.');
  for (const { path, why: reason } of left.slice(0, SHOWN))
    lines.push(wrap(`left as it is: ${keepWhole(path)}: ${keepCommands(reason)}`, '    '));
  if (result.leftCount > SHOWN) lines.push(`  … and ${result.leftCount - SHOWN} more like these`);
  if (result.inside !== null)
    lines.push(
      `Inside, ${plural(result.inside.count, 'thing is', 'things are')} wrong:  ${plain(result.inside.fix)}`,
    );
  return lines.join('\n');
}

function noticed(preflight: readonly Check[], paint: Paint): readonly string[] {
  return failed(preflight).flatMap((check) => [
    paint('yellow', wrap(`${check.id}: want ${check.expected}, found ${check.found}`, '    ', '  ! ')),
    ...(check.fix === null ? [] : [`    fix: ${plain(check.fix)}`]),
    ...(check.hint === null ? [] : [wrap(`hint: ${keepCommands(check.hint)}`, '    ')]),
  ]);
}
