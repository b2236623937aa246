// Owns what all verbs of `backup` have in common: which services are meant, what is remembered of them, progress while they work.
import type { Context } from '../command/context.ts';
import { howFar } from '../command/far.ts';
import { checkServiceNames } from '../engine/plan.ts';
import type { KeptKind } from '../history/kept.ts';
import type { BackupStore } from '../host/backup/store.ts';
import type { Service } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { errnoOf, errnoText } from '../values/errno.ts';
import { backable, notBackedUp } from './subject.ts';

/** null, or `all`: all of them. Throws a Problem for a name that the layout does not have, or of which there are no backups. */
export function servicesMeant(context: Context, what: string | null): readonly Service[] {
  if (what === null || what === 'all') return backable(context);
  checkServiceNames(context.layout, [what], 'SERVICE');
  const found = backable(context).filter(({ name }) => name === what);
  if (found.length === 0) throw notBackedUp(what);
  return found;
}

/** Whose backups are looked at: of a service that is there no more there may be some. null, or `all`: all that has any. */
export function servicesKept(
  context: Context,
  store: Pick<BackupStore, 'services'>,
  what: string | null,
): readonly string[] {
  const kept = store.services();
  if (what === null || what === 'all') {
    const order = context.layout.services.map(({ name }) => name);
    const placeOf = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
    return kept.toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  }
  if (kept.includes(what)) return [what];
  return servicesMeant(context, what).map(({ name }) => name);
}

/** How a backup began and ended; one that was killed stays `begun`. */
export interface KeptBackup {
  readonly outcome: 'begun' | 'done' | 'failed';
  readonly name: string;
  readonly bytes: number | null;
  readonly seconds: number | null;
  readonly why: string | null;
}

/** How proving one ended. */
export interface KeptVerify {
  readonly isGood: boolean;
  readonly name: string;
  readonly seconds: number;
  readonly why: string | null;
}

/** A history that cannot be written is told, and stops nothing. */
export function remember(
  context: Context,
  kind: Extract<KeptKind, 'backup' | 'verify'>,
  subject: string,
  what: KeptBackup | KeptVerify,
): readonly Diagnostic[] {
  try {
    const history = context.history({ mode: 'write', group: context.monitoring.group });
    if (history === null) return [];
    try {
      history.keep({ kind, subject, at: Date.parse(context.now()), json: JSON.stringify(what) });
      return history.problems;
    } finally {
      history.close();
    }
  } catch (error) {
    if (error instanceof Problem) return error.diagnostics;
    throw error;
  }
}

/** What a killed run left, and a service's user has seen to that it stays. */
export function stuckIn(store: BackupStore, staging: string): readonly Diagnostic[] {
  const left = store.leftovers();
  if (left.length === 0) return [];
  return [
    diagnostic('W_LEFT_IN_STAGING', 'cannot take away all that an earlier run left', {
      at: staging,
      detail: left.slice(0, 10),
      hint: 'see what is mounted or open in there (findmnt, lsof +D), end that, then run the same command again',
    }),
  ];
}

const TELL_MS = 500;

/** On a terminal: how far, how fast, how long still. `wantBytes`: about how much there is. */
export function startTelling(
  { progress, now }: Pick<Context, 'progress' | 'now'>,
  says: string,
  wantBytes: number | null,
): { readonly onRead: (bytes: number) => void; readonly end: () => void } {
  const begun = Date.parse(now());
  let read = 0;
  const tell = () =>
    progress(howFar(says, { bytes: read, wantBytes, seconds: (Date.parse(now()) - begun) / 1000 }));
  tell();
  const timer = setInterval(tell, TELL_MS);
  return {
    onRead: (bytes) => {
      read += bytes;
    },
    end: () => {
      clearInterval(timer);
      progress('');
    },
  };
}

/** In one line, as it is remembered. */
export function whyOf(problems: readonly Diagnostic[]): string {
  return problems
    .map(({ summary, detail }) => [summary, ...detail].join('; '))
    .join(' | ')
    .slice(0, 2000);
}

/** What the kernel said of our own directories, as a Problem; anything else as it is. */
export function asBackupProblem(error: unknown, at: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof Problem || errno === undefined) return error;
  const isFull = errno === 'ENOSPC' || errno === 'EDQUOT';
  return new Problem(EXIT.failed, [
    diagnostic('E_BACKUP_IO', 'cannot work in the directories of backups', {
      at,
      detail: `found ${errnoText(errno)}`,
      hint: isFull
        ? 'free some space on that file system (sudo jts-hot usage), then run the same command again'
        : 'see what the disk says: sudo dmesg | tail',
    }),
  ]);
}
