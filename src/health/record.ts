// Owns the health of the disks below the base from one sample to the next: asking for it, keeping it by their serial numbers,
// the level of each, and what the channels are told. Which level it is judge.ts says.
import type { Finding } from '../alerts/remember.ts';
import { DISK_HEALTH, type History } from '../history/history.ts';
import { Problem } from '../messages/diagnostic.ts';
import type { BlockDisk } from '../port/block-disk.ts';
import type { DiskHealthSaid } from '../port/disk-health.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { HostReader } from '../port/host.ts';
import { NO_EPISODES } from '../space/episodes.ts';
import type { LevelState } from '../space/level.ts';
import { withoutMeasure } from '../space/levels.ts';
import type { DiskHealth } from './health-document.ts';
import { judgeHealth } from './judge.ts';

/** A disk answers in milliseconds; one that is resetting, or a machine that has much to do, takes seconds. */
const ANSWER_MS = 10_000;
/** Media errors that are new within it are worth a warning. */
const GROWING_MS = 7 * 86_400_000;

export interface Asked {
  readonly said: DiskHealthSaid;
  readonly disk: BlockDisk;
}

/** Of each NVMe disk below the file system; of others nothing. */
export async function askHealth(
  host: Pick<HostReader, 'diskHealth' | 'blockDisks'>,
  { device }: Pick<FileSystem, 'device'>,
): Promise<readonly Asked[]> {
  const names = [...new Set(device?.disks ?? [])].filter((name) => name.startsWith('nvme'));
  if (names.length === 0) return [];
  const said = await host.diskHealth(names, ANSWER_MS);
  const disks = host.blockDisks(said.map(({ name }) => name));
  return said.flatMap((one, i) => {
    const disk = disks[i];
    return disk === undefined ? [] : [{ said: one, disk }];
  });
}

export interface RecordedHealth {
  readonly health: readonly DiskHealth[];
  /** For alerts/remember.ts, by subject. */
  readonly found: ReadonlyMap<string, Finding>;
}

/** Inside a transaction. `now`: milliseconds since the epoch. */
export function recordHealth(
  history: Pick<History, 'keep' | 'kept'>,
  asked: readonly Asked[],
  { before, now }: { readonly before: ReadonlyMap<string, LevelState>; readonly now: number },
): RecordedHealth {
  const at = new Date(now).toISOString();
  const health = asked.map(({ said, disk }) => {
    const subject = disk.serial ?? said.name;
    const judged = judgeHealth(said, { disk, earlier: earlierOf(history, subject, now), at });
    history.keep({ kind: 'health', subject, at: now, json: JSON.stringify(judged) });
    return judged;
  });
  return { health, found: healthFindings(health, { before, now }) };
}

/** Of each disk, by subject. */
export function healthFindings(
  health: readonly DiskHealth[],
  { before, now }: { readonly before: ReadonlyMap<string, LevelState>; readonly now: number },
): ReadonlyMap<string, Finding> {
  return new Map(
    health.map((one): readonly [string, Finding] => {
      const subject = `${DISK_HEALTH}${one.serial}`;
      return [subject, findingOf(one, { before: before.get(subject) ?? null, now })];
    }),
  );
}

/** Without a memory: what can be said of this moment alone. */
export function healthNow(asked: readonly Asked[], now: number): readonly DiskHealth[] {
  const at = new Date(now).toISOString();
  return asked.map(({ said, disk }) => judgeHealth(said, { disk, earlier: null, at }));
}

/** As it was kept last, of disks that were there in the last sample; for those who may not ask. */
export function lastHealth(history: Pick<History, 'kept'> | null): readonly DiskHealth[] {
  try {
    const last = new Map<string, DiskHealth>();
    for (const { subject, json } of history?.kept({ kind: 'health' }) ?? []) {
      const one = healthIn(json);
      if (one !== null) last.set(subject, one);
    }
    const newest = [...last.values()].map(({ at }) => at).reduce((a, b) => (a > b ? a : b), '');
    return [...last.values()].filter(({ at }) => at === newest);
  } catch (error) {
    // A report without it is better than none.
    if (error instanceof Problem) return [];
    throw error;
  }
}

function earlierOf(
  history: Pick<History, 'kept'>,
  subject: string,
  now: number,
): Pick<DiskHealth, 'mediaErrors'> | null {
  for (const { at, json } of history.kept({ kind: 'health', subject })) {
    if (at < now - GROWING_MS || at > now) continue;
    const one = healthIn(json);
    if (one !== null && one.mediaErrors !== null) return one;
  }
  return null;
}

/** null: another version wrote it. */
function healthIn(json: string): DiskHealth | null {
  try {
    const kept = JSON.parse(json) as Partial<DiskHealth>;
    const isWhole =
      typeof kept.disk === 'string' && typeof kept.at === 'string' && Array.isArray(kept.causes);
    return isWhole ? (kept as DiskHealth) : null;
  } catch {
    return null;
  }
}

function findingOf(
  { level, disk, causes, why }: DiskHealth,
  { before, now }: { readonly before: LevelState | null; readonly now: number },
): Finding {
  if (level === 'UNKNOWN')
    return { state: withoutMeasure(before, { why: why ?? 'it gave no answer', now }), facts: null };
  const since = before?.level === level ? Math.min(before.since, now) : now;
  const health = { disk, causes: causes.map(({ found }) => found) };
  return {
    state: { level, since, fired: null, pending: null, episodes: NO_EPISODES, unmeasured: null },
    facts: { usedBytes: null, limitBytes: null, health },
  };
}
