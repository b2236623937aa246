// Owns how the backups of each service are, from what the history knows of them, and what the channels are told of that. Must not
// look at the backups: they are root's alone, and reports are made for others too.
import type { Finding } from '../alerts/remember.ts';
import { BACKUPS, type History } from '../history/history.ts';
import { backupRule, backupWatch } from '../layout/backups.ts';
import type { Layout } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import { NO_EPISODES } from '../space/episodes.ts';
import type { LevelState } from '../space/level.ts';
import { formatDuration } from '../values/duration.ts';
import { type Attempt, backupsOnRecord, type OnRecord } from './on-record.ts';
import type { BackupCause, BackupState } from './state-document.ts';

/** A clock that is corrected by less is believed. */
const AHEAD_MS = 3600_000;
/** A backup that has not ended by then was killed, as far as anybody can tell. */
const UNFINISHED_MS = 12 * 3600_000;

const NOTHING: OnRecord = { attempts: [], proofs: [] };

/**
 * Of the layout's services, in its order; nothing where no history can be read. `now`: milliseconds since the epoch. `isAtWork`:
 * some long work is; null: that is not known.
 */
export function backupStates(
  history: Pick<History, 'kept'> | null,
  layout: Layout,
  now: number,
  isAtWork: () => boolean | null = () => null,
): readonly BackupState[] {
  const known = onRecord(history);
  if (known === null) return [];
  return layout.services.flatMap(({ name }) => {
    const watch = backupWatch(layout, name);
    const record = known.get(name);
    if (watch === 'never' || (record === undefined && watch === 'made')) return [];
    return [stateOf(name, record ?? NOTHING, { layout, now, isAtWork })];
  });
}

/** A report without them is better than none. */
function onRecord(history: Pick<History, 'kept'> | null): ReadonlyMap<string, OnRecord> | null {
  try {
    return history === null ? null : backupsOnRecord(history);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function stateOf(
  service: string,
  { attempts, proofs }: OnRecord,
  {
    layout,
    now,
    isAtWork,
  }: { readonly layout: Layout; readonly now: number; readonly isAtWork: () => boolean | null },
): BackupState {
  const { maxAgeSeconds, verifyEverySeconds } = backupRule(layout, service);
  const isPast = ({ at }: { readonly at: number }) => at <= now + AHEAD_MS;
  const good = newest(attempts.filter((one) => one.outcome === 'done' && isPast(one)));
  const last = attempts.at(-1) ?? null;
  const proof = proofs.at(-1) ?? null;
  const verified = proofs.findLast(({ isGood, at }) => isGood && at <= now + AHEAD_MS) ?? null;
  const ahead = attempts.findLast((one) => !isPast(one)) ?? null;

  const causes: BackupCause[] = [];
  const critical = (cause: BackupCause['cause'], found: string) =>
    causes.push({ level: 'CRITICAL', cause, found });
  const warning = (cause: BackupCause['cause'], found: string) =>
    causes.push({ level: 'WARNING', cause, found });
  const ago = (at: number) => formatDuration(Math.max(0, now - at) / 1000);

  if (good === null) critical('none', 'there is no good backup');
  else if (maxAgeSeconds !== null && now - good.at > maxAgeSeconds * 1000)
    critical(
      'old',
      `the last good backup is ${ago(good.at)} old, more than ${formatDuration(maxAgeSeconds)}`,
    );
  if (proof !== null && !proof.isGood) critical('damaged', `${proof.name} is not good: ${short(proof.why)}`);
  if (last?.outcome === 'failed' && isPast(last))
    warning('failed', `the last attempt failed ${ago(last.at)} ago: ${short(last.why)}`);
  if (last?.outcome === 'begun' && isPast(last)) {
    if (isAtWork() === false)
      warning('unfinished', `the last attempt, begun ${ago(last.at)} ago, was killed`);
    else if (now - last.at > UNFINISHED_MS)
      warning('unfinished', `the last attempt, begun ${ago(last.at)} ago, did not end`);
  }
  if (verifyEverySeconds !== null && good !== null) {
    if (verified === null) warning('unproved', 'none was ever restored to prove it');
    else if (now - verified.at > verifyEverySeconds * 1000)
      warning(
        'unproved',
        `none was restored to prove it for ${ago(verified.at)}, more than ${formatDuration(verifyEverySeconds)}`,
      );
  }
  if (ahead !== null) warning('ahead', `${ahead.name} is dated ahead of the clock`);

  return {
    service,
    level: causes[0]?.level ?? 'OK',
    causes,
    lastGood:
      good === null ? null : { name: good.name, at: iso(good.at), bytes: good.bytes, seconds: good.seconds },
    lastAttempt:
      last === null ? null : { name: last.name, at: iso(last.at), outcome: last.outcome, why: last.why },
    lastVerify:
      proof === null ? null : { name: proof.name, at: iso(proof.at), isGood: proof.isGood, why: proof.why },
    lastVerified: verified === null ? null : { name: verified.name, at: iso(verified.at) },
    maxAgeSeconds,
    verifyEverySeconds,
  };
}

const LONGEST = 160;

/** All of it is in JSON. */
function short(why: string | null): string {
  if (why === null) return 'the reason is not known';
  return why.length > LONGEST ? `${why.slice(0, LONGEST)}…` : why;
}

function newest(attempts: readonly Attempt[]): Attempt | null {
  return attempts.reduce<Attempt | null>((a, b) => (a === null || b.at >= a.at ? b : a), null);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** For alerts/remember.ts, by subject: of each service whose backups are watched, and of those of which nobody is told any more. */
export function backupFindings(
  states: readonly BackupState[],
  {
    layout,
    before,
    now,
  }: { readonly layout: Layout; readonly before: ReadonlyMap<string, LevelState>; readonly now: number },
): ReadonlyMap<string, Finding> {
  const watched = states.map(({ service, level, causes }) => ({
    service,
    level,
    causes: causes.map(({ found }) => found),
  }));
  const unwatched = [...before].flatMap(([subject, { level }]) => {
    const service = subject.startsWith(BACKUPS) ? subject.slice(BACKUPS.length) : null;
    if (service === null || level === 'OK') return [];
    const isThere = layout.services.some(({ name }) => name === service);
    if (isThere && backupWatch(layout, service) !== 'never') return [];
    return [{ service, level: 'OK' as const, causes: [] }];
  });
  return new Map(
    [...watched, ...unwatched].map(({ service, level, causes }): readonly [string, Finding] => {
      const was = before.get(`${BACKUPS}${service}`) ?? null;
      const since = was?.level === level ? Math.min(was.since, now) : now;
      const state: LevelState = {
        level,
        since,
        fired: null,
        pending: null,
        episodes: NO_EPISODES,
        unmeasured: null,
      };
      return [
        `${BACKUPS}${service}`,
        { state, facts: { usedBytes: null, limitBytes: null, backups: { service, causes } } },
      ];
    }),
  );
}
