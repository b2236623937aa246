// Owns what every command is given and what it gives back. A command returns data; it must not print or exit.

import type { History, HistoryAccess } from '../history/history.ts';
import type { Owners } from '../host/trusted/way.ts';
import type { Layout } from '../layout/layout.ts';
import type { Monitoring } from '../layout/monitoring.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { DeclaredMount } from '../port/declared-mount.ts';
import type { Host } from '../port/host.ts';
import { formatCount } from '../values/count.ts';
import { REPORTED } from '../values/tally.ts';

export interface Context {
  readonly layout: Layout;
  readonly monitoring: Monitoring;
  readonly host: Host;
  /**
   * What was recorded of this base by this machine; null: to be read, and there is none. Throws a Problem where it cannot.
   * The caller closes it.
   */
  readonly history: (access: HistoryAccess) => History | null;
  /** null: the built-in layout, or a saved plan's. */
  readonly layoutFile: string | null;
  /** Of that file, for the record; left out: there is none. */
  readonly layoutText?: string;
  /** Whose files are trusted: programs and secrets that others could change are not used. */
  readonly owners: Owners;
  /** What this machine is called. */
  readonly hostName: string;
  /** One variable of the environment: secrets may be kept there. */
  readonly environment: (name: string) => string | undefined;
  /** The same host seen from another base directory, with what is declared to be mounted below that. */
  readonly openHost: (base: string, mounts: readonly DeclaredMount[]) => Host;
  readonly program: string;
  /** Agreed to: another disk, or another base directory, than on record (--new-disk). */
  readonly newDisk: boolean;
  /** The command and its flags as they were given, without those that name layout and host: `setup --adopt kafka`. */
  readonly invocation: string;
  /** ISO 8601 with zone. */
  readonly now: () => string;
  /** Why to stop after the current step, once a signal came. */
  readonly stopRequested: () => boolean;
  /** Shown on a terminal only, replaced by the next one. */
  readonly progress: (text: string) => void;
}

export interface Answer<Result> {
  readonly exitCode: number;
  /** What went wrong; messages on stderr, `problems` in JSON. */
  readonly problems: readonly Diagnostic[];
  /** null: it did not come so far. */
  readonly result: Result | null;
}

/** How far a measurement is, and how fast: `measuring: 1,234,567 entries, 812,000 a second`. */
export function measuringProgress(context: Pick<Context, 'now' | 'progress'>): (entries: number) => void {
  const begun = Date.parse(context.now());
  return (entries) => {
    const seconds = (Date.parse(context.now()) - begun) / 1000;
    const rate = seconds > 0 ? `, ${formatCount(entries / seconds)} a second` : '';
    context.progress(`measuring: ${formatCount(entries)} entries${rate}`);
  };
}

export function requireRoot(context: Context): void {
  const uid = context.host.surroundings().effectiveUid;
  if (uid === 0) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_NOT_ROOT', 'refusing to run without root', {
      detail: `want uid 0, found uid ${uid}`,
      fix: `sudo jts-hot ${context.invocation}`,
    }),
  ]);
}

/** What does what was only shown: the words of this call, of the command `name`, without those that say how to show it. */
export function toDoIt({ invocation }: Pick<Context, 'invocation'>, name: string): string {
  const shows = ['--dry-run', '-j', '--json'];
  return [name, ...invocation.split(' ').slice(1)].filter((word) => !shows.includes(word)).join(' ');
}

export function reported<T>(all: readonly T[]): readonly T[] {
  return all.slice(0, REPORTED);
}

/** It was stopped while it looked. */
export function nothingBegun(command: string): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish the run', {
    detail: 'it was stopped while it looked at the host; nothing was begun',
    fix: `sudo jts-hot ${command}`,
  });
}

/** All steps are done, and when it is looked at again some are to be done. `next`: what to type then. */
export function notVerified(steps: readonly { readonly summary: string }[], next: string): Diagnostic {
  return diagnostic('E_NOT_VERIFIED', 'cannot find the host as it was just set up', {
    detail: steps.slice(0, 5).map((step) => `to do again: ${step.summary}`),
    hint: `something else changes it at the same time; find it, then: ${next}`,
  });
}

/** The run stopped halfway: the failure itself, where that leaves the host, and the ways on. */
export function haltedProblem(halt: {
  /** What to type to go on. */
  readonly command: string;
  /** What to type to go back; null from a rollback: going back is what it does. */
  readonly back: string | null;
  readonly run: number;
  readonly done: number;
  readonly steps: number;
  readonly failure: Diagnostic | null;
}): readonly Diagnostic[] {
  const { failure, command } = halt;
  const standing = diagnostic(failure === null ? 'E_STOPPED' : 'E_INCOMPLETE', 'cannot finish the run', {
    detail: `${halt.done} of ${halt.steps} steps are done and recorded as run ${halt.run}; nothing is half done`,
    fix: `sudo jts-hot ${command}`,
    ...(halt.back === null ? {} : { hint: `to go back: sudo jts-hot ${halt.back}` }),
  });
  return failure === null ? [standing] : [failure, standing];
}
