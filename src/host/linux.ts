// The real host: puts tree, accounts, disk, probe and state directory together behind the port, and is the one place
// that performs operations. Everything is synchronous: nothing of ours runs between a check and its act.
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { BASES_FILE, type DiskView } from '../disk/base-disk.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Entry } from '../port/entry.ts';
import type { BootClock, Host, Surroundings } from '../port/host.ts';
import {
  describeOperation,
  describeOwner,
  type FileState,
  type Operation,
  type Owner,
} from '../port/operation.ts';
import { ownerIds } from '../port/owner.ts';
import { errnoText } from '../values/errno.ts';
import { accessEntriesOf } from './access-list.ts';
import { openAccounts } from './accounts.ts';
import { answers } from './answers.ts';
import { askFileSystem, readDisk, readFileSystem, readMount } from './disk.ts';
import { findInstalled } from './installed.ts';
import { openMemberships } from './memberships.ts';
import { openProber } from './probe.ts';
import { isInstalled } from './process.ts';
import { openProgramFiles } from './program-files.ts';
import { EVERYBODYS, readNote, takeLookTurn, writeNote } from './run-notes.ts';
import { searchOwners } from './scan/owner-search.ts';
import { measure } from './scan/scan.ts';
import { openServiceManager, runsSystemd } from './service-manager.ts';
import { openSmallFiles, type SmallFile } from './small-file.ts';
import { openStateDirectory } from './state-directory.ts';
import { boottimeMs, O_RDONLY, type Status, startStatuses, statusAt } from './syscalls.ts';
import { modeText, openTree, SwappedError, type Tree } from './tree.ts';

