// `jts-hot move`: a service's data goes from its old place to where the layout wants it, the service stopped for as short as can
// be. Begins a move, or goes on with the one that is on record.
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { requireActing } from '../command/right-disk.ts';
import { stopSignal } from '../command/stop-signal.ts';
import { withoutSlash } from '../configure/paths.ts';
import type { Target } from '../configure/target.ts';
import type { Layout } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { builtIn } from '../services/index.ts';
import {
  compareAndSwitch,
  copyAndSwitch,
  type Doing,
  type Ended,
  goBack,
  moved,
  startThere,
  switchOver,
} from './act.ts';
import { isAnother } from './act-problems.ts';
import { cancelMove } from './cancel.ts';
import { finishMove } from './finish.ts';
import { isSame, knownAt, sourceOf } from './in-place.ts';
import { listMoves } from './list.ts';
import type { MoveAnswer, MoveResult } from './move-document.ts';
import { configurableNamed, serviceNamed, targetOn } from './named.ts';
import { nextOf } from './next.ts';
import { anotherFrom } from './obstacles.ts';
import { oldPlaceOf } from './old-place.ts';
import { type MovePlan, measured, planMove } from './plan.ts';
import { isOpen, keepMove, type LayoutBefore, type MoveRecord, readMove } from './record.ts';
import { settled } from './units.ts';
import { processOf } from './where.ts';

export interface MoveOptions {
  /** null: what is being moved is listed. */
  readonly service: string | null;
  readonly from: string | null;
  /** Its whole directory; else that of its data alone. Of a move that is on record it is as it began. */
  readonly isWhole?: boolean;
  /** What the layout file said of its path; null: that was not changed. */
  readonly layoutBefore?: LayoutBefore | null;
  readonly does: 'move' | 'finish' | 'cancel';
  readonly isDry: boolean;
  /** null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  readonly stopLimitMs: number;
  /** All content of both sides is hashed before settings are switched, also where that takes longer. */
  readonly hashesAll: boolean;
}

/** Without a limit and without a baseline; disks are faster. */
export const RATE_ASSUMED = 200_000_000;

export async function moveCommand(context: Context, options: MoveOptions): Promise<Answer<MoveAnswer>> {
  const { host } = context;
  if (host.root !== '/') throw refused(ofImage(host.root));
  requireRoot(context);
  const { service, does, isDry, stopLimitMs } = options;
  if (service === null) return listMoves(context);
  requireKnown(context, service, options.isWhole);
  await requireActing(context, service);
  const release = isDry ? () => {} : host.lock(context.invocation, 'long');
  try {
    if (does === 'finish') return await finishMove(context, { service, isDry });
    if (does === 'cancel') return await cancelMove(context, { service, isDry, stopLimitMs });
    return await moveHeld(context, { ...options, service });
  } finally {
    context.progress('');
    release();
  }
}

export type OfOne = MoveOptions & { readonly service: string };

/** Under the lock for long work. */
export async function moveHeld(context: Context, options: OfOne): Promise<Answer<MoveResult>> {
  const { service, from, isDry } = options;
  const found = readMove(context.host.moves, service);
  const isFromElsewhere = found !== null && from !== null && withoutSlash(from) !== found.from.path;
  if (isFromElsewhere && found.phase !== 'moved')
    throw refused(anotherFrom(service, { from: found.from.path, asked: from }));
  // An earlier one has come to its end; its old place stays, and is nobody's business any more.
  const record = isFromElsewhere ? null : found;
  if (record === null && from === null) throw noFrom(service);
  if (record !== null && record.base !== context.layout.base)
    throw refused(anotherBase(record, context.layout));
  if (record === null || isDry)
    return begin(context, { ...options, from: from ?? record?.from.path ?? '' }, record);
  return resume(context, options, record);
}

