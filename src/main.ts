// argv → command → exit code. What a command needs is loaded when it runs.
import { CommanderError } from 'commander';
import type { ArgumentOf, CommandName, FlagsOf } from './catalogue/commands.ts';
import { end, fail, HOST_FLAGS, loseOutput, run } from './cli/command-line.ts';
import { completeWord } from './cli/complete.ts';
import { createProgram } from './cli/program.ts';
import { tellLine, VERSION } from './cli/session.ts';
import { writeOut } from './host/output.ts';
import { diagnostic, EXIT, Problem } from './messages/diagnostic.ts';

const program = createProgram({
  version: VERSION,
  word: process.argv[2],
  writeOut: (text) => writeOut('stdout', text),
  // They were read as the catalogue says, from which their types come.
  run: (name, flags, argument) =>
    run(name, flags as unknown as FlagsOf<CommandName>, argument as ArgumentOf<CommandName>),
});

async function main(): Promise<void> {
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    // Of help and version, which commander writes.
    if (!(error instanceof CommanderError)) return loseOutput(error);
    // They are no errors; every other word of commander's is about the command line.
    if (error.exitCode === 0) return;
    if (error.code === 'commander.help') tellLine(program.helpInformation().trimEnd());
    const about = program.commands.find((known) => known.name() === process.argv[2]);
    const [flag] = (process.argv[2] ?? '').split('=', 1);
    const misplaced = about === undefined && HOST_FLAGS.includes(flag ?? '');
    const called = about === undefined ? 'jts-hot' : `jts-hot ${about.name()}`;
    const problem = diagnostic('E_USAGE', 'cannot understand the command line', {
      detail: misplaced
        ? ['options come after the command', ...commandLineFault(error)]
        : commandLineFault(error),
      hint: `usage: ${called} ${(about ?? program).usage()}; see: ${called} --help`,
    });
    const json = process.argv.some((word) => word === '--json' || /^-[a-z]*j[a-z]*$/.test(word));
    await fail(about?.name() ?? null, json, new Problem(EXIT.usage, [problem]));
  }
}

/** Without a command, commander's error is its whole help. */
function commandLineFault(error: CommanderError): readonly string[] {
  if (error.code === 'commander.help') return ['want a command, found none'];
  return error.message.replace(/^error: /, '').split('\n');
}

const [, , verb, ...words] = process.argv;
void (verb === 'complete' ? completeWord(words) : main()).then(end);
