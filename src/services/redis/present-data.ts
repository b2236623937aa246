// How Redis data is told from what an empty Redis leaves behind. The format of snapshots: rdb.h and rdb.c of Redis.
import { bytesOfText } from '../../values/content.ts';
import type { Look, PresentData } from '../configuration.ts';

export const present: PresentData = {
  isData: (place) =>
    place.names('').some((name) => {
      if (name.endsWith('.rdb')) return hasKeys(place.text(name));
      // Append-only files before version 7 have no directory of their own.
      if (name.endsWith('.aof')) return true;
      return name === 'appendonlydir' && hasAppended(place);
    }),
};

/** The first base file is a snapshot without keys, and what was appended is in the others. */
function hasAppended(place: Look): boolean {
  return place
    .names('appendonlydir')
    .filter((name) => !name.endsWith('.manifest'))
    .some((name) => {
      const text = place.text(`appendonlydir/${name}`);
      return name.endsWith('.rdb') ? hasKeys(text) : text === null || text !== '';
    });
}

const MAGIC = 9;
/** Auxiliary fields stand first: what wrote it and when. */
const AUXILIARY = 0xfa;
const END = 0xff;

/** One that is too large to read has keys. */
function hasKeys(text: string | null): boolean {
  if (text === null) return true;
  const bytes = bytesOfText(text);
  let at = MAGIC;
  while (bytes[at] === AUXILIARY) {
    const value = afterText(bytes, at + 1);
    const next = value === null ? null : afterText(bytes, value);
    if (next === null) return true;
    at = next;
  }
  return bytes[at] !== END;
}

/** Where a text of at most 16,383 bytes, or a number of up to four, ends; null: another one stands there. */
function afterText(bytes: Uint8Array, at: number): number | null {
  const [first = 0, second = 0] = bytes.subarray(at, at + 2);
  switch (first >> 6) {
    case 0:
      return at + 1 + first;
    case 1:
      return at + 2 + ((first & 0x3f) << 8) + second;
    case 3:
      return first <= 0xc2 ? at + 1 + 2 ** (first & 3) : null;
    default:
      return null;
  }
}
