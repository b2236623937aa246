// Owns a host that exists only in memory: the fake behind tests of plans, applies and rollbacks. test/contract/ holds it
// to what linux.ts does. Must not answer what nobody told it: an unscripted question throws.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import type { History, HistoryAccess } from '../../src/history/history.ts';
import { DEFAULT_BASE } from '../../src/layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import type { BlockDevice, DeviceContents } from '../../src/port/block-device.ts';
import type { BlockDisk } from '../../src/port/block-disk.ts';
import type { BlockQueue } from '../../src/port/block-queue.ts';
import type { Copied } from '../../src/port/copy-tree.ts';
import type { DeclaredMount } from '../../src/port/declared-mount.ts';
import type { DiskHealthSaid } from '../../src/port/disk-health.ts';
import type { BootClock, Host, HostReader, Lock } from '../../src/port/host.ts';
import { type KernelValue, kernelValueIn } from '../../src/port/kernel-value.ts';
import type { Operation } from '../../src/port/operation.ts';
import type { ReadAhead } from '../../src/port/read-ahead.ts';
import type { UnitReport } from '../../src/port/unit-report.ts';
import type { Writer } from '../../src/port/writers.ts';
import { bytesOfText } from '../../src/values/content.ts';
import { decodeName } from '../../src/values/file-name.ts';
import { membershipsOf, named, numbered } from './accounts.ts';
import { blockDevicesOf, contentsOf } from './block-devices.ts';
import { contentStoreOf } from './content.ts';
import { compareTreesIn, copyTreeIn, openForWritingIn } from './copying.ts';
import { deletedHeldOn } from './deleted-open.ts';
import { diskAt, diskNamed, fileSystemAt } from './disks.ts';
import { type Faults, startEvents } from './events.ts';
import { fileSystemsOnIn, MAKERS, type MadeFileSystem, triedIn } from './file-systems.ts';
import { attributesAt, lookInsideIn } from './inside.ts';
import { journalOf } from './journal.ts';
import { labelsOf, putLabel } from './labels.ts';
import { createMemoryHistory, type MemoryHistory } from './memory-history.ts';
import { mountPlaceAt, mountUseAt } from './mounts.ts';
import { moveStoreOf } from './moves.ts';
import { performOn, readAheadNamed, tearOn } from './perform.ts';
import { HOLDER, type Preparation, preparation } from './prepare.ts';
import { deviceOf, runningIn } from './processes.ts';
import { installedAt, programAt, programOf } from './program.ts';
import {
  type ProjectPreparation,
  projectLimitsIn,
  projectPreparation,
  projectQuotaIn,
  projectsAtIn,
} from './projects.ts';
import { measureIn, searchIn, walkFrom } from './scan.ts';
import { type RunsOnScratch, scratchIn } from './scratch.ts';
import {
  cannotLook,
  FIRST_BIRTH,
  isBelow,
  type MemoryFileSystem,
  type MemorySelinux,
  type Mounted,
  newNode,
  permits,
  READ,
  SEARCH,
  type State,
  unscripted,
  us,
  WRITE,
} from './state.ts';
import { lvmRejectionOf, type MemoryLvm, noLvm, storageSnapshot, volumeGroupsOf } from './storage.ts';
import { accessEntriesAt, entryAt, find, nearest, openedAt, probe, snapshot, textAt } from './tree.ts';
import { emptyDirectory, renameDirectory } from './tree-moving.ts';
import { changeUnits, type RunsUnits, unitOf } from './units.ts';
import { type DiskPreparation, diskEndsOf, diskPreparation, holdDiskOf, imageDiskIn } from './whole-disk.ts';

export { Crash, type CrashMoment } from './events.ts';
export type { Attributes, DiskKind, OnLoop, Preparation, Started } from './prepare.ts';
export type { MemoryFileSystem } from './state.ts';

