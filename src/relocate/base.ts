// `jts-hot move --base-to DIR`: the whole base to another path, its services one after the other, each stopped for as short as can
// be; `--finish` deletes what is in the old one, `--cancel` goes back. Its order is here, what is done to a service in services.ts.
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { requireActing } from '../command/right-disk.ts';
import { isBelow } from '../configure/paths.ts';
import { checkBase, normaliseBase } from '../layout/base.ts';
import type { Layout, Service } from '../layout/layout.ts';
import { type Diagnostic, EXIT, type ExitCode, Problem } from '../messages/diagnostic.ts';
import type { BaseResult, BaseService } from '../move/base-document.ts';
import { type BaseRecord, keepBaseMove, readBaseMove } from '../move/base-record.ts';
import { writeLayout } from '../move/layout-text.ts';
import { RATE_ASSUMED } from '../move/move.ts';
import type { ProgramSource } from '../port/operations/words.ts';
import { setupCommand } from '../setup/setup.ts';
import { historyBeside, namingBase, takeHistoryAlong, writeAnew } from './afterwards.ts';
import { takeMadeBack } from './made.ts';
import * as obstacle from './obstacles.ts';
import { roomFor } from './room.ts';
import { finish, type How, planned, recordOn, takeBack, takeThere, type Way, type Went } from './services.ts';

export interface BaseOptions extends How {
  /** null: of the move that is on record. */
  readonly to: string | null;
  readonly act: BaseResult['act'];
  readonly isDry: boolean;
  /** The program that was called: regular runs are a copy of it. */
  readonly self: ProgramSource;
}

export async function moveBaseCommand(context: Context, options: BaseOptions): Promise<Answer<BaseResult>> {
  if (context.host.root !== '/') throw refused(obstacle.ofImage(context.host.root));
  requireRoot(context);
  const { isDry, act } = options;
  const { begun, texts } = await whatIsMoved(context, options);
  const on = (base: string): Context => ({
    ...context,
    layout: { ...texts.layout, base },
    host: base === context.layout.base ? context.host : context.openHost(base, []),
  });
  const forward: Way = { from: begun.from, to: begun.to, there: on(begun.to) };
  const back: Way = { from: begun.to, to: begun.from, there: on(begun.from) };
  const release = isDry ? () => {} : context.host.lock(context.invocation, 'long');
  const move: Moving = { context, options, texts, record: begun, forward, back };
  try {
    if (act === 'finish') return await finishBase(move);
    if (act === 'cancel') return await cancelBase(move);
    return await takeBaseThere(move);
  } finally {
    context.progress('');
    release();
  }
}

interface Texts {
  readonly layout: Layout;
  readonly text: string;
  readonly withBase: (text: string, base: string) => string;
}

interface Moving {
  readonly context: Context;
  readonly options: BaseOptions;
  readonly texts: Texts;
  readonly record: BaseRecord;
  readonly forward: Way;
  readonly back: Way;
}

/** What is on record, or what would be; whatever the layout file says by now. */
async function whatIsMoved(
  context: Context,
  { to: asked, act }: BaseOptions,
): Promise<{ readonly begun: BaseRecord; readonly texts: Texts }> {
  const { host, layout, layoutFile, now } = context;
  const record = readBaseMove(host.moves);
  const to = asked === null ? null : normaliseBase(asked);
  const file = record?.layoutFile ?? layoutFile;
  if (file === null) throw refused(obstacle.noLayoutFile());
  // Loaded only here: it reads YAML.
  const { parseLayoutFile, withBase } = await import('../layout-file/layout-file.ts');
  const text = host.text(file) ?? '';
  const { layout: said } = parseLayoutFile(text, file);
  const texts: Texts = { layout: said, text, withBase };
  if (said.storage !== undefined) throw refused(obstacle.storageDeclared(file, text));
  if (record !== null && act !== 'move') return { begun: record, texts };
  if (to === null) throw refused(obstacle.noBaseMove());
  const isOpen = record !== null && !(record.phase === 'moved' && record.to !== to);
  if (isOpen && record.to !== to) throw refused(obstacle.anotherBase(record, to));
  if (isOpen) {
    if (record.phase === 'going back') throw refused(obstacle.goingBack(record));
    return { begun: record, texts };
  }
  if (said.base !== layout.base) throw refused(obstacle.notAsFile(said.base, layout.base));
  const complaint = checkBase(to);
  if (complaint !== null) throw new Problem(EXIT.usage, [obstacle.notABase(to, complaint)]);
  if (isBelow(to, layout.base) || isBelow(layout.base, to))
    throw refused(obstacle.nestedBases(layout.base, to));
  if (record !== null) throw refused(obstacle.notFinished(record));
  const begun = {
    version: 1,
    from: layout.base,
    to,
    layoutFile: file,
    begun: now(),
    phase: 'moving',
  } as const;
  return { begun, texts };
}

