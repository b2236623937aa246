// `jts-hot monitor --watch`: the space report again and again, on a terminal, until somebody leaves. Records no samples,
// sends no alerts, and never measures more than half of the time: a trading host has better things to do.
import { constants } from 'node:os';
import type { Answer, Context } from '../command/context.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Paint } from '../messages/paint.ts';
import { fullEta } from '../space/outlook.ts';
import { monitorCommand } from './monitor.ts';
import type { MonitorResult, Thresholds } from './report-document.ts';
import type { TerminalPort } from './terminal.ts';
import { renderWatch, type WatchFrame, type WatchMeasured, type WatchRow } from './watch-text.ts';
import { FIRST_VIEW, pressed } from './watch-view.ts';

export interface WatchOptions {
  /** From the start of one measurement to that of the next, unless it takes longer. */
  readonly intervalSeconds: number;
  readonly thresholds: Thresholds | null;
  /** A service that has not answered by then is given up; null: only one that stands still. */
  readonly timeoutMs?: number | null;
  readonly terminal: TerminalPort;
  readonly paint: Paint;
}

/** The present rate covers this time, and three measurements at least. */
const RATE_MS = 60_000;
const RATE_LOOKS = 3;
/** Ages and remaining times are shown in seconds. */
const TICK_MS = 1000;

/** What one measurement found. */
interface Look {
  /** By the terminal's clock. */
  readonly at: number;
  readonly usedBytes: ReadonlyMap<string, number>;
}

/** 0 when somebody left; 128 and its number after a signal. A measurement under way is not waited for. */
export async function watchCommand(context: Context, options: WatchOptions): Promise<Answer<null>> {
  const { terminal } = options;
  requireTerminal(context, terminal);
  const left = Promise.withResolvers<number>();
  const view = viewOf(context, options, left.reject);
  try {
    terminal.enter((event) => {
      switch (event.type) {
        case 'key':
          if (view.key(event.key) === 'leave') left.resolve(EXIT.ok);
          break;
        case 'stop':
          left.resolve(128 + constants.signals[event.signal]);
          break;
        case 'redraw':
          view.draw();
          break;
        default:
          event satisfies never;
      }
    });
    view.start();
    return { exitCode: await left.promise, problems: [], result: null };
  } finally {
    view.stop();
    terminal.leave();
  }
}

function requireTerminal({ environment }: Context, terminal: TerminalPort): void {
  const kind = environment('TERM');
  if (terminal.isTerminal && kind !== 'dumb') return;
  throw new Problem(EXIT.usage, [
    diagnostic('E_NO_TERMINAL', 'cannot show a live view without a terminal', {
      at: '--watch',
      detail: terminal.isTerminal
        ? 'want a terminal that can move its cursor, found TERM=dumb'
        : 'want a terminal on standard input and output, found a file, a pipe or nothing',
      hint: 'for one report: jts-hot monitor',
    }),
  ]);
}

interface Live {
  start(): void;
  draw(): void;
  key(key: string): 'leave' | 'stay';
  /** Nothing is drawn or begun any more. */
  stop(): void;
}