export function openLinuxHost({ root, base }: { readonly root: string; readonly base: string }): Host {
  requireProc();
  const tree = openTree(root, base);
  const state = openStateDirectory(root);
  const accounts = openAccounts(root, state.lockFd);
  const files = openSmallFiles(tree);
  const services = openServiceManager(root, state.lockFd);
  const programs = openProgramFiles(root, tree);

  function idsOf(owner: Owner): { uid: number; gid: number } {
    const { uid, gid } = ownerIds(owner, accounts);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
    throw new Problem(EXIT.failed, [
      diagnostic('E_UNKNOWN_NAME', 'cannot find the user or group that is to own something', {
        detail: `want ${describeOwner(owner)}, found no ${uid === undefined ? `user ${owner.user}` : `group ${owner.group}`}`,
        hint: 'to make the missing ones: jts-hot setup',
      }),
    ]);
  }

  function act(operation: Operation): void {
    switch (operation.type) {
      case 'createGroup':
        return accounts.createGroup(operation.name);
      case 'deleteGroup':
        return accounts.deleteGroup(operation.name);
      case 'createUser':
        return accounts.createUser(operation);
      case 'deleteUser':
        return accounts.deleteUser(operation.name);
      case 'lockUser':
        return accounts.lockUser(operation.name);
      case 'makeDirectory':
        return tree.makeDirectory(operation.path, { ...idsOf(operation.owner), mode: operation.mode });
      case 'removeDirectory':
        return tree.removeDirectory(operation.path);
      case 'changeOwner': {
        const [from, to] = [idsOf(operation.from), idsOf(operation.to)];
        return tree.change(operation.path, ({ status, setOwner }) => {
          requireUnchanged(operation, status, status.uid === from.uid && status.gid === from.gid);
          requireOneName(operation.path, status, to.uid);
          setOwner(to.uid, to.gid);
        });
      }
      case 'changeMode':
        return tree.change(operation.path, ({ status, setMode }) => {
          requireUnchanged(operation, status, modeText(status.mode) === operation.from);
          setMode(operation.to);
        });
      case 'writeFile': {
        const { path, from, to, unit } = operation;
        files.write(path, from === null ? null : inNumbers(from), inNumbers(to));
        if (unit !== undefined) services.refresh(unit);
        return;
      }
      case 'removeFile': {
        const { path, from, unit } = operation;
        files.remove(path, inNumbers(from));
        if (unit !== undefined) services.refresh(unit);
        return;
      }
      case 'enableUnit':
        return services.enable(operation.unit);
      case 'disableUnit':
        return services.disable(operation.unit);
      case 'startUnit':
        return services.start(operation.unit);
      case 'stopUnit':
        return services.stop(operation.unit);
      case 'installProgram':
        return programs.install(operation);
      case 'removeProgram':
        return programs.remove(operation.path);
      case 'switchLink':
        return programs.switchLink(operation);
      default:
        return operation satisfies never;
    }
  }

  function inNumbers({ text, mode, owner }: FileState): SmallFile {
    return { text, mode, ...idsOf(owner) };
  }

  return {
    root,
    base,
    journal: state.journal,
    // Of an alternate root nothing runs.
    lookTurn: () => (root === '/' ? takeLookTurn() : EVERYBODYS),
    note: (name) => (root === '/' ? readNote(name) : null),
    setNote: (name, text) => {
      if (root === '/') writeNote(name, text);
    },
    lock(purpose) {
      const release = state.lock(purpose);
      // What was looked up before belongs to the time when somebody else may have been at work.
      accounts.forget();
      services.forget();
      return release;
    },
    askFileSystem: (path) => askFileSystem(root, path),
    surroundings,
    clock: bootClock,
    groups: accounts.groups,
    users: accounts.users,
    ...openMemberships(root),
    lockedUsers: accounts.lockedUsers,
    entry: (path) => asLookProblem(path, () => tree.entry(path)),
    accessEntries: (path) => asLookProblem(path, () => tree.within(path, O_RDONLY, accessEntriesOf)),
    text: (path) => asLookProblem(path, () => files.text(path)),
    installed: (path) => asLookProblem(path, () => findInstalled(root, path)),
    programFrom: programs.built,
    programAt: (path) => asLookProblem(path, () => programs.hashAt(path)),
    link: (path) => asLookProblem(path, () => programs.link(path)),
    names: (path) => asLookProblem(path, () => programs.names(path)),
    units: services.units,
    walk: tree.walk,
    measure: (request) => measure(request, { rootFd: tree.rootFd, base }),
    async searchOwners(search) {
      try {
        return await searchOwners(root, search, (request) => measure(request, { rootFd: tree.rootFd, base }));
      } finally {
        // It took its time: what was looked up before may have changed.
        accounts.forget();
      }
    },
    fileSystem: (path) => asLookProblem(path, () => readFileSystem(root, path)),
    mountedAt: (path) => readMount(root, path),
    answers,
    disk: (path) =>
      asLookProblem(path, () => {
        const disk = readDisk(path);
        return { ...disk, directory: directoryAt(tree.entry(path), disk.holder) };
      }),
    beside: (path, inode) => asLookProblem(path, () => besideIn(tree, path, inode)),
    bases: () => state.readPublic(BASES_FILE),
    setBases: (text) => state.publish(BASES_FILE, text),
    missingTools: (tools) => tools.filter((tool) => !isInstalled(tool)),
    openInodes: (path) =>
      asLookProblem(path, () => tree.within(path, O_RDONLY, (fd) => openInodesOn(statusAt(fd, '').device))),
    ...openProber(root),
    perform(operation) {
      try {
        act(operation);
      } catch (error) {
        throw asProblem(error, operation);
      } finally {
        // Of whatever kind it was: a file that was written may be a unit's.
        services.forget();
      }
    },
  };
}

function directoryAt(entry: Entry, { type }: DiskView['holder']): DiskView['directory'] {
  // An overlay copies a directory up when something is first made in it: then it is born again.
  if (entry.type === 'directory') return { inode: entry.inode, born: type === 'overlay' ? null : entry.born };
  return entry.type === 'missing' ? 'missing' : 'hidden';
}

