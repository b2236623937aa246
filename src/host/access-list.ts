// Owns reading POSIX access control lists as the kernel hands them out (linux/posix_acl_xattr.h). Changes none.

import type { AccessEntry } from '../port/host.ts';
import { permissionText } from '../values/mode.ts';
import { attributeOf } from './syscalls.ts';

const VERSION = 2;
const TAG = { user: 0x02, group: 0x08, mask: 0x10 } as const;

/** Of the directory that a descriptor stands for, opened for reading. */
export function accessEntriesOf(fd: number): readonly AccessEntry[] {
  return [
    ...namedEntries(attributeOf(fd, 'system.posix_acl_access'), false),
    ...namedEntries(attributeOf(fd, 'system.posix_acl_default'), true),
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
