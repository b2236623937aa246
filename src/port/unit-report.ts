// Owns what the service manager tells of a unit that does not start, or did not stay.

export interface UnitReport {
  /** Whether it was found: `loaded`, `not-found`, `masked`, `bad-setting`, `error`. */
  readonly load: string;
  /** `active`, `failed`, `inactive`, `activating` … */
  readonly active: string;
  /** Why it ended: `success`, `exit-code`, `signal`, `timeout`, `oom-kill`, `resources`, `start-limit-hit` … */
  readonly result: string;
  /** When it was last begun; null: not since the machine was started. */
  readonly begunAt: number | null;
  /** What it and the manager said since then, the oldest first: at most the last MOST_LINES. */
  readonly lines: readonly string[];
}

export const MOST_LINES = 200;
