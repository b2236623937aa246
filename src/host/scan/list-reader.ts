// Owns reading access lists of entries of an open directory, a million times if need be: most have none, which one call
// says. Allocates nothing then.
import { type AccessLists, NO_LISTS } from '../../port/access-lists.ts';
import { ACCESS_LIST, INHERITED_LIST, listText } from '../access-list.ts';
import { allocate, listAttributes, type Memory, readAttribute } from './calls.ts';

const NAME_BYTES = 256;
const PREFIX = '/proc/self/fd/';

/** What it returns reads the lists of the entry whose name is in `names`, from `at` to a NUL. Follows no link. */
export function createListReader(): (dirfd: number, names: Buffer, at: number) => AccessLists {
  // There is no call that takes a descriptor and a name: the descriptor's own path leads into the directory and nowhere else.
  const path = allocate(PREFIX.length + 12 + NAME_BYTES);
  const attributes = allocate(XATTR_BYTES);
  const value = allocate(XATTR_BYTES);
  const kinds = [ACCESS_LIST, INHERITED_LIST].map((name) => {
    const memory = allocate(name.length + 1);
    memory.bytes.write(`${name}\0`);
    return memory;
  });
  const prefix = Buffer.from('system.posix_acl_');
  let last = -1;
  let start = 0;

  function read(name: Memory): string | null {
    const length = readAttribute(path, name, value);
    return length <= 0 ? null : listText(value.bytes.subarray(0, length));
  }

  return (dirfd, names, at) => {
    if (dirfd !== last) {
      start = path.bytes.write(`${PREFIX}${dirfd}/`);
      last = dirfd;
    }
    let end = start;
    for (let i = at; names[i] !== 0; i += 1, end += 1) path.bytes[end] = names[i] ?? 0;
    path.bytes[end] = 0;
    const length = listAttributes(path, attributes);
    if (length <= 0 || attributes.bytes.subarray(0, length).indexOf(prefix) < 0) return NO_LISTS;
    const [access = null, inherited = null] = kinds.map(read);
    return { access, inherited };
  };
}

/** XATTR_LIST_MAX and XATTR_SIZE_MAX (linux/limits.h). */
const XATTR_BYTES = 65536;
