// Owns the blocks of a document that show a terminal: what is typed in each, and what it shows then held against what is shown. Must not
// know on which host it is typed.
import assert from 'node:assert/strict';
import { type Block, settingOf } from './followed-document.ts';
import type { RunResult } from './throwaway-host.ts';

/** What a command shows, both streams as they come. */
export type Typing = (command: string) => Pick<RunResult, 'status' | 'stdout'>;

interface Typed {
  readonly command: string;
  readonly shown: readonly string[];
}

function typedIn(block: Block): readonly Typed[] {
  const typed: { command: string; shown: string[] }[] = [];
  for (const line of block.lines)
    if (line.startsWith('$ ')) typed.push({ command: line.slice(2), shown: [] });
    else {
      assert.ok(typed.length > 0, `line ${block.start + 1}: want a command behind "$ " first`);
      typed.at(-1)?.shown.push(line);
    }
  return typed;
}

/** What differs from run to run: times, numbers of users, processes and devices, and what a program is known by. */
function normal(line: string): string {
  return line
    .replace(/\b\d+\.\d+\.\d+-[0-9a-f]{16}\b/g, 'PROGRAM')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z/g, 'TIME')
    .replace(/\b\d{4}-\d\d-\d\d(?=\.jts-hot\b)/g, 'DATE')
    .replace(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g, 'UUID')
    .replace(/\/dev\/loop\d+\b/g, '/dev/LOOP')
    .replace(/\b\d{8}T\d{6}Z\b/g, 'BACKUP')
    .replace(/\bbacked up {2}[\d.]+ \w?B\b/, 'backed up  SIZE')
    .replace(/^ {2}of [\d.]+ \w?B by\b/, '  of SIZE by')
    .replace(/\bin (under |\d+ min )?\d+ s\b/, 'in DURATION')
    .replace(/\b[\da-f]{64}\b/g, 'SHA-256')
    .replace(/\btransactions of the cluster: \d+/, 'transactions of the cluster: N')
    .replace(/[\d.]+ \w?B taken before/, 'SIZE taken before')
    .replace(/\bup to \S+/, 'up to POSITION')
    .replace(/^SERVICE +TIME +SIZE +OF +KIND +PROVED$/, 'SERVICE TIME SIZE OF KIND PROVED')
    .replace(/^(\w+) +BACKUP +[\d.]+ \w?B +[\d.]+ \w?B {2}/, '$1 BACKUP SIZE OF  ')
    .replace(/ {2}\d+ (s|min) ago$/, '  AGE ago')
    .replace(/^ {2}BACKUP +[\d.]+ \w?B {2}goes$/, '  BACKUP SIZE goes')
    .replace(/\b(\d+ backups?( may go)?), [\d.]+ \w?B/, '$1, SIZE')
    .replace(/\bprocess \d+\b/g, 'process PID')
    .replace(/\b[1-9]\d\d:[1-9]\d\d\b/g, 'UID:GID');
}

function agrees(shown: readonly string[], real: readonly string[]): boolean {
  const left = shown.indexOf('…');
  const same = (a: readonly string[], b: readonly string[]) =>
    a.length === b.length && a.every((line, i) => normal(line) === normal(b[i] as string));
  if (left === -1) return same(shown, real);
  const tail = shown.length - left - 1;
  return (
    real.length > left + tail &&
    same(shown.slice(0, left), real.slice(0, left)) &&
    same(shown.slice(left + 1), real.slice(real.length - tail))
  );
}

/** The real lines, as many before and after a `…` as were shown. */
function shortened(shown: readonly string[], real: readonly string[]): readonly string[] {
  const left = shown.indexOf('…');
  const tail = shown.length - left - 1;
  if (left === -1 || real.length <= left + tail) return real;
  return [...real.slice(0, left), '…', ...real.slice(real.length - tail)];
}

/** As a terminal shows it. */
export function linesOf({ status, stdout }: Pick<RunResult, 'status' | 'stdout'>): {
  readonly status: number | null;
  readonly lines: readonly string[];
} {
  return { status, lines: stdout.replace(/\n$/, '').split('\n') };
}

/** The document with its consoles as they should be; throws where a command does not end as it says. */
export function runConsole(type: Typing, block: Block): readonly string[] {
  const typed = typedIn(block);
  return typed.flatMap(({ command, shown }, i) => {
    const { status, lines } = linesOf(type(command));
    const wanted = i === typed.length - 1 ? Number(settingOf(block.words, 'exit') ?? 0) : 0;
    assert.equal(status, wanted, `exit status of: ${command}\n${lines.join('\n')}`);
    const real = lines.length === 1 && lines[0] === '' ? [] : lines;
    // A line between two commands is for the eye.
    const gap = i < typed.length - 1 && shown.at(-1) === '' ? [''] : [];
    const asShown = shown.slice(0, shown.length - gap.length);
    return [`$ ${command}`, ...(agrees(asShown, real) ? asShown : shortened(asShown, real)), ...gap];
  });
}

export function runScript(type: Typing, block: Block): void {
  const { status, lines } = linesOf(type(`set -eu\n${block.lines.join('\n')}`));
  assert.equal(status, 0, `${block.lines.join('\n')}\n${lines.join('\n')}`);
}
