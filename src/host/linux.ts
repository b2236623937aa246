// The real host: puts tree, accounts, disk, probe and state directory together behind the port.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BASES_FILE, type DiskView } from '../disk/base-disk.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { DeclaredMount } from '../port/declared-mount.ts';
import type { Entry } from '../port/entry.ts';
import type { BootClock, Host, Restarted, Surroundings } from '../port/host.ts';
import { performBy } from '../port/operation.ts';
import type { LabelsAt } from '../port/selinux.ts';
import { describeDisk } from '../port/storage.ts';
import { accessEntriesOf } from './access-list.ts';
import { openAccounts } from './accounts.ts';
import { answers } from './answers.ts';
import { blockDiskOf } from './block-disk.ts';
import { blockQueueOf } from './block-queue.ts';
import { boottimeMs } from './boot-clock.ts';
import { openTreeCopying } from './copy/copy-tree.ts';
import { deletedOpenOn } from './deleted-open.ts';
import { askFileSystem, mountOf, readDeviceNumber, readDisk, readFileSystem, readMount } from './disk.ts';
import { askDiskHealth } from './disk-health.ts';
import { lookInside } from './inside.ts';
import { findInstalled } from './installed.ts';
import { asLookProblem, asProblem } from './kernel-answer.ts';
import { hasSwap, kernelValueOf } from './kernel-values.ts';
import { workAtLength } from './long-work.ts';
import { openMemberships } from './memberships.ts';
import { openInodesOn } from './open-inodes.ts';
import { openPerformers } from './performers.ts';
import { openProber } from './probe.ts';
import { isInstalled } from './process.ts';
import { openProgramFiles } from './program-files.ts';
import { settingProject } from './project/performers.ts';
import { limitsIn, projectQuotaOf, projectsIn } from './project/quota-of.ts';
import { readAheadOf } from './read-ahead.ts';
import { EVERYBODYS, readNote, takeLookTurn, writeNote } from './run-notes.ts';
import { runningOf } from './running.ts';
import { searchOwners } from './scan/owner-search.ts';
import { measure } from './scan/scan.ts';
import { openScratch } from './scratch.ts';
import { labelOf } from './selinux/calls.ts';
import { settingLabels } from './selinux/performers.ts';
import { otherLabelsIn } from './selinux/relabel-tree.ts';
import { labelOfNew, readCustomizable, readDenials, readSelinux, typesKnown } from './selinux/state.ts';
import { openServiceManager, runsSystemd } from './service-manager.ts';
import { openSmallFiles } from './small-file.ts';
import { openStateDirectory } from './state-directory.ts';
import { LAUNCHER_FILE } from './state-place.ts';
import { readBlockDevices } from './storage/block-devices.ts';
import { readDeviceContents } from './storage/device-contents.ts';
import { imageDisk } from './storage/disk-image.ts';
import { fileSystemsOn } from './storage/file-systems-on.ts';
import { readLvmRejection, readVolumeGroups } from './storage/lvm.ts';
import { fileSystemMakers } from './storage/makers.ts';
import { readMountPlace } from './storage/mount-places.ts';
import { readMountUse } from './storage/mounting.ts';
import { holdDisk } from './storage/right-device.ts';
import { TRIAL_BYTES, TRIAL_PLACE, tryFileSystemOn } from './storage/trial.ts';
import { readDiskEnds } from './storage/whole-disk.ts';
import { O_PATH, O_RDONLY, SystemError, startStatuses, statusAt } from './syscalls.ts';
import { openTree, type Tree } from './tree.ts';
import { emptyDirectory, renameDirectory } from './tree-moving.ts';
import { tryOut } from './trial.ts';
import { allocationGroupBytes, trimRange } from './trim.ts';
import { changeUnits, type UnitVerb } from './unit-jobs.ts';
import { readUnitReport } from './unit-report.ts';
import { openForWritingOn, writersOn } from './writers.ts';

