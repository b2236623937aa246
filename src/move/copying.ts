// Owns making the copy: passes while the service runs, each with less to do, and the one when nobody writes any more. Acts only
// in the directory for copies, which root alone can enter.
import type { Context } from '../command/context.ts';
import { howFar } from '../command/far.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { type Copied, type ObstacleKind, type Obstacles, STANDING_IN_THE_WAY } from '../port/copy-tree.ts';
import { makeStaging } from './in-place.ts';
import type { Pass } from './move-document.ts';
import type { Staging } from './places.ts';
import { type Suspects, startSuspecting } from './suspects.ts';

export interface Copying {
  readonly from: string;
  readonly staging: Staging;
  /** What there is to be copied, for those who wait. */
  readonly bytes: number;
  readonly bytesPerSecond: number | null;
  readonly signal: AbortSignal;
  /** Paths below the old place that the service makes anew. */
  readonly madeAnew: readonly string[];
}

/** One that has so little left is the last. */
const LITTLE_BYTES = 64 * 1024 * 1024;
const MOST_PASSES = 4;

export interface CopiedLive {
  readonly outcome: 'done' | 'stopped';
  readonly passes: readonly Pass[];
  /** Go on looking until the service is stopped. The caller ends it. */
  readonly suspects: Suspects;
}

/** `comparesAll`: an earlier call that was killed copied some of it, and what was open then is not known any more. */
export async function copyLive(
  context: Context,
  copying: Copying,
  { comparesAll }: { readonly comparesAll: boolean },
): Promise<CopiedLive> {
  const { host } = context;
  const { directory } = copying.staging;
  makeStaging(host, directory);
  const suspects = startSuspecting(host, copying.from);
  const passes: Pass[] = [];
  try {
    for (let number = 1; number <= MOST_PASSES; number += 1) {
      const before = suspects.all();
      suspects.begin();
      const all = comparesAll && number === 1;
      const { copied, pass } = await onePass(context, copying, {
        pass: 'first',
        suspects: all ? 'all' : before,
      });
      passes.push(pass);
      if (copied.outcome === 'stopped') return { outcome: 'stopped', passes, suspects };
      // Comparing what is always open does not become less.
      if (pass.copiedBytes <= LITTLE_BYTES) break;
      const earlier = passes.at(-2);
      if (earlier !== undefined && pass.copiedBytes > earlier.copiedBytes / 2) break;
    }
    return { outcome: 'done', passes, suspects };
  } catch (error) {
    suspects.end();
    throw error;
  }
}

/** Nobody writes any more. Throws a Problem where something is not in the copy as it is. `isWhole`: nothing is made anew. */
export async function copyStill(
  context: Context,
  copying: Copying,
  suspects: ReadonlySet<string> | 'all',
): Promise<{ readonly outcome: 'done' | 'stopped'; readonly pass: Pass; readonly isWhole: boolean }> {
  const { copied, pass } = await onePass(
    context,
    { ...copying, bytesPerSecond: null },
    { pass: 'again', suspects },
  );
  if (copied.outcome === 'done') requireWhole(copying, copied.obstacles);
  const isWhole = STANDING_IN_THE_WAY.every((kind) => (copied.obstacles.counts[kind] ?? 0) === 0);
  return { outcome: copied.outcome, pass, isWhole };
}

export interface Hashed {
  readonly sha256: string;
  readonly bytes: number;
}

/** null: it was stopped. Throws a Problem where both sides are not equal. */
export async function hashBoth(
  context: Context,
  { from, staging, bytes, signal }: Copying,
): Promise<Hashed | null> {
  const tell = telling(context, 'hashing both sides', bytes * 2);
  const compared = await context.host.compareTrees({
    one: from,
    other: staging.copy,
    signal,
    onProgress: (progress) => tell(progress.bytes),
  });
  context.progress('');
  if (compared.outcome === 'stopped') return null;
  if (compared.outcome === 'equal') return { sha256: compared.one.sha256, bytes: compared.one.bytes };
  throw new Problem(EXIT.failed, [
    diagnostic('E_DIFFERENT', 'refusing to switch to a copy that is not as its source', {
      at: `directory ${from}`,
      detail: [
        `want SHA-256 ${compared.one.sha256.slice(0, 16)}…, found ${compared.other.sha256.slice(0, 16)}… in ${staging.copy}`,
        ...compared.differences.slice(0, 5).map(({ path, what }) => `${path}: ${what}`),
      ],
      hint: 'somebody may have written there meanwhile: run the same command again',
    }),
  ]);
}

async function onePass(
  context: Context,
  { from, staging, bytes, bytesPerSecond, signal }: Copying,
  how: { readonly pass: 'first' | 'again'; readonly suspects: ReadonlySet<string> | 'all' },
): Promise<{ readonly copied: Copied; readonly pass: Pass }> {
  const begun = Date.parse(context.now());
  const tell = telling(context, how.pass === 'first' ? 'copying' : 'comparing', bytes);
  const copied = await context.host.copyTree({
    from,
    to: staging.copy,
    ...how,
    bytesPerSecond,
    signal,
    onProgress: (progress) => tell(progress.bytes),
  });
  context.progress('');
  const { compared, removed } = copied;
  return {
    copied,
    pass: {
      while: how.pass === 'first' ? 'running' : 'stopped',
      seconds: (Date.parse(context.now()) - begun) / 1000,
      copiedFiles: copied.copied.files,
      copiedBytes: copied.copied.bytes,
      comparedFiles: compared.files,
      comparedBytes: compared.bytes,
      differing: compared.differing,
      removed,
    },
  };
}

function telling({ now, progress }: Context, says: string, wantBytes: number): (bytes: number) => void {
  const begun = Date.parse(now());
  return (bytes) => progress(howFar(says, { bytes, wantBytes, seconds: (Date.parse(now()) - begun) / 1000 }));
}

function requireWhole({ from, madeAnew }: Copying, { counts, named }: Obstacles): void {
  const made = (kind: ObstacleKind) =>
    named.filter((one) => one.kind === kind && madeAnew.includes(one.path)).length;
  const inTheWay = STANDING_IN_THE_WAY.filter((kind) => (counts[kind] ?? 0) > made(kind));
  if (inTheWay.length === 0) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_NOT_WHOLE', 'refusing to switch to a copy that is not whole', {
      at: `directory ${from}`,
      detail: [
        `found ${inTheWay.map((kind) => `${counts[kind]} of: ${kind}`).join('; ')}`,
        ...named
          .filter(({ kind }) => inTheWay.includes(kind))
          .slice(0, 5)
          .map(({ path, kind, what }) => `${path}: ${kind}${what === '' ? '' : `, ${what}`}`),
      ],
      hint: 'take that away, or move it by itself; then run the same command again',
    }),
  ]);
}
