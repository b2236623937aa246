// Owns what an old place is like as a whole, seen without reading content, so that it is known whether anybody changed it, and
// whether anybody could be about to. Reads only.
import { createHash } from 'node:crypto';
import type { HostReader, WalkEntry } from '../port/host.ts';
import type { OpenBy } from '../port/whole.ts';
import type { OldPlace } from './record.ts';

/** So many are looked at before others have their turn. */
const AT_ONCE = 2000;

export interface Looked {
  readonly place: OldPlace;
  /** The first of what is in it that is among `writers`; null: none is. */
  readonly writer: { readonly path: string; readonly by: OpenBy } | null;
}

/** `writers`: by inode. */
export async function oldPlaceOf(
  host: HostReader,
  path: string,
  writers: ReadonlyMap<string, OpenBy> = new Map(),
): Promise<Looked> {
  // Directories give their names in no order that stays: each entry is hashed alone, and the hashes are added up.
  const sum = Buffer.alloc(32);
  let writer: Looked['writer'] = null;
  let [entries, bytes] = [0, 0];
  for (const met of host.walk(path)) {
    entries += 1;
    if (entries % AT_ONCE === 0) await new Promise(setImmediate);
    // Its own times change when something in it is set aside.
    if (met.path === '') continue;
    const isSeen = met.type !== 'mount point' && met.type !== 'unreadable';
    add(sum, hashOf(isSeen ? lineOf(met) : [met.path, met.type]));
    if (!isSeen) continue;
    if (met.type === 'file') bytes += met.bytes;
    const by = writers.get(met.inode);
    if (by !== undefined) writer ??= { path: met.path, by };
  }
  return { place: { sha256: sum.toString('hex'), entries: Math.max(0, entries - 1), bytes }, writer };
}

function lineOf({ path, type, inode, bytes, writtenAt, uid, gid, mode }: WalkEntry): readonly unknown[] {
  return [path, type, inode, type === 'directory' ? 0 : bytes, writtenAt, uid, gid, mode];
}

function hashOf(line: readonly unknown[]): Buffer {
  return createHash('sha256').update(JSON.stringify(line)).digest();
}

/** Modulo 2^256. */
function add(sum: Buffer, more: Buffer): void {
  let carry = 0;
  for (let i = sum.length - 1; i >= 0; i -= 1) {
    const digit = (sum[i] as number) + (more[i] as number) + carry;
    sum[i] = digit & 0xff;
    carry = digit >> 8;
  }
}
