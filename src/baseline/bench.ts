// `jts-hot bench`: measures the disk below the base with fio(1), on a file without a name, and keeps the figures. Changes
// nothing that stays: the file is gone however this ends.
import { setTimeout } from 'node:timers/promises';
import type { Answer, Context } from '../command/context.ts';
import { type Part, workThrough } from '../command/long-work.ts';
import { requireActing } from '../command/right-disk.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { SCRATCH_FD, type Scratch, type ScratchEnd } from '../port/scratch.ts';
import type { Baseline, BenchResult, Comparison, Verdict } from './baseline-document.ts';
import { type Figures, type FioRun, figuresOf, parseFio } from './fio-output.ts';
import { baselinesIn, keepBaseline } from './kept-baselines.ts';
import {
  EXTENTS,
  fillCommand,
  fioCommand,
  LEAST_BYTES,
  MEASUREMENTS,
  type Measurement,
  type Mode,
  ROUNDS,
  type RowName,
} from './measurements.ts';
import { type BenchPlace, identityOf, kernelOf, requireIdle, requirePlace, requireRoom } from './place.ts';
import { compare, judge, medianOf } from './verdict.ts';

export interface BenchOptions {
  /** Whose file system; null: the base's. */
  readonly service: string | null;
  readonly mode: Mode;
  /** Also where the disk is busy. */
  readonly evenBusy: boolean;
}

/** fio starts, and ends what it has begun on a slow disk. */
const PATIENCE_SECONDS = 60;

export async function benchCommand(context: Context, options: BenchOptions): Promise<Answer<BenchResult>> {
  const { directory, ...of } = requirePlace(context, options.service);
  const { host, layout } = context;
  const release = host.lock(context.invocation);
  try {
    await requireActing(context, of.service);
    requireRoom(host.fileSystem(directory), directory, EXTENTS[options.mode]);
    const names = host.fileSystem(directory).device?.disks ?? [];
    if (!options.evenBusy) await requireIdle(context, names, (milliseconds) => setTimeout(milliseconds));
    const baseline = await measure(context, { directory, service: of.service }, options.mode);
    const about = { root: host.root, base: layout.base, others: of.others };
    if (baseline === null) return stopped(context, about);
    return { ...judged(context, baseline, about) };
  } finally {
    release();
  }
}

type About = Pick<BenchResult, 'root' | 'base' | 'others'>;

/** null: a signal came. */
async function measure(
  context: Context,
  { directory, service }: Pick<BenchPlace, 'directory' | 'service'>,
  mode: Mode,
): Promise<Baseline | null> {
  const { host } = context;
  const extent = EXTENTS[mode];
  const file = host.openScratch(directory, extent.fileBytes);
  try {
    const direct = file.takesDirect;
    const rounds = new Map<RowName, Figures[]>();
    let [bytes, fio] = [extent.fileBytes, ''];
    const fill: Part<() => void> = {
      says: 'write the file',
      expectedSeconds: extent.fillSeconds / 2,
      run: async (signal) => {
        const run = await runFio(file, fillCommand({ fd: SCRATCH_FD, direct, extent }), {
          seconds: extent.fillSeconds,
          signal,
        });
        return () => {
          if (run === null) return;
          fio = run.version.replace(/^fio-/, '');
          bytes = writtenOf(run, extent.fileBytes);
        };
      },
    };
    const partOf = (measurement: Measurement, round: number): Part<() => void> => ({
      says: `${measurement.says}, round ${round} of ${ROUNDS}`,
      expectedSeconds: extent.seconds + 0.5,
      run: async (signal) => {
        const of = measurement.appends ? host.openScratch(directory, 0) : file;
        try {
          const argv = fioCommand(measurement, { fd: SCRATCH_FD, bytes, direct, seconds: extent.seconds });
          const run = await runFio(of, argv, { seconds: extent.seconds, signal });
          return () => {
            if (run === null) return;
            for (const { name, side } of measurement.rows) {
              const found = figuresOf(run, side);
              if ('complaint' in found) throw unreadable(found.complaint);
              rounds.set(name, [...(rounds.get(name) ?? []), found]);
            }
          };
        } finally {
          if (of !== file) of.close();
        }
      },
    });
    const parts = [
      fill,
      ...Array.from({ length: ROUNDS }, (_, i) => MEASUREMENTS.map((one) => partOf(one, i + 1))).flat(),
    ];
    if ((await workThrough(parts, context, (keep) => keep())) === 'stopped') return null;
    return {
      ...facts(context, directory),
      service,
      mode,
      fio,
      ...measured({ directory, bytes, direct }, rounds, mode),
    };
  } finally {
    file.close();
  }
}

function measured(
  file: Baseline['file'],
  rounds: ReadonlyMap<RowName, readonly Figures[]>,
  mode: Mode,
): Pick<Baseline, 'file' | 'rounds' | 'secondsEach' | 'rows'> {
  const rows = MEASUREMENTS.flatMap((measurement) =>
    measurement.rows.map(({ name }) => {
      const { options, appends } = measurement;
      const cache = appends || !file.direct ? '--direct=0' : '--direct=1';
      return { name, ...medianOf(rounds.get(name) ?? []), options: [...options, cache] };
    }),
  );
  return { file, rounds: ROUNDS, secondsEach: EXTENTS[mode].seconds, rows };
}

/** On which disk and with what. */
function facts(
  { host, now, program }: Context,
  directory: string,
): Pick<Baseline, 'at' | 'program' | 'disk' | 'fileSystem' | 'kernel'> {
  const { device, mountPoint, source, type, options } = host.fileSystem(directory);
  const disks = host.blockDisks(device?.disks ?? []);
  const { uuid } = host.disk(directory).holder;
  return {
    at: now(),
    program,
    disk: {
      id: identityOf(disks, { uuid, source }),
      names: disks.map(({ name }) => name),
      models: [...new Set(disks.flatMap(({ model }) => (model === null ? [] : [model])))],
    },
    fileSystem: { mountPoint, source, type, options },
    kernel: kernelOf(host),
  };
}

