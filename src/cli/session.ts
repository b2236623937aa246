// Owns the state of this call while it runs: how commands are typed in its messages, who reads
// what it complains of. With command-line.ts and the commands of this folder the only reader of argv and environment.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { commandFirst } from '../catalogue/typed-words.ts';
import type { LayoutFlags } from '../command/load.ts';
import { writeOut } from '../host/output.ts';
import { createTypedCommand } from '../messages/typed-command.ts';

// Written in by the build (build.ts).
export const VERSION = process.env['JTS_HOT_VERSION'] ?? '0.0.0-unbuilt';

/** The launcher stands beside the program, wherever that is. */
export function launcherOf(program: string): string {
  return resolve(program, '../../bin/jts-hot');
}

/** Words that say which layout is meant, for calls from anywhere. */
export function layoutWords({
  spec,
  base,
}: {
  readonly spec?: string | undefined;
  readonly base?: string | undefined;
}): readonly string[] {
  return [
    ...(spec === undefined ? [] : ['--spec', resolve(spec)]),
    ...(base === undefined ? [] : ['--base', base]),
  ];
}

/** Back from words. */
export function layoutFlags(words: readonly string[]): Pick<LayoutFlags, 'spec' | 'base'> {
  const of = (flag: string) => {
    const at = words.indexOf(flag);
    return at === -1 ? undefined : words[at + 1];
  };
  const [spec, base] = [of('--spec'), of('--base')];
  return { ...(spec !== undefined && { spec }), ...(base !== undefined && { base }) };
}

/** What was typed, the command first, whatever stood before it. */
export const WORDS: readonly string[] = commandFirst(process.argv.slice(2));

/** What is typed to call us; the launcher knows. */
export const SELF = process.env['JTS_HOT_SELF'] || 'jts-hot';

/** Root types commands as they are where there is no sudo. */
function hasSudo(): boolean {
  const places = (process.env['PATH'] ?? '').split(':');
  return process.geteuid?.() !== 0 || places.some((place) => existsSync(`${place}/sudo`));
}

interface Session {
  typed: ReturnType<typeof createTypedCommand>;
  /** For a command that runs so often that nobody could read its messages each time. The exit status still says it. */
  mayComplain: () => boolean;
}

export const session: Session = {
  typed: createTypedCommand(SELF, [], hasSudo()),
  mayComplain: () => true,
};

/** From now on messages say commands with the flags of this host. */
export function typeFor(host: LayoutFlags): void {
  session.typed = createTypedCommand(SELF, hostFlags(host), hasSudo());
}

function hostFlags({ spec, base, root }: LayoutFlags): readonly string[] {
  return [
    ...(spec === undefined ? [] : ['--spec', spec]),
    ...(base === undefined ? [] : ['--base', base]),
    ...(root === '/' ? [] : ['--root', root]),
  ];
}

/** A line beside the answer: false where nobody can read it any more. */
export function tellLine(line: string): boolean {
  try {
    writeOut('stderr', `${line}\n`);
    return true;
  } catch {
    return false;
  }
}
