// Owns the decision which backups of a service may go and why each of the others stays: from what is known of them, a rule, and what
// became of the last attempt. Pure. Must not look at a backup, nor delete one.
import type { BackupRule } from '../layout/backups.ts';
import type { Attempt } from './on-record.ts';

export interface KnownBackup {
  readonly name: string;
  /** Milliseconds since the epoch: when it was begun, by its name. */
  readonly at: number;
  /** Why nobody can tell what it is, in words; null: its manifest says it. */
  readonly damaged: string | null;
  /** The backup that it needs; null: it stands alone. Of a damaged one nothing is known. */
  readonly parent: string | null;
  /** What came of the last restore that was to prove it; null: there was none. */
  readonly isProved: boolean | null;
}

export type Reason =
  | 'ahead'
  | 'damaged'
  | 'needed'
  | 'needed by a damaged one'
  | 'newest'
  | 'proved'
  | 'too few newer'
  | 'young';

export interface Stays {
  readonly name: string;
  readonly reason: Reason;
  /** Of `needed`: the one that needs it; of `damaged`: in words. */
  readonly by: string | null;
}

/** Why nothing at all goes. */
export type Stopped =
  | { readonly why: 'failed' | 'unfinished'; readonly name: string }
  | { readonly why: 'ahead'; readonly name: string }
  | { readonly why: 'gone'; readonly name: string }
  | { readonly why: 'unknown' };

export interface Decision {
  /** The newest first, so that none is left without what it needs, wherever it stops. */
  readonly goes: readonly string[];
  /** The newest first; with what would go, were it not stopped, left out. */
  readonly stays: readonly Stays[];
  readonly stopped: Stopped | null;
}

export interface Deciding {
  readonly rule: Pick<BackupRule, 'keep' | 'olderSeconds'>;
  /** In the order in which they were begun. */
  readonly attempts: readonly Attempt[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Agreed to: also after an attempt that failed. */
  readonly afterFailure: boolean;
}

/** A clock that is corrected by less is believed. */
export const AHEAD_MS = 3600_000;

export function decideRetention(backups: readonly KnownBackup[], deciding: Deciding): Decision {
  const { rule, nowMs } = deciding;
  const all = backups.toSorted((a, b) => (a.name < b.name ? 1 : -1));
  const broken = brokenIn(all);
  const isAhead = ({ at }: KnownBackup) => at > nowMs + AHEAD_MS;
  const isGood = (one: KnownBackup) => broken.get(one.name) === null && !isAhead(one);
  const stays = new Map<string, Stays>();
  const stay = (name: string, reason: Reason, by: string | null = null) => {
    if (!stays.has(name)) stays.set(name, { name, reason, by });
  };

  const newestProved = all.find((one) => isGood(one) && one.isProved === true);
  const hasIncrements = all.some(({ parent }) => parent !== null);
  let newerGood = 0;
  let isBelowDamaged = false;
  for (const one of all) {
    const why = broken.get(one.name) ?? null;
    if (isAhead(one)) stay(one.name, 'ahead');
    else if (why !== null) stay(one.name, 'damaged', why);
    else if (one === newestProved) stay(one.name, 'proved');
    else if (newerGood < rule.keep) stay(one.name, one.isProved === false ? 'too few newer' : 'newest');
    else if (one.at > nowMs - rule.olderSeconds * 1000) stay(one.name, 'young');
    else if (isBelowDamaged) stay(one.name, 'needed by a damaged one');
    if (isGood(one) && one.isProved !== false) newerGood += 1;
    // What it needs nobody can tell: perhaps anything before it.
    if (one.damaged !== null && hasIncrements) isBelowDamaged = true;
  }
  // The newest first: what is needed is older than what needs it.
  for (const { name, parent } of all) if (parent !== null && stays.has(name)) stay(parent, 'needed', name);

  const goes = all.map(({ name }) => name).filter((name) => !stays.has(name));
  const stopped = stoppedBy(all, deciding);
  return {
    goes: stopped === null ? goes : [],
    stays: all.flatMap(({ name }) => stays.get(name) ?? []),
    stopped,
  };
}

function stoppedBy(
  /** The newest first. */
  all: readonly KnownBackup[],
  { attempts, nowMs, afterFailure }: Deciding,
): Stopped | null {
  const ahead = all.find(({ at }) => at > nowMs + AHEAD_MS);
  if (ahead !== undefined) return { why: 'ahead', name: ahead.name };
  const last = attempts.at(-1);
  // A history that was lost may have had a failure as its last word.
  if (last === undefined) return all.length === 0 || afterFailure ? null : { why: 'unknown' };
  if (last.outcome !== 'done') {
    if (afterFailure) return null;
    return { why: last.outcome === 'failed' ? 'failed' : 'unfinished', name: last.name };
  }
  const isThere = all.some(({ name }) => name === last.name);
  return isThere || afterFailure ? null : { why: 'gone', name: last.name };
}

/** By name, why it cannot be restored, in words; null: nothing is known against it. */
function brokenIn(all: readonly KnownBackup[]): ReadonlyMap<string, string | null> {
  const names = new Set(all.map(({ name }) => name));
  const broken = new Map<string, string | null>();
  // The oldest first: what one needs is known by then.
  for (const one of all.toReversed()) broken.set(one.name, whyBroken(one));
  return broken;

  function whyBroken({ damaged, parent }: KnownBackup): string | null {
    if (damaged !== null || parent === null) return damaged;
    if (!names.has(parent)) return `it needs ${parent}, which is not there`;
    const above = broken.get(parent);
    // An increment comes after what it is one of.
    if (above === undefined) return `it needs ${parent}, which is no older`;
    return above === null ? null : `it needs ${parent}, which is damaged`;
  }
}
