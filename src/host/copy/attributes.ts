// Owns extended attributes, access lists among them: copied from one thing to another, and read in order. Must not open anything.
import { printableName } from '../../values/file-name.ts';
import {
  allocate,
  type Bearer,
  ENODATA,
  EOPNOTSUPP,
  errno,
  listAttributes,
  type Memory,
  readAttribute,
  removeAttribute,
  setAttribute,
} from './calls.ts';

/** XATTR_LIST_MAX, XATTR_SIZE_MAX (linux/limits.h) */
const MOST = 65536;
const list = allocate(MOST);
const otherList = allocate(MOST);
const value = allocate(MOST);
const otherValue = allocate(MOST);
const name = allocate(512);

/** The way to what is a name in a directory, for calls that take no descriptor with it: leads there and nowhere else. */
export function createWay(): (dirfd: number, names: Buffer, at: number) => Bearer {
  const path = allocate(512);
  const bearer = { path };
  return (dirfd, names, at) => {
    let end = path.bytes.write(`/proc/self/fd/${dirfd}/`, 'latin1');
    for (let i = at; names[i] !== 0; i += 1, end += 1) path.bytes[end] = names[i] as number;
    path.bytes[end] = 0;
    return bearer;
  };
}

/**
 * `plain`: `to` has none yet. Names of those that `to` does not take; all of them otherwise are as at `from`, and no others are
 * there.
 */
export function copyAttributes(from: Bearer, to: Bearer, plain: boolean): readonly string[] {
  const length = listAttributes(from, list);
  if (length <= 0 && plain) return NONE;
  const refused: string[] = [];
  const wanted = new Set<string>();
  for (const at of starts(list, length)) {
    const bytes = readAttribute(from, list.address + at, value);
    // Taken away meanwhile, or not to be read.
    if (bytes < 0) continue;
    const text = nameAt(list, at);
    wanted.add(text);
    if (!plain) {
      const there = readAttribute(to, list.address + at, otherValue);
      if (there === bytes && value.bytes.compare(otherValue.bytes, 0, bytes, 0, bytes) === 0) continue;
    }
    if (setAttribute(to, list.address + at, value, bytes) < 0) refused.push(printableName(text));
  }
  if (plain) return refused;
  const there = listAttributes(to, otherList);
  for (const at of [...starts(otherList, there)])
    if (!wanted.has(nameAt(otherList, at))) {
      name.bytes.write(`${nameAt(otherList, at)}\0`, 'latin1');
      if (removeAttribute(to, name.address) < 0) refused.push(printableName(nameAt(otherList, at)));
    }
  return refused;
}

const NONE: readonly string[] = [];

function* starts(names: Memory, length: number): Generator<number> {
  for (let at = 0; at < length; at = names.bytes.indexOf(0, at) + 1)
    if (!SHOWN_TWICE.includes(nameAt(names, at))) yield at;
}

/** XFS shows access lists to root under these names, too, as it keeps them. */
const SHOWN_TWICE: readonly string[] = ['trusted.SGI_ACL_FILE', 'trusted.SGI_ACL_DEFAULT'];

function nameAt({ bytes }: Memory, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}

/** In order of their names, each with what it says. -1: see `errno`. */
export function eachAttribute(of: Bearer, each: (name: string, value: Buffer) => void): number {
  const length = listAttributes(of, list);
  if (length === 0) return 0;
  if (length < 0) return isNone() ? 0 : -1;
  for (const text of [...starts(list, length)].map((at) => nameAt(list, at)).sort()) {
    name.bytes.write(`${text}\0`, 'latin1');
    const bytes = readAttribute(of, name.address, value);
    if (bytes >= 0) each(text, value.bytes.subarray(0, bytes));
    else if (!isNone()) return -1;
  }
  return 0;
}

function isNone(): boolean {
  const error = errno();
  return error === EOPNOTSUPP || error === ENODATA;
}
