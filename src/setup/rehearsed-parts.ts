// Owns what a rehearsal plays on its stage: the very commands that an operator would type, one after the other, on a host that is gone
// afterwards. Must only be called on a stage.
import { validateCommand } from '../checks/validate.ts';
import type { Answer, Context } from '../command/context.ts';
import { declaredMounts } from '../command/declared-mounts.ts';
import type { Step } from '../engine/resource.ts';
import { REHEARSED_SERIAL } from '../host/rehearsal/rehearsed-disk.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { plural } from '../messages/paint.ts';
import { type Consents, NO_CONSENTS } from '../storage/consents.ts';
import { planCommand } from './plan.ts';
import type { RehearsalPart, RehearsalResult } from './rehearsal-document.ts';
import { rollbackCommand } from './rollback.ts';
import { setupCommand } from './setup.ts';

type Name = RehearsalPart['part'];
type Found = Omit<RehearsalPart, 'part'>;

/** A setup is one run or two. */
const MOST_RUNS = 4;

export async function playParts(
  given: Context,
  adopt: readonly string[],
  tell: (part: Name) => void,
): Promise<Answer<RehearsalResult>> {
  const { layout } = given;
  const consents: Consents =
    layout.storage === undefined ? NO_CONSENTS : { ...NO_CONSENTS, confirmed: REHEARSED_SERIAL };
  const asked = { adopt, strict: false, saved: null, consents };
  const planned = { before: '' };
  const plays: readonly (readonly [Name, (context: Context) => Promise<Found>])[] = [
    [
      'plan',
      async (context) => {
        const steps = await plan(context, { adopt, consents });
        planned.before = summaries(steps.all);
        return steps.found;
      },
    ],
    ['setup', async (context) => setUp(await setupCommand(context, asked))],
    ['validate', async (context) => validated(await validateCommand(context))],
    ['setup again', async (context) => nothingToDo(await setupCommand(context, asked))],
    ['rollback', rollBack],
    [
      'plan again',
      async (context) => {
        const { all, found } = await plan(context, { adopt, consents });
        if (found.held !== true || summaries(all) === planned.before)
          return { ...found, found: `${plural(all.length, 'step')}, the same as before` };
        return notHeld(found.steps, 'other steps than before', [
          diagnostic('E_NOT_AS_BEFORE', 'cannot find the host as it was before', {
            detail: differing(planned.before, summaries(all)),
          }),
        ]);
      },
    ],
  ];
  const parts: RehearsalPart[] = [];
  for (const [part, play] of plays) {
    // What comes after is about something else then.
    const isReached = parts.every(({ held }) => held === true);
    if (isReached) tell(part);
    // As if typed: what an earlier one has read of this host is not believed.
    const host = given.openHost(layout.base, await declaredMounts(layout, '/'));
    parts.push({ part, ...(isReached ? await played(() => play({ ...given, host })) : NOT_REACHED) });
  }
  return {
    exitCode: parts.every(({ held }) => held) ? EXIT.ok : EXIT.failed,
    problems: [],
    result: {
      base: layout.base,
      disk: null,
      group: layout.storage?.volumes?.group ?? null,
      parts,
      notRehearsed: [],
    },
  };
}

const NOT_REACHED: Found = { held: null, steps: 0, found: 'not reached', problems: [] };

async function played(play: () => Promise<Found>): Promise<Found> {
  try {
    return await play();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return notHeld(0, 'refused, or failed', error.diagnostics);
  }
}

function notHeld(steps: number, found: string, problems: readonly Diagnostic[]): Found {
  return { held: false, steps, found, problems };
}

async function plan(
  context: Context,
  asked: { readonly adopt: readonly string[]; readonly consents: Consents },
): Promise<{ readonly all: readonly Step[]; readonly found: Found }> {
  const { result, problems, exitCode } = await planCommand(context, asked);
  const onDisk = result?.storage?.steps ?? [];
  const all = [...onDisk, ...(result?.steps ?? [])];
  if (exitCode !== EXIT.ok) return { all, found: notHeld(all.length, 'refused', problems) };
  const words =
    onDisk.length === 0
      ? plural(all.length, 'step')
      : `${plural(onDisk.length, 'step')} from the disk to the mounts, ${all.length - onDisk.length} on what is mounted then`;
  return { all, found: { held: true, steps: all.length, found: words, problems: [] } };
}

/** Dates and numbers of inodes are in what a step does; not in what it is called. */
function summaries(steps: readonly Step[]): string {
  return steps.map(({ action, summary }) => `${action} ${summary}`).join('\n');
}

function differing(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `only before: ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `only now: ${line}`),
  ].slice(0, 5);
}

type SetUp = Awaited<ReturnType<typeof setupCommand>>;

function doneIn({ result }: SetUp): number {
  return (result?.storage?.done ?? 0) + (result?.done ?? 0);
}

function setUp(answer: SetUp): Found {
  const steps = doneIn(answer);
  const { result, problems, exitCode } = answer;
  if (exitCode === EXIT.ok && result?.verified === true)
    return { held: true, steps, found: `${plural(steps, 'step')} done, and looked at again`, problems: [] };
  return notHeld(steps, `${plural(steps, 'step')} done`, problems);
}

function nothingToDo(answer: SetUp): Found {
  const steps = doneIn(answer);
  const { result, problems, exitCode } = answer;
  const isSettled = [result?.outcome, result?.storage?.outcome ?? 'unchanged'].every(
    (outcome) => outcome === 'unchanged',
  );
  if (exitCode === EXIT.ok && isSettled) return { held: true, steps, found: 'nothing to do', problems: [] };
  return notHeld(steps, `${plural(steps, 'step')} to do again`, problems);
}

function validated({ result, exitCode, problems }: Awaited<ReturnType<typeof validateCommand>>): Found {
  const { passed = 0, failed = 0, warnings = 0, checks = [] } = result ?? {};
  const found = `${plural(passed, 'check')} passed${warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`}`;
  if (exitCode === EXIT.ok) return { held: true, steps: passed, found, problems: [] };
  const wrong = checks.filter(({ status, severity }) => status !== 'pass' && severity === 'error');
  return notHeld(passed + failed, `${plural(wrong.length, 'check')} failed`, [
    ...problems,
    ...wrong.slice(0, 5).map(({ id, expected, found: was, fix, hint }) =>
      diagnostic('E_CHECK', 'cannot prove what was set up', {
        at: id,
        detail: `want ${expected}, found ${was}`,
        fix,
        hint,
      }),
    ),
  ]);
}

async function rollBack(context: Context): Promise<Found> {
  let [steps, runs] = [0, 0];
  for (; runs <= MOST_RUNS; runs += 1) {
    const { result, exitCode, problems } = await rollbackCommand(context, null);
    if (exitCode !== EXIT.ok || result === null || result.outcome === 'listed')
      return notHeld(steps, 'not undone', problems);
    if (result.outcome === 'unchanged') break;
    steps += result.stepCount;
    if (result.leftCount > 0)
      return notHeld(steps, `${plural(result.leftCount, 'thing')} stayed`, [
        diagnostic('E_LEFT', 'cannot undo all of it', {
          detail: result.left.slice(0, 5).map(({ address, why }) => `${address}: ${why}`),
        }),
      ]);
  }
  const found = `${plural(steps, 'step')} undone, of ${plural(runs, 'run')}; nothing stayed`;
  return { held: true, steps, found, problems: [] };
}