async function takeBaseThere(move: Moving): Promise<Answer<BaseResult>> {
  const { context, options, record, forward } = move;
  const { host, layout } = forward.there;
  const isNew = readBaseMove(host.moves) === null;
  // Of the base that is left, and of what is mounted for the new one.
  if (isNew) await requireActing(context);
  await requireActing(forward.there);
  if (record.phase === 'finishing') throw refused(obstacle.finishing(record));
  const seen = record.phase === 'moved' ? [] : await plannedAll(forward, layout.services);
  const refusals = seen.flatMap(({ service, problems }) => (service.state === 'failed' ? problems : []));
  const inTheWay = [
    ...refusals,
    ...roomFor(
      host,
      record.to,
      seen.map(({ service }) => service),
    ),
  ];
  const notes = seen.flatMap(({ service, problems }) => (service.state === 'failed' ? [] : problems));
  if ((isNew || options.isDry) && inTheWay.length > 0)
    return { exitCode: EXIT.refused, problems: inTheWay, result: null };
  const about = resultOf(
    move,
    seen.map(({ service }) => service),
  );
  if (options.isDry)
    return answer(EXIT.ok, [], { ...about, outcome: 'planned', phase: isNew ? null : record.phase, notes });
  if (record.phase === 'moved')
    return answer(EXIT.ok, [], { ...about, outcome: 'unchanged', phase: 'moved' });

  keepBaseMove(host.moves, record);
  const made = await setupCommand(forward.there, { adopt: [], strict: false, saved: null });
  if (made.exitCode !== EXIT.ok)
    return answer(made.exitCode, made.problems, { ...about, outcome: 'failed', phase: record.phase, notes });
  const history = takeHistoryAlong(context, record);
  const changed = await sayBase(move, record.to);
  if (changed.length > 0)
    return answer(EXIT.failed, changed, { ...about, history, outcome: 'failed', phase: record.phase, notes });
  const went = await eachOf(context, layout.services, (one) => takeThere(forward, one, options));
  const services = went.services.length === 0 ? about.services : merged(about.services, went.services);
  if (went.problems.length > 0)
    return answer(EXIT.failed, [...went.problems, obstacle.notAllMoved(record)], {
      ...about,
      services,
      history,
      outcome: 'failed',
      phase: record.phase,
      notes,
    });
  const anew = await writeAnew(forward.there, record, options.self);
  const after = await setupCommand(forward.there, { adopt: [], strict: false, saved: null });
  if (after.exitCode === EXIT.ok) keepBaseMove(host.moves, { ...record, phase: 'moved' });
  return answer(after.exitCode, after.problems, {
    ...about,
    services,
    history,
    outcome: after.exitCode === EXIT.ok ? 'applied' : 'failed',
    phase: after.exitCode === EXIT.ok ? 'moved' : record.phase,
    rewritten: [...anew.rewritten],
    notes: [...notes, ...anew.notes, ...(history === 'beside' ? [historyBeside(record)] : [])],
  });
}

async function cancelBase(move: Moving): Promise<Answer<BaseResult>> {
  const { context, options, record, forward, back } = move;
  const { host, layout } = back.there;
  if (record.phase === 'finishing') throw refused(obstacle.finishing(record));
  await requireActing(back.there);
  const backwards = layout.services.toReversed();
  const about = resultOf(
    move,
    backwards.map((one) => stillThere(move, one)),
  );
  if (options.isDry) return answer(EXIT.ok, [], { ...about, outcome: 'planned', phase: record.phase });
  const going: BaseRecord = { ...record, phase: 'going back' };
  keepBaseMove(host.moves, going);
  const history = takeHistoryAlong(context, { from: record.to, to: record.from });
  const changed = await sayBase(move, record.from);
  const went =
    changed.length > 0
      ? { services: [], problems: changed }
      : await eachOf(context, backwards, (one) => takeBack(forward, back, one, options));
  const services = merged(about.services, went.services);
  if (went.problems.length > 0)
    return answer(EXIT.failed, [...went.problems, obstacle.notAllBack(record)], {
      ...about,
      services,
      outcome: 'failed',
      phase: 'going back',
    });
  const anew = await writeAnew(back.there, { from: record.to, to: record.from }, options.self);
  const after = await setupCommand(back.there, { adopt: [], strict: false, saved: null });
  // What was copied back is still in the new base as well: that is the old one of this way.
  const isCopied = layout.services.some((one) => recordOn(back, one) !== null);
  const left: BaseRecord = { ...record, from: record.to, to: record.from, phase: 'moved' };
  // What is kept there keeps its directories until it is deleted.
  const empty =
    after.exitCode === EXIT.ok && !isCopied
      ? await takeMadeBack(back.there, { base: record.to, since: record.begun })
      : [];
  if (after.exitCode === EXIT.ok) keepBaseMove(host.moves, isCopied ? left : null);
  return answer(after.exitCode, after.problems, {
    ...about,
    services,
    history,
    outcome: after.exitCode === EXIT.ok ? 'applied' : 'failed',
    phase: after.exitCode !== EXIT.ok ? 'going back' : isCopied ? 'moved' : null,
    rewritten: [...anew.rewritten],
    notes: [...anew.notes, ...empty],
  });
}

