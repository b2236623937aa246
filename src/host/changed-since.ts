// Owns the one answer of what acts where something is no longer as it was when it was planned.
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';

/** `detail`: what was wanted, and what was found. */
export function changedSince(at: string, detail: string | readonly string[]): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_CHANGED', 'refusing to change something that is no longer what was planned for', {
      at,
      detail,
      hint: 'run the same command again: it makes a new plan',
    }),
  ]);
}
