// Owns how a test cuts the power of a machine at the very moment when a command in it has come to something: a program that is
// about to run or has just ended, a line of a file. The command is not changed for it. Must not know the command.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../e2e/throwaway-host.ts';
import type { Machine, MachineRunOptions } from './machine.ts';

/** Patterns are Perl's, too. */
export type Moment =
  | {
      /** A program that the command starts, by itself or by others, has this command line: its words with spaces between. */
      readonly starts: RegExp;
      /** 'before' its first instruction, held by the kernel; 'after' it ended, its parent knows nothing of it yet. */
      readonly when: 'before' | 'after';
      /** 1: the first time. */
      readonly nth?: number;
    }
  | {
      /** In the file, or in any file of the directory, stand so many more lines like this than when the command started. */
      readonly line: RegExp;
      readonly in: string;
      readonly nth?: number;
    };

const script = readFileSync(join(import.meta.dirname, 'at-moment'), 'utf8');

/** null: the power was cut at that moment. Otherwise the command ended without coming to it. */
export function cutAt(
  machine: Machine,
  argv: readonly string[],
  moment: Moment,
  options: MachineRunOptions = {},
): RunResult | null {
  const word = `moment-${randomUUID()}`;
  const { nth = 1 } = moment;
  const how =
    'starts' in moment ? [moment.when, moment.starts.source, ''] : ['line', moment.line.source, moment.in];
  const going = machine.begin(['perl', '-e', script, word, ...how, `${nth}`, ...argv], options);
  for (;;) {
    if (machine.console().includes(word)) {
      machine.cutPower();
      return null;
    }
    const result = going.poll(5);
    if (result !== null) return result;
  }
}

export interface Started extends RunResult {
  /** Command lines in the order in which they were started: of the command's own programs and of all others meanwhile. */
  readonly starts: readonly string[];
}

/** Runs it to its end, and tells which programs were started: the moments that `cutAt` has. */
export function startsDuring(
  machine: Machine,
  argv: readonly string[],
  options: MachineRunOptions = {},
): Started {
  const word = `starts-${randomUUID()}`;
  const result = machine.run(['perl', '-e', script, word, 'starts', '', '', '0', ...argv], options);
  const [stderr = '', told = ''] = result.stderr.split(`\n${word}\n`);
  return { ...result, stderr, starts: told.split('\n').filter(Boolean) };
}