/** Or, of a dry run, what a move would be. */
async function begin(
  context: Context,
  options: OfOne & { readonly from: string },
  record: MoveRecord | null,
): Promise<Answer<MoveResult>> {
  const { host, layout, now } = context;
  const { service, from, isDry } = options;
  const isWhole = record?.isWhole ?? options.isWhole ?? false;
  const planned = await planMove(context, { service, from, record, isWhole });
  if ('refusals' in planned) return { exitCode: EXIT.refused, problems: planned.refusals, result: null };
  const { plan } = planned;
  if (record !== null && !isSame(plan.from, record.from)) throw refused(isAnother(record));
  if (isDry)
    return {
      exitCode: EXIT.ok,
      problems: [],
      result: { ...about(layout, options, plan), outcome: 'planned' },
    };
  const begun: MoveRecord = record ?? {
    version: 2,
    service,
    base: layout.base,
    how: plan.how,
    isWhole,
    layoutBefore: options.layoutBefore ?? null,
    from: plan.from,
    to: plan.to,
    file: plan.target?.file ?? null,
    unit: plan.unit,
    triggers: plan.triggers,
    begun: now(),
    phase: 'copying',
    stopped: null,
    copy: null,
    run: null,
    old: null,
    hasStarted: false,
  };
  keepMove(host.moves, begun);
  return withSignal(context, async (signal) => {
    const doing = doingOf(options, { target: plan.target, bytes: plan.bytes, signal });
    const ended = await copyAndSwitch(context, begun, { ...doing, isResumed: record !== null });
    return answer({ ...about(layout, options, plan), stopParts: doing.stopParts }, ended);
  });
}

async function resume(context: Context, options: OfOne, record: MoveRecord): Promise<Answer<MoveResult>> {
  const { layout } = context;
  const { service } = options;
  const places = { from: record.from.path, to: record.to, unit: record.unit };
  const at = await settled(context, { process: processOf(service), places, wanted: null });
  const next = nextOf(record.phase, at);
  if (next === 'refuse') throw refused(notKnown(record, at));
  if (next === 'anew') return begin(context, { ...options, from: record.from.path }, null);
  if (next === 'copy') return begin(context, { ...options, from: record.from.path }, record);
  const target = await targetOn(context, record);
  if (target !== null && 'refusals' in target)
    return { exitCode: EXIT.refused, problems: target.refusals, result: null };
  const plan = await planAgain(context, record, target);
  const whole = {
    ...about(layout, options, plan),
    wasDown: at === 'nowhere' && record.unit !== null ? record.stopped : null,
  };
  return withSignal(context, async (signal) => {
    const doing = doingOf(options, { target, bytes: plan.bytes, signal });
    const nothing = { passes: [], hashed: null };
    const result: About = { ...whole, stopParts: doing.stopParts };
    switch (next) {
      case 'moved': {
        if (!isOpen(record))
          return answer(
            { ...result, phase: record.phase, isKept: true },
            { ...(await moved(context, record)), outcome: 'unchanged' },
          );
        // For how long it was stopped nobody has seen.
        return answer(result, { ...(await moved(context, record)), stopSeconds: null });
      }
      case 'compare':
        return answer(
          result,
          await compareAndSwitch(context, record, doing, { passes: [], suspects: 'all' }),
        );
      case 'switch':
        if (await isAsCompared(context, record))
          return answer(result, await switchOver(context, record, doing, nothing));
        break;
      case 'start':
        return answer(result, await startThere(context, record, doing, { ...nothing, isResumed: true }));
      case 'go back':
        break;
      default:
        return next satisfies never;
    }
    const back = await goBack(context, record, doing);
    if (back.record.phase !== 'copying')
      return answer(result, {
        ...nothing,
        outcome: 'failed',
        record: back.record,
        stopSeconds: null,
        problems: back.problems,
      });
    return begin(context, { ...options, from: record.from.path }, back.record);
  });
}

/** Nobody has changed the old place since, and what is to be put in place is where it was left. */
async function isAsCompared({ host }: Context, record: MoveRecord): Promise<boolean> {
  const { copy, old, from, to, how } = record;
  const isThere = [sourceOf(record), to].some((path) => isSame(knownAt(host, path), copy));
  if (how === 'rename') return isThere;
  if (!isThere || old === null) return false;
  return (await oldPlaceOf(host, from.path)).place.sha256 === old.sha256;
}

async function planAgain(context: Context, record: MoveRecord, target: Target | null): Promise<MovePlan> {
  const { host } = context;
  const isThere = isOpen(record) && host.entry(record.from.path).type === 'directory';
  const tree = await measured(context, isThere ? record.from.path : record.to);
  const { availableBytes, inodesFree } = host.fileSystem(record.to);
  return {
    service: record.service,
    how: record.how,
    isWhole: record.isWhole,
    target,
    from: record.from,
    to: record.to,
    unit: record.unit,
    triggers: record.triggers,
    bytes: tree.total.diskBytes,
    files: tree.files,
    entries: tree.total.inodes,
    availableBytes,
    inodesFree,
    settings: [],
    warnings: [],
  };
}

