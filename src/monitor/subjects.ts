// Owns how what was measured becomes a subject that has a level: the disk, a service. Pure.
import { DISK } from '../history/history.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { Usage } from '../space/measure-document.ts';
import type { Limited } from '../space/own-limit.ts';
import type { QuotaLimits } from '../space/quota-limits.ts';
import { roomOf } from '../space/room.ts';
import type { Subject } from './watched.ts';

export function diskSubject(fs: Omit<FileSystem, 'device'>, name = DISK): Subject {
  const { usedBytes, usableBytes, availableBytes } = roomOf(fs);
  return {
    name,
    usedBytes,
    limitBytes: usableBytes,
    freeBytes: availableBytes,
    inodes: fs.inodes - fs.inodesFree,
    inodesLimit: fs.inodes,
    complete: true,
  };
}

/** Held against its plan, or against the limit of its project where that is less: nothing more can be written then. */
export function serviceSubject(
  usage: Usage,
  {
    fs,
    limit,
    quota,
  }: {
    readonly fs: Pick<FileSystem, 'inodes'>;
    /** Left out: it can have all of the disk. */
    readonly limit: Limited | undefined;
    /** Of its project; null: no limits hold. */
    readonly quota: QuotaLimits | null;
  },
): readonly Subject[] {
  const { service, usedBytes, inodes, unreadable } = usage;
  if (usedBytes === null) return [];
  const plannedBytes = Math.min(
    usage.plannedBytes,
    limit === undefined ? Infinity : roomOf(limit).usableBytes,
  );
  return [
    {
      name: service,
      usedBytes,
      limitBytes: plannedBytes,
      freeBytes: Math.max(0, plannedBytes - usedBytes),
      inodes,
      inodesLimit: limit?.inodes ?? fs.inodes,
      complete: unreadable.length === 0,
      ...(quota === null ? {} : { quota }),
    },
  ];
}
