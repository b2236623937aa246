// Runs commands again and again in one process, inside a throwaway host where something gets in their way, each on a host that
// it opens anew, as a start of the program does: so many rounds, of an attack until a step has met something else than was
// planned. Usage: node attack-rounds.ts attack INDEX ROUNDS | inside PATH ROUNDS | looks - ROUNDS
// Prints as JSON how often each command answered with which exit code and messages.
import assert from 'node:assert/strict';
import { validateCommand } from '../../src/checks/validate.ts';
import type { Answer } from '../../src/command/context.ts';
import { requireRightDisk } from '../../src/command/right-disk.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import { repairCommand } from '../../src/setup/repair.ts';
import { setupCommand } from '../../src/setup/setup.ts';
import { ATTACKS, COMMANDS, MET, REPAIR_INSIDE, SPOILED } from './attacks.ts';
import { contextOfStart } from './context-of-start.ts';
import { spoil } from './inside-spoiler.ts';

const ROUNDS = {
  async attack(index: string, rounds: number) {
    const attack = ATTACKS[Number(index)];
    assert.ok(attack !== undefined, `no attack ${index}`);
    /** On a busy machine the attacker may sleep. */
    const deadline = Date.now() + 60_000;
    const met = () => Object.keys(answers).some((answer) => MET.test(answer)) || Date.now() > deadline;
    for (let round = 0; round < rounds || !met(); round += 1)
      for (const command of COMMANDS) {
        attack.spoil((path) => path, command[0]);
        await answer(command);
      }
  },
  async inside(path: string, rounds: number) {
    for (let round = 0; round < rounds; round += 1) {
      if (spoil(path)) count(SPOILED);
      await answer(REPAIR_INSIDE);
    }
  },
  async looks(_: string, rounds: number) {
    for (let round = 0; round < rounds; round += 1)
      for (const command of [['validate'], ['setup']] as const) await answer(command);
  },
};

/** `repair 1 E_INCOMPLETE` → how often. */
export type Answers = Readonly<Record<string, number>>;

type Command = readonly ['setup' | 'validate' | 'repair', ...string[]];

async function answerOf([name, ...words]: Command): Promise<Answer<unknown>> {
  try {
    const context = await contextOfStart('test');
    await requireRightDisk(context, name);
    if (name === 'setup') return await setupCommand(context, { strict: false, adopt: [], saved: null });
    if (name === 'validate') return await validateCommand(context);
    return await repairCommand(context, {
      service: words.find((word) => !word.startsWith('--')) ?? null,
      recursive: words.includes('--recursive'),
      acl: words.includes('--acl'),
      flags: words.includes('--flags'),
      allowInUse: false,
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { exitCode: error.exitCode, problems: error.diagnostics, result: null };
  }
}

const answers: Record<string, number> = {};
const [, , what = '', of = '', rounds = ''] = process.argv;
assert.ok(what in ROUNDS, `no rounds of ${what}`);
await ROUNDS[what as keyof typeof ROUNDS](of, Number(rounds));
process.stdout.write(JSON.stringify(answers satisfies Answers));

async function answer(command: Command): Promise<void> {
  const { exitCode, problems } = await answerOf(command);
  const codes = [...new Set(problems.map(({ code }) => code))].toSorted();
  count([command.join(' '), exitCode, ...codes].join(' '));
}

function count(what: string): void {
  answers[what] = (answers[what] ?? 0) + 1;
}
