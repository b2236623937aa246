// Owns how the catalogue of commands is set in mdoc(7), for man/jts-hot.8.
import {
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  commonOptions,
  exitsOf,
} from '../src/catalogue/commands.ts';
import type { ArgumentEntry, CommandEntry, OptionEntry } from '../src/catalogue/entry.ts';
import { COMMON_OPTIONS, HOST_OPTIONS, SHOWN_OPTIONS } from '../src/catalogue/every-command.ts';

/** The template with each `@NAME@` on a line of its own replaced. */
export function manualPage(template: string): string {
  const parts: Readonly<Record<string, readonly string[]>> = {
    SYNOPSIS: COMMAND_NAMES.flatMap(synopsis),
    COMMANDS: COMMAND_NAMES.flatMap(section),
    COMMON: optionItems({ ...HOST_OPTIONS, ...SHOWN_OPTIONS, ...COMMON_OPTIONS }),
    EXITS: COMMAND_NAMES.filter((name) => name !== 'monitor').flatMap((name) => [
      `.It Cm ${name}`,
      ...set(`0: ${exitsOf(name)[0]}. 1: ${exitsOf(name)[1]}.`),
    ]),
    EXAMPLES: COMMAND_NAMES.flatMap((name) =>
      COMMANDS[name].examples.flatMap(({ type, to }) => [`.It Ic "${type}"`, ...set(sentence(to))]),
    ),
  };
  return template.replace(/^@([A-Z]+)@$/gm, (_, name: string) => {
    const lines = parts[name];
    if (lines === undefined) throw new Error(`nothing to put for @${name}@`);
    return lines.join('\n');
  });
}

function synopsis(name: CommandName): readonly string[] {
  const { options, argument, second } = COMMANDS[name];
  const words = [argument, second].flatMap((one) =>
    one === undefined ? [] : [`.${one.required ? '' : 'Op '}${argumentWords(one)}`],
  );
  const common = Object.keys(commonOptions(name)).length > 1 ? ['.Op Ar option ...'] : ['.Op Fl j'];
  return ['.Nm', `.Cm ${name}`, ...alternatives(options).map(optionGroup), ...common, ...words];
}

type Named = readonly [long: string, option: OptionEntry];

/** Flags of which only one can be given stand together. */
function alternatives(options: CommandEntry['options']): readonly (readonly Named[])[] {
  const groups: Named[][] = [];
  for (const [long, option] of Object.entries(options)) {
    const excludes = (other: Named) => option.conflicts?.includes(other[0]) === true;
    const group = groups.find((all) => all.every(excludes));
    if (group === undefined) groups.push([[long, option]]);
    else group.push([long, option]);
  }
  return groups;
}

function optionGroup(group: readonly Named[]): string {
  const all = group.map(([long, option]) => `Fl ${option.short ?? `-${long}`}${valueWords(option)}`);
  return `.${group[0]?.[1].required ? '' : 'Op '}${all.join(' | ')}`;
}

function argumentWords({ type, name, words }: ArgumentEntry): string {
  return type === 'word' ? `Cm ${words?.join(' | ')}` : `Ar ${name}`;
}

function valueWords({ value }: OptionEntry): string {
  if (value === undefined) return '';
  return ` ${value.optional ? 'Op ' : ''}Ar ${value.name ?? value.type}`;
}

function section(name: CommandName): readonly string[] {
  const entry = COMMANDS[name];
  const { about, argument, second, options } = entry;
  const values = [
    argument?.name,
    second?.name,
    ...Object.values(options).map(({ value }) => value?.name ?? value?.type),
  ].filter((one) => one !== undefined);
  return [
    `.Ss ${name}`,
    ...about.flatMap((paragraph) => set(paragraph, values)),
    ...(Object.keys(options).length === 0
      ? []
      : ['.Bl -tag -width Ds', ...optionItems(options, values), '.El']),
  ];
}

function optionItems(options: CommandEntry['options'], values: readonly string[] = []): readonly string[] {
  return Object.entries(options).flatMap(([long, option]) => {
    const short = option.short === undefined ? '' : `Fl ${option.short} , `;
    return [
      `.It ${short}Fl -${long}${valueWords(option)}`,
      ...set(option.more ?? sentence(option.says), values),
    ];
  });
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** A line a sentence; what stands in backticks, and values in capitals, become macros with a line of their own. */
function set(text: string, values: readonly string[] = []): readonly string[] {
  const isValue = (word: string) => /^[A-Z]+$/.test(word) && values.includes(word.toLowerCase());
  const marked = text.replace(/\b[A-Z]+\b/g, (word) => (isValue(word) ? `\`${word}\`` : word));
  const lines: string[] = [];
  for (const [, before = '', open = '', code, close = ''] of marked.matchAll(
    /([^`]*?)(\(?)(?:`([^`]+)`([.,;:)]*)|$)/g,
  )) {
    const plain = `${before}${code === undefined ? open : ''}`.trim();
    if (plain !== '') lines.push(...plain.split(/(?<=\.) (?=[A-Z\d])/).map(textLine));
    if (code !== undefined)
      lines.push(`.${macro(code, open)}${[...close].map((mark) => ` ${mark}`).join('')}`);
  }
  return lines;
}

/** What is in backticks, as what it is. An opening bracket goes behind the name of the macro, where mdoc wants it. */
function macro(code: string, open: string): string {
  const [name = '', ...words] = macroWords(code);
  return [name, ...(open === '' ? [] : [open]), ...words].join(' ');
}

function macroWords(code: string): readonly string[] {
  const page = /^(\w+)\((\d)\)$/.exec(code);
  if (page !== null) return ['Xr', page[1] ?? '', page[2] ?? ''];
  const words = code.split(' ');
  const isOurs = (word: string) => COMMAND_NAMES.includes(word as CommandName) || OUR_WORDS.includes(word);
  if (words.every((word) => isOurs(word) || word.startsWith('-')))
    return words.flatMap((word) => (word.startsWith('-') ? ['Fl', word.slice(1)] : ['Cm', word]));
  if (words.length > 1) return ['Ql', ...words];
  if (/^[A-Z]+$/.test(code)) return ['Ar', code.toLowerCase()];
  return [/^[/*]/.test(code) ? 'Pa' : 'Li', code];
}

/** Words that are typed as they stand. */
const OUR_WORDS = ['base', ...Object.values(COMMANDS).flatMap(({ argument }) => argument?.words ?? [])];

function textLine(line: string): string {
  return line.replaceAll('\\', '\\e').replace(/^[.']/, '\\&$&');
}
