// Owns whether a directory has less room than the file system that it is on: a project quota limits it. statfs(2) tells, of
// ext4 and XFS, in a directory whose files inherit the project. Pure; must not know what is in it.
import { shellWord } from '../messages/typed-command.ts';
import type { LookedAt } from '../port/file-system.ts';
import { formatBytes } from '../values/size.ts';

/** What statfs says in the directory. */
export type Limited = Pick<
  LookedAt,
  'mountPoint' | 'type' | 'sizeBytes' | 'freeBytes' | 'availableBytes' | 'inodes' | 'inodesFree'
>;

/** null: it can have all that its file system has. `whole`: at the mount point, or in another directory without a limit. */
export function ownLimit(own: Limited, whole: Limited): Limited | null {
  // Another file system below it has a size of its own.
  if (own.mountPoint !== whole.mountPoint) return null;
  const isSmaller = own.sizeBytes < whole.sizeBytes || (own.inodes > 0 && own.inodes < whole.inodes);
  return isSmaller ? own : null;
}

/** XFS refuses new files before the last block is taken, and no server works in less. */
const NOTHING_TO_SPEAK_OF = 1024 ** 2;

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
