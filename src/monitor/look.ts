// `jts-hot look`: the disk alone, at a constant cost, for a timer of five minutes: its level, a sample in a ring, alerts.
// Where the disk moves fast it has the services measured, too. Says nothing of what it finds: `monitor` does.

import type { AlertFacts } from '../alerts/deliver-document.ts';
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { compareDisk, noAnswer } from '../command/right-disk.ts';
import { compareServices } from '../command/service-disks.ts';
import { type Diagnostic, EXIT } from '../messages/diagnostic.ts';
import type { Asking } from '../port/file-system.ts';
import type { LookTurn } from '../port/host.ts';
import { mountsIn } from '../space/holders.ts';
import { isUnknown, percentOf } from '../space/levels.ts';
import { LOOK_MS } from '../space/looks.ts';
import type { LookResult } from './look-document.ts';
import { type JudgedLook, judgedLook, type Seen } from './look-judgement.ts';
import { countedSubjects } from './look-services.ts';
import { monitorCommand, SILENCE, tell } from './monitor.ts';
import type { Subject } from './watched.ts';

/** What a test replaces. */
export interface LookMeans {
  /** Until what it returns is called. */
  readonly every: (milliseconds: number, act: () => Promise<void>) => () => void;
}

const REAL_MEANS: LookMeans = {
  every: (milliseconds, act) => {
    const timer = setInterval(() => void act(), milliseconds);
    return () => clearInterval(timer);
  },
};

/** A busy disk answers within this time; one that does not is waited for once more. */
const PATIENCE_MS = 10_000;
const MORE_PATIENCE_MS = 50_000;

/** The result is null where another look is at work. */
export async function lookCommand(
  context: Context,
  means: LookMeans = REAL_MEANS,
): Promise<Answer<LookResult>> {
  requireRoot(context);
  const turn = context.host.lookTurn();
  try {
    return turn.is === 'taken'
      ? { exitCode: EXIT.ok, problems: [], result: null }
      : await look(context, { turn, means });
  } finally {
    turn.end();
  }
}

async function look(
  context: Context,
  { turn, means }: { readonly turn: LookTurn; readonly means: LookMeans },
): Promise<Answer<LookResult>> {
  // An earlier look still waits for an answer: asking again would only wait as well.
  const asking = turn.is === 'hanging' ? null : context.host.askFileSystem(context.layout.base);
  const first = await lookOnce(context, asking, PATIENCE_MS);
  if (first.silent && asking !== null) {
    // While one look waits in the kernel, a timer may not start the next: this one finds out itself whether it lasts.
    const second = await lookOnce(context, asking, MORE_PATIENCE_MS);
    if (second.silent) turn.hangs();
    return answerOf(context, second);
  }
  if (!first.judged.sooner) return answerOf(context, first);
  const stop = means.every(LOOK_MS, async () => {
    await lookOnce(context, context.host.askFileSystem(context.layout.base), PATIENCE_MS);
  });
  try {
    const measured = await monitorCommand(context, {
      thresholds: null,
      record: true,
      timeoutMs: null,
      sooner: true,
    });
    return answerOf(context, first, measured.problems);
  } finally {
    stop();
  }
}

interface Looked {
  readonly judged: JudgedLook;
  readonly alerts: AlertFacts;
  /** The disk gave no answer. */
  readonly silent: boolean;
}

/** `asking` null: asking is of no use. */
async function lookOnce(context: Context, asking: Asking | null, patienceMs: number): Promise<Looked> {
  const answer = asking === null ? null : await asking.within(patienceMs);
  const wrong =
    answer === null || 'error' in answer ? null : ((await compareDisk(context, patienceMs))?.wrong ?? null);
  const seen: Seen =
    answer === null
      ? { why: SILENCE }
      : 'error' in answer
        ? { why: `${context.layout.base}: ${answer.error}` }
        : wrong === null
          ? answer
          : { why: `want ${wrong.expected}, found ${wrong.found}` };
  const own =
    wrong === null && answer !== null ? await lookAtOwn(context, patienceMs) : new Map<string, Seen>();
  const judged = judgedLook(context, { seen, own, services: servicesSeen(context, seen, own) });
  try {
    const alerts = await tell(context, judged.queue);
    return { judged, alerts, silent: answer === null };
  } finally {
    judged.history?.close();
  }
}

/** Of a disk that does not answer, or is another one, nothing is asked. */
function servicesSeen(context: Context, seen: Seen, own: ReadonlyMap<string, Seen>): readonly Subject[] {
  if ('why' in seen) return [];
  const answered = [...own].flatMap(([service, one]) => ('why' in one ? [] : [{ service, fileSystem: one }]));
  const silent = [...own.keys()].filter((name) => !answered.some(({ service }) => service === name));
  const services = context.layout.services.filter(({ name }) => !silent.includes(name));
  const layout = { ...context.layout, services };
  return countedSubjects({ ...context, layout }, { fileSystem: seen, own: answered });
}

/** By service, the file systems that services have of their own, asked all at once. */
async function lookAtOwn(context: Context, patienceMs: number): Promise<ReadonlyMap<string, Seen>> {
  const { host, layout } = context;
  const judged = await compareServices(context, patienceMs);
  const asked = mountsIn(layout, host).map(async ({ service, path }): Promise<readonly [string, Seen]> => {
    const wrong = judged.find(({ mount }) => mount.service === service)?.wrong ?? null;
    if (wrong !== null) return [service, { why: `want ${wrong.expected}, found ${wrong.found}` }];
    const answer = await host.askFileSystem(path).within(patienceMs);
    if (answer === null) return [service, { why: SILENCE }];
    return [service, 'error' in answer ? { why: `${path}: ${answer.error}` } : answer];
  });
  return new Map(await Promise.all(asked));
}

function answerOf(
  { layout, host }: Context,
  { judged, alerts, silent }: Looked,
  problems: readonly Diagnostic[] = [],
): Answer<LookResult> {
  const { state, disk, services, sooner } = judged;
  const all = [
    ...judged.problems,
    ...problems,
    ...(silent ? noAnswer(layout.base, PATIENCE_MS + MORE_PATIENCE_MS).diagnostics : []),
  ];
  return {
    exitCode: all.length === 0 && disk !== null ? EXIT.ok : EXIT.failed,
    problems: all,
    result: {
      root: host.root,
      base: layout.base,
      status: isUnknown(state) ? 'UNKNOWN' : state.level,
      disk: disk && {
        usedBytes: disk.usedBytes,
        limitBytes: disk.limitBytes,
        usedPercent: percentOf(disk.usedBytes, disk.limitBytes),
      },
      ...(services.length === 0 ? {} : { services }),
      sooner,
      alerts,
    },
  };
}
