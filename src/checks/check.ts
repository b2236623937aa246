// Owns what a check is: one thing that ought to hold on the host, with a stable ID, what was expected, what was found
// and the command that fixes it. Preflight and validate are lists of these.

export interface Check {
  /** Stable: `directory.kafka/data`, `write.kafka/data`, `space.planned`. */
  readonly id: string;
  /** What it is about: `directory /data/jts/hot/kafka/data`. */
  readonly at: string;
  readonly service: string | null;
  /** A warning that does not hold leaves the exit status alone. */
  readonly severity: 'error' | 'warning';
  /** `skip`: could not be tried, because something it rests on is missing. */
  readonly status: 'pass' | 'fail' | 'skip';
  readonly expected: string;
  readonly found: string;
  /** The command to type, or what to do; null where it passed. */
  readonly fix: string | null;
  /** ID of the failed check that this one follows from: what mends that one mends this one. */
  readonly follows: string | null;
}

export function failed(checks: readonly Check[], severity?: Check['severity']): readonly Check[] {
  return checks.filter((check) => check.status === 'fail' && (severity ?? check.severity) === check.severity);
}
