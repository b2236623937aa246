// Owns what is known of the project quota of a directory, and why there is none. Reads only, in a time that does not depend on how
// many files there are.
import { existsSync, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import type { MountedAt } from '../../port/file-system.ts';
import {
  NO_PROJECT,
  type ProjectLimits,
  type ProjectQuotaAsked,
  type ProjectQuotaState,
  type ProjectsAt,
  WITHOUT_QUOTA,
} from '../../port/project-quota.ts';
import { SystemError, statusAt } from '../syscalls.ts';
import {
  type Counted,
  counted,
  nextCounted,
  projectOf,
  type QuotaState,
  quotaState,
  type Where,
} from './calls.ts';

const TYPES: ReadonlySet<string> = new Set(['xfs', 'ext4']);

/** `fd`: of the directory. `mount`: what it is on. */
export function projectQuotaOf(
  fd: number,
  mount: Pick<MountedAt, 'type' | 'source'>,
  { withHigher = false }: ProjectQuotaAsked,
): ProjectQuotaState {
  const off = (reason: string) => ({ state: 'off', reason }) as const;
  if (!TYPES.has(mount.type)) return off(WITHOUT_QUOTA.noneOnType(mount.type));
  const where = { fd, device: deviceOf(fd, mount.source) };
  const state = stateOf(where, mount.type);
  if (typeof state === 'string') return off(state);
  const own = projectOf(fd);
  if (own === null || own.project === 0) return off(WITHOUT_QUOTA.noProject);
  const quota = orDenied(() => {
    const alone = counted(where, own.project);
    return withHigher ? plus(alone, higher(where, own.project)) : alone;
  });
  if (quota === null) return off(WITHOUT_QUOTA.forRoot);
  const isGraceOver = quota.graceEndsAt !== null && quota.graceEndsAt <= Date.now();
  return {
    state: state.limits ? 'enforced' : 'accounted',
    quota: { ...quota, isGraceOver },
    inherits: own.inherits,
  };
}

/** Or why there is none, in words. */
export function stateOf(where: Where, type: string): QuotaState | string {
  try {
    const state = quotaState(where);
    return state.counts ? state : WITHOUT_QUOTA.notMountedSo;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (!NOT_ON.has(error.code)) throw error;
    return keepsQuotas(type) ? WITHOUT_QUOTA.notMountedSo : WITHOUT_QUOTA.noKernel;
  }
}

/** CONFIG_QUOTA, and of XFS CONFIG_XFS_QUOTA, by what is there with them. Of ext4 only its mount tells (CONFIG_QFMT_V2). */
function keepsQuotas(type: string): boolean {
  if (!existsSync('/proc/sys/fs/quota')) return false;
  return type !== 'xfs' || !existsSync('/proc/fs/xfs/stat') || existsSync('/proc/fs/xfs/xqmstat');
}

const NOT_ON: ReadonlySet<string> = new Set(['ENOSYS', 'ESRCH', 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP']);

/** null: others than root may not ask. */
function orDenied<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SystemError && (error.code === 'EPERM' || error.code === 'EACCES')) return null;
    throw error;
  }
}

function* higher(where: Where, project: number): Generator<Counted> {
  for (let above = nextCounted(where, project + 1); above !== null; ) {
    yield above;
    above = above.project >= 2 ** 32 - 1 ? null : nextCounted(where, above.project + 1);
  }
}

function plus(quota: Counted, others: Iterable<Counted>): Counted {
  let { usedBytes, usedInodes } = quota;
  for (const other of others) {
    usedBytes += other.usedBytes;
    usedInodes += other.usedInodes;
  }
  return { ...quota, usedBytes, usedInodes };
}

/** null: the table of mounts names no device, or another one. */
export function deviceOf(fd: number, source: string): string | null {
  if (!source.startsWith('/')) return null;
  try {
    const status = statSync(source);
    const { rdev } = status;
    const [major, minor] = [
      Math.floor(rdev / 256) & 0xfff,
      (rdev & 0xff) | (Math.floor(rdev / 2 ** 12) & 0xfff00),
    ];
    return status.isBlockDevice() && `${major}:${minor}` === statusAt(fd, '').device ? source : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno === -system.errno.ENOENT) return null;
    throw error;
  }
}

/** `fd`: of the directory, or, where it is not there, of the nearest one above it. */
export function projectsIn(
  fd: number,
  mount: Pick<MountedAt, 'type' | 'source'>,
  isItself: boolean,
): ProjectsAt {
  const { type } = mount;
  if (!TYPES.has(type)) return { state: 'off', reason: WITHOUT_QUOTA.noneOnType(type), type };
  const state = stateOf({ fd, device: deviceOf(fd, mount.source) }, type);
  if (typeof state === 'string') return { state: 'off', reason: state, type };
  const found = projectOf(fd) ?? NO_PROJECT;
  const made = found.inherits ? found : NO_PROJECT;
  return { state: state.limits ? 'enforced' : 'accounted', own: isItself ? found : null, made, type };
}

/** null: root alone may ask, or nothing is counted. */
export function limitsIn(
  fd: number,
  mount: Pick<MountedAt, 'type' | 'source'>,
  project: number,
): ProjectLimits | null {
  const where = { fd, device: deviceOf(fd, mount.source) };
  if (!TYPES.has(mount.type) || typeof stateOf(where, mount.type) === 'string') return null;
  const found = orDenied(() => counted(where, project));
  return found === null ? null : { softBytes: found.softBytes, hardBytes: found.hardBytes };
}
