// Owns reading and writing the operator's own files (spec, plan, metrics): bounded, whole or not at all.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { diagnostic, EXIT, type ExitCode, Problem } from '../diagnostic.ts';
import { errnoText } from '../errno.ts';

/** Text of a plain file of at most `maxBytes`; null where there is none. Throws a Problem otherwise. */
export function readTextFile(path: string, what: string, maxBytes: number): string | null {
  const cannot = (code: string, detail: string) =>
    new Problem(EXIT.usage, [
      diagnostic(code, `cannot read the ${what}`, { at: path, detail, hint: `see: ls -l ${path}` }),
    ]);
  let fd: number;
  try {
    // Not blocking: a named pipe nobody writes to would hold us for ever.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw cannot('E_UNREADABLE', `found ${errnoText(code ?? '')}`);
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) throw cannot('E_UNREADABLE', 'want a plain file, found something else');
    if (status.size > maxBytes)
      throw cannot('E_TOO_LARGE', `want at most ${maxBytes} bytes, found ${status.size}`);
    return readFileSync(fd, 'utf8');
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw cannot('E_UNREADABLE', `found ${(error as NodeJS.ErrnoException).code}`);
  } finally {
    closeSync(fd);
  }
}

/** The file or the nearest directory above it that others than root could change, links resolved; null: none. */
export function changeableAt(path: string): string | null {
  const real = realpathSync(path);
  for (let at = real; ; at = dirname(at)) {
    const { uid, mode } = statSync(at);
    // In a directory like /tmp others make files of their own, and change nobody's.
    const sticky = at !== real && (mode & 0o1000) !== 0;
    if (uid !== 0 || ((mode & 0o022) !== 0 && !sticky)) return at;
    if (at === '/') return null;
  }
}

/**
 * Written beside it, synced, renamed into place: the file is the old one or the new one, never half of it. Only a plain
 * file is replaced: not a device, a pipe or a link that somebody else counts on.
 */
export function writeTextFile(path: string, what: string, text: string): void {
  write(path, { what, text, mode: 0o600 });
}

/** The same, for all users of the machine to read, whatever the umask. Its name does not end like `path` until it is whole. */
export function publishTextFile(path: string, what: string, text: string): void {
  write(path, { what, text, mode: 0o644 });
}

function write(
  path: string,
  { what, text, mode }: { readonly what: string; readonly text: string; readonly mode: number },
): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  const cannot = (exitCode: ExitCode, detail: string, hint: string) =>
    new Problem(exitCode, [
      diagnostic('E_UNWRITABLE', `cannot write the ${what}`, { at: path, detail, hint }),
    ]);
  if (path === '' || (there !== undefined && !there.isFile()))
    throw cannot(
      EXIT.usage,
      'want a plain file or a new name, found something else',
      `see: ls -ld ${path || '.'}`,
    );
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    const fd = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(fd, text);
      fchmodSync(fd, mode);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    const directory = openSync(dirname(path), constants.O_RDONLY);
    fsyncSync(directory);
    closeSync(directory);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { code = '' } = error as NodeJS.ErrnoException;
    throw cannot(
      EXIT.failed,
      `found ${errnoText(code)}`,
      `see: ls -ld ${dirname(path)}; df ${dirname(path)}`,
    );
  }
}

/** The directory without links in its name; null where there is none. */
export function realDirectory(path: string): string | null {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : null;
  } catch {
    return null;
  }
}
