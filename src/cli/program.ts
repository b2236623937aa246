// Owns the command line as commander has it: made from the catalogue, a command at a time. Knows of no command by name, and
// reads nothing of this process.
import { Argument, Command, Option } from 'commander';
import { COMMANDS, type CommandName, commonOptions, exitsOf, GROUPS } from '../catalogue/commands.ts';
import type { ArgumentEntry, Example, Exits, OptionEntry } from '../catalogue/entry.ts';
import { EXITS, FIRST_STEPS } from '../catalogue/every-command.ts';
import { READ } from './values.ts';

/** Called with the flags and the words as they were read. */
export type Run = (
  name: CommandName,
  flags: Record<string, unknown>,
  argument: unknown,
  second: unknown,
) => Promise<void>;

export function createProgram(about: {
  readonly version: string;
  readonly run: Run;
  readonly writeOut: (text: string) => void;
  /** The word that stands for a command: where it is one, no other is needed. */
  readonly word?: string | undefined;
}): Command {
  const program = new Command('jts-hot')
    .description('Sets up, proves, watches and undoes the hot-storage layout of a JTS host.')
    .version(about.version, '-V, --version')
    .helpOption('-h, --help')
    .configureHelp({ helpWidth: 80 })
    // What is wrong with the command line is said by main.ts, as everything else is.
    .configureOutput({ writeOut: about.writeOut, writeErr: () => {} })
    .exitOverride()
    .addHelpText(
      'after',
      `${exitText(EXITS)}\n  what 0 and 1 mean of one command, and all of monitor: see its --help\n${exampleText(FIRST_STEPS)}`,
    );
  const { word = '' } = about;
  if (Object.hasOwn(COMMANDS, word)) {
    addCommand(program, word as CommandName, about.run);
    return program;
  }
  for (const { heading, commands } of GROUPS) {
    program.commandsGroup(`${heading}:`);
    for (const name of Object.keys(commands)) addCommand(program, name as CommandName, about.run);
  }
  const help = new Command('help')
    .argument('[command]')
    .description('display help for command')
    .helpOption(false);
  return program.addHelpCommand(help.helpGroup('Help:'));
}

function addCommand(program: Command, name: CommandName, run: Run): void {
  const { says, argument, second, options, examples } = COMMANDS[name];
  const command = program
    .command(name)
    .description(says)
    .helpOption('-h, --help')
    .addHelpText('after', `${exitText(exitsOf(name), headingOf(name))}\n${exampleText(examples)}`)
    .exitOverride();
  const taken = [argument, second].filter((one) => one !== undefined);
  for (const one of taken) command.addArgument(argumentOf(one));
  for (const [long, entry] of Object.entries<OptionEntry>(options)) command.addOption(optionOf(long, entry));
  const common = Object.keys(options).length === 0 ? 'Options:' : 'Options of every command:';
  for (const [long, entry] of Object.entries(commonOptions(name)))
    command.addOption(optionOf(long, entry).helpGroup(common));
  command.action((...given: unknown[]) => {
    const words = given.slice(0, taken.length);
    return run(name, given[taken.length] as Record<string, unknown>, words[0], words[1]);
  });
}

function argumentOf({ name, says, required, type, default: ifNone }: ArgumentEntry): Argument {
  const argument = new Argument(required ? `<${name}>` : `[${name}]`, says);
  if (type === 'run') argument.argParser(READ.run);
  return ifNone === undefined ? argument : argument.default(ifNone);
}

function optionOf(long: string, entry: OptionEntry): Option {
  const { value, says, conflicts, required } = entry;
  const option = new Option(flagsOf(long, entry), says);
  if (value !== undefined) {
    const read = READ[value.type];
    if (value.repeatable)
      option.argParser((word: string, before: readonly unknown[] = []) => [...before, read(word)]);
    else option.argParser((word: string) => read(word));
    if (value.default !== undefined) option.default(value.default);
    // `--no-backup SERIAL` is a flag with a value, not the contrary of `--backup`.
    option.negate = false;
  }
  if (required) option.makeOptionMandatory();
  return conflicts === undefined ? option : option.conflicts([...conflicts]);
}

function flagsOf(long: string, { short, value }: OptionEntry): string {
  const flags = short === undefined ? `--${long}` : `-${short}, --${long}`;
  if (value === undefined) return flags;
  const name = value.name ?? value.type;
  return value.optional ? `${flags} [${name}]` : `${flags} <${name}>`;
}

/** Plugins of monitoring systems have their own meanings. */
function headingOf(name: CommandName): string {
  return exitsOf(name)[2] === EXITS[2] ? 'Exit status' : 'Exit status, as monitoring plugins give it';
}

function exitText(exits: Required<Exits>, heading = 'Exit status'): string {
  return `\n${heading}:\n${Object.entries(exits)
    .map(([code, means]) => `  ${code}  ${means}`)
    .join('\n')}`;
}

function exampleText(examples: readonly Example[]): string {
  return `\nExamples:\n${examples.map(({ type, to }) => `  ${type}\n      ${to}`).join('\n')}`;
}