function viewOf(context: Context, options: WatchOptions, fail: (error: unknown) => void): Live {
  const { terminal, paint, intervalSeconds } = options;
  const begun = terminal.now();
  const looks: Look[] = [];
  /** By subject, of the first measurement that had it. */
  const first = new Map<string, number>();
  let latest: MonitorResult | null = null;
  let measuring: string | null = null;
  let nextAt = begun;
  let shown = FIRST_VIEW;
  let stopped = false;
  let drawn = '';
  const cancels = new Map<'tick' | 'look', () => void>();

  const later = (what: 'tick' | 'look', milliseconds: number, act: () => void) =>
    cancels.set(what, terminal.after(milliseconds, guarded(act)));
  /** What fails in a callback must not be lost, and must not leave the terminal taken. */
  const guarded = (act: () => void) => () => {
    if (stopped) return;
    try {
      act();
    } catch (error) {
      fail(error);
    }
  };

  const frame = (): WatchFrame => ({
    base: context.layout.base,
    view: shown,
    measured: latest === null ? null : measuredOf(latest, { looks, first, now: terminal.now() }),
    watchedSeconds: (terminal.now() - begun) / 1000,
    measuring,
    nextSeconds: measuring === null ? Math.max(0, nextAt - terminal.now()) / 1000 : null,
  });
  const draw = (again: boolean) => {
    if (stopped) return;
    const text = renderWatch(frame(), terminal.size(), paint);
    if (text !== drawn || again) terminal.draw(text.split('\n'));
    drawn = text;
  };

  const look = async () => {
    const started = terminal.now();
    measuring = 'measuring';
    draw(false);
    const progress = (text: string) => {
      if (stopped) return;
      measuring = text === '' ? 'measuring' : text;
      draw(false);
    };
    const { thresholds, timeoutMs = null } = options;
    const quiet = { thresholds, record: false, timeoutMs };
    const { result } = await monitorCommand({ ...context, progress }, quiet);
    if (stopped || result === null) return;
    const ended = terminal.now();
    latest = result;
    remember(result, ended);
    measuring = null;
    const restMs = Math.max(started + intervalSeconds * 1000 - ended, ended - started);
    nextAt = ended + restMs;
    draw(false);
    if (!shown.paused) later('look', restMs, begin);
  };
  const begin = () => {
    look().catch(fail);
  };

  const remember = (result: MonitorResult, at: number) => {
    const usedBytes = usedBySubject(result);
    for (const [name, bytes] of usedBytes) if (!first.has(name)) first.set(name, bytes);
    looks.push({ at, usedBytes });
    while (looks.length > RATE_LOOKS && at - (looks[1]?.at ?? at) >= RATE_MS) looks.shift();
  };

  /** A measurement under way comes to its end, and is the last one until somebody goes on. */
  const pauseOrGoOn = () => {
    cancels.get('look')?.();
    if (!shown.paused && measuring === null) later('look', Math.max(0, nextAt - terminal.now()), begin);
  };
  const key = (typed: string): 'leave' | 'stay' => {
    const next = pressed(shown, typed) ?? shown;
    if (next === 'leave') return 'leave';
    const turned = next.paused !== shown.paused;
    shown = next;
    if (turned) pauseOrGoOn();
    guarded(() => draw(true))();
    return 'stay';
  };

  const tick = () => {
    draw(false);
    later('tick', TICK_MS, tick);
  };
  return {
    start: () => {
      begin();
      tick();
    },
    draw: guarded(() => draw(true)),
    key,
    stop: () => {
      stopped = true;
      for (const cancel of cancels.values()) cancel();
    },
  };
}

/** The disk's name in the view. No service can have a blank at its end. */
const DISK_ROW = 'disk ';

/** Of services that have one of their own, by the name of its row: no service can have a slash in its name. */
function ownOf({ fileSystems = [] }: MonitorResult) {
  return fileSystems.flatMap((fs) => (fs.service === null ? [] : [{ name: `disk/${fs.service}`, fs }]));
}

function usedBySubject(result: MonitorResult): ReadonlyMap<string, number> {
  const { fileSystem, services } = result;
  return new Map([
    [DISK_ROW, fileSystem.usedBytes],
    ...ownOf(result).map(({ name, fs }) => [name, fs.usedBytes] as const),
    ...services.flatMap(({ service, usedBytes }) =>
      usedBytes === null ? [] : [[service, usedBytes] as const],
    ),
  ]);
}

function measuredOf(
  result: MonitorResult,
  known: {
    readonly looks: readonly Look[];
    readonly first: ReadonlyMap<string, number>;
    readonly now: number;
  },
): WatchMeasured {
  const { looks, first, now } = known;
  const oldest = looks[0];
  const newest = looks.at(-1) ?? { at: now, usedBytes: new Map() };
  const seconds = oldest === undefined || oldest === newest ? null : (newest.at - oldest.at) / 1000;
  const row = (
    name: string,
    { status, forecast }: Pick<MonitorResult['fileSystem'], 'status' | 'forecast'>,
    { usedBytes, limitBytes }: Pick<WatchRow, 'usedBytes' | 'limitBytes'>,
  ): WatchRow => {
    const since = (before: number | undefined) =>
      usedBytes === null || before === undefined ? null : usedBytes - before;
    const lately = since(oldest?.usedBytes.get(name));
    return {
      name: name.trimEnd(),
      status,
      usedBytes,
      limitBytes,
      grownBytes: since(first.get(name)),
      bytesPerSecond: lately === null || seconds === null ? null : lately / seconds,
      forecast: fullEta(forecast),
    };
  };
  const { mountPoint, source, type, freeBytes, usedBytes } = result.fileSystem;
  const disk = { usedBytes, limitBytes: usedBytes + freeBytes };
  return {
    status: result.status,
    ageSeconds: (now - newest.at) / 1000,
    rateSeconds: seconds,
    timedOut: result.timedOut,
    fileSystem: { mountPoint, source, type, freeBytes },
    // A report of an earlier version knows nothing of it.
    backups: (result.backups ?? []).map(({ service, level, causes }) => ({
      service,
      status: level,
      found: causes.map(({ found }) => found),
    })),
    rows: [
      row(DISK_ROW, result.fileSystem, disk),
      ...ownOf(result).map(({ name, fs }) =>
        row(name, fs, { usedBytes: fs.usedBytes, limitBytes: fs.usedBytes + fs.freeBytes }),
      ),
      ...result.services.map((service) =>
        row(service.service, service, { usedBytes: service.usedBytes, limitBytes: service.plannedBytes }),
      ),
    ],
  };
}
