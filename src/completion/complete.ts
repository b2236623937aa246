// Owns what may come next on a command line of ours, from the catalogue alone. Looks at no host.
import { COMMAND_NAMES, COMMANDS, type CommandName, commonOptions } from '../catalogue/commands.ts';
import type { ArgumentEntry, OptionEntry } from '../catalogue/entry.ts';
import { COMMON_OPTIONS, HOST_OPTIONS } from '../catalogue/every-command.ts';
import { commandFirst } from '../catalogue/typed-words.ts';

export interface Candidate {
  readonly text: string;
  /** What it is, in a line; '' where the word says it. */
  readonly about: string;
}

/** What completes the last word. `services`, `runs` and `devices` are for the host to say; `words` are taken beside them. */
export interface Next {
  readonly from: 'words' | 'services' | 'runs' | 'devices' | 'files' | 'directories';
  readonly words: readonly Candidate[];
  /** What stands before the value in the word that is typed: `--spec=`. */
  readonly before: string;
  /** The rest of it, as far as it is typed. */
  readonly typed: string;
  /** The flags so far that say which layout and which host is meant. */
  readonly host: { readonly spec?: string; readonly base?: string; readonly root: string };
}

const NOTHING: Pick<Next, 'from' | 'words'> = { from: 'words', words: [] };
const HELP: Candidate = { text: '--help', about: 'display help for command' };
const VERSION: Candidate = { text: '--version', about: 'output the version number' };

/** The words behind `jts-hot`; the last one is being typed. */
export function complete(words: readonly string[]): Next {
  const last = words.at(-1) ?? '';
  const [verb = '', ...rest] = commandFirst(words.slice(0, -1));
  const [, before = '', value] = /^(--[\w-]+=)(.*)$/s.exec(last) ?? [];
  const typed = value ?? last;
  const base = { before, typed, host: { root: '/' } };
  if (verb === '' || verb.startsWith('-')) return beforeCommand(words.slice(0, -1), last, base);
  if (verb === 'help') return { ...base, from: 'words', words: rest.length === 0 ? commands() : [] };
  if (!isCommand(verb)) return { ...base, ...NOTHING };
  const options = { ...COMMANDS[verb].options, ...commonOptions(verb) };
  const read = readSoFar(rest, options);
  const all = { ...base, host: read.host };
  const ofValue = valueNext(read, options, { before, last });
  if (ofValue !== null) return { ...all, ...ofValue };
  const { argument, second } = COMMANDS[verb];
  if (last.startsWith('-')) return { ...all, from: 'words', words: flags(options, read.given) };
  const next = [argument, second][read.plain];
  if (next !== undefined) return { ...all, ...ofArgument(next) };
  return { ...all, from: 'words', words: last === '' ? flags(options, read.given) : [] };
}

/** Flags may stand before the command, too. */
function beforeCommand(
  words: readonly string[],
  last: string,
  base: Pick<Next, 'before' | 'typed' | 'host'>,
): Next {
  const options: Options = { ...HOST_OPTIONS, ...COMMON_OPTIONS };
  const read = readSoFar(words, options);
  const all = { ...base, host: read.host };
  const ofValue = valueNext(read, options, { before: base.before, last });
  if (ofValue !== null) return { ...all, ...ofValue };
  return {
    ...all,
    from: 'words',
    words: last.startsWith('-') ? [...flags(options, read.given), VERSION] : verbs(),
  };
}

/** What completes the value of a flag; null: no value is being typed. */
function valueNext(
  read: Read,
  options: Options,
  { before, last }: { readonly before: string; readonly last: string },
): Pick<Next, 'from' | 'words'> | null {
  const waiting = before === '' ? read.waiting : (options[before.slice(2, -1)] ?? null);
  if (before === '' && (waiting === null || isFlag(waiting, last))) return null;
  return waiting === null ? NOTHING : ofOption(waiting);
}

function isCommand(word: string): word is CommandName {
  return (COMMAND_NAMES as readonly string[]).includes(word);
}

function commands(): readonly Candidate[] {
  return COMMAND_NAMES.map((text) => ({ text, about: COMMANDS[text].says }));
}

function verbs(): readonly Candidate[] {
  return [...commands(), { text: 'help', about: HELP.about }];
}

/** A value that may be left out is left out where a flag begins. */
function isFlag({ value }: OptionEntry, word: string): boolean {
  return value?.optional === true && word.startsWith('-');
}

type Options = Readonly<Record<string, OptionEntry>>;

interface Read {
  readonly given: readonly string[];
  /** Words that are neither flags nor their values. */
  readonly plain: number;
  /** The flag at the end, where it takes a value that is not there yet. */
  readonly waiting: OptionEntry | null;
  readonly host: Next['host'];
}

function readSoFar(words: readonly string[], options: Options): Read {
  const given: string[] = [];
  const host: Record<string, string> = {};
  let plain = 0;
  let waiting: string | null = null;
  const take = (long: string, value: string) => {
    if (long in HOST_OPTIONS) host[long] = value;
  };
  for (const word of words) {
    const entry = waiting === null ? undefined : options[waiting];
    if (waiting !== null && entry !== undefined && !isFlag(entry, word)) {
      take(waiting, word);
      waiting = null;
      continue;
    }
    waiting = null;
    const [, long, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const names = long === undefined ? shortOnes(word, options) : [long];
    given.push(...names);
    const name = names.at(-1);
    if (name === undefined) plain += 1;
    else if (value !== undefined) take(name, value);
    else if (options[name]?.value !== undefined) waiting = name;
  }
  const end = waiting === null ? null : (options[waiting] ?? null);
  return { given, plain, waiting: end, host: { root: '/', ...host } };
}

/** `-sj` is --summary and --json. */
function shortOnes(word: string, options: Options): readonly string[] {
  if (!/^-[a-zA-Z]+$/.test(word)) return [];
  return [...word.slice(1)].flatMap(
    (letter) => Object.keys(options).find((long) => options[long]?.short === letter) ?? [],
  );
}

/** Those that can still be given. */
function flags(options: Options, given: readonly string[]): readonly Candidate[] {
  const excludes = (long: string, other: string) => options[long]?.conflicts?.includes(other) === true;
  const free = Object.entries(options).filter(
    ([long, { value }]) =>
      (!given.includes(long) || value?.repeatable) &&
      !given.some((other) => excludes(long, other) || excludes(other, long)),
  );
  return [...free.map(([long, { says }]) => ({ text: `--${long}`, about: says })), HELP];
}

function ofOption({ value }: OptionEntry): Pick<Next, 'from' | 'words'> {
  const words = (value?.words ?? []).map((text) => ({ text, about: '' }));
  switch (value?.type) {
    case 'file':
      return { from: 'files', words };
    case 'directory':
      return { from: 'directories', words };
    case 'service':
      return { from: 'services', words };
    case 'run':
      return { from: 'runs', words };
    default:
      return { from: 'words', words };
  }
}

function ofArgument({ type, words = [] }: ArgumentEntry): Pick<Next, 'from' | 'words'> {
  const also = words.map((text) => ({ text, about: '' }));
  const from = { device: 'devices', run: 'runs', service: 'services', word: 'words' } as const;
  return { from: from[type], words: also };
}
