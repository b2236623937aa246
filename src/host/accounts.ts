// Owns users and groups: looked up as NSS says (getent) on the live host and from the files of an alternate root,
// changed only through shadow-utils.
import { closeSync, readFileSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { type Group, PARTED_HOME, type User } from '../port/host.ts';
import { linesFromFiles } from './account-files.ts';
import { run } from './process.ts';
import {
  makeDirectoryAt,
  O_DIRECTORY,
  O_NONBLOCK,
  O_RDONLY,
  openAt,
  RESOLVE,
  readDirectory,
  SystemError,
  statusAt,
} from './syscalls.ts';
import { thisCaller } from './trusted/caller.ts';
import { linkInRoot, requireTrusted } from './trusted/finding.ts';
import { weaknessesAt } from './trusted/way.ts';

export interface Accounts {
  groups(names: readonly string[]): ReadonlyMap<string, Group>;
  users(names: readonly string[]): ReadonlyMap<string, User>;
  createGroup(name: string): void;
  deleteGroup(name: string): void;
  createUser(user: { readonly name: string; readonly group: string; readonly home: string }): void;
  deleteUser(name: string): void;
  /** Users that `lockUser` has locked, or somebody with `usermod --lock --expiredate 1`. */
  lockedUsers(names: readonly string[]): ReadonlySet<string>;
  /** Nobody can become that user by way of PAM any more: no login, su, sudo or cron. Its processes go on. */
  lockUser(name: string): void;
  /** From now on everything is looked up again. */
  forget(): void;
}

/** Nobody can log in with it (U1). */
const NO_LOGIN_SHELL = '/bin/false';
/** Not found is an answer of getent, not a failure. */
const GETENT_ANSWERS = [0, 2];

export function openAccounts(root: string, lockFd: () => number | null): Accounts {
  const live = root === '/';
  const known = { passwd: new Map<string, string | null>(), group: new Map<string, string | null>() };

  /** Lines of the database by name; asked of NSS once, until we change something. */
  function lines(database: 'passwd' | 'group', names: readonly string[]): readonly string[] {
    const cache = known[database];
    const unknown = names.filter((name) => !cache.has(name));
    if (unknown.length > 0) {
      const asked = new Set(unknown);
      for (const name of asked) cache.set(name, null);
      const text = live ? ask(database, unknown) : readInRoot(root, `etc/${database}`);
      for (const line of text.split('\n')) {
        const name = line.slice(0, Math.max(0, line.indexOf(':')));
        // The first line of a name is the one that counts.
        if (name !== '' && asked.has(name) && cache.get(name) === null) cache.set(name, line);
      }
    }
    return names.flatMap((name) => cache.get(name) ?? []);
  }

  function users(names: readonly string[]): ReadonlyMap<string, User> {
    return new Map(
      lines('passwd', names).map((line) => {
        const [name = '', , uid, gid, , home = '', shell = ''] = line.split(':');
        return [name, { name, uid: idOf(uid, line), gid: idOf(gid, line), home, shell }];
      }),
    );
  }

  function groups(names: readonly string[]): ReadonlyMap<string, Group> {
    return new Map(
      lines('group', names).map((line) => {
        const [name = '', , gid, members = ''] = line.split(':');
        return [
          name,
          { name, gid: idOf(gid, line), members: members.split(',').filter((one) => one !== '') },
        ];
      }),
    );
  }

  function change(program: string, ...args: string[]): void {
    if (!live) prepareRoot(root);
    try {
      run([program, ...(live ? [] : ['--prefix', root]), ...args], { keepOpen: lockFd() });
    } finally {
      forget();
    }
  }

  function forget(): void {
    known.passwd.clear();
    known.group.clear();
  }

  function requireAbsent(kind: 'user' | 'group', name: string, there: boolean): void {
    if (!there) return;
    throw new Problem(EXIT.failed, [
      diagnostic('E_EXISTS', 'cannot create an account that exists', {
        at: `${kind} ${name}`,
        hint: 'make a new plan',
      }),
    ]);
  }

  function requirePresent(kind: 'user' | 'group', name: string, there: boolean): void {
    if (there) return;
    throw new Problem(EXIT.failed, [
      diagnostic('E_NOT_THERE', 'cannot change an account that does not exist', { at: `${kind} ${name}` }),
    ]);
  }

  /** A user that userdel refused to delete gets its group and home back; one that it deleted halfway is gone. */
  function putBack(name: string, user: User | undefined): void {
    if (user === undefined || !users([name]).has(name)) return;
    try {
      // Group first, while the home is none: usermod would go through a real one.
      change('usermod', '--gid', String(user.gid), name);
      change('usermod', '--home', user.home, name);
    } catch (error) {
      // The error of userdel is the one to report. The half-deleted user is visible, and rollback finishes it.
      if (!(error instanceof Problem)) throw error;
    }
  }

  return {
    groups,
    users,
    createGroup(name) {
      requireAbsent('group', name, groups([name]).has(name));
      change('groupadd', '--system', name);
    },
    deleteGroup(name) {
      requirePresent('group', name, groups([name]).has(name));
      change('groupdel', name);
    },
    createUser({ name, group, home }) {
      requireAbsent('user', name, users([name]).has(name));
      change(
        'useradd',
        ...['--system', '--gid', group, '--home-dir', home, '--no-create-home'],
        ...['--shell', NO_LOGIN_SHELL, '--no-log-init', name],
      );
    },
    deleteUser(name) {
      const user = users([name]).get(name);
      requirePresent('user', name, user !== undefined);
      // userdel also deletes the group of the same name, even one that was there before: parted from it first, it
      // does not. Parted from the home too, or usermod would go through the files there.
      change('usermod', '--gid', String(NOBODYS_GID), '--home', PARTED_HOME, name);
      try {
        change('userdel', name);
      } catch (error) {
        putBack(name, user);
        throw error;
      }
    },
    lockedUsers(names) {
      // Not through the other lookups: only root may read shadow, and it is rarely needed.
      const text = live ? ask('shadow', names) : readInRoot(root, 'etc/shadow');
      const found = new Map<string, string>();
      for (const line of text.split('\n')) {
        const [name = '', , , , , , , expires = ''] = line.split(':');
        if (!found.has(name)) found.set(name, expires);
      }
      return new Set(names.filter((name) => found.get(name) === LOCKED_SINCE));
    },
    lockUser(name) {
      requirePresent('user', name, users([name]).has(name));
      change('usermod', '--lock', '--expiredate', LOCKED_SINCE, name);
    },
    forget,
  };
}

/** Days since the epoch when the account expired, as usermod(8) advises it for a lock. */
const LOCKED_SINCE = '1';

/** What getent says of these names; who is not root is told nothing of shadow. */
function ask(database: 'passwd' | 'group' | 'shadow', names: readonly string[]): string {
  const found = linesFromFiles(database, names);
  const others = names.filter((name) => !found.has(name));
  const asked =
    others.length === 0 ? '' : run(['getent', database, '--', ...others], { answers: GETENT_ANSWERS });
  return [...found.values(), asked].join('\n');
}

/** nogroup (Debian), nobody (others): a user cut short here is in no group that has anything. */
const NOBODYS_GID = 65534;

/** (uid_t)-1 means "leave it" to the kernel; nothing but digits is an id at all. */
function idOf(text: string | undefined, line: string): number {
  const id = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (id < 0xffffffff) return id;
  throw new Problem(EXIT.failed, [
    diagnostic('E_ACCOUNT_LINE', 'cannot read an account', {
      detail: `want a number from 0 to 4294967294 as its id, found ${JSON.stringify(line)}`,
      hint: 'put the line right (vipw, vigr), then run the same command again',
    }),
  ]);
}

/** What shadow-utils open by path, some of it for writing: the files, their backups, new versions and locks. */
const ACCOUNT_FILE =
  /^(passwd|group|shadow|gshadow|subuid|subgid)([-+]|\.lock|\.\d+)?$|^\.pwd\.lock$|^login\.defs$/;

export function readInRoot(root: string, path: string): string {
  const fd = openInRoot(root, path);
  if (fd === null) return '';
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

const INSIDE = RESOLVE.noLinks | RESOLVE.beneath;

/** null: it is not there. shadow-utils work by path: a link in an image's etc would lead them to the live host. */
function openInRoot(root: string, path: string): number | null {
  const rootFd = openAt(-100, root, { flags: O_RDONLY | O_DIRECTORY, resolve: 0 });
  try {
    return openAt(rootFd, path, { flags: O_RDONLY | O_NONBLOCK, resolve: INSIDE });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'ENOENT') return null;
    throw linkInRoot(`${root}/${path}`, error.code);
  } finally {
    closeSync(rootFd);
  }
}

/** An empty tree gets its etc, where shadow-utils then make the files they miss. */
function prepareRoot(root: string): void {
  const rootFd = openAt(-100, root, { flags: O_RDONLY | O_DIRECTORY, resolve: 0 });
  try {
    const etc = openInRoot(root, 'etc');
    if (etc === null) return makeDirectoryAt(rootFd, 'etc', 0o755);
    try {
      // They work by path: anybody who can change etc could put a link there between this look and their work.
      const { owners } = thisCaller();
      const at = `${root}/etc`;
      requireTrusted(weaknessesAt(at, owners), { what: 'account files', path: at, owners });
      readDirectory(etc, (name) => {
        const { type } = statusAt(etc, name);
        if (ACCOUNT_FILE.test(name) && type !== 'file') throw linkInRoot(`${root}/etc/${name}`, type);
        return undefined;
      });
    } finally {
      closeSync(etc);
    }
    const defaults = openInRoot(root, 'etc/default/useradd');
    if (defaults !== null) closeSync(defaults);
  } finally {
    closeSync(rootFd);
  }
}
