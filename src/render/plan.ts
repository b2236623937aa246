// Plans, setups and repairs for people: the steps, what was noticed, what to do next.
import { type Check, failed } from '../check.ts';
import type { PlanResult } from '../commands/plan.ts';
import type { RepairResult } from '../commands/repair.ts';
import type { SetupResult } from '../commands/setup.ts';
import { describeOperation } from '../operation.ts';
import type { Step } from '../resource.ts';
import { renderDiagnostic } from './diagnostic.ts';
import { type Paint, plain, plural, wrap } from './paint.ts';

export function renderPlan(result: PlanResult, paint: Paint, saved: string | null): string {
  const { steps, refusals } = result;
  return [
    ...noticed(result.preflight, paint),
    ...result.warnings.map((warning) => renderDiagnostic(warning, paint)),
    ...steps.flatMap((step) => [stepLine(step, paint), paint('dim', why(step))]),
    '',
    steps.length === 0
      ? `Nothing to do: the host is as the layout wants it.`
      : `${counts(steps)}. Nothing has been changed.`,
    ...(refusals.length > 0 ? [`${plural(refusals.length, 'thing')} in the way: see the messages.`] : []),
    ...(steps.length > 0 && refusals.length === 0
      ? [`Do it:  sudo jts-hot setup${saved === null ? '' : ` --plan ${plain(saved)}`}`]
      : []),
  ].join('\n');
}

export function renderSetup(result: SetupResult, paint: Paint): string {
  const { outcome, steps, done } = result;
  const lines = [
    ...noticed(result.preflight, paint),
    ...result.warnings.map((warning) => renderDiagnostic(warning, paint)),
  ];
  switch (outcome) {
    case 'unchanged':
      lines.push(paint('green', `Nothing to do: ${result.base} is as the layout wants it.`));
      if (result.continues !== null)
        lines.push(`Run ${result.continues}, which was interrupted, is complete.`);
      break;
    case 'applied':
      lines.push(
        ...steps.map((step) => stepLine(step, paint)),
        '',
        `${counts(steps)}, recorded as run ${result.run}.`,
      );
      if (result.continues !== null)
        lines.push(`It completes run ${result.continues}, which was interrupted.`);
      if (result.verified) lines.push(paint('green', `Verified: ${result.base} is as the layout wants it.`));
      lines.push(`Prove it:  sudo jts-hot validate`, `Undo it:   sudo jts-hot rollback ${result.run}`);
      break;
    case 'refused':
      lines.push('Nothing has been changed.');
      break;
    case 'stopped':
    case 'failed':
      lines.push(...steps.slice(0, done).map((step) => stepLine(step, paint)));
      break;
    default:
      outcome satisfies never;
  }
  return lines.join('\n');
}

/** More lines than anybody reads: a recursive repair can have a million. */
const SHOWN = 40;

export function renderRepair(result: RepairResult, paint: Paint): string {
  const { steps, done, left, outcome } = result;
  const lines = steps.slice(0, Math.min(done, SHOWN)).map((step) => stepLine(step, paint));
  if (done > SHOWN) lines.push(`  … and ${done - SHOWN} more: all are in the journal of run ${result.run}`);
  if (result.entries > 0) lines.push(`${plural(result.entries, 'entry', 'entries')} looked at.`);
  if (outcome === 'unchanged') lines.push(paint('green', 'Nothing to repair: owners and modes are right.'));
  if (outcome === 'applied')
    lines.push(
      paint('green', `${plural(done, 'change')}, recorded as run ${result.run}.`),
      `Undo it:   sudo jts-hot rollback ${result.run}`,
    );
  if (outcome === 'refused') lines.push('Nothing has been changed.');
  for (const { path, why: reason } of left.slice(0, SHOWN))
    lines.push(wrap(`left as it is: ${path}: ${reason}`, '    '));
  if (left.length > SHOWN)
    lines.push(`  … and ${left.length - SHOWN} more: jts-hot repair --json lists them`);
  return lines.join('\n');
}

function stepLine(step: Step, paint: Paint): string {
  const kind = step.address.slice(0, step.address.indexOf(' '));
  const shown = kind === 'directory' || kind === 'entry' ? step.summary : `${step.summary}`;
  const line = wrap(shown, '      ', `  ${step.action} `);
  return step.action === '+' ? paint('green', line) : paint('yellow', line);
}

function why(step: Step): string {
  const undo = step.undo === null ? 'cannot be undone' : `undo: ${describeOperation(step.undo)}`;
  return `${wrap(step.reason, '      ')}\n${wrap(undo, '      ')}`;
}

function counts(steps: readonly Step[]): string {
  const made = steps.filter((step) => step.action === '+').length;
  return `${plural(steps.length, 'step')}: ${made} new, ${steps.length - made} changed`;
}

function noticed(preflight: readonly Check[], paint: Paint): readonly string[] {
  return failed(preflight).flatMap((check) => [
    paint('yellow', wrap(`${check.id}: want ${check.expected}, found ${check.found}`, '    ', '  ! ')),
    ...(check.fix === null ? [] : [wrap(`hint: ${check.fix}`, '    ')]),
  ]);
}
