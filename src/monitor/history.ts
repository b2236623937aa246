// `jts-hot history`: what was recorded of the disk and of each service. Reads only.

import { baselinesIn } from '../baseline/kept-baselines.ts';
import { trendsOf } from '../baseline/trend.ts';
import type { Answer, Context } from '../command/context.ts';
import { DISK, type History, isFileSystem, OWN_FILE_SYSTEM, type Sample } from '../history/history.ts';
import { cleanedIn } from '../maintain/cleaned.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { DAY_MS } from '../space/thinning.ts';
import { nearest } from '../values/spelling.ts';
import type { HistoryResult, HistorySample, SubjectHistory } from './history-document.ts';

export interface HistoryOptions {
  /** A service, `disk`, or null: all there is. */
  readonly service: string | null;
  /** null: from the beginning. */
  readonly sinceSeconds: number | null;
  /** For people: a few hundred samples, evenly spaced, are enough. */
  readonly condensed?: boolean;
}

/** Enough for a table and a sparkline as wide as a terminal. */
const CONDENSED = 240;

export function historyCommand(context: Context, options: HistoryOptions): Answer<HistoryResult> {
  const { host, layout, monitoring } = context;
  const history = context.history({ mode: 'read', group: monitoring.group });
  if (history === null) throw nothingRecorded([]);
  try {
    const extent = history.extent();
    const measured = baselinesIn(history);
    if (extent.samples === 0 && measured.length === 0 && cleanedIn(history).length === 0)
      throw nothingRecorded([...history.remarks, ...history.notes]);
    const now = Date.parse(context.now());
    const since = options.sinceSeconds === null ? null : now - options.sinceSeconds * 1000;
    const subject = options.service === null ? null : subjectOf(context, history, options.service);
    const condensed = options.condensed ?? false;
    const query = { since: since ?? 0, ...(subject === null ? {} : { subject }) };
    const samples = condensed ? history.thinned({ ...query, most: CONDENSED }) : history.samples(query);
    return {
      exitCode: EXIT.ok,
      problems: [],
      result: {
        root: host.root,
        base: layout.base,
        service: subject,
        since: since === null ? null : iso(since),
        recorded: {
          samples: extent.samples,
          first: extent.first === null ? null : iso(extent.first),
          last: extent.last === null ? null : iso(extent.last),
          ageSeconds: extent.last === null ? null : Math.max(0, (now - extent.last) / 1000),
        },
        condensed,
        subjects: subjectsOf(samples, subject),
        baselines: subject === null || subject === DISK ? trendsOf(measured, since ?? 0) : [],
        cleaned: subject === null || subject === DISK ? cleanedIn(history, since ?? 0) : [],
        notes: [...history.remarks, ...history.notes],
      },
    };
  } finally {
    history.close();
  }
}

/** What a layout or the history itself knows: a service that has left the layout keeps its past. */
function subjectOf({ layout }: Context, history: History, asked: string): string {
  const services = layout.services.map(({ name }) => name);
  const recorded = history.subjects();
  if (services.includes(asked) || recorded.includes(asked)) return asked;
  if (asked === DISK_WORD) return DISK;
  const own = asked.startsWith(`${DISK_WORD}/`) ? OWN_FILE_SYSTEM + asked.slice(DISK_WORD.length + 1) : null;
  if (own !== null && recorded.includes(own)) return own;
  const known = [...new Set([DISK, ...services, ...recorded])].map(subjectWord);
  const near = nearest(asked, known);
  throw new Problem(EXIT.usage, [
    diagnostic('E_UNKNOWN_SERVICE', 'cannot find a service of that name in the layout', {
      at: 'SERVICE',
      detail: [
        `want one of ${known.join(', ')}; found ${JSON.stringify(asked)}`,
        ...(near === null ? [] : [`did you mean ${near}?`]),
      ],
      hint: 'for all of them: jts-hot history',
    }),
  ]);
}

/** What operators call DISK. */
export const DISK_WORD = 'disk';

/** As operators type and read it: `disk`, `disk/kafka`, `kafka`. */
export function subjectWord(subject: string): string {
  if (subject === DISK) return DISK_WORD;
  if (!subject.startsWith(OWN_FILE_SYSTEM)) return subject;
  return `${DISK_WORD}/${subject.slice(OWN_FILE_SYSTEM.length)}`;
}

function subjectsOf(samples: readonly Sample[], wanted: string | null): readonly SubjectHistory[] {
  const found = new Map<string, HistorySample[]>();
  for (const { at, uses } of samples) {
    for (const [subject, { usedBytes, inodes, limitBytes }] of uses) {
      if (wanted !== null && subject !== wanted) continue;
      const before = found.get(subject) ?? [];
      const last = before.at(-1);
      const changeBytes = last === undefined ? null : usedBytes - last.usedBytes;
      before.push({ at: iso(at), usedBytes, inodes, limitBytes, changeBytes });
      found.set(subject, before);
    }
  }
  return [...found]
    .map(([subject, all]) => ({
      subject,
      ...changeOver(all),
      samples: all,
    }))
    .sort((a, b) => rank(a.subject) - rank(b.subject) || (a.subject < b.subject ? -1 : 1));
}

function changeOver(samples: readonly HistorySample[]): Pick<SubjectHistory, 'changeBytes' | 'perDayBytes'> {
  const [first, last] = [samples[0], samples.at(-1)];
  const changeBytes = (last?.usedBytes ?? 0) - (first?.usedBytes ?? 0);
  const days = (Date.parse(last?.at ?? '') - Date.parse(first?.at ?? '')) / DAY_MS;
  return { changeBytes, perDayBytes: days >= 1 ? changeBytes / days : null };
}

function rank(subject: string): number {
  return subject === DISK ? 0 : isFileSystem(subject) ? 1 : 2;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function nothingRecorded(notes: readonly string[]): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NO_HISTORY', 'cannot show a history before anything is recorded', {
      detail: ['want at least one sample of this base, found none', ...notes],
      fix: 'sudo jts-hot record',
      hint: 'for one every few hours: sudo jts-hot schedule --install',
    }),
  ]);
}
