// `jts-hot move SERVICE --cancel`: gives an unfinished move up. The service runs on its old place, with its settings as they were,
// and the copy goes; one that the service may have written to is kept.
import type { Answer, Context } from '../command/context.ts';
import { stopSignal } from '../command/stop-signal.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { goBack } from './act.ts';
import { clearStaging, knownAt } from './in-place.ts';
import { writeLayout } from './layout-text.ts';
import type { CancelResult } from './move-document.ts';
import { targetOn } from './named.ts';
import { writtenBy } from './obstacles.ts';
import { oldPlaceOf } from './old-place.ts';
import { stagingOf } from './places.ts';
import { isOpen, type MoveRecord, readMove } from './record.ts';
import { settled } from './units.ts';
import { processOf } from './where.ts';

export async function cancelMove(
  context: Context,
  {
    service,
    isDry,
    stopLimitMs,
  }: { readonly service: string; readonly isDry: boolean; readonly stopLimitMs: number },
): Promise<Answer<CancelResult>> {
  const { host } = context;
  const record = readMove(host.moves, service);
  if (record === null) throw refused(nothingOpen(service));
  const { from, to, unit } = record;
  const places = { from: from.path, to, unit };
  const at = await settled(context, { process: processOf(service), places, wanted: null });
  // What was renamed is still all there is of it: nothing is lost on the way back.
  const isLost = record.how === 'copy' && (!isOpen(record) || at === 'hot tier');
  if (isLost) throw refused(isThere(record));
  const writer = unit === null && record.how === 'rename' ? await writerIn(host, to) : null;
  if (writer !== null) throw refused(writtenBy(to, writer));
  const result = { did: 'cancel' as const, service, from: from.path, kept: null };
  if (isDry) return { exitCode: EXIT.ok, problems: [], result: { ...result, outcome: 'planned' } };
  let open = record;
  if (record.phase !== 'copying') {
    const target = await targetOn(context, record);
    if (target !== null && 'refusals' in target) throw new Problem(EXIT.refused, target.refusals);
    const back = await goBack(context, record, { target, stopLimitMs });
    if (back.record.phase !== 'copying')
      return { exitCode: EXIT.failed, problems: back.problems, result: { ...result, outcome: 'failed' } };
    open = back.record;
  }
  const kept = record.hasStarted && record.how === 'copy' ? keepCopy(context, open) : null;
  const outcome = kept === null ? await removeCopy(context, open) : ('applied' as const);
  if (outcome === 'applied') {
    await clearStaging(host, open);
    const problems = record.layoutBefore === null ? [] : await layoutAsBefore(context, record);
    if (problems.length > 0)
      return { exitCode: EXIT.failed, problems, result: { ...result, kept, outcome: 'failed' } };
    host.moves.set(service, null);
  }
  const problems = outcome === 'applied' ? [] : [stopped(record)];
  return {
    exitCode: outcome === 'applied' ? EXIT.ok : EXIT.failed,
    problems,
    result: { ...result, kept, outcome },
  };
}

/** Somebody else may have changed it since: then that stays. */
async function layoutAsBefore(
  context: Context,
  { service, layoutBefore }: MoveRecord,
): Promise<readonly Diagnostic[]> {
  const { file = '', path = '' } = layoutBefore ?? {};
  const text = context.host.entry(file).type === 'file' ? context.host.text(file) : null;
  if (text === null) return [];
  // Loaded only here: it reads YAML.
  const { withServicePath } = await import('../layout-file/layout-file.ts');
  const wanted = withServicePath(text, service, path);
  if (wanted === text) return [];
  const [changes, why] = [[`+ services.${service}.path ${path}`], `is to have ${service} in ${path} again`];
  const { exitCode, problems } = await writeLayout(context, {
    file,
    text: wanted,
    changes,
    about: service,
    why,
  });
  return exitCode === EXIT.ok ? [] : problems;
}

async function writerIn(host: Context['host'], path: string) {
  if (host.entry(path).type !== 'directory') return null;
  return (await oldPlaceOf(host, path, host.openForWriting(path).inodes)).writer;
}

/** It may hold what is nowhere else: where only root can enter. null: there is none. */
function keepCopy({ host, now }: Context, record: MoveRecord): string | null {
  const { directory, copy } = stagingOf(record);
  const known = knownAt(host, directory);
  if (known === null || knownAt(host, copy) === null) return null;
  const kept = `${directory}.kept-${now().replace(/[-:]|\.\d+/g, '')}`;
  host.renameDirectory(known, kept);
  return kept;
}

async function removeCopy(context: Context, record: MoveRecord): Promise<'applied' | 'stopped'> {
  const { host } = context;
  const { copy } = stagingOf(record);
  const known = knownAt(host, copy);
  if (known === null) return 'applied';
  const stop = stopSignal(context.stopRequested);
  try {
    const { outcome } = await host.emptyDirectory({ ...known, signal: stop.signal, onProgress: () => {} });
    if (outcome === 'stopped') return 'stopped';
  } finally {
    stop.end();
  }
  const entry = host.entry(copy);
  if (entry.type === 'directory')
    host.perform({ type: 'removeDirectory', path: copy, owner: { user: entry.uid, group: entry.gid } });
  return 'applied';
}

function nothingOpen(service: string): Diagnostic {
  return diagnostic('E_NO_MOVE', 'refusing to give up what was not begun', {
    at: `service ${service}`,
    detail: 'want a move of it that is not finished, found none',
    hint: 'see what is being moved: sudo jts-hot move',
  });
}

function isThere({ service, to }: MoveRecord): Diagnostic {
  return diagnostic('E_MOVED', 'refusing to give up a move that has come to its end', {
    at: `service ${service}`,
    detail: `found it with its data in ${to}: what it has written since is nowhere else`,
    hint: `to delete its old place: sudo jts-hot move ${service} --finish`,
  });
}

function stopped({ service }: MoveRecord): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish taking the copy away', {
    at: `service ${service}`,
    detail: 'it was stopped; the service runs on its old place',
    fix: `sudo jts-hot move ${service} --cancel`,
  });
}

function refused(one: Diagnostic): Problem {
  return new Problem(EXIT.refused, [one]);
}