/** `mounts`: what the layout declares to be mounted below the base; nothing else there is entered. */
export function openLinuxHost({
  root,
  base,
  mounts = [],
}: {
  readonly root: string;
  readonly base: string;
  readonly mounts?: readonly DeclaredMount[];
}): Host {
  requireProc();
  const tree = openTree(root, base, mounts);
  const state = openStateDirectory(root);
  const accounts = openAccounts(root, state.lockFd);
  const files = openSmallFiles(tree);
  const services = openServiceManager(root, state.lockFd);
  const programs = openProgramFiles(root, tree);

  const performers = openPerformers({
    tree,
    accounts,
    lockFd: state.lockFd,
    files,
    services,
    programs,
    content: state.journal.content,
    disks: state.disks,
    host: () => host,
    isLive: root === '/',
  });

  async function change(verb: UnitVerb, units: readonly string[], timeoutMs: number): Promise<Restarted> {
    try {
      return await changeUnits(verb, units, { timeoutMs, keepOpen: null });
    } finally {
      services.forget();
    }
  }

  const host: Host = {
    root,
    base,
    mounts,
    journal: state.journal,
    moves: state.moves,
    // Of an alternate root nothing runs.
    lookTurn: () => (root === '/' ? takeLookTurn() : EVERYBODYS),
    note: (name) => (root === '/' ? readNote(name) : null),
    setNote: (name, text) => {
      if (root === '/') writeNote(name, text);
    },
    lock(purpose, which = 'run') {
      const release = state.lock(purpose, which);
      // What was looked up before may be old: another program may have been at work.
      accounts.forget();
      services.forget();
      return release;
    },
    askFileSystem: (path) => askFileSystem(root, path),
    isLocked: state.isLocked,
    surroundings,
    clock: bootClock,
    groups: accounts.groups,
    users: accounts.users,
    ...openMemberships(root),
    lockedUsers: accounts.lockedUsers,
    entry: (path) => asLookProblem(path, () => tree.entry(path)),
    attributes: (path) => asLookProblem(path, () => tree.attributes(path)),
    accessEntries: (path) => asLookProblem(path, () => tree.within(path, O_RDONLY, accessEntriesOf)),
    text: (path) => asLookProblem(path, () => files.text(path)),
    textEnd: (path, bytes) => asLookProblem(path, () => files.end(path, bytes)),
    hold: state.journal.content.hold,
    installed: (path) => asLookProblem(path, () => findInstalled(root, path)),
    programFrom: programs.built,
    programAt: (path) => asLookProblem(path, () => programs.hashAt(path)),
    link: (path) => asLookProblem(path, () => programs.link(path)),
    names: (path) => asLookProblem(path, () => programs.names(path)),
    units: services.units,
    unitReport: (unit) => (root === '/' && runsSystemd() ? readUnitReport(unit) : null),
    walk: tree.walk,
    measure: (request) => measure(request, { rootFd: tree.rootFd, base, mounts }),
    lookInside: (request) =>
      lookInside(tree, request, (scan) => measure(scan, { rootFd: tree.rootFd, base, mounts })),
    async searchOwners(search) {
      try {
        return await searchOwners(root, search, (request) =>
          measure(request, { rootFd: tree.rootFd, base, mounts }),
        );
      } finally {
        // It took a while: what was looked up before may have changed.
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
    mountPlace: (path) => asLookProblem(path, () => readMountPlace(path)),
    mountUse: (path) => asLookProblem(path, () => readMountUse(path)),
    blockDisks: (names) => names.map(blockDiskOf),
    blockDevices: () => (root === '/' ? readBlockDevices() : []),
    deviceContents: (names, timeoutMs) => (root === '/' ? readDeviceContents(names, timeoutMs) : []),
    diskEnds: (disk, between) =>
      root === '/' ? asLookProblem(describeDisk(disk), () => readDiskEnds(disk, between, state.disks)) : null,
    savedDisks: state.disks.all,
    holdDisk,
    volumeGroups: () => (root === '/' ? readVolumeGroups() : { ok: true, groups: [], physicalVolumes: [] }),
    lvmRejection: (path) => (root === '/' ? readLvmRejection(path) : null),
    imageDisk,
    fileSystemsOn: (places) => (root === '/' ? fileSystemsOn(places) : places.map(() => null)),
    fileSystemMakers,
    async tryFileSystem(request) {
      const scratch = openScratch(tree, TRIAL_PLACE, TRIAL_BYTES);
      try {
        return await tryFileSystemOn(scratch, request);
      } finally {
        scratch.close();
      }
    },
    allocationGroupBytes,
    trimRange,
    blockQueues: (names) => names.map(blockQueueOf),
    readAheads: (names) => names.map((one) => (root === '/' ? readAheadOf(one) : null)),
    kernelValues: (settings) => settings.map((one) => (root === '/' ? kernelValueOf(one) : null)),
    hasSwap: () => (root === '/' ? hasSwap() : null),
    diskHealth: async (names, timeoutMs) => (root === '/' ? askDiskHealth(names, timeoutMs) : []),
    beside: (path, inode) => asLookProblem(path, () => besideIn(tree, path, inode)),
    bases: () => state.readPublic(BASES_FILE),
    setBases: (text) => state.publish(BASES_FILE, text),
    launcher: () => state.readPublic(LAUNCHER_FILE)?.trimEnd() ?? null,
    setLauncher: (path) => state.publish(LAUNCHER_FILE, `${path}\n`),
    missingTools: (tools) => tools.filter((tool) => !isInstalled(tool)),
    openInodes: (path) =>
      asLookProblem(path, () => tree.within(path, O_RDONLY, (fd) => openInodesOn(statusAt(fd, '').device))),
    writers: (path, inodes) =>
      asLookProblem(path, () => tree.within(path, O_RDONLY, (fd) => writersOn(fd, inodes))),
    openForWriting: (path) => asLookProblem(path, () => tree.within(path, O_RDONLY, openForWritingOn)),
    deletedOpen: (path) => asLookProblem(path, () => tree.within(path, O_RDONLY, deletedOpenOn)),
    projectQuota: (directory, asked = {}) =>
      asLookProblem(directory, () =>
        tree.within(directory, O_RDONLY, (fd) => projectQuotaOf(fd, mountOf(fd), asked)),
      ),
    projectsAt: (directory) =>
      asLookProblem(directory, () =>
        inNearest(tree, directory, (fd, isItself) => projectsIn(fd, mountOf(fd), isItself)),
      ),
    projectLimits: (directory, project) =>
      asLookProblem(directory, () => inNearest(tree, directory, (fd) => limitsIn(fd, mountOf(fd), project))),
    selinux: () => (root === '/' ? readSelinux() : null),
    typesKnown: (types) => (root === '/' ? typesKnown(types) : new Set()),
    typesKept: () => {
      const selinux = root === '/' ? readSelinux() : null;
      return selinux === null ? new Set() : readCustomizable(selinux.policy);
    },
    labelsAt: (directory) =>
      root === '/' ? asLookProblem(directory, () => labelsIn(tree, directory)) : null,
    otherLabels: (directory, asked) =>
      asLookProblem(directory, () => tree.within(directory, O_RDONLY, (fd) => otherLabelsIn(fd, asked))),
    denials: () => (root === '/' ? readDenials() : []),
    processes: (commands) => (root === '/' ? runningOf(commands) : []),
    deviceAt: (path) => asLookProblem(path, () => readDeviceNumber(root, path)),
    ...openProber(root, files.text),
    restartUnit: (unit, timeoutMs) => change('restart', [unit], timeoutMs),
    stopUnits: (units, timeoutMs) => change('stop', units, timeoutMs),
    startUnits: (units, timeoutMs) => change('start', units, timeoutMs),
    triggers: services.triggers,
    dependents: services.dependents,
    renameDirectory: (directory, to) => renameDirectory(tree, directory, to),
    emptyDirectory: (request) => emptyDirectory(tree, request, openInodesOn),
    tryOut,
    ...openTreeCopying(tree),
    openScratch: (directory, bytes) => openScratch(tree, directory, bytes),
    async performLong(operation, how) {
      try {
        const work =
          operation.type === 'setProject' ? settingProject(tree, operation) : settingLabels(tree, operation);
        return await workAtLength(work, how);
      } catch (error) {
        throw asProblem(error, operation);
      }
    },
    perform(operation) {
      try {
        performBy(performers, operation);
      } catch (error) {
        throw asProblem(error, operation);
      } finally {
        // Of whatever kind it was: a file that was written may be a unit's.
        services.forget();
      }
    },
  };
  return host;
}

function directoryAt(entry: Entry, { type }: DiskView['holder']): DiskView['directory'] {
  // An overlay copies a directory up when something is first made in it: then it is born again.
  if (entry.type === 'directory') return { inode: entry.inode, born: type === 'overlay' ? null : entry.born };
  return entry.type === 'missing' ? 'missing' : 'hidden';
}

/** The directory, or the nearest one above it that is there. */
function inNearest<T>(
  tree: Pick<Tree, 'within'>,
  directory: string,
  act: (fd: number, isItself: boolean) => T,
  flags = O_RDONLY,
): T {
  for (let at = directory; ; at = dirname(at)) {
    try {
      return tree.within(at, flags, (fd) => act(fd, at === directory));
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'ENOENT') || at === '/') throw error;
    }
  }
}

/** null: its file system keeps none. */
function labelsIn(tree: Pick<Tree, 'within'>, directory: string): LabelsAt | null {
  const look = (fd: number, isItself: boolean) => {
    // Of another one the kernel answers with the label that all its files have.
    const label = mountOf(fd).options.includes('seclabel') ? labelOf(fd) : null;
    return label === null ? null : { own: isItself ? label : null, made: labelOfNew(label) };
  };
  return inNearest(tree, directory, look, O_PATH);
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
      fix: 'sudo mount -t proc proc /proc',
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
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return boot === '' ? null : { boot, boottimeMs: boottimeMs() };
  } catch {
    return null;
  }
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
