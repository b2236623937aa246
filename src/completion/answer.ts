// Owns the answer to a shell that asks what may come next, in the form that the shell's script reads.
import { printableName } from '../values/file-name.ts';
import { type Candidate, complete, type Next } from './complete.ts';
import type { Shell } from './script.ts';

/** What the host has of these: services of the layout, recorded runs, block devices. */
export type Lookup = (
  from: 'services' | 'runs' | 'devices',
  host: Next['host'],
) => Promise<readonly Candidate[]>;

/** Lines: first what it is that completes the word (`words`, `files`, `directories`), then the words. */
export async function answerShell(
  shell: Shell,
  typed: readonly string[],
  lookup: Lookup,
): Promise<readonly string[]> {
  const words = typed.map(unquoted);
  const next = complete(shell === 'bash' ? joined(words) : words);
  if (next.from === 'files' || next.from === 'directories') return [next.from];
  const all = [...(next.from === 'words' ? [] : await lookup(next.from, next.host)), ...next.words];
  // bash breaks words at `=`, unless it was told not to; zsh's script has taken it off; fish wants it.
  const isWhole = shell === 'fish' || (shell === 'bash' && words.at(-1)?.startsWith('--'));
  const before = isWhole ? next.before : '';
  const fitting = all.filter(({ text }) => text.startsWith(next.typed));
  return ['words', ...fitting.map(({ text, about }) => lineOf(shell, { text: before + text, about }))];
}

/** bash takes the word as it is typed then; the others quote it themselves, and have its description beside it. */
function lineOf(shell: Shell, { text, about }: Candidate): string {
  const word = printableName(text);
  if (shell === 'bash') return word.replace(/[\s!"#$&'()*;<>?[\\\]^`{|}~]/g, '\\$&');
  const says = printableName(about);
  const name = shell === 'zsh' ? word.replaceAll(':', '\\:') : word;
  return says === '' ? name : `${name}${shell === 'zsh' ? ':' : '\t'}${says}`;
}

/** `--spec`, `=`, `x` is one word, as bash was given it. */
function joined(words: readonly string[]): readonly string[] {
  const all: string[] = [];
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? '';
    if (word === '=' && all.at(-1)?.startsWith('--')) {
      all.push(`${all.pop()}=${words[i + 1] ?? ''}`);
      i += 1;
    } else all.push(word);
  }
  return all;
}

/** Shells give words as they were typed. */
function unquoted(word: string): string {
  return word.replace(/\\(.)|["']/gs, (_, character: string | undefined) => character ?? '');
}