export interface MemoryInitial {
  readonly base?: string;
  /** What the layout declares to be mounted below it. */
  readonly mounts?: readonly DeclaredMount[];
  readonly root?: string;
  /** Who runs the product; 0 unless said. */
  readonly effectiveUid?: number;
  readonly container?: string | null;
  readonly runsSystemd?: boolean;
  /** What is on the PATH. */
  readonly tools?: readonly string[];
  /** What holds `/`. */
  readonly fileSystem?: MemoryFileSystem;
  /** The disks there are. */
  readonly disks?: readonly BlockDisk[];
  /** All block devices, and what is on them; one of which nothing is said has nothing on it. */
  readonly devices?: readonly BlockDevice[];
  readonly contents?: readonly DeviceContents[];
  /** What LVM has on them. */
  readonly lvm?: MemoryLvm;
  /** Those of them that this program made, by UUID. */
  readonly fileSystemsMade?: ReadonlyMap<string, MadeFileSystem>;
  /** In force where it is given. */
  readonly selinux?: MemorySelinux;
  /** What takes requests, and how. */
  readonly queues?: readonly BlockQueue[];
  /** How far it reads ahead on devices, partitions by the names of their disks. */
  readonly readAheads?: readonly ReadAhead[];
  /** Settings of its kernel, by the names of kernel-value.ts. */
  readonly kernel?: Readonly<Record<string, string | KernelValue>>;
  readonly hasSwap?: boolean;
  /** What the NVMe disks among them say of their health. */
  readonly health?: readonly DiskHealthSaid[];
}

export interface MemoryHost extends Host {
  readonly prepare: Preparation;
  readonly prepareDisk: DiskPreparation;
  readonly prepareProject: ProjectPreparation;
  /** A label of this type, for it alone. */
  readonly prepareLabel: (path: string, type: string) => void;
  readonly faults: Faults;
  /** The history of this host, as `Context.history` says. */
  history(access: HistoryAccess): History | null;
  /** What the machine's own clock says from now on; null, as at first: it does not say. */
  setClock(clock: BootClock | null): void;
  /** What the service manager tells of units from now on. */
  setUnitReport(unit: string, report: UnitReport): void;
  /** What starts and stops with units from now on. */
  setRunsUnits(runs: RunsUnits): void;
  /** What programs do with files without a name from now on. */
  setRunsOnScratch(runs: RunsOnScratch): void;
  /** Devices, what is on them, and LVM: as somebody else changes them. */
  changeStorage(change: (storage: Pick<State, 'devices' | 'contents' | 'lvm'>) => void): void;
  /** Tree (with inodes) and accounts as text, the same for the same state. The journal is not in it. */
  snapshot(): string;
  /** All that a process can ever find on this host, hashed: where it is the same, so is all that follows. */
  fingerprint(): string;
  /** What a process of another user sees of this host. */
  as(effectiveUid: number): HostReader;
  /** An independent host in the same state, with no faults scripted and nobody holding the lock. */
  clone(): MemoryHost;
  /** Opened anew: what a layout declares to be mounted below the base from now on. */
  declare(mounts: readonly DeclaredMount[]): void;
}

/** Its machine-id. */
const MACHINE = '0123456789abcdef0123456789abcdef';

