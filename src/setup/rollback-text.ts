// Rollbacks and the list of runs for people.

import { SIGN_COLOURS } from '../command/steps-text.ts';
import {
  columns,
  keepCommands,
  keepWhole,
  type Paint,
  plain,
  plural,
  WIDTH,
  wrap,
} from '../messages/paint.ts';
import { asRoot } from '../messages/typed-command.ts';
import type { RollbackResult } from './rollback-document.ts';

/** More lines than this nobody reads. */
const SHOWN = 100;

/** `doIt`: of a dry run, the command that does what is shown, without `jts-hot`; null: it is asked for. */
export function renderRollback(
  result: RollbackResult,
  paint: Paint,
  doIt: string | null = 'rollback',
): string {
  if (result.outcome === 'listed') return renderRuns(result, paint);
  const lines = result.steps
    .slice(0, SHOWN)
    .map(({ action, summary }) => paint(SIGN_COLOURS[action], wrap(summary, '      ', `  ${action} `)));
  if (result.stepCount > SHOWN)
    lines.push(
      `  … and ${result.stepCount - SHOWN} more${result.run === null ? '' : `: all are in the journal of run ${result.run}`}`,
    );
  for (const { address, why } of result.left.slice(0, SHOWN))
    lines.push(wrap(`left as it is: ${keepWhole(address)}: ${keepCommands(why)}`, '      ', '  = '));
  if (result.leftCount > SHOWN) lines.push(`  … and ${result.leftCount - SHOWN} more like these`);
  if (result.outcome === 'unchanged') lines.push('Nothing to undo.');
  if (result.outcome === 'planned') {
    lines.push('', ...summaryOf(result));
    // By its number: what is newest may be another one then.
    const named = / \d+(?= |$)/.test(doIt ?? '') ? doIt : `${doIt} ${result.undoes[0]}`;
    if (doIt !== null && result.stepCount > 0) lines.push(`Do it:  sudo ${paint.command(`${named}`)}`);
  }
  if (result.outcome === 'applied') {
    const undone = `${result.undoes.length === 1 ? 'Run' : 'Runs'} ${result.undoes.join(', ')} undone`;
    const more = `Once the reasons are gone: sudo ${paint.command(`rollback ${result.undoes[0]}`)}`;
    // A damaged record cannot be mended.
    const isDamaged = result.undoes.some((run) =>
      result.left.some(({ address }) => address === `run ${run}`),
    );
    lines.push(
      '',
      result.leftCount === 0
        ? paint('green', `${undone}: ${plural(result.stepCount, 'step')}.`)
        : wrap(
            keepCommands(
              `${undone} but for ${plural(result.leftCount, 'thing')} left.${isDamaged ? '' : ` ${more}`}`,
            ),
            '  ',
            '',
          ),
    );
  }
  if (result.searchUnfinished)
    lines.push(
      wrap(
        keepCommands(
          `To search longer: sudo ${paint.command(`rollback ${result.undoes[0]} --search-limit 30m`)}`,
        ),
        '  ',
        '',
      ),
    );
  if (result.outcome === 'applied' && result.restart.length > 0)
    lines.push(
      'Its services read their former settings from the next start on:',
      ...result.restart.map((unit) => `  ${plain(asRoot([`systemctl restart ${unit}`]))}`),
    );
  if (result.outcome === 'applied' && result.remaining !== null)
    lines.push(
      `Run ${result.remaining} is still in place. Undo it too:  sudo ${paint.command(`rollback ${result.remaining}`)}`,
    );
  return lines.join('\n');
}

/** Of a dry run. */
function summaryOf(result: Exclude<RollbackResult, { outcome: 'listed' }>): readonly string[] {
  const { undoes, steps, stepCount, leftCount } = result;
  const accounts = steps.some((step) => step.do.type === 'deleteUser' || step.do.type === 'deleteGroup');
  const runs = `${undoes.length === 1 ? 'run' : 'runs'} ${undoes.join(', ')}`;
  if (stepCount === 0) return [`Nothing of ${runs} can be undone: ${plural(leftCount, 'thing')} would stay.`];
  const stays = leftCount === 0 ? '' : `, ${plural(leftCount, 'thing')} would stay`;
  return [
    wrap(`Undoing ${runs} takes ${plural(stepCount, 'step')}${stays}. Nothing has been changed.`, '  ', ''),
    ...(accounts
      ? [wrap('Accounts that own files elsewhere stay, too: the rollback looks for such files.', '  ', '')]
      : []),
  ];
}

function renderRuns(list: Extract<RollbackResult, { outcome: 'listed' }>, paint: Paint): string {
  const known: readonly (readonly [number, readonly string[]])[] = list.runs.map((run) => [
    run.run,
    [
      run.at.replace(/:\d\d(\.\d+)?Z$/, 'Z'),
      run.command === 'rollback'
        ? run.undoes.length === 0
          ? 'rollback in part'
          : `rollback of ${run.undoes.join(', ')}`
        : run.command,
      String(run.steps),
      run.state,
      plain(run.base),
    ],
  ]);
  const unknown = list.unreadable.map(({ run, state }) => [run, ['?', '?', '?', state, '?']] as const);
  const rows = [...known, ...unknown].sort(([a], [b]) => a - b).map(([run, row]) => [String(run), ...row]);
  if (rows.length === 0) return 'No run is recorded.';
  const { head, lines, below } = fitting(['RUN', 'WHEN', 'WHAT', 'STEPS', 'STATE', 'BASE'], rows);
  return [paint('dim', head), ...lines, ...below, ...problems(list, paint)].join('\n');
}

/** Which records are damaged, and what can still be done. */
function problems(
  { runs, unreadable }: Extract<RollbackResult, { outcome: 'listed' }>,
  paint: Paint,
): readonly string[] {
  const told = [
    ...runs.flatMap(({ run, problem, steps }) =>
      problem === null
        ? []
        : [
            `run ${run}: ${problem}. To undo the ${plural(steps, 'step')} before it, accounts left: sudo ${paint.command(`rollback ${run} --damaged`)}`,
          ],
    ),
    ...unreadable.map(({ run, problem }) => `run ${run}: ${problem}. Nothing of it can be undone here.`),
  ];
  if (told.length === 0) return [];
  return ['', ...told.map((line) => paint('yellow', wrap(keepCommands(plain(line)), '    ', '  ! ')))];
}

const NUMBERS = [0, 3];

/** A line a run. Where a base is too long for that, each of them is written out once, below the table. */
function fitting(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): { readonly head: string; readonly lines: readonly string[]; readonly below: readonly string[] } {
  const [whole = '', ...beside] = columns([heads, ...rows], NUMBERS);
  if ([whole, ...beside].every((line) => line.length <= WIDTH))
    return { head: whole, lines: beside, below: [] };
  const bases = [...new Set(rows.map((row) => row.at(-1) ?? ''))].filter((base) => base !== '?');
  const mark = (base: string) => (base === '?' ? base : `[${bases.indexOf(base) + 1}]`);
  const isOne = bases.length === 1;
  const shown = [heads, ...rows].map((row, i) => {
    const [base = '', ...others] = row.toReversed();
    return [...others.toReversed(), ...(isOne ? [] : [i === 0 ? base : mark(base)])];
  });
  const [head = '', ...lines] = columns(shown, NUMBERS);
  const below = bases.map((base) => (isOne ? `BASE  ${base}` : `${mark(base)}  ${base}`));
  return { head, lines, below: ['', ...below] };
}
