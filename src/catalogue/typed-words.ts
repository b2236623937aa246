// Owns the order of what was typed: options may stand before the command as well as behind it. Pure; every start loads it.
import { COMMAND_NAMES, COMMANDS, commonOptions } from './commands.ts';
import type { OptionEntry } from './entry.ts';

/** The command first, then what stood before it, then the rest. Where there is no command, as it was typed. */
export function commandFirst(words: readonly string[]): readonly string[] {
  const at = commandAt(words);
  const command = words[at];
  return command === undefined || at === 0 ? words : [command, ...words.slice(0, at), ...words.slice(at + 1)];
}

/** Flags alone name none. */
export function namesCommand(words: readonly string[]): boolean {
  return commandAt(words) >= 0;
}

/** The place of the first word that is neither a flag nor the value of one; -1: there is none. */
function commandAt(words: readonly string[]): number {
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? '';
    // They are about the program itself.
    if (word === '--' || word === '-V' || word === '--version') return -1;
    if (!word.startsWith('-')) return i;
    const takes = takesValue(word);
    const next = words[i + 1] ?? '-';
    const isValue = takes === 'always' || (takes === 'maybe' && !next.startsWith('-') && !isCommand(next));
    if (isValue) i += 1;
  }
  return -1;
}

export function isCommand(word: string | undefined): boolean {
  return (COMMAND_NAMES as readonly (string | undefined)[]).includes(word);
}

/** Whether the next word belongs to a flag. Flags of the same name take the same in every command: a test holds it. */
function takesValue(word: string): 'never' | 'maybe' | 'always' {
  const known = word.startsWith('--')
    ? everyOption.find(([long]) => word === `--${long}`)?.[1]
    : everyOption.find(
        ([, { short }]) => short !== undefined && word.endsWith(short) && /^-[a-z]+$/.test(word),
      )?.[1];
  return known?.value === undefined ? 'never' : known.value.optional ? 'maybe' : 'always';
}

export const everyOption: readonly (readonly [long: string, option: OptionEntry])[] = COMMAND_NAMES.flatMap(
  (name) => Object.entries({ ...COMMANDS[name].options, ...commonOptions(name) }),
);
