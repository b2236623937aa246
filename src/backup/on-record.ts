// Owns what the history keeps of backups: attempts to take one, and proofs of one by a restore, by service. Which record means
// what is here alone; who writes one takes its type from here. Reads only.
import type { History } from '../history/history.ts';

/** Of the kind `backup`: once when it begins, and once more, with the same name, when it ends. A killed one stays `begun`. */
export interface BackupRecord {
  readonly outcome: 'begun' | 'done' | 'failed';
  /** `20261127T101403Z`: when it was begun. */
  readonly name: string;
  /** What it takes on the disk; null: it is not done. */
  readonly bytes: number | null;
  /** How long it took; null: it has not ended. */
  readonly seconds: number | null;
  /** null: it did not fail. */
  readonly why: string | null;
}

/** Of the kind `verify`. */
export interface VerifyRecord {
  /** Of the backup. */
  readonly name: string;
  readonly isGood: boolean;
  /** null: it is good. */
  readonly why: string | null;
}

export interface Attempt extends BackupRecord {
  /** Milliseconds since the epoch: when it was begun, by its name. */
  readonly at: number;
}

export interface Proof extends VerifyRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** In the order in which they were begun. */
export interface OnRecord {
  readonly attempts: readonly Attempt[];
  readonly proofs: readonly Proof[];
}

/** By service; in no order. */
export function backupsOnRecord(history: Pick<History, 'kept'>): ReadonlyMap<string, OnRecord> {
  const all = new Map<string, { attempts: Map<string, Attempt>; proofs: Proof[] }>();
  const of = (service: string) => {
    const known = all.get(service) ?? { attempts: new Map<string, Attempt>(), proofs: [] as Proof[] };
    all.set(service, known);
    return known;
  };
  for (const { subject, at, json } of history.kept({ kind: 'backup' })) {
    const record = backupIn(json);
    // The later record of a name says what became of it; its place is that of the earlier one.
    if (record !== null)
      of(subject).attempts.set(record.name, { ...record, at: timeOfBackup(record.name) ?? at });
  }
  for (const { subject, at, json } of history.kept({ kind: 'verify' })) {
    const record = verifyIn(json);
    if (record !== null) of(subject).proofs.push({ ...record, at });
  }
  return new Map(
    [...all].map(([service, { attempts, proofs }]) => [
      service,
      { attempts: [...attempts.values()], proofs },
    ]),
  );
}

/** Milliseconds since the epoch; null: that is no name of a backup. */
export function timeOfBackup(name: string): number | null {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(name) ?? [];
  if (y === undefined) return null;
  const iso = `${y}-${mo}-${d}T${h}:${mi}:${s}.000Z`;
  const at = Date.parse(iso);
  // The 31st of February is none.
  return Number.isNaN(at) || new Date(at).toISOString() !== iso ? null : at;
}

/** null: another version wrote it. */
function backupIn(json: string): BackupRecord | null {
  const kept = objectIn(json);
  const { outcome, name } = kept;
  if (typeof name !== 'string') return null;
  if (outcome !== 'begun' && outcome !== 'done' && outcome !== 'failed') return null;
  return {
    outcome,
    name,
    bytes: numberIn(kept['bytes']),
    seconds: numberIn(kept['seconds']),
    why: textIn(kept['why']),
  };
}

function verifyIn(json: string): VerifyRecord | null {
  const { name, isGood, why } = objectIn(json);
  return typeof name === 'string' && typeof isGood === 'boolean' ? { name, isGood, why: textIn(why) } : null;
}

function objectIn(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function numberIn(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
