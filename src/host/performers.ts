// How this host does each operation, one function each: what must hold at that very moment is looked at here, on the
// descriptor that is changed. Everything is synchronous: nothing of ours runs between a check and its act.
import { FSTAB } from '../disk/wanted.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { fullLists } from '../port/access-lists.ts';
import type { ContentStore } from '../port/content-store.ts';
import type { HostReader } from '../port/host-reader.ts';
import { flagsIn } from '../port/inside.ts';
import { describeOperation, type OperationOf, type Performers } from '../port/operation.ts';
import { listsText } from '../port/operations/attributes.ts';
import type { FileState, Owner } from '../port/operations/words.ts';
import { describeOwner, ownerIds } from '../port/owner.ts';
import { modeText } from '../values/mode.ts';
import type { Accounts } from './accounts.ts';
import { chooseScheduler } from './block-queue.ts';
import { changedSince } from './changed-since.ts';
import { setKernelValue } from './kernel-values.ts';
import { openInodesOn } from './open-inodes.ts';
import { becoming, run } from './process.ts';
import type { ProgramFiles } from './program-files.ts';
import { limitProject, settingProject } from './project/performers.ts';
import { setReadAhead } from './read-ahead.ts';
import { remountWith } from './remount.ts';
import { recordRules, settingLabels } from './selinux/performers.ts';
import type { ServiceManager } from './service-manager.ts';
import type { SmallFile, SmallFiles } from './small-file.ts';
import { fileSystemPerformers } from './storage/file-system-performers.ts';
import { flagMountPoint, makeMountPoint, removeMountPoint } from './storage/mount-places.ts';
import { mountFileSystem, unmountFileSystem } from './storage/mounting.ts';
import type { SavedDisks } from './storage/saved-disks.ts';
import { requireVerified } from './storage/verify-fstab.ts';
import { volumePerformers } from './storage/volumes.ts';
import { wholeDiskPerformers } from './storage/whole-disk.ts';
import type { Status } from './syscalls.ts';
import { trashPerformers } from './trash.ts';
import type { Tree } from './tree.ts';
import { renameDirectory, requireNobodyIn } from './tree-moving.ts';

export interface Parts {
  readonly tree: Tree;
  readonly accounts: Accounts;
  /** The run's lock, which programs that change the host keep open. */
  readonly lockFd: () => number | null;
  readonly files: SmallFiles;
  readonly services: ServiceManager;
  readonly programs: ProgramFiles;
  readonly content: ContentStore;
  readonly disks: SavedDisks;
  /** What is looked at once more before something is done to a disk. */
  readonly host: () => HostReader;
  /** Not an image. */
  readonly isLive: boolean;
}

