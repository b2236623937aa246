// Owns writing a file that the operator named: whole or not at all, through no link, no matter who owns the directory. What is
// written to is the directory that was opened, whatever its name has become since.
import { closeSync, fchmodSync, fsyncSync, writeFileSync } from 'node:fs';
import { diagnostic, EXIT, type ExitCode, Problem } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import { errnoText } from '../../values/errno.ts';
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_WRONLY,
  openAt,
  RESOLVE,
  renameAt,
  type Status,
  SystemError,
  statusAt,
  unlinkAt,
} from '../syscalls.ts';
import { thisCaller } from './caller.ts';
import { alongHostWay, type Owners } from './way.ts';

export interface Output {
  /** As it is called in messages. */
  readonly what: string;
  readonly text: string;
  /** Set whatever the umask: only the owner reads plans, everybody reads metrics. */
  readonly mode: 0o600 | 0o644;
}

const PLAINLY = RESOLVE.noLinks | RESOLVE.beneath;

/**
 * The file is the old one or the new one, never half of it; until it is whole its name does not end like `path`. Only a
 * plain file is replaced: not a link, a device or a pipe. Links above it count as long as only the owners made the way there.
 */
export function writeOutput(path: string, output: Output, owners: Owners = thisCaller().owners): void {
  const { what } = output;
  const directory = directoryOf(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const cannot = (exitCode: ExitCode, detail: string, hint: string) =>
    new Problem(exitCode, [
      diagnostic('E_UNWRITABLE', `cannot write the ${what}`, { at: path, detail, hint }),
    ]);
  if (name === '' || name === '.' || name === '..')
    throw cannot(
      EXIT.usage,
      'want a plain file or a new name, found something else',
      `see: ls -ld ${shellWord(path || '.')}`,
    );
  try {
    alongHostWay(directory, { owners, links: 'trusted' }, ({ fd }) => {
      const found = typeAt(fd, name);
      if (found !== null && found !== 'file')
        throw cannot(
          EXIT.usage,
          `want a plain file or a new name, found ${FOUND[found]}`,
          `see: ls -ld ${shellWord(path)}`,
        );
      replace(fd, name, output);
    });
  } catch (error) {
    if (!(error instanceof SystemError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    throw cannot(
      EXIT.failed,
      code === 'ELOOP'
        ? `want a way that only root can change where there is a link on it, found a link that others could swap (${code})`
        : `found ${errnoText(code)}`,
      `see: ls -ld ${shellWord(directory)}; df ${shellWord(directory)}`,
    );
  }
}

const FOUND: Readonly<Record<Exclude<Status['type'], 'file'>, string>> = {
  directory: 'a directory',
  link: 'a link, which is not followed',
  special: 'a device, a pipe or a socket',
};

function directoryOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut === -1 ? '.' : path.slice(0, cut) || '/';
}

function typeAt(directory: number, name: string): Status['type'] | null {
  try {
    return statusAt(directory, name).type;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return null;
    throw error;
  }
}

function replace(directory: number, name: string, { text, mode }: Output): void {
  const temporary = `${name}.${crypto.randomUUID()}.tmp`;
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const fd = openAt(directory, temporary, { flags, mode: 0o600, resolve: PLAINLY });
  try {
    try {
      writeFileSync(fd, text);
      fchmodSync(fd, mode);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // Over a link that was put there meanwhile, too: the link goes, what it leads to stays.
    renameAt(directory, temporary, name, 'replace');
  } catch (error) {
    discard(directory, temporary);
    throw error;
  }
  syncDirectory(directory);
}

/** The owner of the directory may have been faster. */
function discard(directory: number, name: string): void {
  try {
    unlinkAt(directory, name);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

function syncDirectory(directory: number): void {
  const fd = openAt(directory, '.', { flags: O_RDONLY | O_DIRECTORY, resolve: PLAINLY });
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
