// Owns reading access lists of entries of an open directory, a million times if need be: most have none, which one call
// says. Allocates nothing then.
import { type AccessLists, NO_LISTS } from '../../port/access-lists.ts';
import { ACCESS_LIST, INHERITED_LIST, listText } from '../access-list.ts';
import { allocate, listAttributes, type Memory, readAttribute, standAtTop, standIn } from './calls.ts';

const NAME_BYTES = 256;
const PREFIX = '/proc/self/fd/';

export interface ListReader {
  /** Of the entry of an open directory whose name is in `names`, from `at` to a NUL. Follows no link. */
  read(dirfd: number, names: Buffer, at: number): AccessLists;
  /** A directory was closed: its number may be another one's. */
  forget(): void;
  /** Nothing more is read for now: the thread stands in none of the directories, so that their disk can be unmounted. */
  leave(): void;
}

/** `alone`: this thread has a directory to stand in for itself, from which a name is found four times as fast. */
export function createListReader(alone = false): ListReader {
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

  function readOne(name: Memory): string | null {
    const length = readAttribute(path, name, value);
    return length <= 0 ? null : listText(value.bytes.subarray(0, length));
  }

  function goTo(dirfd: number): void {
    start = alone && standIn(dirfd) ? 0 : path.bytes.write(`${PREFIX}${dirfd}/`);
    last = dirfd;
  }

  function read(dirfd: number, names: Buffer, at: number): AccessLists {
    if (dirfd !== last) goTo(dirfd);
    let end = start;
    for (let i = at; names[i] !== 0; i += 1, end += 1) path.bytes[end] = names[i] ?? 0;
    path.bytes[end] = 0;
    const length = listAttributes(path, attributes);
    if (length <= 0 || attributes.bytes.subarray(0, length).indexOf(prefix) < 0) return NO_LISTS;
    const [access = null, inherited = null] = kinds.map(readOne);
    return { access, inherited };
  }

  return {
    read,
    forget: () => {
      last = -1;
    },
    leave: () => {
      last = -1;
      if (alone) standAtTop();
    },
  };
}

/** XATTR_LIST_MAX and XATTR_SIZE_MAX (linux/limits.h). */
const XATTR_BYTES = 65536;
