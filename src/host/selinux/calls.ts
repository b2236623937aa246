// Owns the label of what a descriptor stands for, O_PATH will do: read and set. Must not be given a path. Nothing is thrown: -1, or null,
// see `errno`; a walk makes millions of these calls.
import koffi from 'koffi';
import { allocate } from '../scan/calls.ts';

const libc = koffi.load(null);
const c = {
  getxattr: libc.func('long getxattr(uintptr_t path, uintptr_t name, uintptr_t value, size_t size)'),
  setxattr: libc.func(
    'int setxattr(uintptr_t path, uintptr_t name, uintptr_t value, size_t size, int flags)',
  ),
};

const NAME = allocate(32);
NAME.bytes.write('security.selinux\0', 'latin1');
const proc = allocate(64);
const value = allocate(4096);

/** Leads to what the descriptor stands for and nowhere else: to a link itself, too. */
function pathTo(fd: number): number {
  proc.bytes.write(`/proc/self/fd/${fd}\0`, 'latin1');
  return proc.address;
}

/** null: there is none, see `errno`. */
export function labelOf(fd: number): string | null {
  const length = c.getxattr(pathTo(fd), NAME.address, value.address, value.bytes.length);
  if (length < 0) return null;
  const text = value.bytes.toString('latin1', 0, Number(length));
  return text.endsWith('\0') ? text.slice(0, -1) : text;
}

export function setLabel(fd: number, label: string): boolean {
  const length = value.bytes.write(`${label}\0`, 'latin1');
  return c.setxattr(pathTo(fd), NAME.address, value.address, length, 0) === 0;
}