function besideIn(tree: Pick<Tree, 'within' | 'entry'>, path: string, inode: string): string | null {
  const parent = path.slice(0, path.lastIndexOf('/')) || '/';
  let found: string | null = null;
  // Where there is no parent either, nothing is beside it.
  if (tree.entry(parent).type !== 'directory') return null;
  tree.within(parent, O_RDONLY, (fd) => {
    for (const { name, status } of startStatuses()(fd))
      if (status.type === 'directory' && status.inode === inode && !status.isMountPoint) found ??= name;
  });
  return found === null ? null : `${parent === '/' ? '' : parent}/${found}`;
}

/** Descriptors, mounts and processes are looked up there. */
function requireProc(): void {
  if (existsSync('/proc/self/fd')) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_NO_PROC', 'refusing to work without /proc', {
      detail: 'want proc mounted at /proc, found none',
      hint: 'mount -t proc proc /proc',
    }),
  ]);
}

/** What the kernel answers to a look is foreseen: a run that stops on it gets its end. */
function asLookProblem<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code;
    if (error instanceof Problem || errno === undefined) throw error;
    throw new Problem(EXIT.failed, [
      diagnostic('E_LOOK', 'cannot look at the host', {
        at: path,
        detail: `found ${errnoText(errno)}`,
        hint: HINTS[errno] ?? 'somebody may be changing it: run the same command again',
      }),
    ]);
  }
}

function requireUnchanged(
  operation: Extract<Operation, { type: 'changeOwner' | 'changeMode' }>,
  status: Status,
  asPlanned: boolean,
): void {
  const plain = status.type === 'directory' || status.type === 'file';
  if (plain && isSameThing(operation, status) && asPlanned) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_CHANGED', 'refusing to change something that is no longer what was planned for', {
      at: operation.path,
      detail: [
        `want: ${describeOperation(operation)}`,
        `found: a ${status.type} that somebody changed meanwhile`,
      ],
      hint: 'run the same command again: it makes a new plan',
    }),
  ]);
}

function isSameThing(
  { inode, born, written }: Extract<Operation, { type: 'changeOwner' | 'changeMode' }>,
  status: Status,
): boolean {
  return (
    status.inode === inode &&
    (born === undefined || status.born === born) &&
    (written === undefined || (status.bytes === written.bytes && status.writtenAt === written.at))
  );
}

/** A file with another name elsewhere is not the service's just because it can be reached from its tree. */
function requireOneName(path: string, status: Status, uid: number): void {
  if (status.type === 'directory' || status.links === 1 || status.uid === uid) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_HARD_LINKS', 'refusing to give away a file that has other names', {
      at: path,
      detail: `want a file with one name, found ${status.links} hard links and owner ${status.uid}`,
      hint: `see where else it is: find / -xdev -inum ${status.inode}`,
    }),
  ]);
}

const CODES: { readonly [errno: string]: string } = {
  ENOENT: 'E_NOT_THERE',
  EEXIST: 'E_EXISTS',
  ENOTEMPTY: 'E_NOT_EMPTY',
  ELOOP: 'E_UNREACHABLE',
  ENOTDIR: 'E_UNREACHABLE',
  EXDEV: 'E_UNREACHABLE',
  // rmdir(2): a mount point, or the root directory of a process.
  EBUSY: 'E_UNREACHABLE',
};

const SUMMARIES = {
  createGroup: 'cannot create a group',
  deleteGroup: 'cannot delete a group',
  createUser: 'cannot create a user',
  deleteUser: 'cannot delete a user',
  lockUser: 'cannot lock a user',
  makeDirectory: 'cannot create a directory',
  removeDirectory: 'cannot remove a directory',
  changeOwner: 'cannot change an owner',
  changeMode: 'cannot change a mode',
  writeFile: 'cannot write a file',
  removeFile: 'cannot remove a file',
  enableUnit: 'cannot enable a unit',
  disableUnit: 'cannot disable a unit',
  startUnit: 'cannot start a unit',
  stopUnit: 'cannot stop a unit',
  installProgram: 'cannot copy a program',
  removeProgram: 'cannot remove a program',
  switchLink: 'cannot change a link',
} as const satisfies Record<Operation['type'], string>;

