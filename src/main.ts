// argv → command → exit code. What a command needs is loaded when it runs.
import { CommanderError } from 'commander';
import type { ArgumentOf, CommandName, FlagsOf, SecondOf } from './catalogue/commands.ts';
import { namesCommand } from './catalogue/typed-words.ts';
import { end, fail, loseOutput, run } from './cli/command-line.ts';
import { completeWord } from './cli/complete.ts';
import { createProgram } from './cli/program.ts';
import { tellLine, VERSION, WORDS } from './cli/session.ts';
import { requireFresh } from './host/built-from.ts';
import { writeOut } from './host/output.ts';
import { diagnostic, EXIT, Problem } from './messages/diagnostic.ts';

const program = createProgram({
  version: VERSION,
  word: WORDS[0],
  writeOut: (text) => writeOut('stdout', text),
  // They were read as the catalogue says, from which their types come.
  run: (name, flags, argument, second) =>
    run(
      name,
      flags as unknown as FlagsOf<CommandName>,
      argument as ArgumentOf<CommandName>,
      second as SecondOf<CommandName>,
    ),
});

async function main(): Promise<void> {
  try {
    await program.parseAsync(WORDS, { from: 'user' });
  } catch (error) {
    // Of help and version, which commander writes.
    if (!(error instanceof CommanderError)) return loseOutput(error);
    // They are no errors; every other word of commander's is about the command line.
    if (error.exitCode === 0) return;
    if (error.code === 'commander.help') tellLine(program.helpInformation().trimEnd());
    const about = program.commands.find((one) => one.name() === WORDS[0]);
    const called = about === undefined ? 'jts-hot' : `jts-hot ${about.name()}`;
    const known = await meant(error, about?.name());
    const problem = diagnostic('E_USAGE', 'cannot understand the command line', {
      // What commander guesses by the letters would be beside it.
      detail: known === null ? commandLineFault(error) : commandLineFault(error).slice(0, 1),
      hint: known ?? `usage: ${called} ${(about ?? program).usage()}; see: ${called} --help`,
    });
    const json = WORDS.some((word) => word === '--json' || /^-[a-z]*j[a-z]*$/.test(word));
    await fail(about?.name() ?? null, json, new Problem(EXIT.usage, [problem]));
  }
}

/** What somebody meant who knows another tool; null: nobody can tell. */
async function meant({ code, message }: CommanderError, about: string | undefined): Promise<string | null> {
  const { commandsMeant, flagMeant } = await import('./catalogue/near-misses.ts');
  if (code === 'commander.unknownCommand')
    return (
      commandsMeant(WORDS[0] ?? '')
        .map(({ type, to }) => `to ${to}: ${type}`)
        .join('; ') || null
    );
  const [, flag] = /^error: unknown option '([^']+)'/.exec(message) ?? [];
  if (code !== 'commander.unknownOption' || flag === undefined || about === undefined) return null;
  const ours = flagMeant(about as CommandName, flag);
  return ours === null ? null : `here it is called: jts-hot ${about} ${ours}`;
}

/** Without a command, commander's error is its whole help. */
function commandLineFault(error: CommanderError): readonly string[] {
  if (error.code === 'commander.help' || !namesCommand(WORDS)) return ['want a command, found none'];
  return error.message.replace(/^error: /, '').split('\n');
}

const [, , verb, ...words] = process.argv;
void requireFresh()
  .then(() => (verb === 'complete' ? completeWord(words) : main()))
  .then(end);