function doingOf(
  { service, bytesPerSecond, stopLimitMs, hashesAll }: OfOne,
  more: Pick<Doing, 'target' | 'bytes' | 'signal'>,
): Doing {
  return {
    ...more,
    stopParts: [],
    bytesPerSecond,
    stopLimitMs,
    hashesAll,
    comparesAll: builtIn(service)?.move?.comparesAll ?? null,
    madeAnew: madeAnew(service, more.target),
  };
}

/** Below what is copied, which may be more than its data. */
function madeAnew(service: string, target: Target | null): readonly string[] {
  const names = builtIn(service)?.move?.madeAnew ?? [];
  const above = target === null ? [] : target.service.directories.map(({ name }) => `${name}/`);
  return ['', ...above].flatMap((prefix) => names.map((name) => `${prefix}${name}`));
}

async function withSignal<T>(context: Context, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = stopSignal(context.stopRequested);
  try {
    return await act(stop.signal);
  } finally {
    stop.end();
  }
}

type About = Omit<MoveResult, 'outcome'>;

function about(layout: Layout, { bytesPerSecond }: MoveOptions, plan: MovePlan): About {
  const rate = bytesPerSecond ?? RATE_ASSUMED;
  const {
    service,
    how,
    from,
    to,
    unit,
    triggers,
    bytes,
    files,
    entries,
    availableBytes,
    inodesFree,
    settings,
  } = plan;
  return {
    did: 'move',
    base: layout.base,
    service,
    how,
    from: from.path,
    to,
    unit,
    stopsToo: [...triggers],
    phase: null,
    bytes,
    files,
    entries,
    availableBytes,
    inodesFree,
    expectedSeconds: how === 'rename' ? 0 : Math.ceil(bytes / rate),
    bytesPerSecond: rate,
    comparesAll: builtIn(service)?.move?.comparesAll ?? null,
    settings: [...settings],
    wasDown: null,
    passes: [],
    hashed: null,
    stopSeconds: null,
    stopParts: [],
    run: null,
    isKept: false,
    notes: [...plan.warnings],
  };
}

function answer(
  result: About,
  ended: Omit<Ended, 'outcome'> & { readonly outcome: MoveResult['outcome'] },
): Answer<MoveResult> {
  const { outcome, record, passes, hashed, stopSeconds, problems } = ended;
  const isMoved = outcome === 'applied' || outcome === 'unchanged';
  return {
    exitCode: isMoved ? EXIT.ok : EXIT.failed,
    problems,
    result: {
      ...result,
      outcome,
      phase: record.phase,
      passes: [...passes],
      hashed,
      stopSeconds,
      run: record.run,
      isKept: isMoved,
    },
  };
}

function requireKnown({ layout, host }: Context, name: string, isWhole = false): void {
  if (isWhole || readMove(host.moves, name)?.isWhole === true) serviceNamed(layout, name);
  else configurableNamed(layout, name);
}

function noFrom(service: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot move data without its old place', {
      at: '--from',
      detail: 'want the directory that the service has its data in now, found none',
      hint: `where that is: sudo jts-hot config ${service} --check`,
    }),
  ]);
}

function ofImage(root: string): Diagnostic {
  return diagnostic('E_IMAGE', 'refusing to move data in an image: nothing runs there', {
    at: root,
    detail: `want root /, found ${root}`,
    hint: 'copy it as it is, then: sudo jts-hot config SERVICE --install',
  });
}

function anotherBase({ service, base }: MoveRecord, layout: Layout): Diagnostic {
  return diagnostic('E_MOVE_OPEN', 'refusing to go on with a move to another base', {
    at: `service ${service}`,
    detail: `want base ${base}, to which it is being moved; found ${layout.base}`,
    fix: `sudo jts-hot move ${service} --base ${base}`,
  });
}

function notKnown({ service, from, to, unit, phase }: MoveRecord, at: string): Diagnostic {
  return diagnostic('E_MOVE_STATE', 'refusing to go on where the service is not where a move left it', {
    at: `service ${service}`,
    detail: [
      `want ${unit ?? 'it'} with its data in ${from.path} or ${to}, as after: ${phase}`,
      `found it running: ${at}`,
    ],
    fix: `sudo jts-hot config ${service} --check`,
  });
}

function refused(one: Diagnostic): Problem {
  return new Problem(EXIT.refused, [one]);
}
