// Owns what earlier runs left in the history: which rules have taken something already, when, and what was freed.
import type { Context } from '../command/context.ts';
import { DISK, type History } from '../history/history.ts';
import type { Rule } from '../layout/rule.ts';
import { type Diagnostic, Problem } from '../messages/diagnostic.ts';
import type { BootClock } from '../port/host.ts';
import type { Moment } from './clean-clock.ts';

/** What one run came to; by service, and of the whole under `/`. */
export interface CleanRecord {
  /** null: there was nothing to do. */
  readonly run: number | null;
  readonly things: number;
  readonly bytes: number;
  readonly deletedThings: number;
  readonly freedBytes: number;
  /** Of the whole: what is in the trash. */
  readonly trashThings: number;
  readonly trashBytes: number;
  /** Of a service: rules that took something. */
  readonly rules: readonly string[];
  readonly clock: BootClock | null;
}

/** A rule that says something else is another rule. */
export function fingerprintOf(
  { name, pattern, except, olderSeconds, keep, thing }: Rule,
  { service, directory }: { readonly service: string; readonly directory: string },
): string {
  return JSON.stringify([name, service, directory, pattern, except, olderSeconds, keep, thing]);
}

export interface Before {
  readonly known: ReadonlySet<string>;
  readonly moments: readonly Moment[];
  /** What the history takes this moment for. */
  readonly taken: number;
}

/** What cannot be read is not known: then all goes into the trash. */
export function readBefore(context: Context, now: Moment): Before {
  const nothing = { known: new Set<string>(), moments: [], taken: now.wall };
  let history: History | null = null;
  try {
    history = context.history({ mode: 'read', group: context.monitoring.group });
    if (history === null) return nothing;
    const records = history
      .kept({ kind: 'clean' })
      .map(({ subject, at, json }) => ({ subject, at, of: recordIn(json) }));
    const ofDisk = records.filter(({ subject }) => subject === DISK);
    const last = ofDisk.at(-1);
    return {
      known: new Set(records.flatMap(({ of }) => of?.rules ?? [])),
      moments: last === undefined ? [] : [{ wall: last.at, clock: last.of?.clock ?? null }],
      taken: history.timeOf(now),
    };
  } catch (error) {
    if (error instanceof Problem) return nothing;
    throw error;
  } finally {
    history?.close();
  }
}

/** Somebody else may have written there: what has not this shape is none of ours. */
export function recordIn(json: string): CleanRecord | null {
  try {
    const found = JSON.parse(json) as Partial<CleanRecord>;
    const isWhole = [found.things, found.bytes, found.freedBytes].every((one) => typeof one === 'number');
    return isWhole && Array.isArray(found.rules) ? (found as CleanRecord) : null;
  } catch {
    return null;
  }
}

/** What kept it from being kept. */
export function keepRecords(
  context: Context,
  at: number,
  records: ReadonlyMap<string, CleanRecord>,
): readonly Diagnostic[] {
  let history: History | null = null;
  try {
    history = context.history({ mode: 'write', group: context.monitoring.group });
    history?.transaction(() => {
      for (const [subject, record] of records)
        history?.keep({ kind: 'clean', subject, at, json: JSON.stringify(record) });
    });
    history?.publish();
    return [];
  } catch (error) {
    if (error instanceof Problem) return error.diagnostics;
    throw error;
  } finally {
    history?.close();
  }
}
