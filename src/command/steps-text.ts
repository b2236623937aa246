// Steps for people: a line each, with the lines of a file that change, and how many there are.

import type { Step } from '../engine/resource.ts';
import { columns, type Paint, plain, plural, type Style, WIDTH, wrap } from '../messages/paint.ts';
import { describeOperation, entryOf } from '../port/operation.ts';
import type { Sign } from '../port/operations/operation-entry.ts';

export const SIGN_COLOURS = { '+': 'green', '~': 'yellow', '-': 'red' } as const satisfies Record<
  Sign,
  Style
>;

/** A line a step: what kind, which one, how it will be. */
export function stepLines(steps: readonly Step[], paint: Paint): readonly string[] {
  const cells = steps.map((step) => [step.action, ...entryOf(step.do).cells(step.do)].map(plain));
  return columns(cells).map((line, i) => {
    const { action, do: operation } = steps[i] as Step;
    const [, kind = '', name = '', how = ''] = cells[i] ?? [];
    const fitting = line.length + 2 <= WIDTH ? `  ${line}` : `  ${action}  ${kind}  ${name}\n       ${how}`;
    const changes = 'changes' in operation ? (operation.changes ?? []) : [];
    return [paint(SIGN_COLOURS[action], fitting), ...changes.map((change) => changed(change, paint))].join(
      '\n',
    );
  });
}

/** A line of a file that changes. It may be longer than a terminal is wide, and is one line all the same. */
function changed(change: string, paint: Paint): string {
  const room = WIDTH - CHANGE_INDENT.length;
  const line = plain(change);
  const shown = line.length <= room ? line : `${line.slice(0, room - 1)}…`;
  const colour = change.startsWith('+') ? 'green' : change.startsWith('-') ? 'red' : 'dim';
  return CHANGE_INDENT + paint(colour, shown);
}

const CHANGE_INDENT = '       ';

export function why(step: Step): string {
  const undo = step.undo === null ? 'cannot be undone' : `undo: ${describeOperation(step.undo)}`;
  return `${wrap(step.reason, '      ')}\n${wrap(undo, '      ')}`;
}

/** Each with its reason and its undo. */
export function shownSteps(steps: readonly Step[], paint: Paint): readonly string[] {
  return stepLines(steps, paint).flatMap((line, i) => [line, paint('dim', why(steps[i] as Step))]);
}

export function counts(steps: readonly Step[]): string {
  const of = (sign: Sign) => steps.filter((step) => step.action === sign).length;
  const removed = of('-') === 0 ? '' : `, ${of('-')} removed`;
  return `${plural(steps.length, 'step')}: ${of('+')} new, ${of('~')} changed${removed}`;
}