/** A slow disk does not take all of it in the time: what was written is measured. Whole MiB, for direct I/O. */
function writtenOf({ writtenBytes }: FioRun, wanted: number): number {
  const bytes = Math.min(wanted, writtenBytes - (writtenBytes % (1024 * 1024)));
  if (bytes >= LEAST_BYTES) return bytes;
  throw failed('E_SLOW', 'cannot measure a disk that hardly writes', {
    detail: `want at least ${LEAST_BYTES} bytes written in time, found ${writtenBytes}`,
    hint: 'see what the disk says: sudo dmesg | tail',
  });
}

/** null: it was stopped. */
async function runFio(
  file: Scratch,
  argv: readonly [string, ...string[]],
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<FioRun | null> {
  const end = await file.run(argv, { timeoutMs: (seconds + PATIENCE_SECONDS) * 1000, signal });
  if (end.ended === 'stopped' || signal.aborted) return null;
  if (end.ended !== 'exit' || end.status !== 0) throw fioFailed(argv, end);
  const run = parseFio(end.stdout);
  if ('complaint' in run) throw unreadable(run.complaint);
  return run;
}

function fioFailed(
  argv: readonly string[],
  end: Exclude<ScratchEnd, { readonly ended: 'stopped' }>,
): Problem {
  const how = end.ended === 'exit' ? `exit status ${end.status}` : end.how;
  const said = end.stderr.split('\n').filter((line) => line.trim() !== '');
  const isFull = /No space left|Disk quota/i.test(end.stderr);
  return failed('E_FIO', 'cannot measure with fio', {
    detail: [`command: ${argv.join(' ')}`, `found: ${how}`, ...said.slice(0, 4).map((line) => line.trim())],
    hint: isFull
      ? 'somebody filled the disk meanwhile: free some space, then run the same command again'
      : 'see what the disk says (sudo dmesg | tail), then run the same command again',
  });
}

function unreadable(complaint: string): Problem {
  return failed('E_FIO_OUTPUT', 'cannot read what fio found', {
    detail: complaint,
    hint: 'see which fio it is (fio --version), and whether it measures by hand',
  });
}

function stopped({ invocation }: Pick<Context, 'invocation'>, about: About): Answer<BenchResult> {
  const problem = diagnostic('E_STOPPED', 'cannot finish the measurement', {
    detail: 'it was stopped; nothing is kept, and no file is left',
    fix: `sudo jts-hot ${invocation}`,
  });
  const none = { baseline: null, verdicts: [], comparison: null, unkept: null };
  return { exitCode: EXIT.failed, problems: [problem], result: { ...about, outcome: 'stopped', ...none } };
}

function judged(context: Context, baseline: Baseline, about: About): Answer<BenchResult> {
  const { comparison, problems: unkept } = keep(context, baseline);
  const verdicts = judge(baseline.rows);
  const problems = [...tooSlow(verdicts, baseline), ...slower(comparison, baseline), ...unkept];
  const [first] = unkept;
  return {
    exitCode: problems.length === 0 ? EXIT.ok : EXIT.failed,
    problems,
    result: {
      ...about,
      outcome: 'measured',
      baseline,
      verdicts,
      comparison,
      unkept: first === undefined ? null : [first.summary, ...first.detail].join('; '),
    },
  };
}

/** Minutes of work are shown also where they cannot be kept. */
function keep(
  context: Context,
  baseline: Baseline,
): { readonly comparison: Comparison | null; readonly problems: readonly Diagnostic[] } {
  try {
    const history = context.history({ mode: 'write', group: context.monitoring.group });
    if (history === null) return { comparison: null, problems: [] };
    try {
      const comparison = compare(baseline, baselinesIn(history, baseline.disk.id));
      keepBaseline(history, baseline);
      return { comparison, problems: history.problems };
    } finally {
      history.close();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { comparison: null, problems: error.diagnostics };
  }
}

function tooSlow(verdicts: readonly Verdict[], { fileSystem }: Baseline): readonly Diagnostic[] {
  const missed = verdicts.filter(({ isMet }) => !isMet);
  if (missed.length === 0) return [];
  return [
    diagnostic('W_DISK_SLOW', 'the disk is not as fast as trading needs', {
      at: fileSystem.mountPoint,
      detail: missed.map(
        ({ what, wantP99Ns, haveP99Ns }) =>
          `want ${what} within ${milliseconds(wantP99Ns)}, found within ${milliseconds(haveP99Ns)}`,
      ),
      hint: 'see how it is set (jts-hot tune disk) and what else works on it (iostat -x 5), then measure again',
    }),
  ];
}

function slower(comparison: Comparison | null, { fileSystem }: Baseline): readonly Diagnostic[] {
  if (comparison === null || comparison.drops.length === 0) return [];
  return [
    diagnostic('W_DISK_SLOWER', 'the disk has become slower', {
      at: fileSystem.mountPoint,
      detail: comparison.drops.map(
        ({ says, percent, since }) => `${says}: ${Math.round(percent)} % less than on ${since.slice(0, 10)}`,
      ),
      hint: 'see how it is set (jts-hot tune disk) and what else works on it (iostat -x 5); the trend: jts-hot history disk',
    }),
  ];
}

function milliseconds(ns: number): string {
  return `${Number((ns / 1e6).toPrecision(3))} ms`;
}

function failed(code: string, summary: string, more: Parameters<typeof diagnostic>[2]): Problem {
  return new Problem(EXIT.failed, [diagnostic(code, summary, more)]);
}
