// Owns whether a directory has less room than the file system that it is on: a project quota limits it. statfs(2) tells, of
// ext4 and XFS, in a directory whose files inherit the project. Pure; must not know what is in it.
import { shellWord } from '../messages/typed-command.ts';
import type { LookedAt } from '../port/file-system.ts';
import { formatBytes } from '../values/size.ts';
import { NOTHING_TO_SPEAK_OF, type QuotaLimits } from './quota-limits.ts';

/** What statfs says in the directory. */
export type Limited = Pick<
  LookedAt,
  'mountPoint' | 'type' | 'sizeBytes' | 'freeBytes' | 'availableBytes' | 'inodes' | 'inodesFree'
>;

/**
 * null: it can have all that its file system has. `whole`: at the mount point, or in another directory without a limit. `quota`: as the
 * kernel says it; null: it says none. statfs(2) takes the soft limit for the end.
 */
export function ownLimit(own: Limited, whole: Limited, quota: QuotaLimits | null = null): Limited | null {
  // Another file system below it has a size of its own.
  if (own.mountPoint !== whole.mountPoint) return null;
  const limited = quota === null ? own : { ...own, ...roomWithin(quota, whole) };
  const isSmaller =
    limited.sizeBytes < whole.sizeBytes || (limited.inodes > 0 && limited.inodes < whole.inodes);
  return isSmaller ? limited : null;
}

function roomWithin(
  { usedBytes, hardBytes }: QuotaLimits,
  { sizeBytes, freeBytes, availableBytes }: Limited,
): Pick<Limited, 'sizeBytes' | 'freeBytes' | 'availableBytes'> {
  if (hardBytes === null || hardBytes >= sizeBytes) return { sizeBytes, freeBytes, availableBytes };
  const left = Math.max(0, hardBytes - usedBytes);
  return {
    sizeBytes: hardBytes,
    freeBytes: Math.min(left, freeBytes),
    availableBytes: Math.min(left, availableBytes),
  };
}

/** What of it is used up, in words; null: there is room. */
export function spent({ sizeBytes, availableBytes, inodes, inodesFree }: Limited): string | null {
  if (availableBytes < NOTHING_TO_SPEAK_OF)
    return `${formatBytes(availableBytes)} of ${formatBytes(sizeBytes)} available`;
  return inodes > 0 && inodesFree === 0 ? `none of ${inodes} inodes left` : null;
}

/** Where its number and its limit are seen: the command that lists them also has the names of the options that set one. */
export function limitsListed({ type, mountPoint }: Limited): string {
  return type === 'xfs'
    ? `sudo xfs_quota -x -c 'report -p -bi' ${shellWord(mountPoint)}`
    : `sudo repquota -P ${shellWord(mountPoint)}`;
}

/** How a limit is raised: `SIZE` and `PROJECT` are to be filled in, so it is advice and no command. */
export function howToRaise({ type, mountPoint }: Limited): string {
  return type === 'xfs'
    ? `xfs_quota -x -c 'limit -p bhard=SIZE PROJECT' ${shellWord(mountPoint)}`
    : `setquota -P PROJECT 0 BLOCKS 0 0 ${shellWord(mountPoint)}`;
}
