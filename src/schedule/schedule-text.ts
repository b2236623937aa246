// Schedules for people: whether one is there, the very text of its files, what was done, what to type next.

import { stepLines } from '../command/steps-text.ts';
import { renderDiagnostic } from '../messages/diagnostic-text.ts';
import { type Paint, plain, plural } from '../messages/paint.ts';
import type { ScheduleKind } from './files.ts';
import type { FileReport, ScheduleResult, TimerReport } from './schedule-document.ts';

const KIND = { cron: 'cron table', systemd: 'systemd timers' } as const;

/** `doIt`: of a dry run, the command that does what is shown, without `jts-hot`. */
export function renderSchedule(result: ScheduleResult, paint: Paint, doIt = 'schedule'): string {
  const { outcome, act, kind } = result;
  const lines = result.warnings.map((warning) => renderDiagnostic(warning, paint));
  const what = kind === null ? 'regular runs of the monitor' : KIND[kind];
  switch (outcome) {
    case 'shown':
      lines.push(...shown(result, paint));
      break;
    case 'unchanged':
      lines.push(
        paint(
          'green',
          act === 'remove' ? `Nothing to remove: no ${what} of ours.` : `Nothing to do: ${what} installed.`,
        ),
      );
      if (result.continues !== null)
        lines.push(`Run ${result.continues}, which was interrupted, is complete.`);
      break;
    case 'applied':
      lines.push(
        ...stepLines(result.steps, paint),
        ...(result.done > 0 ? [''] : []),
        result.done > 0
          ? `${plural(result.done, 'step')}, recorded as run ${result.run}.`
          : `Nothing of ours was there any more: recorded as run ${result.run}.`,
      );
      if (result.continues !== null)
        lines.push(`It completes run ${result.continues}, which was interrupted.`);
      if (act === 'install') lines.push(...timerLines(result.timers));
      lines.push(`Undo it:  sudo ${paint.command(`rollback ${result.run}`)}`);
      break;
    case 'planned':
      lines.push(
        ...stepLines(result.steps, paint),
        ...(result.steps.length === 0
          ? [act === 'remove' ? 'Nothing to remove.' : 'Nothing to do.']
          : ['', `${plural(result.steps.length, 'step')}. Nothing has been changed.`]),
        ...(result.steps.length === 0 ? [] : [`Do it:  sudo ${paint.command(doIt)}`]),
      );
      break;
    case 'refused':
      lines.push('Nothing has been changed.');
      break;
    case 'stopped':
    case 'failed':
      lines.push(...stepLines(result.steps.slice(0, result.done), paint));
      break;
    default:
      outcome satisfies never;
  }
  return lines.join('\n');
}

const FOUND: { readonly [found in FileReport['found']]: string } = {
  missing: 'not there',
  'as wanted': 'installed',
  older: 'installed, but not as below',
  foreign: "somebody else's, or edited",
  hidden: 'not to be seen without root',
};

function shown(result: ScheduleResult, paint: Paint): readonly string[] {
  const { kind, installed, refusals } = result;
  if (kind === null) return [];
  const texts = result.files.flatMap(({ path, text, found }) => [
    paint('bold', `${path}: ${FOUND[found]}`),
    // Exactly as it is written: a line may be wider than the terminal, because people copy it.
    text,
  ]);
  const state = installed ? 'installed' : 'not installed as below';
  return [
    paint(installed ? 'green' : 'yellow', `${capital(KIND[kind])}: ${state}.`),
    ...timerLines(result.timers),
    '',
    ...texts,
    ...refusals.flatMap((refusal) => [renderDiagnostic(refusal, paint), '']),
    ...next(result, kind, paint),
  ];
}

function next({ installed, refusals }: ScheduleResult, kind: ScheduleKind, paint: Paint): readonly string[] {
  if (refusals.length > 0) return [];
  return [
    installed
      ? `Take them away:  sudo ${paint.command('schedule --remove')}`
      : `Install them:  sudo ${paint.command(`schedule --${kind} --install`)}`,
  ];
}

function timerLines(timers: readonly TimerReport[]): readonly string[] {
  return timers
    .filter(({ enabled, active }) => enabled || active === true)
    .map(({ unit, enabled, active }) => {
      const runs = active === null ? [] : [active ? 'waiting for its time' : 'not started'];
      return `  ${plain(unit)}: ${[enabled ? 'enabled' : 'not enabled', ...runs].join(', ')}`;
    });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
