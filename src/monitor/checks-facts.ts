// Owns what a report says of the last recorded proof of the layout.
import type { ChecksOutcome } from '../history/checks.ts';
import type { History } from '../history/history.ts';
import { Problem } from '../messages/diagnostic.ts';
import type { ChecksFacts } from './report-document.ts';

/** A report without it is better than none. */
export function checksFacts(history: Pick<History, 'checks'> | null): ChecksFacts | null {
  let outcome: ChecksOutcome | null = null;
  try {
    outcome = history?.checks() ?? null;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  if (outcome === null) return null;
  const { at, since, ...rest } = outcome;
  return { ...rest, at: new Date(at).toISOString(), since: new Date(since).toISOString() };
}
