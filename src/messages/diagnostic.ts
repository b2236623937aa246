// Owns the one shape in which this product says that something is wrong, the exit codes, and
// the version of the documents that carry both.
// Must not print.
import type { Diagnostic } from './diagnostic-document.ts';

export type { Diagnostic };

/** Exit codes of every command but `monitor`; docs/exit-codes.md is the contract. */
export const EXIT = {
  ok: 0,
  /** Something failed on the host, or a check did not pass. */
  failed: 1,
  /** Bad input: a flag, a layout file. Nothing was changed. */
  usage: 2,
  /** Refused (consent, root, a lock, a stale plan). Nothing was changed. */
  refused: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Signals that end a run between two steps, and what the process then ends with. */
const STOPPED_BY = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof STOPPED_BY;
export const STOP_SIGNALS = Object.keys(STOPPED_BY) as readonly StopSignal[];

/** What the process ends with. A signal shows only where it really stopped the run: it may have come too late. */
export function exitStatus(
  { exitCode, result }: { readonly exitCode: number; readonly result: unknown },
  signal: StopSignal | null,
): number {
  const outcome = (result as { readonly outcome?: unknown } | null)?.outcome;
  return signal !== null && exitCode !== EXIT.ok && outcome === 'stopped' ? STOPPED_BY[signal] : exitCode;
}

/** The only error that is thrown on purpose: one or more diagnostics and the exit code they ask for. */
export class Problem extends Error {
  readonly exitCode: ExitCode;
  readonly diagnostics: readonly Diagnostic[];
  constructor(exitCode: ExitCode, diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => [d.summary, ...d.detail].join('\n  ')).join('\n'));
    this.name = 'Problem';
    this.exitCode = exitCode;
    this.diagnostics = diagnostics;
  }
}

/**
 * `summary` is constant and can be searched for ("cannot …" for failures, "refusing to …" for guards); the values are in
 * `detail`, one line each: what was wanted, what was found. `fix` is one command, complete with sudo and quoted for a
 * shell, that mends it as it stands; `hint` is advice in words. Fields that are often empty may be left out.
 */
export function diagnostic(
  code: string,
  summary: string,
  more: { detail?: string | readonly string[]; at?: string; fix?: string | null; hint?: string | null } = {},
): Diagnostic {
  const detail =
    more.detail === undefined ? [] : typeof more.detail === 'string' ? [more.detail] : more.detail;
  const { at = null, fix = null, hint = null } = more;
  return { code, summary, detail, at, fix, hint };
}