export function createMemoryHost(initial: MemoryInitial = {}): MemoryHost {
  const on: Mounted = {
    mountPoint: '/',
    facts: initial.fileSystem ?? null,
    keepsBirths: true,
    freed: null,
    number: 1,
    uuid: null,
    under: null,
    limits: new Map(),
  };
  return hostOf({
    base: initial.base ?? DEFAULT_BASE,
    mounts: initial.mounts ?? [],
    root: initial.root ?? '/',
    effectiveUid: initial.effectiveUid ?? 0,
    container: initial.container ?? null,
    runsSystemd: initial.runsSystemd ?? false,
    clock: null,
    units: new Map(),
    unitReports: new Map(),
    tools: initial.tools === undefined ? null : [...initial.tools],
    program: programOf('first'),
    top: newNode('directory', { inode: 2, born: FIRST_BIRTH.toString(), on }),
    users: [{ name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash' }],
    groups: [{ name: 'root', gid: 0, members: [] }],
    locked: new Set(),
    nextInode: 3,
    births: 0,
    runs: new Map(),
    kept: [],
    moves: new Map(),
    bases: null,
    launcher: null,
    fileSystems: 1,
    unmounted: new Map(),
    held: [],
    running: [],
    disks: initial.disks ?? [],
    queues: [...(initial.queues ?? [])],
    readAheads: [...(initial.readAheads ?? [])],
    kernel: new Map(
      Object.entries(initial.kernel ?? {}).map(([setting, value]) => [
        setting,
        typeof value === 'string' ? { ...kernelValueIn(value), fixed: null } : value,
      ]),
    ),
    hasSwap: initial.hasSwap ?? null,
    devices: [...(initial.devices ?? [])],
    contents: new Map(initial.contents?.map((one) => [one.name, one])),
    lvm: initial.lvm ?? noLvm(),
    madeFileSystems: new Map(initial.fileSystemsMade),
    health: initial.health ?? [],
    savedDisks: [],
    savedContents: new Map(),
    selinux: initial.selinux ?? null,
    diskLocks: new Set(),
  });
}

function hostOf(state: State, history: MemoryHistory = createMemoryHistory()): MemoryHost {
  const locked = new Map<Lock, string>();
  let hangs = false;
  let runsOnScratch: RunsOnScratch | null = null;
  let runsUnits: RunsUnits | null = null;
  const notes = new Map<string, string>();
  const held = new Map<string, string>();
  const events = startEvents(() => {
    locked.clear();
    held.clear();
  });
  const content = contentStoreOf(state, held, events);
  const { event, requireAlive, hanging } = events;

  function perform(operation: Operation): void {
    const act = () => {
      events.failAsScripted(operation.type);
      performOn(state, operation, content);
    };
    event(act, () => tearOn(state, { operation, content, act }));
  }

  return {
    root: state.root,
    base: state.base,
    get mounts() {
      return state.mounts;
    },
    declare(mounts) {
      state.mounts = mounts;
    },
    surroundings: () => ({
      platform: 'linux',
      container: state.container,
      runsSystemd: state.runsSystemd,
      effectiveUid: state.effectiveUid,
    }),
    clock: () => state.clock,
    groups: (names) => named(state.groups, names, ({ gid }) => [gid]),
    users: (names) => named(state.users, names, ({ uid, gid }) => [uid, gid]),
    memberships: (names) => membershipsOf(state, names),
    accountsNumbered: (uids, gids) => numbered(state, uids, gids),
    accessEntries: (path) => accessEntriesAt(state, path),
    lockedUsers: (names) =>
      new Set(state.effectiveUid === 0 ? names.filter((name) => state.locked.has(name)) : []),
    entry: (path) => {
      events.look(path);
      return entryAt(state, path);
    },
    attributes: (path) => attributesAt(state, path),
    text: (path) => textAt(state, path),
    textEnd: (path, bytes) => {
      const text = textAt(state, path);
      return text === null ? null : decodeName(bytesOfText(text).subarray(-bytes));
    },
    hold: content.hold,
    installed: (path) => installedAt(state, path),
    programFrom: () => state.program,
    programAt: (path) => programAt(state, path),
    link: (path) => {
      const found = find(state, path);
      return found.type === 'node' ? found.node.target : null;
    },
    names: (path) => {
      const found = find(state, path);
      return found.type === 'node' ? [...found.node.children.keys()].sort() : [];
    },
    units: (names) => new Map(names.map((name) => [name, unitOf(state, name)])),
    unitReport: (unit) => state.unitReports.get(unit) ?? null,
    fileSystem: (path) => fileSystemAt(state, path),
    askFileSystem: (path) => ({
      within: async () => {
        const at = hanging();
        if (at !== null && (at === path || isBelow(at, path))) return null;
        const entry = entryAt(state, path);
        if (entry.type === 'blocked' && entry.by === 'link') return { error: 'link' };
        if (entry.type !== 'directory' && entry.type !== 'mount point') return { error: 'missing' };
        const { device: _, ...looked } = fileSystemAt(state, path);
        return looked;
      },
    }),
    lookTurn: () => {
      const is = hanging() !== null && hangs ? 'hanging' : 'mine';
      return {
        is,
        hangs: () => {
          hangs = true;
        },
        end: () => {},
      };
    },
    note: (name) => notes.get(name) ?? null,
    setNote: (name, text) => {
      if (text === null) notes.delete(name);
      else notes.set(name, text);
    },
    answers: async (path) => {
      const at = hanging();
      return at === null || (path !== at && !isBelow(path, at));
    },
    disk: (path) => diskAt(state, path),
    beside: (path, inode) => {
      const parent = path.slice(0, path.lastIndexOf('/')) || '/';
      const found = [...nearest(state, parent).node.children].find(
        ([, { type, inode: own, cover }]) => type === 'directory' && cover === null && `${own}` === inode,
      );
      return found === undefined ? null : `${parent === '/' ? '' : parent}/${found[0]}`;
    },
    mountPlace: (path) => mountPlaceAt(state, path),
    mountUse: (path) => mountUseAt(state, path),
    bases: () => state.bases,
    launcher: () => state.launcher,
    setLauncher: (path) => {
      requireAlive();
      state.launcher = path;
    },
    setBases: (text) => {
      requireAlive();
      state.bases = text;
    },
    mountedAt: (path) => {
      const { mountPoint, source, type, options } = fileSystemAt(state, path);
      return { mountPoint, source, type, options };
    },
    missingTools: (tools) => {
      const { tools: present } = state;
      if (present === null) throw unscripted('which tools there are');
      return tools.filter((tool) => !present.includes(tool));
    },
    walk: (path, how) => walkFrom(state, path, how),
    measure: async (request) => measureIn(state, request, hanging()),
    lookInside: async (request) => lookInsideIn(state, request, hanging()),
    searchOwners: async (search) => searchIn(state, search, hanging()),
    openInodes: (path) => {
      const asked = openedAt(state, path);
      if (typeof asked === 'string') throw cannotLook(path, asked);
      const here = state.held.filter(({ node }) => node.on === asked.on);
      return new Map(here.map(({ node, pid }) => [`${node.inode}`, { ...HOLDER, pid }]));
    },
    writers: (path, inodes) => {
      const asked = openedAt(state, path);
      if (typeof asked === 'string') throw cannotLook(path, asked);
      const found = new Map<string, Writer[]>();
      for (const { node, pid, writes } of state.held) {
        const inode = `${node.inode}`;
        if (writes && node.on === asked.on && inodes.has(inode))
          found.set(inode, [...(found.get(inode) ?? []), { ...HOLDER, pid }]);
      }
      return { writers: found, unseen: 0 };
    },
    openForWriting: (path) => openForWritingIn(state, path, HOLDER),
    copyTree: async (request) => {
      let copied: Copied | null = null;
      event(
        () => {
          copied = copyTreeIn(state, request);
        },
        // Killed in the middle: some of it is there.
        () => copyTreeIn(state, { ...request, signal: AbortSignal.abort() }),
      );
      return copied ?? assert.fail();
    },
    compareTrees: async (request) => {
      requireAlive();
      return compareTreesIn(state, request);
    },
    deletedOpen: (path) => {
      const asked = openedAt(state, path);
      if (typeof asked === 'string') throw cannotLook(path, asked);
      return { files: deletedHeldOn(state, asked.on), unseen: 0 };
    },
    projectQuota: (directory, asked = {}) => projectQuotaIn(state, directory, asked),
    projectsAt: (directory) => projectsAtIn(state, directory),
    projectLimits: (directory, project) => projectLimitsIn(state, directory, project),
    ...labelsOf(state),
    processes: (commands) => runningIn(state, commands),
    deviceAt: (path) => deviceOf(nearest(state, path).node),
    probeWrites: (paths, identity) =>
      paths.map((path) => probe(state, { path, identity, wants: WRITE | SEARCH })),
    readAs(path, identity) {
      const found = find({ ...state, effectiveUid: 0 }, path);
      const isFile = found.type === 'node' && found.node.type === 'file';
      const { ok } = probe(state, {
        path: path.slice(0, path.lastIndexOf('/')),
        identity,
        wants: SEARCH,
      });
      return isFile && ok && permits(found.node, identity, READ) ? found.node.text : null;
    },
    probeReach: (paths, identity) =>
      paths.map((path) => ({
        list: probe(state, { path, identity, wants: READ }),
        enter: probe(state, { path, identity, wants: SEARCH }),
      })),
    restartUnit: async (unit) =>
      state.runsSystemd ? { ok: true } : { ok: false, why: `no manager for ${unit}` },
    stopUnits: async (units) => changeUnits(state, events, { verb: 'stop', units, runs: runsUnits }),
    startUnits: async (units) => changeUnits(state, events, { verb: 'start', units, runs: runsUnits }),
    triggers: () => [],
    dependents: () => [],
    renameDirectory: (directory, to) => renameDirectory(state, events, directory, to),
    emptyDirectory: async (request) => emptyDirectory(state, events, request),
    // Its programs say nothing.
    tryOut: async () => ({ status: 0, output: '' }),
    // Its file systems are ext4, and its disks are told nothing.
    allocationGroupBytes: () => null,
    trimRange: async () => ({ bytes: 0 }),
    blockDevices: () => blockDevicesOf(state),
    deviceContents: (names) => contentsOf(state, names),
    fileSystemsOn: (places) => fileSystemsOnIn(state, places),
    fileSystemMakers: () => MAKERS,
    tryFileSystem: async (request) => triedIn(request),
    diskEnds: (disk, between) => diskEndsOf(state, disk, between),
    savedDisks: () => (state.effectiveUid === 0 ? state.savedDisks.toReversed() : []),
    imageDisk: async (request) => {
      requireAlive();
      return imageDiskIn(state, request);
    },
    holdDisk: (disk) => {
      requireAlive();
      return holdDiskOf(state, disk);
    },
    volumeGroups: () => volumeGroupsOf(state),
    lvmRejection: (path) => lvmRejectionOf(state, path),
    blockQueues: (names) => names.map((name) => state.queues.find((one) => one.name === name) ?? null),
    readAheads: (names) => names.map((name) => readAheadNamed(state, name) ?? null),
    kernelValues: (settings) =>
      settings.map((one) => (state.root === '/' ? (state.kernel.get(one) ?? null) : null)),
    hasSwap: () => (state.root === '/' ? state.hasSwap : null),
    blockDisks: (names) => names.map((name) => diskNamed(state, name)),
    diskHealth: async (names) =>
      state.root === '/'
        ? state.health.filter(({ name }) => /^nvme\d/.test(name) && names.includes(name))
        : [],
    openScratch: (directory) => {
      requireAlive();
      return scratchIn(state, directory, runsOnScratch);
    },
    perform,
    performLong: async (operation) => {
      perform(operation);
      return 'done';
    },
    journal: journalOf(state, events, content),
    moves: moveStoreOf(state, events),
    history: (access) => {
      requireAlive();
      const { uid, gid } = us(state);
      const group = state.groups.find(({ name }) => name === access.group);
      return history.open(access, { machine: MACHINE, base: state.base, uid, gids: [gid] }, group?.gid);
    },
    isLocked: (which) => (state.effectiveUid === 0 ? locked.has(which) : null),
    lock: (purpose, which = 'run') => {
      requireAlive();
      const holder = locked.get(which);
      if (holder !== undefined)
        throw new Problem(EXIT.refused, [
          diagnostic('E_LOCKED', 'refusing to start: another run is at work', { detail: holder }),
        ]);
      locked.set(which, purpose);
      return () => {
        if (!events.isDead()) locked.delete(which);
      };
    },
    prepare: preparation(state),
    prepareDisk: diskPreparation(state),
    prepareProject: projectPreparation(state),
    prepareLabel: (path, type) => putLabel(state, path, type),
    faults: events.faults,
    setClock: (clock) => {
      state.clock = clock;
    },
    setUnitReport(unit, report) {
      state.unitReports.set(unit, report);
    },
    setRunsUnits: (runs) => {
      runsUnits = runs;
    },
    setRunsOnScratch: (runs) => {
      runsOnScratch = runs;
    },
    changeStorage: (change) => change(state),
    snapshot: () => snapshot(state) + storageSnapshot(state),
    fingerprint: () => {
      const all = createHash('sha256').update(serialize([state, notes]));
      return all.update(history.bytes()).digest('hex');
    },
    as: (effectiveUid) => hostOf({ ...state, effectiveUid }, history),
    clone: () => hostOf(structuredClone(state), history.copy()),
  };
}