async function finishBase(move: Moving): Promise<Answer<BaseResult>> {
  const { context, options, record, forward } = move;
  const { host, layout } = forward.there;
  if (record.phase !== 'moved' && record.phase !== 'finishing') throw refused(obstacle.notMovedYet(record));
  await requireActing(forward.there);
  const about = resultOf(
    move,
    layout.services.map((one) => stillThere(move, one)),
  );
  if (!options.isDry) keepBaseMove(host.moves, { ...record, phase: 'finishing' });
  const went = await eachOf(context, layout.services, (one) => finish(forward, one, options.isDry));
  const services = merged(about.services, went.services);
  const phase = options.isDry ? record.phase : 'finishing';
  if (went.problems.length > 0)
    return answer(EXIT.refused, went.problems, { ...about, services, outcome: 'refused', phase });
  // Of a move that was given up, the base that is left was made by it.
  const empty = options.isDry
    ? []
    : await takeMadeBack(forward.there, { base: record.from, since: record.begun });
  if (!options.isDry) keepBaseMove(host.moves, null);
  return answer(EXIT.ok, [], {
    ...about,
    services,
    notes: [...empty],
    stays: staysIn(move),
    outcome: options.isDry ? 'planned' : 'applied',
    phase: options.isDry ? record.phase : null,
  });
}

/** The layout file names the base from now on. Returns what went wrong. */
async function sayBase(
  { record, texts, forward, back }: Moving,
  base: string,
): Promise<readonly Diagnostic[]> {
  const text = texts.withBase(texts.text, base);
  if (text === texts.text || texts.layout.base === base) return [];
  const { there } = base === forward.to ? forward : back;
  const { exitCode, problems } = await writeLayout(there, {
    file: record.layoutFile,
    text,
    changes: [`- base ${texts.layout.base}`, `+ base ${base}`],
    about: 'base',
    why: `is to have its base in ${base}`,
  });
  return exitCode === EXIT.ok ? [] : problems;
}

async function plannedAll(way: Way, services: readonly Service[]): Promise<readonly Went[]> {
  const all: Went[] = [];
  for (const service of services) all.push(await planned(way, service));
  return all;
}

/** Ends with the first that fails, or with a signal. */
async function eachOf(
  { stopRequested, progress }: Context,
  services: readonly Service[],
  act: (service: Service) => Promise<Went>,
): Promise<{ readonly services: readonly BaseService[]; readonly problems: readonly Diagnostic[] }> {
  const went: BaseService[] = [];
  for (const [i, one] of services.entries()) {
    if (stopRequested()) return { services: went, problems: [obstacle.stopped()] };
    progress(`${i + 1}/${services.length} ${one.name}`);
    const { service, problems } = await act(one);
    went.push(service);
    if (service.state === 'failed') return { services: went, problems };
  }
  return { services: went, problems: [] };
}

function merged(all: readonly BaseService[], newer: readonly BaseService[]): BaseService[] {
  return all.map((one) => newer.find(({ service }) => service === one.service) ?? one);
}

function stillThere({ forward }: Moving, service: Service): BaseService {
  const record = recordOn(forward, service);
  const { from, to } = { from: `${forward.from}/${service.path}`, to: `${forward.to}/${service.path}` };
  const nothing = { stopsToo: [], bytes: 0, files: 0, settings: 0, stopSeconds: null };
  const state = record?.phase === 'moved' ? 'moved' : 'to go';
  const [how, unit] = [record?.how ?? null, record?.unit ?? null];
  return { service: service.name, from, to, state, how, unit, ...nothing };
}

function resultOf(move: Moving, services: readonly BaseService[]): BaseResult {
  const { options, record, forward } = move;
  const { host } = forward.there;
  const rate = options.bytesPerSecond ?? RATE_ASSUMED;
  const copied = services.filter(({ how, state }) => how === 'copy' && state === 'to go');
  return {
    did: 'base',
    act: options.act,
    from: record.from,
    to: record.to,
    layoutFile: record.layoutFile,
    outcome: 'unchanged',
    phase: record.phase,
    services: [...services],
    availableBytes: host.fileSystem(record.to).availableBytes,
    expectedSeconds: Math.ceil(copied.reduce((sum, { bytes }) => sum + bytes, 0) / rate),
    bytesPerSecond: rate,
    rewritten: [...namingBase(forward.there, record)],
    history: 'not yet',
    stays: staysIn(move),
    notes: [],
  };
}

/** What no service of the layout has. */
function staysIn({ record, forward, texts }: Moving): string[] {
  const { host } = forward.there;
  if (host.entry(record.from).type !== 'directory') return [];
  const ours = new Set(texts.layout.services.map(({ path }) => path.split('/')[0]));
  return host.names(record.from).filter((name) => !ours.has(name) && !name.startsWith('.jts-hot-move'));
}

function answer(exitCode: number, problems: readonly Diagnostic[], result: BaseResult): Answer<BaseResult> {
  return { exitCode: exitCode as ExitCode, problems, result };
}

function refused(one: Diagnostic): Problem {
  return new Problem(EXIT.refused, [one]);
}
