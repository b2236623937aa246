// Owns how a thing in a tree that others can change is opened: seen first without opening it, so that no device and no pipe is
// ever opened in the place of a file. Must not change anything.
import type { ObstacleKind } from '../../port/copy-tree.ts';
import { errnoName } from '../../values/errno.ts';
import { close, ELOOP, ENOENT, ENOTDIR, EXDEV, errno, open, reopen } from './calls.ts';
import { FORMAT, type Status } from './status.ts';

/** What kept it from being opened: it is gone, or another thing by now; or an obstacle. */
export type Closed = 'vanished' | { readonly kind: ObstacleKind; readonly what: string };

export function whyClosed(): Closed {
  const error = errno();
  if (error === ENOENT || error === ENOTDIR || error === ELOOP) return 'vanished';
  if (error === EXDEV) return { kind: 'mount point', what: '' };
  return { kind: 'unreadable', what: errnoName(error) };
}

/** A plain file, for reading, and its status in `status`. A number is closed by who gets it. */
export function openFile(dirfd: number, name: number, status: Status): number | Closed {
  const seen = open(dirfd, name, 'path');
  if (seen < 0) return whyClosed();
  try {
    if (!status.lookAt(seen)) return whyClosed();
    if (status.format() !== FORMAT.file) return 'vanished';
    const fd = reopen(seen);
    return fd < 0 ? whyClosed() : fd;
  } finally {
    close(seen);
  }
}

/** A directory, for reading, and its status in `status`. */
export function openDirectory(dirfd: number, name: number, status: Status): number | Closed {
  const fd = open(dirfd, name, 'directory');
  if (fd < 0) return whyClosed();
  if (status.lookAt(fd)) return fd;
  const why = whyClosed();
  close(fd);
  return why;
}
