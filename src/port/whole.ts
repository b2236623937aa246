// Owns what is known of a thing as a whole: a file, or a directory with all that is in it. Pure: it is handed what a walk meets.
import type { Met } from './host-reader.ts';

export interface Whole {
  readonly kind: 'file' | 'directory' | 'other';
  readonly inode: string;
  readonly born: string | null;
  /** As `ls` counts all its files. */
  readonly bytes: number;
  /** What the disk has more of when it is gone: of a file with other names nothing. */
  readonly freedBytes: number;
  /** It among them. */
  readonly entries: number;
  /** The newest times of all of them, in nanoseconds since the epoch as decimal text. */
  readonly writtenAt: string;
  readonly changedAt: string;
  /** Why it is to be left alone; null: nothing of it says so. */
  readonly obstacle: string | null;
}

export interface OpenBy {
  readonly pid: number;
  readonly command: string;
}

/** `mets`: the thing itself first. `device`: all of it must be there. `open`: what processes have open, by inode. */
export function wholeOf(
  mets: Iterable<Met>,
  { device, open }: { readonly device: string; readonly open: ReadonlyMap<string, OpenBy> },
): Whole {
  let first: Pick<Whole, 'kind' | 'inode' | 'born'> | null = null;
  let [bytes, freedBytes, entries] = [0, 0, 0];
  let [writtenAt, changedAt] = ['0', '0'];
  let obstacle: string | null = null;
  for (const met of mets) {
    if (met.type === 'mount point') obstacle ??= 'another file system is mounted in it';
    else if (met.type === 'unreadable') obstacle ??= `cannot be looked through: ${met.error}`;
    else {
      const { type, inode, born, links } = met;
      const isFirst = first === null;
      first ??= { kind: type === 'directory' || type === 'file' ? type : 'other', inode, born };
      entries += 1;
      // A directory's own size says nothing of what is in it.
      if (type !== 'directory') bytes += met.bytes;
      if (type === 'directory' || links === 1) freedBytes += met.diskBytes;
      writtenAt = isFirst ? met.writtenAt : later(writtenAt, met.writtenAt);
      changedAt = isFirst ? met.changedAt : later(changedAt, met.changedAt);
      obstacle ??= obstacleOf(met, isFirst, { device, open });
    }
  }
  if (first === null) {
    const gone = { kind: 'other', inode: '0', born: null } as const;
    return { ...gone, bytes, freedBytes, entries, writtenAt, changedAt, obstacle: obstacle ?? 'gone' };
  }
  return { ...first, bytes, freedBytes, entries, writtenAt, changedAt, obstacle };
}

function obstacleOf(
  met: Exclude<Met, { type: 'mount point' | 'unreadable' }>,
  isFirst: boolean,
  { device, open }: { readonly device: string; readonly open: ReadonlyMap<string, OpenBy> },
): string | null {
  // Links inside a directory go with it, and are followed nowhere.
  if (isFirst && met.type === 'link') return 'a symbolic link';
  if (isFirst && met.type === 'special') return 'a socket, pipe or device';
  if (met.device !== device) return 'on another file system';
  const process = open.get(met.inode);
  if (process !== undefined) return `open by ${process.command} (pid ${process.pid})`;
  return met.flags.length > 0 ? met.flags.join(', ') : null;
}

export function later(one: string, other: string): string {
  return BigInt(one) >= BigInt(other) ? one : other;
}

export function millisecondsOf(nanoseconds: string): number {
  return Number(nanoseconds) / 1e6;
}
