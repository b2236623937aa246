// Owns whether what was measured is the hot tier at all: where its disk is not mounted, the directory that it is mounted on
// belongs to another one. Pure.
import type { Usage } from './scan.ts';

export interface Look {
  readonly mountPoint: string;
  readonly usages: readonly Pick<Usage, 'service' | 'usedBytes' | 'unreadable'>[];
}

/**
 * Why a sample would be one of another disk; null: nothing speaks for that. A hot tier that was moved has brought its
 * services along: another mount point alone says nothing. `last`: what was recorded last; null: nothing yet.
 */
export function whyOtherDisk(base: string, now: Look, last: Look | null): string | null {
  const missing = now.usages.filter(isMissing).map(({ service }) => service);
  if (missing.length > 0 && missing.length === now.usages.length)
    return `no service has a directory in ${base}: is its disk mounted?`;
  if (last === null || last.mountPoint === now.mountPoint) return null;
  const gone = last.usages.find(({ service, usedBytes }) => usedBytes !== null && missing.includes(service));
  return gone === undefined
    ? null
    : `${base} was on the disk at ${last.mountPoint}, is on that at ${now.mountPoint}, and ${gone.service} is gone: is its disk mounted?`;
}

function isMissing({ usedBytes, unreadable }: Look['usages'][number]): boolean {
  return usedBytes === null && unreadable[0]?.error === 'missing';
}