export function openPerformers({
  tree,
  accounts,
  lockFd,
  files,
  services,
  programs,
  content,
  disks,
  host,
  isLive,
}: Parts): Performers {
  function idsOf(owner: Owner): { uid: number; gid: number } {
    const { uid, gid } = ownerIds(owner, accounts);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
    throw new Problem(EXIT.failed, [
      diagnostic('E_UNKNOWN_NAME', 'cannot find the user or group that is to own something', {
        detail: `want ${describeOwner(owner)}, found no ${uid === undefined ? `user ${owner.user}` : `group ${owner.group}`}`,
        fix: 'sudo jts-hot setup',
      }),
    ]);
  }

  function inNumbers({ hash, mode, owner }: FileState): SmallFile {
    return { hash, mode, ...idsOf(owner) };
  }

  function kept(path: string, hash: string): string {
    const text = content.text(hash);
    if (text !== null) return text;
    throw new Problem(EXIT.failed, [
      diagnostic('E_CONTENT_GONE', 'cannot find what is to be written to a file', {
        at: `file ${path}`,
        detail: `want a text whose SHA-256 is ${hash}, found none that was kept beside the record of the runs`,
        hint: 'write the file yourself, from a backup',
      }),
    ]);
  }

  return {
    createGroup: ({ name }) => accounts.createGroup(name),
    deleteGroup: ({ name }) => accounts.deleteGroup(name),
    createUser: (user) => accounts.createUser(user),
    deleteUser: ({ name }) => accounts.deleteUser(name),
    lockUser: ({ name }) => accounts.lockUser(name),
    makeDirectory: ({ path, owner, mode }) => tree.makeDirectory(path, { ...idsOf(owner), mode }),
    removeDirectory: ({ path }) => tree.removeDirectory(path),
    changeOwner(operation) {
      const [from, to] = [idsOf(operation.from), idsOf(operation.to)];
      tree.change(operation.path, ({ status, setOwner }) => {
        requireUnchanged(operation, status, status.uid === from.uid && status.gid === from.gid);
        requireOneName(operation.path, status, to.uid);
        setOwner(to.uid, to.gid);
      });
    },
    changeMode(operation) {
      tree.change(operation.path, ({ status, setMode }) => {
        requireUnchanged(operation, status, modeText(status.mode) === operation.from);
        setMode(operation.to);
      });
    },
    changeFlags(operation) {
      tree.change(operation.path, ({ status, setFlags }) => {
        const have = flagsIn(status.attributes);
        const asPlanned =
          have.length === operation.from.length && have.every((flag) => operation.from.includes(flag));
        requireUnchanged(operation, status, asPlanned);
        setFlags(operation.to);
      });
    },
    changeLists(operation) {
      tree.change(operation.path, ({ status, lists, setLists }) => {
        requireUnchanged(operation, status, true);
        const have = listsText(fullLists(lists(), modeText(status.mode)));
        requireUnchanged(operation, status, have === listsText(operation.from));
        setLists(operation.to);
      });
    },
    writeFile({ path, from, to, unit, wayOf }) {
      const text = () => kept(path, to.hash);
      if (path === FSTAB && isLive) {
        const before = from === null ? null : files.text(FSTAB);
        requireVerified(before ?? '', text());
      }
      const way = { path, also: wayOf === undefined ? null : idsOf(wayOf) };
      files.write(way, from === null ? null : inNumbers(from), { ...inNumbers(to), text });
      if (unit !== undefined) services.refresh(unit, path);
    },
    removeFile({ path, from, unit, wayOf }) {
      files.remove({ path, also: wayOf === undefined ? null : idsOf(wayOf) }, inNumbers(from));
      if (unit !== undefined) services.refresh(unit, path);
    },
    enableUnit: ({ unit }) => services.enable(unit),
    disableUnit: ({ unit }) => services.disable(unit),
    startUnit: ({ unit }) => services.start(unit),
    stopUnit: ({ unit }) => services.stop(unit),
    installProgram: (operation) => programs.install(operation),
    removeProgram: ({ path }) => programs.remove(path),
    switchLink: (operation) => programs.switchLink(operation),
    setAccessTimes: remountWith,
    setScheduler: chooseScheduler,
    setReadAhead,
    setKernelValue: (operation) => setKernelValue(operation, isLive),
    makeMountPoint,
    removeMountPoint,
    closeMountPoint: (operation) => flagMountPoint(operation, true),
    openMountPoint: (operation) => flagMountPoint(operation, false),
    mountFileSystem,
    unmountFileSystem,
    ...trashPerformers(tree, openInodesOn),
    ...wholeDiskPerformers(disks),
    ...volumePerformers(host),
    ...fileSystemPerformers(),
    renameDirectory(operation) {
      requireNobodyIn(tree, operation.path, openInodesOn);
      renameDirectory(tree, operation, operation.to);
    },
    setProject(operation) {
      for (const _ of settingProject(tree, operation));
    },
    setProjectLimits: (operation) => limitProject(tree, operation),
    setFileContexts: (operation) => recordRules(operation, lockFd()),
    setLabels(operation) {
      for (const _ of settingLabels(tree, operation));
    },
    prepareData({ owner, argv }) {
      run(['setpriv', ...becoming(idsOf(owner)), '--', ...argv]);
    },
  };
}

type Changing = OperationOf<'changeOwner' | 'changeMode' | 'changeFlags' | 'changeLists'>;

function requireUnchanged(operation: Changing, status: Status, asPlanned: boolean): void {
  const plain = status.type === 'directory' || status.type === 'file';
  if (plain && isSameThing(operation, status) && asPlanned) return;
  throw changedSince(operation.path, [
    `want: ${describeOperation(operation)}`,
    `found: a ${status.type} that somebody changed meanwhile`,
  ]);
}

function isSameThing({ inode, born, written }: Changing, status: Status): boolean {
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