const HINTS: { readonly [errno: string]: string } = {
  ENOSPC: 'free some space on that file system, then run the same command again',
  EDQUOT: 'raise the quota or free some space, then run the same command again',
  EROFS: 'the file system is read-only: see why (dmesg | tail), remount it, then run the same command again',
  EIO: 'the disk reports errors: look at dmesg and smartctl before going on',
  EPERM: 'something forbids it even to root (lsattr, a container, SELinux): see dmesg',
};

function asProblem(error: unknown, operation: Operation): unknown {
  if (error instanceof SwappedError)
    return new Problem(EXIT.failed, [
      diagnostic('E_CHANGED', 'refusing to change something that is no longer what was planned for', {
        at: error.path,
        detail:
          'want the directory just created, found another one in its place: a user of the parent swapped it',
        hint: 'find out what that user runs, then run the same command again',
      }),
    ]);
  const errno = (error as NodeJS.ErrnoException).code;
  if (error instanceof Problem || errno === undefined) return error;
  return new Problem(EXIT.failed, [
    diagnostic(CODES[errno] ?? 'E_IO', SUMMARIES[operation.type], {
      detail: [`want: ${describeOperation(operation)}`, `found: ${errnoText(errno)}`],
      hint: HINTS[errno] ?? 'run the same command again: it looks at the host anew',
    }),
  ]);
}

function surroundings(): Surroundings {
  return {
    platform: process.platform,
    container: container(),
    effectiveUid: process.geteuid?.() ?? -1,
    runsSystemd: runsSystemd(),
  };
}

function bootClock(): BootClock | null {
  const boot = orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '';
  return boot === '' ? null : { boot, boottimeMs: boottimeMs() };
}

/** As systemd-detect-virt --container finds it: a file of the container manager. */
function container(): string | null {
  if (existsSync('/.dockerenv')) return 'docker';
  if (existsSync('/run/.containerenv')) return 'podman';
  try {
    return readFileSync('/run/systemd/container', 'utf8').trim() || null;
  } catch {
    return null;
  }
}

/** `device` as statx gives it, `major:minor` in decimal. */
function openInodesOn(
  device: string,
): ReadonlyMap<string, { readonly pid: number; readonly command: string }> {
  const found = new Map<string, { readonly pid: number; readonly command: string }>();
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    for (const inode of inodesOf(`/proc/${pid}`, device))
      if (!found.has(inode)) found.set(inode, { pid: Number(pid), command: commandOf(pid) });
  }
  return found;
}

function* inodesOf(proc: string, device: string): Generator<string> {
  const links = [
    `${proc}/cwd`,
    `${proc}/root`,
    `${proc}/exe`,
    ...orNone(() => readdirSync(`${proc}/fd`)).map((fd) => `${proc}/fd/${fd}`),
  ];
  for (const link of links) {
    const status = orNull(() => statSync(link, { bigint: true }));
    if (status !== null && deviceText(status.dev) === device) yield status.ino.toString();
  }
  // proc(5): address perms offset dev inode path, the device as hexadecimal major:minor
  for (const line of orNone(() => readFileSync(`${proc}/maps`, 'utf8').split('\n'))) {
    const [, , , dev = '', inode = '0'] = line.split(/\s+/);
    if (inode !== '0' && hexDevice(dev) === device) yield inode;
  }
}

function deviceText(dev: bigint): string {
  const number = Number(dev);
  return `${(number >> 8) & 0xfff}:${(number & 0xff) | ((number >> 12) & 0xfff00)}`;
}

function hexDevice(text: string): string {
  return text
    .split(':')
    .map((part) => Number.parseInt(part, 16))
    .join(':');
}

function commandOf(pid: string): string {
  return (
    orNull(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ??
    orNull(() => readlinkSync(`/proc/${pid}/exe`)) ??
    '?'
  );
}

/** Processes end while we look: what cannot be read any more is not open any more. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function orNone<T>(read: () => readonly T[]): readonly T[] {
  return orNull(read) ?? [];
}
