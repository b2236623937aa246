// `jts-hot trim`: tells the disk below the base now what is free on it. Changes nothing that anybody could read, and is no run.
import type { Answer, Context } from '../command/context.ts';
import { requireRoot } from '../command/context.ts';
import { type Part, workThrough } from '../command/long-work.ts';
import { requireActing } from '../command/right-disk.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import type { Trimmed, TrimRange } from '../port/trim.ts';
import { mountsIn } from '../space/holders.ts';
import { hotDisk } from './hot-disk.ts';
import type { TrimResult } from './trim-document.ts';
import { discardsOf, layerInTheWay } from './trim-facts.ts';
import { rangesFor } from './trim-ranges.ts';

/** A guess: one of an ext4 that has 64 GiB of free room in it. */
const SECONDS_A_RANGE = 0.3;

export async function trimCommand(
  context: Context,
  { isDry }: { readonly isDry: boolean },
): Promise<Answer<TrimResult>> {
  if (!isDry) requireRoot(context);
  const { host, layout } = context;
  const plans = planAll(context);
  if (isDry) {
    const results = plans.map(({ about }): Trim => {
      return { ...about, outcome: 'planned', done: 0, trimmedBytes: 0 };
    });
    return { exitCode: EXIT.ok, problems: [], result: together(layout.base, plans, results) };
  }
  const release = host.lock(context.invocation);
  try {
    await requireActing(context);
    return await trimAll(context, planAll(context));
  } finally {
    release();
  }
}

type Trim = Omit<TrimResult, 'base' | 'fileSystems'>;

interface TrimPlan {
  /** null: of the base. */
  readonly service: string | null;
  readonly about: Pick<TrimResult, 'mountPoint' | 'source' | 'type' | 'freeBytes' | 'ranges'>;
  readonly device: string;
  readonly ranges: readonly TrimRange[];
}

/** That of the base first. Throws a Problem where one cannot be trimmed. */
function planAll({ host, layout }: Context): readonly TrimPlan[] {
  const base = planTrim(host, { service: null, ...hotDisk(host, layout.base).holder });
  const own = mountsIn(layout, host).map(({ service, path }) =>
    planTrim(host, { service, ...host.disk(path).holder }),
  );
  return [base, ...own];
}

function planTrim(
  host: Host,
  {
    service,
    mountPoint,
    source,
    type,
  }: Pick<TrimPlan, 'service'> & Pick<Trim, 'mountPoint' | 'source' | 'type'>,
): TrimPlan {
  const discards = discardsOf(host, mountPoint);
  if (discards === null || discards.reach === 'none')
    throw refused('E_NO_DISCARD', 'refusing to trim a disk that takes no discards', {
      at: mountPoint,
      detail: `want a disk that does (discard_max_bytes in sysfs), found ${discards?.why ?? `${type} from ${source}, on no disk`}`,
      hint: 'nothing needs to be done: such a disk does not become slower by what is deleted',
    });
  if (discards.reach === 'layer') throw new Problem(EXIT.refused, [layerInTheWay(mountPoint, discards.why)]);
  if (host.missingTools(['fstrim']).length > 0)
    throw refused('E_NO_TOOL', 'refusing to trim a disk without fstrim', {
      at: mountPoint,
      detail: 'want fstrim, found none',
      fix: 'sudo apt-get install util-linux',
    });
  const { sizeBytes, freeBytes } = host.fileSystem(mountPoint);
  const groupBytes = type === 'xfs' ? host.allocationGroupBytes(mountPoint) : null;
  const ranges = rangesFor({ type, sizeBytes, groupBytes });
  return {
    service,
    about: { mountPoint, source, type, freeBytes, ranges: ranges.length },
    device: host.deviceAt(mountPoint),
    ranges,
  };
}

/** One after the other; the first that is not done ends it. */
async function trimAll(context: Context, plans: readonly TrimPlan[]): Promise<Answer<TrimResult>> {
  const results: Trim[] = [];
  for (const plan of plans) {
    const { exitCode, problems, result } = await trim(context, plan);
    if (result !== null) results.push(result);
    if (exitCode !== EXIT.ok)
      return { exitCode, problems, result: together(context.layout.base, plans, results) };
  }
  return { exitCode: EXIT.ok, problems: [], result: together(context.layout.base, plans, results) };
}

function together(base: string, plans: readonly TrimPlan[], results: readonly Trim[]): TrimResult | null {
  const [first, ...own] = results;
  if (first === undefined) return null;
  if (plans.length === 1) return { base, ...first };
  return {
    base,
    ...first,
    fileSystems: own.map((one, i) => ({ service: plans[i + 1]?.service ?? '', ...one })),
  };
}

async function trim(context: Context, { about, device, ranges }: TrimPlan): Promise<Answer<Trim>> {
  const { host } = context;
  let [done, trimmedBytes] = [0, 0];
  let failure: Diagnostic | null = null;
  const parts = ranges.map(
    (range): Part<void> => ({
      says: `trim ${about.mountPoint}`,
      expectedSeconds: SECONDS_A_RANGE,
      // What was begun is done: a signal is heard after it.
      run: async () => {
        const answer = await host.trimRange(about.mountPoint, device, range);
        if ('failed' in answer) throw new Problem(EXIT.failed, [notTrimmed(about.mountPoint, answer)]);
        done += 1;
        trimmedBytes += answer.bytes;
      },
    }),
  );
  const outcome = await workThrough(parts, context, () => {}).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
    failure = error.diagnostics[0] ?? null;
    return 'failed' as const;
  });
  const result: Trim = {
    ...about,
    // A signal that came during the last one came too late.
    outcome: outcome === 'failed' ? outcome : done === ranges.length ? 'trimmed' : 'stopped',
    done,
    trimmedBytes,
  };
  if (result.outcome === 'trimmed') return { exitCode: EXIT.ok, problems: [], result };
  return { exitCode: EXIT.failed, problems: [failure ?? stopped(context, result)], result };
}

function notTrimmed(mountPoint: string, { failed, said }: Extract<Trimmed, { failed: string }>): Diagnostic {
  return failed === 'E_MOUNT_CHANGED'
    ? diagnostic(failed, 'refusing to trim another file system than was looked at', {
        at: mountPoint,
        detail: `want the one that was mounted there, found: ${said}`,
        hint: `see what is mounted there (findmnt ${mountPoint}), then run the same command again`,
      })
    : diagnostic(failed, 'cannot trim a file system', {
        at: mountPoint,
        detail: `fstrim said: ${said}`,
        hint: 'see what the disk says: sudo dmesg | tail',
      });
}

function stopped({ invocation }: Pick<Context, 'invocation'>, { done, ranges }: Trim): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish the trimming', {
    detail: `it was stopped after ${done} of ${ranges} ranges; what is trimmed stays so`,
    fix: `sudo jts-hot ${invocation}`,
  });
}

function refused(code: string, summary: string, more: Parameters<typeof diagnostic>[2]): Problem {
  return new Problem(EXIT.refused, [diagnostic(code, summary, more)]);
}
