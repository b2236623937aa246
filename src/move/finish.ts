// `jts-hot move SERVICE --finish`: deletes what is in the old place of a service that was moved. Only what is there as it was when
// the copy was compared, while the service runs on the hot tier and nobody has any of it open.
import type { Answer, Context } from '../command/context.ts';
import { stopSignal } from '../command/stop-signal.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { formatCount } from '../values/count.ts';
import { isSame, knownAt } from './in-place.ts';
import type { FinishResult } from './move-document.ts';
import { moveFrom } from './obstacles.ts';
import { oldPlaceOf } from './old-place.ts';
import { isOpen, keepMove, type MoveRecord, readMove } from './record.ts';
import { settled } from './units.ts';
import { processOf } from './where.ts';

export async function finishMove(
  context: Context,
  { service, isDry }: { readonly service: string; readonly isDry: boolean },
): Promise<Answer<FinishResult>> {
  const { host } = context;
  const record = readMove(host.moves, service);
  if (record === null) throw refused(nothingMoved(service));
  if (isOpen(record)) throw refused(notMovedYet(record));
  const there = host.entry(record.from.path);
  if (there.type === 'missing' || (there.type === 'directory' && there.entries === 0)) {
    // Somebody has taken it away already.
    if (!isDry) host.moves.set(service, null);
    const nothing = { did: 'finish' as const, service, path: record.from.path, entries: 0, bytes: 0 };
    return {
      exitCode: EXIT.ok,
      problems: [],
      result: { ...nothing, outcome: isDry ? 'planned' : 'unchanged' },
    };
  }
  const refusal = await whyNot(context, record);
  if (refusal !== null) throw refused(refusal);
  const { path } = record.from;
  const result = { did: 'finish' as const, service, path };
  const { place } = await oldPlaceOf(host, path);
  const about = { entries: place.entries, bytes: place.bytes };
  if (isDry) return { exitCode: EXIT.ok, problems: [], result: { ...result, ...about, outcome: 'planned' } };
  const stop = stopSignal(context.stopRequested);
  try {
    keepMove(host.moves, { ...record, phase: 'deleting' });
    const deleting = host.emptyDirectory({
      ...record.from,
      signal: stop.signal,
      onProgress: (count) =>
        context.progress(`deleting: ${formatCount(count)} of ${formatCount(about.entries)} entries`),
    });
    const { outcome, entries } = await deleting.catch(async (error: unknown) => {
      await keepIfWhole(context, record);
      throw error;
    });
    context.progress('');
    if (outcome === 'stopped') {
      const problems = [stopped(record)];
      return { exitCode: EXIT.failed, problems, result: { ...result, ...about, entries, outcome } };
    }
    host.moves.set(service, null);
    return { exitCode: EXIT.ok, problems: [], result: { ...result, ...about, entries, outcome: 'applied' } };
  } finally {
    stop.end();
  }
}

/** Refused before anything was deleted: what is there is looked at again by the next call, all of it. */
async function keepIfWhole({ host }: Context, record: MoveRecord): Promise<void> {
  if (record.phase !== 'moved' || record.old === null) return;
  const { place } = await oldPlaceOf(host, record.from.path);
  if (place.sha256 === record.old.sha256) keepMove(host.moves, record);
}

async function whyNot(context: Context, record: MoveRecord): Promise<Diagnostic | null> {
  const { host } = context;
  const { service, from, to, unit } = record;
  const at = await settled(context, {
    process: processOf(service),
    places: { from: from.path, to, unit },
    wanted: 'hot tier',
  });
  if (at !== 'hot tier' && unit !== null)
    return diagnostic(
      'E_NOT_ON_TIER',
      'refusing to delete the old place of a service that is not on the hot tier',
      {
        at: `service ${service}`,
        detail: `want ${unit} running with its data in ${to}, found it running ${at}`,
        fix: `sudo jts-hot config ${service} --check`,
      },
    );
  if (!isSame(knownAt(host, from.path), from)) return changed(record, 'another directory is there, or none');
  // What was begun to be deleted is not as it was.
  if (record.phase === 'deleting' || record.old === null) return null;
  const { place } = await oldPlaceOf(host, from.path);
  if (place.sha256 === record.old.sha256) return null;
  return changed(
    record,
    `${formatCount(place.entries)} entries, where ${formatCount(record.old.entries)} were; or others, or with other times`,
  );
}

function changed({ service, from }: MoveRecord, found: string): Diagnostic {
  return diagnostic('E_CHANGED_SINCE', 'refusing to delete an old place that is not as it was left', {
    at: `directory ${from.path}`,
    detail: [`want what was there when the data of ${service} had been copied`, `found ${found}`],
    hint: 'somebody has used it since: look at what is there, and take it away by yourself',
  });
}

function nothingMoved(service: string): Diagnostic {
  return diagnostic('E_NO_MOVE', 'refusing to finish what was not begun', {
    at: `service ${service}`,
    detail: 'want a move of it on record, found none',
    hint: 'see what is being moved: sudo jts-hot move',
  });
}

function notMovedYet({ service, from }: MoveRecord): Diagnostic {
  return diagnostic(
    'E_NOT_MOVED',
    'refusing to delete the old place of a service that has not been moved yet',
    {
      at: `service ${service}`,
      detail: 'want its move to have come to its end, found it in between',
      fix: moveFrom(service, from.path),
    },
  );
}

function stopped({ service }: MoveRecord): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish deleting', {
    at: `service ${service}`,
    detail: 'it was stopped; what is deleted is gone, the rest is set aside in the old place',
    fix: `sudo jts-hot move ${service} --finish`,
  });
}

function refused(one: Diagnostic): Problem {
  return new Problem(EXIT.refused, [one]);
}
