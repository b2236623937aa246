// Owns what the end of a program means for a delivery, in one line.

import type { ProgramEnd } from '../../host/program.ts';
import { errnoText } from '../../values/errno.ts';
import { printable } from '../../values/quote.ts';
import { failed, type Outcome } from './send.ts';

const STDERR_LINES = 3;
const LONGEST = 300;

/** `name`: the program as it is called in messages. */
export function outcomeOf(name: string, end: ProgramEnd): Outcome {
  switch (end.ended) {
    case 'exit':
      return end.status === 0
        ? { ok: true }
        : failed(said(`${name} ended with exit status ${end.status}`, end.stderr));
    case 'signal':
      return failed(said(`${name} was killed by ${end.signal}`, end.stderr));
    case 'timeout':
      return failed(said(`${name} did not end in time and was killed`, end.stderr));
    case 'stopped':
      return failed(`${name} was stopped with this run`, { again: false });
    case 'not started':
      return failed(`cannot start ${name}: ${errnoText(end.error)}`, { again: false });
    default:
      return end satisfies never;
  }
}

function said(what: string, stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, STDERR_LINES);
  return lines.length === 0 ? what : `${what}: ${printable(lines.join('; '), LONGEST)}`;
}
