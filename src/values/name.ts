// Owns what may be called what: directories, services, users and groups. Pure.
// A complaint says what is wanted; the caller adds what was found. null: nothing to complain of.

/** NAME_MAX of every Linux file system here, in bytes. */
const LONGEST_NAME = 255;

/** One component of a path. */
export function checkName(name: string): string | null {
  if (name === '') return 'want a name that is not empty';
  if (name === '.' || name === '..') return 'want a name, not `.` or `..`';
  if (name.includes('/')) return 'want one name, without a slash';
  if (name.startsWith('-')) return 'want a name that does not begin with `-`';
  // passwd separates its fields with colons, and a service directory is its user's home.
  if (name.includes(':')) return 'want a name without a colon';
  if (/[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(name)) return 'want a name without control or invisible characters';
  if (name.trim() !== name) return 'want a name without spaces around it';
  if (Buffer.byteLength(name) > LONGEST_NAME) return `want a name of at most ${LONGEST_NAME} bytes`;
  return null;
}

/** Below this many bytes base, service path and directory name together stay below PATH_MAX. */
const LONGEST_PATH = 1024;

/** A path below the base, one or more names. */
export function checkRelativePath(path: string): string | null {
  if (path.startsWith('/')) return 'want a path below the base, not an absolute one';
  return checkComponents(path.split('/'));
}

/** The names of a path, and its length. */
export function checkComponents(names: readonly string[]): string | null {
  for (const name of names) {
    const complaint = checkName(name);
    if (complaint !== null) return names.length === 1 ? complaint : `${complaint}, between its slashes`;
  }
  if (Buffer.byteLength(names.join('/')) > LONGEST_PATH)
    return `want a path of at most ${LONGEST_PATH} bytes`;
  return null;
}

/** What useradd and groupadd take on every distribution without `--badname`. */
export const USER_PATTERN = '^[a-z_][a-z0-9_-]{0,31}$';
const userPattern = new RegExp(USER_PATTERN);

export function checkUserName(name: string): string | null {
  return userPattern.test(name)
    ? null
    : 'want a name that useradd takes: a-z, 0-9, `_` and `-`, a letter or `_` first, at most 32 characters';
}
