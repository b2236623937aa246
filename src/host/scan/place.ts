// Owns the path of an open directory: the kernel is asked only when the path is shown, so that it costs nothing before.
import { readlinkSync } from 'node:fs';
import { decodeName } from '../../values/file-name.ts';
import { close, openParent, statusOf, statusWords, WORD } from './calls.ts';

/** Stands for directories in the middle of a path that the kernel finds too long to tell (PATH_MAX). */
export const LEFT_OUT = '…';

/**
 * Where the directory is below the one whose path is `top`, '' for that one itself. Somebody may have moved it away:
 * then its place is unknown.
 */
export function placeBelow(top: string | null, fd: number): string {
  const path = pathOf(fd);
  if (path === null) {
    const above = nearestAbove(fd);
    const start = above === null ? null : below(top, above);
    return start === null || start === '' ? LEFT_OUT : `${start}/${LEFT_OUT}`;
  }
  return below(top, path) ?? LEFT_OUT;
}

function below(top: string | null, path: string): string | null {
  if (top === null) return null;
  if (path === top) return '';
  const prefix = top === '/' ? top : `${top}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : null;
}

/** proc(5): the link of a descriptor. null: too long for a page. */
export function pathOf(fd: number): string | null {
  try {
    const path = decodeName(readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' }));
    return path.endsWith(DELETED) && hasNoName(fd) ? path.slice(0, -DELETED.length) : path;
  } catch {
    return null;
  }
}

/** What the kernel puts behind the path that a directory had. */
const DELETED = ' (deleted)';

function hasNoName(fd: number): boolean {
  return statusOf(fd) === 0 && statusWords[WORD.links] === 0;
}

/** The path of the nearest directory above that has one. Nothing is entered: a parent is only looked at. */
function nearestAbove(fd: number): string | null {
  for (let at = openParent(fd); at >= 0; ) {
    const path = pathOf(at);
    const parent = path === null ? openParent(at) : -1;
    close(at);
    if (path !== null) return path;
    at = parent;
  }
  return null;
}
