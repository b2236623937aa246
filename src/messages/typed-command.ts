// Owns how commands of ours are written in messages, so that they can be typed as they stand: with the flags of this
// call that say which layout and which host are meant, and with the way to jts-hot where it is not on the PATH.
import { COMMAND_NAMES, COMMANDS } from '../catalogue/commands.ts';
import { printableName } from '../values/file-name.ts';

export interface TypedCommand {
  /** `rollback 1` → `/opt/jts-hot/bin/jts-hot rollback --root /mnt/image 1`. */
  readonly command: (words: string) => string;
  /** The same data, with the commands in its fixes and hints made typeable. */
  readonly inHints: <T>(data: T) => T;
}

/** Commands as they are typed before their flags: `setup`, `spec show`. */
const VERBS = COMMAND_NAMES.flatMap((name) => {
  const verbs = COMMANDS[name].argument?.verbs;
  return verbs === undefined ? [name] : verbs.map((verb) => `${name} ${verb}`);
});

const SUDO = /\bsudo (?=\S)/g;

/** Up to the end of the command. */
const NAMES_LAYOUT = /^[^;&|()]* --(?:spec|base) [^\s-]/;

const OURS = new RegExp(`\\bjts-hot ((?:${VERBS.join('|')})\\b|--(?=help\\b|version\\b))`, 'g');

/** `hasSudo`: false for root on a host without sudo, who types commands as they are. */
export function createTypedCommand(self: string, hostFlags: readonly string[], hasSudo = true): TypedCommand {
  const flags = hostFlags.map(shellWord);
  const ofHost = hostFlags.flatMap((word, i) =>
    hostFlags[i - 1] === '--root' ? ['--root', shellWord(word)] : [],
  );
  // One that names its layout itself is about that one.
  const typed = (verb: string, rest: string) =>
    [self, verb, ...(isOfProgram(verb) ? [] : NAMES_LAYOUT.test(rest) ? ofHost : flags)].join(' ');
  const inWords = (text: string) =>
    text.replace(OURS, (found, verb: string, at: number) =>
      verb === '--' ? `${self} --` : typed(verb, text.slice(at + found.length)),
    );
  // What stands in the quotes of `sh -c` is quoted once more, whatever our own flags hold.
  const inText = (text: string) =>
    text
      .split(SCRIPT)
      .map((part, i) => (i % 2 === 0 ? inWords(part) : quotedScript(inWords(part.replaceAll(`'\\''`, `'`)))))
      .join('');
  return {
    // A saved plan names its layout and host itself, and takes no flags for them.
    command: (words) => (words.startsWith('setup --plan ') ? `${self} ${words}` : inText(`jts-hot ${words}`)),
    // Results are JSON documents: they come back from JSON as they were.
    inHints: (data) =>
      JSON.parse(
        JSON.stringify(data, (key, value: unknown) =>
          typeof value === 'string' && (key === 'hint' || key === 'fix')
            ? inText(hasSudo ? value : value.replace(SUDO, ''))
            : value,
        ),
      ),
  };
}

/** As one command that root's rights are asked for once: what belongs together is done together, or stops where it fails. */
export function asRoot(commands: readonly string[]): string {
  const [only = ''] = commands;
  return commands.length === 1 ? `sudo ${only}` : `sudo sh -c ${shellWord(commands.join(' && '))}`;
}

/** Every second part is the script itself, as it is quoted. */
const SCRIPT = /(?<=\bsh -c )'((?:[^']|'\\'')*)'/;

function quotedScript(script: string): string {
  return `'${script.replaceAll("'", `'\\''`)}'`;
}

/** Quoted for a shell. Control characters are made visible, and such a word can then not be typed. */
export function shellWord(text: string): string {
  const safe = printableName(text);
  return /^[\w./:=@%+,-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`;
}

/** Those that are of no host take no flags that name one. */
function isOfProgram(verb: string): boolean {
  return COMMAND_NAMES.some((name) => name === verb && COMMANDS[name].isOfProgram === true);
}
