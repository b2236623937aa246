// Runs the commands of an attack again and again in one process, inside a throwaway host, each on a host that it opens
// anew, as a start of the program does: so many rounds, and until a step has met something else than was planned. Usage:
// node attack-rounds.ts INDEX ROUNDS
// Prints as JSON how often each command answered with which exit code and messages.
import { validateCommand } from '../../src/checks/validate.ts';
import type { Answer, Context } from '../../src/command/context.ts';
import { loadLayout } from '../../src/command/load.ts';
import { requireRightDisk } from '../../src/command/right-disk.ts';
import { historyOf } from '../../src/history/store/open.ts';
import { openLinuxHost } from '../../src/host/linux.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import { repairCommand } from '../../src/setup/repair.ts';
import { setupCommand } from '../../src/setup/setup.ts';
import { ATTACKS, COMMANDS, MET } from './attacks.ts';

/** `repair 1 E_INCOMPLETE` → how often. */
export type Answers = Readonly<Record<string, number>>;

async function contextOfStart(): Promise<Context> {
  const { root, layout, monitoring, file } = await loadLayout({ root: '/' });
  const openHost = (base: string) => openLinuxHost({ root, base });
  const host = openHost(layout.base);
  return {
    layout,
    monitoring,
    layoutFile: file,
    owners: [0],
    hostName: 'trader1',
    environment: () => undefined,
    host,
    history: historyOf(host),
    openHost,
    program: 'test',
    newDisk: false,
    invocation: 'test',
    now: () => new Date().toISOString(),
    stopRequested: () => false,
    progress: () => {},
  };
}

async function answerOf([name, service, recursive]: (typeof COMMANDS)[number]): Promise<Answer<unknown>> {
  try {
    const context = await contextOfStart();
    await requireRightDisk(context, name);
    if (name === 'setup') return await setupCommand(context, { strict: false, adopt: [], saved: null });
    if (name === 'validate') return await validateCommand(context);
    return await repairCommand(context, {
      service: service ?? null,
      recursive: recursive !== undefined,
      allowInUse: false,
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { exitCode: error.exitCode, problems: error.diagnostics, result: null };
  }
}

await main(process.argv[2] ?? '', Number(process.argv[3]));

async function main(index: string, rounds: number): Promise<void> {
  const attack = ATTACKS[Number(index)];
  if (attack === undefined) throw new Error(`no attack ${index}`);
  const answers: Record<string, number> = {};
  /** On a busy machine the attacker may sleep. */
  const deadline = Date.now() + 60_000;
  const met = () => Object.keys(answers).some((answer) => MET.test(answer)) || Date.now() > deadline;
  for (let round = 0; round < rounds || !met(); round += 1)
    for (const command of COMMANDS) {
      attack.spoil((path) => path, command[0]);
      const { exitCode, problems } = await answerOf(command);
      const codes = [...new Set(problems.map(({ code }) => code))].toSorted();
      const answer = [command.join(' '), exitCode, ...codes].join(' ');
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  process.stdout.write(JSON.stringify(answers satisfies Answers));
}
