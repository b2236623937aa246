// Owns how the room of a volume group is shared out: whole extents, what is kept free, what is left for the volume without a size.
// Pure. What cannot be is said with all its numbers, and with one that would fit.

import { LEAST_VOLUME_BYTES } from '../../layout/storage.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import { EXTENT_BYTES, extentsFor } from '../../port/volume-group.ts';
import { exactPercent } from '../../values/percent.ts';
import { formatBytes } from '../../values/size.ts';

export interface Room {
  /** In extents, as all here. */
  readonly total: number;
  readonly free: number;
  readonly keepFreePercent: number;
}

export interface Claim {
  readonly name: string;
  /** null: what is left. */
  readonly sizeBytes: number | null;
  /** null: it is not there yet. */
  readonly has: number | null;
}

export type Allotment =
  | { readonly fits: true; readonly extents: ReadonlyMap<string, number> }
  | { readonly fits: false; readonly why: Diagnostic };

export function allot(group: string, room: Room, claims: readonly Claim[]): Allotment {
  const kept = keptFree(room);
  const left = room.free - kept - sum(claims.map(needed));
  const needsSome = claims.some((claim) => needed(claim) > 0);
  // What is kept free may be in use already, by snapshots: that is for what it is kept.
  if (left < 0 && needsSome) return { fits: false, why: noRoom(group, room, claims) };
  const takers = claims.filter(({ sizeBytes, has }) => sizeBytes === null && has === null).length;
  const extents = claims.map((claim): [string, number] => {
    const { name, sizeBytes, has } = claim;
    if (sizeBytes !== null) return [name, Math.max(extentsFor(sizeBytes), has ?? 0)];
    return [name, has ?? LEAST + Math.floor(left / takers)];
  });
  return { fits: true, extents: new Map(extents) };
}

const LEAST = extentsFor(LEAST_VOLUME_BYTES);

/** Rounded up to whole extents; not by what floating point adds at the end. */
export function keptFree({ total, keepFreePercent }: Pick<Room, 'total' | 'keepFreePercent'>): number {
  return Math.ceil((total * Math.round(keepFreePercent * 10)) / 1000);
}

/** Beyond what it has. Of one that takes what is left: the least. */
function needed({ sizeBytes, has }: Claim): number {
  if (sizeBytes === null) return has === null ? LEAST : 0;
  return Math.max(0, extentsFor(sizeBytes) - (has ?? 0));
}

function noRoom(group: string, room: Room, claims: readonly Claim[]): Diagnostic {
  const kept = keptFree(room);
  const wanted = sum(claims.map(needed));
  const given = Math.max(0, room.free - kept);
  const free = room.free === room.total ? 'all of it free' : `${shown(room.free)} of it free`;
  return diagnostic('E_NO_ROOM', 'refusing to plan volumes that do not fit into their group', {
    at: `volume group ${group}`,
    detail: [
      `want ${shown(wanted)} for volumes, found ${shown(given)} to give`,
      `the group has ${shown(room.total)}, ${free}; ${shown(kept)} (${exactPercent(room.keepFreePercent)}) is kept free`,
      ...claims.filter((claim) => needed(claim) > 0).map(claimLine),
    ],
    hint: whatFits(room, claims, wanted - given),
  });
}

function claimLine(claim: Claim): string {
  const { name, sizeBytes, has } = claim;
  if (sizeBytes === null) return `${name}  what is left, ${shown(LEAST)} at least`;
  const whole = shown(extentsFor(sizeBytes));
  return has === null ? `${name}  ${whole}` : `${name}  ${whole}, has ${shown(has)}`;
}

/** `lacking`: how many extents too few there are. */
function whatFits({ total, free, keepFreePercent }: Room, claims: readonly Claim[], lacking: number): string {
  const largest = claims
    .filter(({ sizeBytes }) => sizeBytes !== null)
    .toSorted((a, b) => needed(b) - needed(a))[0];
  const smaller =
    largest === undefined || needed(largest) <= lacking
      ? null
      : `size: ${sizeWithin(extentsFor(largest.sizeBytes ?? 0) - lacking)} for ${largest.name}`;
  // Of what is kept, what is in use already is not there to be given.
  const tenths = Math.floor(
    ((Math.min(keptFree({ total, keepFreePercent }), free) - lacking) * 1000) / total,
  );
  const less = tenths < 0 ? null : `keepFree: ${exactPercent(tenths / 10)}`;
  const would = [smaller, less].filter((one) => one !== null);
  return would.length === 0
    ? `take ${shown(lacking)} less for these volumes, or take a larger disk`
    : `this would fit: ${would.join('; or ')}`;
}

/** As a layout has it: a round size that comes to no more than that. */
function sizeWithin(extents: number): string {
  const bytes = extents * EXTENT_BYTES;
  return bytes < 1e9 ? `${Math.floor(bytes / 1e6)}MB` : `${Math.floor(bytes / 1e9)}GB`;
}

/** As a layout has it: the roundest size that comes to just that many extents. */
export function sizeOf(extents: number): string {
  const bytes = extents * EXTENT_BYTES;
  for (const [unit, name] of [
    [1e9, 'GB'],
    [2 ** 30, 'GiB'],
  ] as const) {
    const count = Math.floor(bytes / unit);
    if (count > 0 && extentsFor(count * unit) === extents) return `${count}${name}`;
  }
  return `${Math.floor(bytes / 1e6)}MB`;
}

function shown(extents: number): string {
  return formatBytes(extents * EXTENT_BYTES);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
