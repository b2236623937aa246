// Owns POSIX access control lists as the kernel hands them out and takes them (linux/posix_acl_xattr.h). Changes none.
import { formatList, type ListEntry, parseList } from '../port/access-lists.ts';
import type { AccessEntry } from '../port/host.ts';
import { permissionText } from '../values/mode.ts';
import { attributeOf } from './syscalls.ts';

const VERSION = 2;
const TAG = { user: 0x02, group: 0x08, mask: 0x10 } as const;
const TAGS: { readonly [number: number]: { readonly tag: ListEntry['tag']; readonly named: boolean } } = {
  1: { tag: 'user', named: false },
  2: { tag: 'user', named: true },
  4: { tag: 'group', named: false },
  8: { tag: 'group', named: true },
  16: { tag: 'mask', named: false },
  32: { tag: 'other', named: false },
};
/** What an entry says that names nobody: ACL_UNDEFINED_ID. */
const NO_ID = 0xffffffff;

export const ACCESS_LIST = 'system.posix_acl_access';
export const INHERITED_LIST = 'system.posix_acl_default';

/** null: not as this kernel's lists are, or none. */
export function listText(list: Buffer | null): string | null {
  if (list === null || list.length < 12 || list.readUInt32LE(0) !== VERSION) return null;
  const entries: ListEntry[] = [];
  for (let at = 4; at + 8 <= list.length; at += 8) {
    const known = TAGS[list.readUInt16LE(at)];
    if (known === undefined) return null;
    const id = known.named ? list.readUInt32LE(at + 4) : null;
    entries.push({ tag: known.tag, id, bits: list.readUInt16LE(at + 2) & 7 });
  }
  return formatList(entries);
}

export function listBytes(text: string): Buffer {
  const entries = parseList(text);
  const bytes = Buffer.alloc(4 + 8 * entries.length);
  bytes.writeUInt32LE(VERSION);
  for (const [i, { tag, id, bits }] of entries.entries()) {
    const number = Object.keys(TAGS).find((one) => {
      const known = TAGS[Number(one)];
      return known?.tag === tag && known.named === (id !== null);
    });
    bytes.writeUInt16LE(Number(number), 4 + 8 * i);
    bytes.writeUInt16LE(bits, 6 + 8 * i);
    bytes.writeUInt32LE(id ?? NO_ID, 8 + 8 * i);
  }
  return bytes;
}

/** Of the directory that a descriptor stands for, opened for reading. */
export function accessEntriesOf(fd: number): readonly AccessEntry[] {
  return [
    ...namedEntries(attributeOf(fd, ACCESS_LIST), false),
    ...namedEntries(attributeOf(fd, INHERITED_LIST), true),
  ];
}

/** u32 version; then for each entry u16 tag, u16 permissions, u32 id, all little-endian. */
export function namedEntries(list: Buffer | null, inherited: boolean): readonly AccessEntry[] {
  if (list === null || list.length < 4 || list.readUInt32LE(0) !== VERSION) return [];
  const raw: { readonly tag: number; readonly bits: number; readonly id: number }[] = [];
  for (let at = 4; at + 8 <= list.length; at += 8)
    raw.push({
      tag: list.readUInt16LE(at),
      bits: list.readUInt16LE(at + 2),
      id: list.readUInt32LE(at + 4),
    });
  const mask = raw.find(({ tag }) => tag === TAG.mask)?.bits ?? 7;
  return raw.flatMap(({ tag, bits, id }): readonly AccessEntry[] => {
    const left = bits & mask;
    if ((tag !== TAG.user && tag !== TAG.group) || left === 0) return [];
    return [{ type: tag === TAG.user ? 'user' : 'group', id, permissions: permissionText(left), inherited }];
  });
}
