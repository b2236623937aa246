// Owns what a check is: one thing that should hold on the host, with a stable ID, what was expected, what was found
// and the command that mends it, or advice. Preflight and validate are lists of these.

import type { Check } from './check-document.ts';

export type { Check };

export function failed(checks: readonly Check[], severity?: Check['severity']): readonly Check[] {
  return checks.filter((check) => check.status === 'fail' && (severity ?? check.severity) === check.severity);
}
