// Owns a host that exists only in memory: the fake behind tests of plans, applies and rollbacks. test/contract/ holds it
// to what linux.ts does. Must not answer what nobody told it: an unscripted question throws.

import { createHash } from 'node:crypto';
import type { Mounted as DiskMount, DiskView } from '../../src/disk/base-disk.ts';
import { wantedMounts } from '../../src/disk/wanted.ts';
import type { History, HistoryAccess } from '../../src/history/history.ts';
import { DEFAULT_BASE } from '../../src/layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import { ENTRIES_COUNTED, type Entry, type Written } from '../../src/port/entry.ts';
import type { FileSystem } from '../../src/port/file-system.ts';
import type { BootClock } from '../../src/port/host.ts';
import {
  type AccessEntry,
  type BuiltProgram,
  type Group,
  type Host,
  type HostReader,
  type Identity,
  type Installed,
  MAX_FILE_BYTES,
  type Met,
  PARTED_HOME,
  type Probe,
  type Unit,
  type User,
} from '../../src/port/host.ts';
import type { JournalFile, RecordFile } from '../../src/port/journal-store.ts';
import {
  DIRECTORIES_KEPT,
  type FoundFile,
  type Measured,
  type MeasuredDirectory,
  type MeasuredTree,
  type MeasureRequest,
  UNREADABLE_KEPT,
} from '../../src/port/measure.ts';
import {
  asidePath,
  describeOperation,
  enablingLink,
  type FileState,
  type Operation,
  type Owner,
  type ProgramSource,
  UNIT_DIRECTORY,
} from '../../src/port/operation.ts';
import type { Owned, OwnerSearch, OwnersFound } from '../../src/port/owner-search.ts';
import { encodeName } from '../../src/values/file-name.ts';
import { type Mode, permissionText } from '../../src/values/mode.ts';
import type { NumberedName } from '../../src/values/numbered-name.ts';
import { createMemoryHistory, type MemoryHistory } from './memory-history.ts';

export interface MemoryInitial {
  readonly base?: string;
  readonly root?: string;
  /** Who runs the product; 0 unless said. */
  readonly effectiveUid?: number;
  readonly container?: string | null;
  readonly runsSystemd?: boolean;
  /** What is on the PATH. */
  readonly tools?: readonly string[];
  /** What holds `/`. */
  readonly fileSystem?: MemoryFileSystem;
}

export type MemoryFileSystem = Omit<FileSystem, 'path' | 'mountPoint'>;

export interface Attributes {
  readonly uid?: number;
  readonly gid?: number;
  readonly mode?: Mode;
}

/**
 * `ext4` gives the inode of what was removed to what is made next; with inodes of 128 bytes it keeps no birth times
 * either.
 */
export type DiskKind = 'ext4' | 'ext4 with small inodes';

/** Puts things on the host before a test, as an administrator would; missing parents become root's, 0755. */
export interface Preparation {
  directory(path: string, attributes?: Attributes): void;
  /** `bytes` are on the disk; a hole of `sparseBytes` follows that is not. `changedAt` in milliseconds since the epoch. */
  file(
    path: string,
    attributes?: Attributes & {
      readonly bytes?: number;
      readonly sparseBytes?: number;
      /** What is in it, instead of so many `bytes`. */
      readonly text?: string;
      readonly changedAt?: number;
    },
  ): void;
  link(path: string, target: string): void;
  /** A named pipe. */
  special(path: string, attributes?: Attributes): void;
  /** Another name for the file at `existing`. */
  hardLink(path: string, existing: string): void;
  /** Mounts an empty file system on a directory; `like` says of which kind when it matters. */
  mount(path: string, like?: DiskKind): void;
  /** Of several the last one. Calling what it returns mounts the same file system again. */
  unmount(path: string): () => void;
  /** The file system that is mounted there, for reading and writing or for reading only. */
  remount(path: string, how: 'rw' | 'ro'): void;
  /** Moves a directory with all that is in it, as mv does on one file system. */
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** On the same file system. */
  move(from: string, to: string): void;
  chown(path: string, uid: number, gid: number): void;
  chmod(path: string, mode: Mode): void;
  /** Lets a user or a group into a directory by its access control list, as `setfacl -m` does. */
  grant(
    path: string,
    to: { readonly type: 'user' | 'group'; readonly id: number; readonly bits: number },
  ): void;
  addGroup(name: string, gid: number, members?: readonly string[]): void;
  addUser(user: User): void;
  /** A process keeps the file or directory open until the release is called. */
  hold(path: string): () => void;
  /** A process runs as this user until the release is called. */
  runAs(uid: number): () => void;
  /** Another program runs from now on, known by this content. `broken`: it does not start. Returns where it is. */
  program(content: string): ProgramSource;
  /** The last line of a recorded run is torn: `text` was written after it, and no line end. */
  tear(run: number, text: string): void;
  /** Something made this of the bytes of a run's record. */
  spoil(run: number, change: (bytes: Buffer) => Uint8Array): void;
}

/** The process died. Nothing more can be done with the host until `restart`. */
export class Crash extends Error {
  constructor() {
    super('the process was killed');
    this.name = 'Crash';
  }
}

/**
 * `torn`: an append reached the disk but for the end of its last line; a new directory is there, but not yet with its
 * owner and mode; a user to be deleted is parted from its group and home; what else there is to perform is done whole.
 */
export type CrashMoment = 'before' | 'after' | 'torn';

export interface Faults {
  /** Performs and journal appends since the host was made, cloned or restarted. */
  events(): number;
  /** The process dies at event `n`, counted from 1 by the same count. */
  crash(moment: CrashMoment, n: number): void;
  /** The next operation of this type throws `problem` and does nothing. */
  failNext(type: Operation['type'], problem: Problem): void;
  /** Calls of `entry` since the host was made, cloned or restarted. */
  looks(): number;
  /** Look `n`, counted from 1 by the same count, and that one alone, fails as on a disk that reports errors. */
  failLook(n: number): void;
  /** The disk below this path answers no more: what measures it waits until its time is up. */
  hang(path: string): void;
  /** A new process finds the host as the dead one left it: the lock is free, what was scripted is forgotten. */
  restart(): void;
}

export interface MemoryHost extends Host {
  readonly prepare: Preparation;
  readonly faults: Faults;
  /** The history of this host, as `Context.history` says. */
  history(access: HistoryAccess): History | null;
  /** What the machine's own clock says from now on; null, as at first: it does not say. */
  setClock(clock: BootClock | null): void;
  /** Tree (with inodes) and accounts as text, the same for the same state. The journal is not in it. */
  snapshot(): string;
  /** What a process of another user sees of this host. */
  as(effectiveUid: number): HostReader;
  /** An independent host in the same state, with no faults scripted and nobody holding the lock. */
  clone(): MemoryHost;
}

interface Mounted {
  mountPoint: string;
  facts: MemoryFileSystem | null;
  keepsBirths: boolean;
  /** Inodes to be given again; null: none ever is. */
  freed: number[] | null;
  /** Its number among all that were made: its UUID, and that of its mount. */
  number: number;
  /** What was mounted at the same place before, and is covered. */
  under: Node | null;
}

interface Node {
  type: 'directory' | 'file' | 'link' | 'special';
  uid: number;
  gid: number;
  mode: number;
  inode: number;
  born: string | null;
  links: number;
  diskBytes: number;
  /** As ls shows it. */
  lengthBytes: number;
  /** null: nobody said what is in it. */
  text: string | null;
  changedAt: number;
  /** For as long as nobody says when it changed: when it was made, by the count of births. */
  written: number;
  target: string | null;
  /** Of a directory that access was granted to beyond its mode. */
  acl: NodeAcl | null;
  children: Map<string, Node>;
  /** What covers this directory. */
  cover: Node | null;
  on: Mounted;
}

interface NodeAcl {
  readonly owningGroup: number;
  readonly entries: readonly {
    readonly type: 'user' | 'group';
    readonly id: number;
    readonly bits: number;
  }[];
}

interface Run {
  bytes: Uint8Array;
}

interface State {
  base: string;
  root: string;
  effectiveUid: number;
  container: string | null;
  runsSystemd: boolean;
  clock: BootClock | null;
  /** Active units, with the text of the file that each was loaded from; null: it was gone. */
  units: Map<string, string | null>;
  tools: string[] | null;
  /** What the program that runs would be as a copy. */
  program: BuiltProgram;
  top: Node;
  users: User[];
  /** Names of users who are locked. */
  locked: Set<string>;
  groups: Group[];
  nextInode: number;
  /** How many things were ever made: their birth times never repeat. */
  births: number;
  runs: Map<number, Run>;
  bases: string | null;
  /** How many file systems were ever made: each has an identity of its own. */
  fileSystems: number;
  held: { node: Node; pid: number }[];
  /** Of processes that were invented for `runAs`. */
  running: { uid: number }[];
}

type Found =
  | { readonly type: 'node'; readonly node: Node; readonly parent: Node; readonly name: string }
  | {
      readonly type: 'missing';
      readonly parent: Node | null;
      readonly nearest: Node;
      readonly nearestPath: string;
      readonly name: string;
    }
  | {
      readonly type: 'blocked';
      readonly at: string;
      readonly by: 'file' | 'link' | 'special' | 'mount point';
    }
  | { readonly type: 'hidden' }
  /** The kernel answers with an error that says nothing of what is there. */
  | { readonly type: 'unanswered'; readonly error: string };

const READ = 4;
const WRITE = 2;
const SEARCH = 1;
const BLOCK = 4096;
/** Debian's login.defs leaves these at their defaults. */
const SYSTEM_IDS = { min: 101, max: 999 };
/** A process that was invented for `hold`. */
const HOLDER = { pid: 4242, command: 'holder' };
/** Of every Linux file system in use. */
const NAME_MAX = 255;
/** As deep as linux.ts walks, the start counted. */
const DEEPEST = 200;
/** Its machine-id. */
const MACHINE = '0123456789abcdef0123456789abcdef';
/** (uid_t)-1 and above are no ids. */
const NO_ID = 0xffffffff;
const NEWLINE = 10;
/** Where linux.ts puts a user who is being deleted. */
const NOBODYS_GID = 65534;

export function createMemoryHost(initial: MemoryInitial = {}): MemoryHost {
  const on: Mounted = {
    mountPoint: '/',
    facts: initial.fileSystem ?? null,
    keepsBirths: true,
    freed: null,
    number: 1,
    under: null,
  };
  return hostOf({
    base: initial.base ?? DEFAULT_BASE,
    root: initial.root ?? '/',
    effectiveUid: initial.effectiveUid ?? 0,
    container: initial.container ?? null,
    runsSystemd: initial.runsSystemd ?? false,
    clock: null,
    units: new Map(),
    tools: initial.tools === undefined ? null : [...initial.tools],
    program: programOf('first'),
    top: newNode('directory', { inode: 2, born: FIRST_BIRTH.toString(), on }),
    users: [{ name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash' }],
    groups: [{ name: 'root', gid: 0, members: [] }],
    locked: new Set(),
    nextInode: 3,
    births: 0,
    runs: new Map(),
    bases: null,
    fileSystems: 1,
    held: [],
    running: [],
  });
}

/** Long after the epoch, in nanoseconds. */
const FIRST_BIRTH = 1_700_000_000_000_000_000n;

function makeNode(state: State, type: Node['type'], on: Mounted): Node {
  state.births++;
  const born = on.keepsBirths ? (FIRST_BIRTH + BigInt(state.births)).toString() : null;
  const node = newNode(type, { inode: on.freed?.pop() ?? state.nextInode++, born, on });
  return Object.assign(node, { written: state.births });
}

/** One name of it less. */
function unlinked(node: Node): void {
  node.links--;
  if (node.links === 0 || node.type === 'directory') node.on.freed?.push(node.inode);
}

function newNode(type: Node['type'], { inode, born, on }: Pick<Node, 'inode' | 'born' | 'on'>): Node {
  const mode = type === 'link' ? 0o777 : type === 'directory' ? 0o755 : 0o644;
  return {
    type,
    uid: 0,
    gid: 0,
    mode,
    inode,
    born,
    links: 1,
    diskBytes: 0,
    lengthBytes: 0,
    text: null,
    changedAt: 0,
    written: 0,
    target: null,
    acl: null,
    children: new Map(),
    cover: null,
    on,
  };
}

function hostOf(state: State, history: MemoryHistory = createMemoryHistory()): MemoryHost {
  let events = 0;
  let crash: { readonly moment: CrashMoment; readonly n: number } | null = null;
  let dead = false;
  let locked: string | null = null;
  let looks = 0;
  let failingLook = 0;
  let hanging: string | null = null;
  let hangs = false;
  const notes = new Map<string, string>();
  const failures: { readonly type: Operation['type']; readonly problem: Problem }[] = [];

  /** Runs one thing that a crash can come before or after. `tear` is what a torn write leaves. */
  function event(act: () => void, tear: () => void): void {
    if (dead) throw new Crash();
    events++;
    const moment = crash?.n === events ? crash.moment : null;
    if (moment !== 'before') (moment === 'torn' ? tear : act)();
    if (moment !== null) {
      dead = true;
      throw new Crash();
    }
  }

  function perform(operation: Operation): void {
    const act = () => {
      const scripted = failures.findIndex(({ type }) => type === operation.type);
      const [failure] = scripted === -1 ? [] : failures.splice(scripted, 1);
      if (failure !== undefined) throw failure.problem;
      performOn(state, operation);
    };
    event(act, () => {
      // small-file.ts makes the new version beside it, or moves the old one there, and is killed then.
      if (operation.type === 'writeFile' || operation.type === 'removeFile') {
        leaveAside(state, operation);
        return;
      }
      // linux.ts parts it from its group and home, and only then deletes it.
      if (operation.type === 'deleteUser') {
        const leaving = state.users.find(({ name }) => name === operation.name);
        act();
        if (leaving !== undefined) state.users.push({ ...leaving, gid: NOBODYS_GID, home: PARTED_HOME });
        return;
      }
      act();
      // linux.ts makes it as root's, another's closed to all, and only then gives it its owner and mode.
      if (operation.type !== 'makeDirectory') return;
      const made = find(state, operation.path);
      if (made.type !== 'node') return;
      const mode = made.node.uid === 0 ? made.node.mode & 0o777 : 0;
      Object.assign(made.node, { uid: 0, gid: 0, mode });
    });
  }

  function recorded(run: number): Run {
    const found = state.runs.get(run);
    if (found === undefined)
      throw new Problem(EXIT.failed, [
        diagnostic('E_NOT_THERE', 'cannot find the record of the run', { detail: `run ${run}` }),
      ]);
    return found;
  }

  function runs(): number[] {
    return [...state.runs.keys()].sort((a, b) => a - b);
  }

  function create(run: number, lines: readonly string[]): JournalFile {
    if (dead) throw new Crash();
    if (state.runs.has(run))
      throw new Problem(EXIT.failed, [
        diagnostic('E_EXISTS', 'cannot record the run', { detail: `run ${run} is recorded already` }),
      ]);
    const made: Run = { bytes: asBytes(lines) };
    event(
      () => state.runs.set(run, made),
      () => {},
    );
    return fileOf(made);
  }

  function reopen(run: number): JournalFile {
    if (dead) throw new Crash();
    const found = recorded(run);
    found.bytes = found.bytes.subarray(0, found.bytes.lastIndexOf(NEWLINE) + 1);
    return fileOf(found);
  }

  function fileOf(recording: Run): JournalFile {
    return {
      append: (lines) => {
        const added = asBytes(lines);
        // Half of the last line.
        const torn = added.length - Math.floor(Buffer.byteLength(lines.at(-1) ?? '') / 2) - 1;
        event(
          () => write(added),
          () => write(added.subarray(0, torn)),
        );
      },
      close: () => {},
    };

    function write(added: Uint8Array): void {
      recording.bytes = Buffer.concat([recording.bytes, added]);
    }
  }

  function recordOf(run: number): RecordFile {
    return {
      run,
      open: () => {
        const { bytes } = recorded(run);
        return {
          size: bytes.length,
          read: (into, at) => {
            const found = bytes.subarray(at, at + into.length);
            into.set(found);
            return found.length;
          },
          close: () => {},
        };
      },
    };
  }

  return {
    root: state.root,
    base: state.base,
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
      looks++;
      if (looks === failingLook) throw cannotLook(path, 'EIO');
      return entryAt(state, path);
    },
    text: (path) => textAt(state, path),
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
    fileSystem: (path) => fileSystemAt(state, path),
    askFileSystem: (path) => ({
      within: async () => {
        if (hanging !== null && (hanging === path || isBelow(hanging, path))) return null;
        const entry = entryAt(state, path);
        if (entry.type === 'blocked' && entry.by === 'link') return { error: 'link' };
        if (entry.type !== 'directory' && entry.type !== 'mount point') return { error: 'missing' };
        const { device: _, ...looked } = fileSystemAt(state, path);
        return looked;
      },
    }),
    lookTurn: () => {
      const is = hanging !== null && hangs ? 'hanging' : 'mine';
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
    answers: async (path) => hanging === null || (path !== hanging && !isBelow(path, hanging)),
    disk: (path) => diskAt(state, path),
    beside: (path, inode) => {
      const parent = path.slice(0, path.lastIndexOf('/')) || '/';
      const found = [...nearest(state, parent).node.children].find(
        ([, { type, inode: own, cover }]) => type === 'directory' && cover === null && `${own}` === inode,
      );
      return found === undefined ? null : `${parent === '/' ? '' : parent}/${found[0]}`;
    },
    bases: () => state.bases,
    setBases: (text) => {
      if (dead) throw new Crash();
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
    walk: (path) => walkFrom(state, path),
    measure: async (request) => measureIn(state, request, hanging),
    searchOwners: async (search) => searchIn(state, search, hanging),
    openInodes: (path) => {
      const asked = openedAt(state, path);
      if (typeof asked === 'string') throw cannotLook(path, asked);
      const here = state.held.filter(({ node }) => node.on === asked.on);
      return new Map(here.map(({ node, pid }) => [`${node.inode}`, { ...HOLDER, pid }]));
    },
    probeWrites: (paths, identity) =>
      paths.map((path) => probe(state, { path, identity, wants: WRITE | SEARCH })),
    probeReach: (paths, identity) =>
      paths.map((path) => ({
        list: probe(state, { path, identity, wants: READ }),
        enter: probe(state, { path, identity, wants: SEARCH }),
      })),
    perform,
    journal: {
      runs,
      record: recordOf,
      newestFirst: () => runs().reverse().map(recordOf),
      create,
      reopen,
    },
    history: (access) => {
      if (dead) throw new Crash();
      const { uid, gid } = us(state);
      const group = state.groups.find(({ name }) => name === access.group);
      return history.open(access, { machine: MACHINE, base: state.base, uid, gids: [gid] }, group?.gid);
    },
    lock: (purpose) => {
      if (dead) throw new Crash();
      if (locked !== null)
        throw new Problem(EXIT.refused, [
          diagnostic('E_LOCKED', 'refusing to start: another run is at work', { detail: locked }),
        ]);
      locked = purpose;
      return () => {
        if (!dead) locked = null;
      };
    },
    prepare: preparation(state),
    faults: {
      events: () => events,
      crash: (moment, n) => {
        crash = { moment, n };
      },
      failNext: (type, problem) => {
        failures.push({ type, problem });
      },
      looks: () => looks,
      failLook: (n) => {
        failingLook = n;
      },
      hang: (path) => {
        hanging = path;
      },
      restart: () => {
        dead = false;
        looks = 0;
        failingLook = 0;
        hanging = null;
        locked = null;
        crash = null;
        failures.length = 0;
        events = 0;
      },
    },
    setClock: (clock) => {
      state.clock = clock;
    },
    snapshot: () => snapshot(state),
    as: (effectiveUid) => hostOf({ ...state, effectiveUid }),
    clone: () => hostOf(structuredClone(state), history.copy()),
  };
}

function unscripted(question: string): Error {
  return new Error(`the memory host was asked ${question}, and nobody told it`);
}

function cannotLook(path: string, errno: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_LOOK', 'cannot look at the host', { at: path, detail: `found ${errno}` }),
  ]);
}

function failed(code: string, operation: Operation, detail: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic(code, 'cannot change the host', { detail: [describeOperation(operation), detail] }),
  ]);
}

function named<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[],
  idsOf: (item: T) => readonly number[],
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const item of all) {
    if (!names.includes(item.name) || found.has(item.name)) continue;
    if (idsOf(item).some((id) => id >= NO_ID))
      throw new Problem(EXIT.failed, [
        diagnostic('E_ACCOUNT_LINE', 'cannot read an account', { detail: `found ${idsOf(item)}` }),
      ]);
    found.set(item.name, item);
  }
  return found;
}

function modeText(mode: number): Mode {
  return mode.toString(8).padStart(4, '0');
}

/** As acl(5) has it. Where there are named entries, the group bits of the mode are the mask. */
function permits(node: Node, { uid, gid, groups }: Identity, wants: number): boolean {
  const has = (bits: number) => (bits & wants) === wants;
  const [owner, group, others] = [node.mode >> 6, node.mode >> 3, node.mode];
  if (uid === 0 || uid === node.uid) return uid === 0 || has(owner);
  const { entries, owningGroup } = node.acl ?? { entries: [], owningGroup: group };
  const own = entries.find((entry) => entry.type === 'user' && entry.id === uid);
  if (own !== undefined) return has(own.bits & group);
  const gids = new Set([gid, ...groups]);
  const matching = [
    ...(gids.has(node.gid) ? [owningGroup] : []),
    ...entries.filter((entry) => entry.type === 'group' && gids.has(entry.id)).map(({ bits }) => bits),
  ];
  return matching.length === 0 ? has(others) : matching.some((bits) => has(bits & group));
}

function accessEntriesAt(state: State, path: string): readonly AccessEntry[] {
  const node = openedAt(state, path);
  if (typeof node === 'string') throw cannotLook(path, node);
  const { entries = [] } = node.acl ?? {};
  return entries.flatMap(({ type, id, bits }) => {
    const left = bits & (node.mode >> 3);
    return left === 0 ? [] : [{ type, id, permissions: permissionText(left), inherited: false }];
  });
}

function membershipsOf(state: State, users: readonly string[]): ReturnType<HostReader['memberships']> {
  return new Map(
    users.map((user) => [
      user,
      state.groups
        .filter(({ members }) => members.includes(user))
        .map(({ name, gid }) => ({ name, gid, kept: null })),
    ]),
  );
}

function numbered(
  state: State,
  uids: readonly number[],
  gids: readonly number[],
): ReturnType<HostReader['accountsNumbered']> {
  const kept = null;
  return {
    users: state.users
      .filter(({ uid }) => uids.includes(uid))
      .map(({ name, uid }) => ({ name, id: uid, kept })),
    groups: state.groups
      .filter(({ gid }) => gids.includes(gid))
      .map(({ name, gid }) => ({ name, id: gid, kept })),
  };
}

function asBytes(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

function us(state: State): Identity {
  return { uid: state.effectiveUid, gid: state.effectiveUid, groups: [] };
}

function isBelow(path: string, base: string): boolean {
  return base === '/' ? path !== '/' : path.startsWith(`${base}/`);
}

function find(state: State, path: string): Found {
  if (!path.startsWith('/')) throw new Error(`not an absolute path: ${path}`);
  const names = path.split('/').filter((name) => name !== '');
  let node = state.top.cover ?? state.top;
  let parent = node;
  let at = '';
  for (const [index, name] of names.entries()) {
    if (at !== '') {
      if (node.type !== 'directory') return { type: 'blocked', at, by: node.type };
      if (node.cover !== null) {
        if (isBelow(at, state.base)) return { type: 'blocked', at, by: 'mount point' };
        node = node.cover;
      }
    }
    if (!permits(node, us(state), SEARCH)) return { type: 'hidden' };
    if (encodeName(name).length - 1 > NAME_MAX) return { type: 'unanswered', error: 'ENAMETOOLONG' };
    parent = node;
    const child = parent.children.get(name);
    if (child === undefined) {
      const last = index === names.length - 1;
      return { type: 'missing', parent: last ? parent : null, nearest: parent, nearestPath: at || '/', name };
    }
    at = `${at}/${name}`;
    node = child;
  }
  return { type: 'node', node, parent, name: names.at(-1) ?? '' };
}

function entryAt(state: State, path: string): Entry {
  const found = find(state, path);
  switch (found.type) {
    case 'missing':
      return { type: 'missing' };
    case 'blocked':
      return { type: 'blocked', at: found.at, by: found.by };
    case 'hidden':
      return { type: 'hidden' };
    case 'unanswered':
      throw cannotLook(path, found.error);
    case 'node': {
      if (found.node.cover !== null && isBelow(path, state.base)) return { type: 'mount point' };
      const node = found.node.cover ?? found.node;
      const { uid, gid, born } = node;
      const facts = { uid, gid, mode: modeText(node.mode), inode: `${node.inode}`, born };
      if (node.type !== 'directory')
        return { type: node.type, ...facts, ...(node.type === 'file' && born === null && writtenOf(node)) };
      const mayCount = permits(node, us(state), READ);
      const entries = mayCount ? Math.min(node.children.size, ENTRIES_COUNTED) : null;
      return { type: 'directory', ...facts, entries };
    }
    default:
      return found satisfies never;
  }
}

function writtenOf({ lengthBytes, changedAt, written }: Node): { readonly written: Written } {
  return { written: { bytes: lengthBytes, at: `${changedAt * 1e6 + written}` } };
}

function textAt(state: State, path: string): string | null {
  const found = find(state, path);
  if (found.type === 'hidden') return null;
  if (found.type !== 'node') throw cannotLook(path, found.type === 'unanswered' ? found.error : 'ENOENT');
  const { node } = found;
  if (node.type !== 'file' || node.lengthBytes > MAX_FILE_BYTES || !permits(node, us(state), READ))
    return null;
  if (node.text === null && node.lengthBytes > 0) throw unscripted(`what is in ${path}`);
  return node.text ?? '';
}

/** Links are followed here and nowhere else. */
function installedAt(state: State, path: string, passed = 0): Installed | null {
  const names = path.split('/').slice(1);
  for (let depth = 1; depth <= names.length; depth++) {
    const at = `/${names.slice(0, depth).join('/')}`;
    const found = find({ ...state, effectiveUid: 0, base: '/-' }, at);
    if (found.type !== 'node') return null;
    if (found.node.type !== 'link') continue;
    if (passed > 40) return null;
    const to = resolvePath(at.slice(0, at.lastIndexOf('/')), found.node.target ?? '');
    const behind = installedAt(state, `${to}/${names.slice(depth).join('/')}`.replace(/\/$/, ''), passed + 1);
    if (behind === null || depth < names.length) return behind;
    return { ...behind, changeableAt: changeableAt(state, at) ?? behind.changeableAt };
  }
  const found = find(state, path);
  if (found.type !== 'node' || found.node.type !== 'file' || (found.node.mode & 0o111) === 0) return null;
  return { path, changeableAt: changeableAt(state, path) };
}

/**
 * The first of the directories on the way, or the file itself, that is not root's alone to change. `sticky`: in one like
 * /tmp others make files of their own, and change nobody's.
 */
function changeableAt(state: State, path: string, files: 'sticky' | 'nobody else' = 'sticky'): string | null {
  const names = path.split('/').slice(1);
  const way = ['/', ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)];
  const open = way.find((at) => {
    const found = find({ ...state, effectiveUid: 0, base: '/-' }, at);
    const node = found.type === 'node' ? (found.node.cover ?? found.node) : null;
    if (node === null || node.type === 'link') return false;
    const sticky = files === 'sticky' && node.type === 'directory' && (node.mode & 0o1000) !== 0;
    return node.uid !== 0 || ((node.mode & 0o022) !== 0 && !sticky);
  });
  return open ?? null;
}

function resolvePath(directory: string, target: string): string {
  const names = (target.startsWith('/') ? target : `${directory}/${target}`).split('/');
  const real: string[] = [];
  for (const name of names)
    if (name === '..') real.pop();
    else if (name !== '' && name !== '.') real.push(name);
  return `/${real.join('/')}`;
}

function unitOf(state: State, name: string): Unit {
  const active = state.units.has(name);
  return { active, outdated: active && state.units.get(name) !== unitText(state, name) };
}

function unitText(state: State, name: string): string | null {
  const found = find(state, `${UNIT_DIRECTORY}/${name}`);
  return found.type === 'node' ? found.node.text : null;
}

/** The existing directory at or above `path`. */
function nearest(state: State, path: string): { readonly path: string; readonly node: Node } {
  const found = find(state, path);
  if (found.type === 'node' && found.node.type === 'directory')
    return { path, node: found.node.cover ?? found.node };
  if (found.type === 'missing') return { path: found.nearestPath, node: found.nearest };
  if (path === '/') throw new Error('the memory host has no root directory');
  return nearest(state, path.slice(0, path.lastIndexOf('/')) || '/');
}

function fileSystemAt(state: State, path: string): FileSystem {
  const { path: asked, node } = nearest(state, path);
  if (node.on.facts === null) throw unscripted(`about the file system that holds ${asked}`);
  return { path: asked, mountPoint: node.on.mountPoint, ...node.on.facts };
}

/** All file systems are of one kind and source: they differ by their UUID. */
function diskAt(state: State, path: string): DiskView {
  const { node } = nearest(state, path);
  const entry = entryAt(state, path);
  const mounts: DiskMount[] = [];
  const collect = (at: Node, names: readonly string[], parent: string) => {
    const layers: Node[] = [at];
    for (let cover = at.cover; cover !== null; cover = cover.on.under) layers.splice(1, 0, cover);
    let below = parent;
    for (const layer of layers) {
      if (layer !== at) {
        const mount = mountOf(layer.on, below);
        mounts.push(mount);
        below = mount.id;
      }
      const child = names[0] === undefined ? undefined : layer.children.get(names[0]);
      if (child !== undefined) collect(child, names.slice(1), below);
    }
  };
  const first = mountOf(state.top.on, '');
  mounts.push(first);
  collect(state.top, path.split('/').filter(Boolean), first.id);
  const holder = mounts.find(({ id }) => id === `${node.on.number}`);
  if (holder === undefined) throw new Error(`nothing is mounted at or above ${path}`);
  const text = (file: string) => {
    const found = find(state, file);
    return found.type === 'node' ? found.node.text : null;
  };
  return {
    path,
    holder,
    mounts,
    wanted: wantedMounts(path, { text, deviceOf: () => null }),
    directory:
      entry.type === 'directory'
        ? { inode: entry.inode, born: entry.born }
        : entry.type === 'missing'
          ? 'missing'
          : 'hidden',
  };
}

function mountOf({ mountPoint, facts, number }: Mounted, parent: string): DiskMount {
  if (facts === null) throw unscripted(`about the file system mounted at ${mountPoint}`);
  const { source, type, options } = facts;
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return { id: `${number}`, parent, mountPoint, source, type, options, part: '/', device: null, uuid };
}

function* walkFrom(state: State, path: string): Generator<Met> {
  function* enter(below: string, node: Node, depth: number): Generator<Met> {
    yield {
      path: below,
      top: below.split('/', 1)[0] ?? '',
      type: node.type,
      uid: node.uid,
      gid: node.gid,
      mode: modeText(node.mode),
      inode: `${node.inode}`,
      born: node.born,
      links: node.links,
      diskBytes: node.diskBytes,
    };
    if (node.type !== 'directory') return;
    if (depth >= DEEPEST) {
      yield { type: 'unreadable', path: below, error: `deeper than ${DEEPEST} directories` };
      return;
    }
    if (!permits(node, us(state), READ | SEARCH)) {
      yield { type: 'unreadable', path: below, error: 'EACCES' };
      return;
    }
    for (const [name, child] of node.children) {
      const childPath = below === '' ? name : `${below}/${name}`;
      if (child.cover === null) yield* enter(childPath, child, depth + 1);
      else yield { type: 'mount point', path: childPath };
    }
  }
  const start = openedAt(state, path);
  if (typeof start === 'string') yield { type: 'unreadable', path: '', error: start };
  else yield* enter('', start, 0);
}

function measureIn(state: State, request: MeasureRequest, hanging: string | null): Measured {
  const linked = new Set<Node>();
  let entries = 0;
  let slots = request.trees.length;
  const trees = request.trees.map((path): MeasuredTree => {
    if (hanging === path || (hanging !== null && isBelow(hanging, path))) return unmeasured(path, 'timeout');
    const start = openedAt(state, path);
    if (typeof start === 'string') return unmeasured(path, whyUnmeasured(state, path, start));
    const accounts = new Map<string, Account>();
    const mountPoints: string[] = [];
    const unreadable: { readonly path: string; readonly error: string }[] = [];
    const found: FoundFile[] = [];
    let files = 0;
    const enter = (below: string, node: Node, above: readonly Account[]) => {
      entries += 1;
      if (node.type !== 'directory' && node.links > 1) {
        if (linked.has(node)) return;
        linked.add(node);
      }
      for (const account of above) {
        account.diskBytes += node.diskBytes;
        account.inodes += 1;
        if (node.type === 'file' || node.type === 'link') account.apparentBytes += node.lengthBytes;
      }
      if (node.type === 'file') {
        files += 1;
        found.push(...findings(below, node, request.find));
      }
      if (node.type !== 'directory') return;
      if (!permits(node, us(state), READ | SEARCH)) {
        unreadable.push({ path: below, error: 'EACCES' });
        return;
      }
      for (const [name, child] of node.children) {
        const childPath = below === '' ? name : `${below}/${name}`;
        if (child.cover !== null) {
          mountPoints.push(childPath);
          continue;
        }
        const itsOwn =
          child.type === 'directory' && above.length <= request.depth && slots < DIRECTORIES_KEPT;
        if (!itsOwn) {
          enter(childPath, child, above);
          continue;
        }
        slots += 1;
        const account = newAccount(childPath);
        accounts.set(childPath, account);
        enter(childPath, child, [...above, account]);
      }
    };
    const total = newAccount('');
    accounts.set('', total);
    enter('', start, [total]);
    const { diskBytes, apparentBytes, inodes } = total;
    return {
      path,
      error: null,
      total: { diskBytes, apparentBytes, inodes },
      files,
      directories: [...accounts.values()].sort(
        (a, b) => b.diskBytes - a.diskBytes || (a.path < b.path ? -1 : 1),
      ),
      mountPoints,
      unreadable: unreadable.slice(0, UNREADABLE_KEPT),
      unreadableCount: unreadable.length,
      found: largest(found, request.find?.most ?? 0),
    };
  });
  request.onProgress(entries);
  return { trees, entries, linksBeyond: 0, timedOut: trees.some(({ error }) => error === 'timeout') };
}

function searchIn(
  state: State,
  { at, owners, onProgress }: OwnerSearch,
  hanging: string | null,
): OwnersFound {
  const everywhere = { ...state, effectiveUid: 0, base: '/-' };
  const mounts = [...new Set(at.map((path) => nearest(everywhere, path).node.on.mountPoint))];
  const owned = new Map<string, Owned>();
  let entries = 0;
  let hangs = false;
  const look = (path: string, node: Node) => {
    if (path === hanging) {
      hangs = true;
      return;
    }
    entries++;
    for (const kind of ['uid', 'gid'] as const) {
      const id = node[kind];
      const key = `${kind} ${id}`;
      if (owners[`${kind}s`].includes(id) && !owned.has(key)) owned.set(key, { kind, id, path: path || '/' });
    }
    for (const [name, child] of node.children) if (child.cover === null) look(`${path}/${name}`, child);
  };
  for (const mountPoint of mounts)
    look(mountPoint === '/' ? '' : mountPoint, nearest(everywhere, mountPoint).node);
  onProgress(entries);
  const all = owned.size === owners.uids.length + owners.gids.length;
  return { owned: [...owned.values()], entries, unfinished: hangs && !all ? 'time' : null };
}

type Account = { -readonly [key in keyof MeasuredDirectory]: MeasuredDirectory[key] };

function newAccount(path: string): Account {
  return { path, diskBytes: 0, apparentBytes: 0, inodes: 0 };
}

function unmeasured(path: string, error: string): MeasuredTree {
  const total = { diskBytes: 0, apparentBytes: 0, inodes: 0 };
  const nothing = {
    files: 0,
    directories: [],
    mountPoints: [],
    unreadable: [],
    unreadableCount: 0,
    found: [],
  };
  return { path, error, total, ...nothing };
}

function whyUnmeasured(state: State, path: string, errno: string): string {
  if (errno === 'ENAMETOOLONG') return errno;
  const entry = entryAt(state, path);
  return entry.type === 'hidden' || entry.type === 'directory' ? errno : entry.type;
}

function isLog(path: string, notLogs: readonly NumberedName[]): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isNumber = (text: string, digits: number) => text.length === digits && /^\d+$/.test(text);
  return (
    name.endsWith('.log') &&
    !notLogs.some(
      ({ digits, ending }) => name.endsWith(ending) && isNumber(name.slice(0, -ending.length), digits),
    )
  );
}

function findings(path: string, node: Node, find: MeasureRequest['find']): readonly FoundFile[] {
  if (find === null) return [];
  const { filesOverBytes, logsOverBytes, notLogs, temporaryBefore } = find;
  const kinds = {
    large: filesOverBytes !== null && node.diskBytes >= filesOverBytes,
    log: logsOverBytes !== null && isLog(path, notLogs) && node.diskBytes >= logsOverBytes,
    temporary: temporaryBefore !== null && path.endsWith('.tmp') && node.changedAt < temporaryBefore,
  };
  const about = {
    path,
    diskBytes: node.diskBytes,
    apparentBytes: node.lengthBytes,
    changedAt: node.changedAt,
  };
  return (['large', 'log', 'temporary'] as const).flatMap((kind) =>
    kinds[kind] ? [{ kind, ...about }] : [],
  );
}

function largest(found: readonly FoundFile[], most: number): readonly FoundFile[] {
  const sorted = found.toSorted((a, b) => b.diskBytes - a.diskBytes || (a.path < b.path ? -1 : 1));
  return (['large', 'log', 'temporary'] as const).flatMap((kind) =>
    sorted.filter((file) => file.kind === kind).slice(0, most),
  );
}

/** The directory at `path`, or what the kernel says when it is to be opened for reading. */
function openedAt(state: State, path: string): Node | string {
  const found = find(state, path);
  switch (found.type) {
    case 'missing':
      return 'ENOENT';
    case 'hidden':
      return 'EACCES';
    case 'unanswered':
      return found.error;
    case 'blocked':
      return ERRORS[found.by];
    case 'node': {
      if (found.node.cover !== null && isBelow(path, state.base)) return ERRORS['mount point'];
      const node = found.node.cover ?? found.node;
      if (node.type !== 'directory') return ERRORS[node.type];
      return permits(node, us(state), READ) ? node : 'EACCES';
    }
    default:
      return found satisfies never;
  }
}

/** What openat2(2) with RESOLVE_NO_SYMLINKS and RESOLVE_NO_XDEV says of what is no directory. */
const ERRORS = { file: 'ENOTDIR', special: 'ENOTDIR', link: 'ELOOP', 'mount point': 'EXDEV' } as const;

function probe(
  state: State,
  { path, identity, wants }: { readonly path: string; readonly identity: Identity; readonly wants: number },
): Probe {
  const asked = find({ ...state, effectiveUid: 0 }, path);
  if (asked.type === 'missing') return { ok: false, error: 'ENOENT' };
  if (asked.type !== 'node' || asked.node.type !== 'directory') return { ok: false, error: 'ENOTDIR' };
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const above = find({ ...state, effectiveUid: 0 }, path.slice(0, at));
    if (above.type === 'node' && !permits(above.node.cover ?? above.node, identity, SEARCH))
      return { ok: false, error: 'EACCES' };
  }
  const node = asked.node.cover ?? asked.node;
  if (!permits(node, identity, wants)) return { ok: false, error: 'EACCES' };
  if ((wants & WRITE) !== 0 && node.on.facts?.readOnly === true) return { ok: false, error: 'EROFS' };
  return { ok: true };
}

function performOn(state: State, operation: Operation): void {
  if (state.effectiveUid !== 0) throw failed('E_IO', operation, 'EACCES: permission denied');
  if (!('path' in operation) && state.top.on.facts?.readOnly === true)
    throw failed('E_COMMAND', operation, 'cannot lock /etc/passwd; read-only file system');
  switch (operation.type) {
    case 'createGroup': {
      const { name } = operation;
      if (state.groups.some((group) => group.name === name))
        throw failed('E_EXISTS', operation, `group ${name} is there already`);
      checkName(operation, name);
      state.groups.push({ name, gid: freeSystemId(state.groups.map(({ gid }) => gid)), members: [] });
      return;
    }
    case 'deleteGroup': {
      const group = state.groups.find(({ name }) => name === operation.name);
      if (group === undefined) throw failed('E_NOT_THERE', operation, `no group ${operation.name}`);
      const user = state.users.find(({ gid }) => gid === group.gid);
      if (user !== undefined)
        throw failed('E_ACCOUNT_IN_USE', operation, `it is the primary group of user ${user.name}`);
      state.groups.splice(state.groups.indexOf(group), 1);
      return;
    }
    case 'createUser': {
      const { name, home } = operation;
      if (state.users.some((user) => user.name === name))
        throw failed('E_EXISTS', operation, `user ${name} is there already`);
      checkName(operation, name);
      const group = state.groups.find((candidate) => candidate.name === operation.group);
      if (group === undefined) throw failed('E_COMMAND', operation, `no group ${operation.group}`);
      if (!home.startsWith('/') || /[:\n]/.test(home)) throw failed('E_COMMAND', operation, 'invalid home');
      const uid = freeSystemId(state.users.map((user) => user.uid));
      state.users.push({ name, uid, gid: group.gid, home, shell: '/bin/false' });
      return;
    }
    case 'deleteUser': {
      const index = state.users.findIndex(({ name }) => name === operation.name);
      const uid = state.users[index]?.uid;
      if (uid === undefined) throw failed('E_NOT_THERE', operation, `no user ${operation.name}`);
      // shadow-utils know nothing of the processes in an image.
      if (state.root === '/' && state.running.some((process) => process.uid === uid))
        throw failed('E_ACCOUNT_IN_USE', operation, 'a process of that user runs');
      state.users.splice(index, 1);
      state.locked.delete(operation.name);
      state.groups = state.groups.map((group) => ({
        ...group,
        members: group.members.filter((member) => member !== operation.name),
      }));
      return;
    }
    case 'lockUser': {
      if (!state.users.some(({ name }) => name === operation.name))
        throw failed('E_NOT_THERE', operation, `no user ${operation.name}`);
      state.locked.add(operation.name);
      return;
    }
    case 'makeDirectory': {
      const ids = numbers(state, operation, operation.owner);
      const found = reach(state, operation, operation.path);
      if (found.type === 'node') throw failed('E_EXISTS', operation, `a ${found.node.type} is there`);
      if (found.parent === null) throw failed('E_NOT_THERE', operation, 'its parent is missing');
      refuseReadOnly(operation, found.parent);
      const node = makeNode(state, 'directory', found.parent.on);
      found.parent.children.set(found.name, Object.assign(node, ids, { mode: modeNumber(operation.mode) }));
      return;
    }
    case 'removeDirectory': {
      const { node, parent, name } = existing(state, operation, operation.path);
      if (node.type !== 'directory') throw failed('E_UNREACHABLE', operation, `it is a ${node.type}`);
      if (node.children.size > 0)
        throw failed('E_NOT_EMPTY', operation, `${node.children.size} entries are in it`);
      refuseReadOnly(operation, parent);
      parent.children.delete(name);
      unlinked(node);
      return;
    }
    case 'changeOwner': {
      const from = numbers(state, operation, operation.from);
      const to = numbers(state, operation, operation.to);
      const { node } = plain(state, operation);
      if (node.uid !== from.uid || node.gid !== from.gid)
        throw failed('E_CHANGED', operation, `found ${node.uid}:${node.gid}`);
      if (node.type === 'file' && node.links > 1 && node.uid !== to.uid)
        throw failed('E_HARD_LINKS', operation, `it has ${node.links} names`);
      refuseReadOnly(operation, node);
      Object.assign(node, to);
      // chown(2): files lose set-user-ID, and set-group-ID where the group may execute.
      if (node.type === 'file') node.mode &= (node.mode & 0o010) !== 0 ? 0o1777 : 0o3777;
      return;
    }
    case 'changeMode': {
      const { node } = plain(state, operation);
      if (node.mode !== modeNumber(operation.from))
        throw failed('E_CHANGED', operation, `found ${modeText(node.mode)}`);
      refuseReadOnly(operation, node);
      node.mode = modeNumber(operation.to);
      return;
    }
    case 'writeFile':
      return writeFile(state, operation);
    case 'removeFile':
      return removeFile(state, operation);
    case 'enableUnit': {
      if (unitText(state, operation.unit) === null)
        throw failed('E_COMMAND', operation, `no unit ${operation.unit}`);
      const link = enablingLink(operation);
      const directory = link.slice(0, link.lastIndexOf('/'));
      const above = reach(state, operation, directory);
      if (above.type === 'missing' && above.parent !== null)
        above.parent.children.set(above.name, makeNode(state, 'directory', above.parent.on));
      const found = reach(state, operation, link);
      if (found.type === 'node' || found.parent === null) return;
      const node = makeNode(state, 'link', found.parent.on);
      node.target = `${UNIT_DIRECTORY}/${operation.unit}`;
      node.lengthBytes = node.target.length;
      found.parent.children.set(found.name, node);
      return;
    }
    case 'disableUnit': {
      const link = enablingLink(operation);
      const found = reach(state, operation, link);
      if (found.type !== 'node') return;
      found.parent.children.delete(found.name);
      const above = existing(state, operation, link.slice(0, link.lastIndexOf('/')));
      if (above.node.children.size === 0) above.parent.children.delete(above.name);
      return;
    }
    case 'startUnit':
    case 'stopUnit': {
      if (!state.runsSystemd || state.root !== '/')
        throw failed('E_NO_SYSTEMD', operation, 'systemd does not run here');
      if (operation.type === 'stopUnit') return void state.units.delete(operation.unit);
      const text = unitText(state, operation.unit);
      if (text === null) throw failed('E_COMMAND', operation, `no unit ${operation.unit}`);
      state.units.set(operation.unit, text);
      return;
    }
    case 'installProgram': {
      const { path, hash } = operation;
      const { parent, name } = ready(state, operation, path);
      if (programAt(state, path) === hash) return;
      if (hash !== state.program.hash) throw failed('E_CHANGED', operation, 'another program runs by now');
      if (state.root === '/' && hash === programOf('broken').hash)
        throw failed('E_PROGRAM_BROKEN', operation, 'it does not start');
      const made = makeNode(state, 'directory', parent.on);
      made.children.set(PROGRAM_CONTENT, Object.assign(makeNode(state, 'file', parent.on), contentOf(hash)));
      parent.children.set(name, made);
      return;
    }
    case 'removeProgram': {
      const { parent, name } = ready(state, operation, operation.path);
      parent.children.delete(name);
      return;
    }
    case 'switchLink': {
      const { path, from, to } = operation;
      const { parent, name } = ready(state, operation, path);
      const there = parent.children.get(name);
      const found = there?.target ?? null;
      if (found === to) return;
      if (found !== from || (found === null && there !== undefined))
        throw failed('E_CHANGED', operation, `found ${found ?? there?.type ?? 'none'}`);
      if (to === null) return void parent.children.delete(name);
      const made = makeNode(state, 'link', parent.on);
      made.target = to;
      made.lengthBytes = encodeName(to).length - 1;
      parent.children.set(name, made);
      return;
    }
    default:
      operation satisfies never;
  }
}

/** Stands for all that a program is made of: what is in it is its hash. */
const PROGRAM_CONTENT = 'program';

function programOf(content: string): BuiltProgram {
  return { version: '1.0.0', hash: createHash('sha256').update(content).digest('hex'), bytes: 125_000_000 };
}

function programAt(state: State, path: string): string | null {
  const found = find(state, path);
  if (found.type !== 'node') return null;
  const content = found.node.children.get(PROGRAM_CONTENT);
  const isRoots = [found.node, content].every((node) => node?.uid === 0 && (node.mode & 0o022) === 0);
  return isRoots ? (content?.text ?? null) : null;
}

/** What a program or link is put into; an older one that stands aside of it goes. */
function ready(
  state: State,
  operation: Operation,
  path: string,
): { readonly parent: Node; readonly name: string } {
  const cut = path.lastIndexOf('/');
  const open = changeableAt(state, path.slice(0, cut) || '/', 'nobody else');
  if (open !== null) throw failed('E_WAY_OPEN', operation, `others can change ${open}`);
  const { node: parent } = existing(state, operation, path.slice(0, cut));
  refuseReadOnly(operation, parent);
  parent.children.delete(asidePath(path).slice(cut + 1));
  return { parent, name: path.slice(cut + 1) };
}

type FileOperation = Extract<Operation, { type: 'writeFile' } | { type: 'removeFile' }>;

function writeFile(state: State, operation: Extract<Operation, { type: 'writeFile' }>): void {
  const { path, from, to, unit } = operation;
  for (const one of [from, to]) if (one !== null) numbers(state, operation, one.owner);
  const { parent, name } = settle(state, operation, [from, to]);
  const there = reach(state, operation, path);
  if (!isSame(state, operation, there, to)) {
    if (!isSame(state, operation, there, from)) throw failed('E_CHANGED', operation, 'another file is there');
    refuseReadOnly(operation, parent);
    if (there.type === 'node') unlinked(there.node);
    parent.children.set(name, fileNode(state, operation, parent, to));
  }
  refresh(state, unit);
}

function removeFile(state: State, operation: Extract<Operation, { type: 'removeFile' }>): void {
  const { path, from, unit } = operation;
  numbers(state, operation, from.owner);
  const { parent, name } = settle(state, operation, [from]);
  const there = reach(state, operation, path);
  if (there.type === 'node') {
    if (!isSame(state, operation, there, from)) throw failed('E_CHANGED', operation, 'another file is there');
    refuseReadOnly(operation, parent);
    unlinked(there.node);
    parent.children.delete(name);
  }
  refresh(state, unit);
}

/** The directory of the file, which nobody but root can change, and nothing left aside in it. */
function settle(
  state: State,
  operation: FileOperation,
  known: readonly (FileState | null)[],
): { readonly parent: Node; readonly name: string } {
  const found = reach(state, operation, operation.path);
  if (found.type === 'missing' && found.parent === null)
    throw failed('E_NOT_THERE', operation, 'its parent is missing');
  const parent = found.parent as Node;
  const way = operation.path.slice(0, operation.path.lastIndexOf('/')) || '/';
  const open = changeableAt(state, way, 'nobody else');
  if (open !== null) throw failed('E_WAY_OPEN', operation, `others can change ${open}`);
  const aside = asidePath(`/${found.name}`).slice(1);
  const left = parent.children.get(aside);
  if (left !== undefined) {
    if (modeText(left.mode) !== '0600' && !known.some((one) => one?.text === left.text))
      throw failed('E_LEFT_ASIDE', operation, 'found another file aside');
    parent.children.delete(aside);
  }
  return { parent, name: found.name };
}

function leaveAside(state: State, operation: FileOperation): void {
  const { parent, name } = settle(state, operation, [operation.from]);
  const aside = asidePath(`/${name}`).slice(1);
  if (operation.type === 'writeFile') {
    parent.children.set(aside, fileNode(state, operation, parent, { ...operation.to, mode: '0600' }));
    return;
  }
  const node = parent.children.get(name);
  if (node !== undefined) parent.children.set(aside, node);
  parent.children.delete(name);
}

function fileNode(state: State, operation: FileOperation, parent: Node, like: FileState): Node {
  const node = makeNode(state, 'file', parent.on);
  const ids = numbers(state, operation, like.owner);
  return Object.assign(node, ids, { mode: modeNumber(like.mode) }, contentOf(like.text));
}

function contentOf(text: string): Pick<Node, 'text' | 'lengthBytes' | 'diskBytes'> {
  const lengthBytes = encodeName(text).length - 1;
  return { text, lengthBytes, diskBytes: Math.ceil(lengthBytes / BLOCK) * BLOCK };
}

function isSame(
  state: State,
  operation: FileOperation,
  found: Extract<Found, { type: 'node' | 'missing' }>,
  wanted: FileState | null,
): boolean {
  if (found.type === 'missing' || wanted === null) return found.type === 'missing' && wanted === null;
  const { type, uid, gid, mode, text } = found.node;
  const owner = numbers(state, operation, wanted.owner);
  const same = uid === owner.uid && gid === owner.gid && modeText(mode) === wanted.mode;
  return type === 'file' && same && (text ?? '') === wanted.text;
}

/** An active unit is loaded anew; it stays active without its file, too. */
function refresh(state: State, unit: string | undefined): void {
  if (unit !== undefined && state.units.has(unit)) state.units.set(unit, unitText(state, unit));
}

/** Names that useradd surely takes pass, names that it surely refuses fail as it does; between them nobody told us. */
function checkName(operation: Operation, name: string): void {
  if (/^[a-z_][a-z0-9_-]{0,30}$/.test(name)) return;
  if (name === '' || name.length > 32 || name.startsWith('-') || /[\s:,]/.test(name))
    throw failed('E_COMMAND', operation, `${name} is not a valid name`);
  throw unscripted(`whether shadow-utils takes the name ${name}`);
}

/** As find_new_uid.c of shadow-utils does it: below the lowest one used, and once that is the bottom, from the top. */
function freeSystemId(used: readonly number[]): number {
  const { min, max } = SYSTEM_IDS;
  const inRange = used.filter((id) => id >= min && id <= max);
  const lowest = Math.min(max + 1, ...inRange);
  if (lowest > min) return lowest - 1;
  for (let id = max; id >= min; id--) if (!inRange.includes(id)) return id;
  throw unscripted('for a system id when all are taken');
}

function modeNumber(mode: Mode): number {
  if (!/^[0-7]{4}$/.test(mode)) throw new Error(`not a mode of four octal digits: ${mode}`);
  return Number.parseInt(mode, 8);
}

function numbers(state: State, operation: Operation, owner: Owner): { uid: number; gid: number } {
  const uid =
    typeof owner.user === 'number'
      ? owner.user
      : state.users.find((candidate) => candidate.name === owner.user)?.uid;
  const gid =
    typeof owner.group === 'number'
      ? owner.group
      : state.groups.find((candidate) => candidate.name === owner.group)?.gid;
  if (uid === undefined) throw failed('E_UNKNOWN_NAME', operation, `no user ${owner.user}`);
  if (gid === undefined) throw failed('E_UNKNOWN_NAME', operation, `no group ${owner.group}`);
  return { uid, gid };
}

function reach(
  state: State,
  operation: Operation,
  path: string,
): Extract<Found, { type: 'node' } | { type: 'missing' }> {
  const found = find(state, path);
  if (found.type === 'blocked') throw failed('E_UNREACHABLE', operation, `${found.at} is a ${found.by}`);
  if (found.type === 'hidden') throw failed('E_IO', operation, 'EACCES: permission denied');
  if (found.type === 'unanswered') throw failed('E_IO', operation, found.error);
  return found;
}

function existing(state: State, operation: Operation, path: string): Extract<Found, { type: 'node' }> {
  const found = reach(state, operation, path);
  if (found.type === 'missing') throw failed('E_NOT_THERE', operation, 'it is missing');
  if (found.node.cover !== null && isBelow(path, state.base))
    throw failed('E_UNREACHABLE', operation, 'it is a mount point');
  return found;
}

/** The directory or plain file that an operation means, while it is still the same one. */
function plain(
  state: State,
  operation: Extract<Operation, { type: 'changeOwner' } | { type: 'changeMode' }>,
): { readonly node: Node } {
  const found = existing(state, operation, operation.path);
  const node = found.node.cover ?? found.node;
  if (node.type === 'link' || node.type === 'special')
    throw failed('E_CHANGED', operation, `it is a ${node.type}`);
  const { inode, born, written } = operation;
  if (`${node.inode}` !== inode)
    throw failed('E_CHANGED', operation, `want inode ${inode}, found ${node.inode}`);
  if (born !== undefined && node.born !== born) throw failed('E_CHANGED', operation, 'it was made anew');
  const { bytes, at } = writtenOf(node).written;
  if (written !== undefined && (bytes !== written.bytes || at !== written.at))
    throw failed('E_CHANGED', operation, 'it was written since');
  return { node };
}

function refuseReadOnly(operation: Operation, node: Node): void {
  if (node.on.facts?.readOnly === true) throw failed('E_IO', operation, 'EROFS: read-only file system');
}

function preparation(state: State): Preparation {
  /** As root, whoever runs the product, and through mount points. */
  const everywhere = (): State => ({ ...state, effectiveUid: 0, base: '/-' });
  const at = (path: string): Extract<Found, { type: 'node' }> => {
    const found = find(everywhere(), path);
    if (found.type !== 'node') throw new Error(`cannot prepare ${path}: ${found.type}`);
    return found;
  };
  const change = (run: number, changed: (bytes: Buffer) => Uint8Array) => {
    const recording = state.runs.get(run);
    if (recording === undefined) throw new Error(`no run ${run} is recorded`);
    recording.bytes = changed(Buffer.from(recording.bytes));
  };
  const parentOf = (path: string): Node => {
    const above = path.slice(0, path.lastIndexOf('/')) || '/';
    const found = find(everywhere(), above);
    if (found.type === 'missing') return make(above, 'directory');
    if (found.type !== 'node' || found.node.type !== 'directory') throw new Error(`cannot prepare ${path}`);
    return found.node.cover ?? found.node;
  };
  const plant = (path: string, nodeOn: (on: Mounted) => Node): Node => {
    const parent = parentOf(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (parent.children.has(name)) throw new Error(`cannot prepare ${path}: it is there already`);
    const node = nodeOn(parent.on);
    parent.children.set(name, node);
    return node;
  };
  const make = (path: string, type: Node['type'], attributes: Attributes = {}): Node => {
    const node = plant(path, (on) => makeNode(state, type, on));
    node.uid = attributes.uid ?? 0;
    node.gid = attributes.gid ?? 0;
    if (attributes.mode !== undefined) node.mode = modeNumber(attributes.mode);
    return node;
  };
  return {
    directory: (path, attributes) => void make(path, 'directory', attributes),
    file: (path, attributes) => {
      const node = make(path, 'file', attributes);
      const { bytes = 0, sparseBytes = 0, changedAt = 0 } = attributes ?? {};
      node.diskBytes = Math.ceil(bytes / BLOCK) * BLOCK;
      node.lengthBytes = bytes + sparseBytes;
      if (attributes?.text !== undefined) Object.assign(node, contentOf(attributes.text));
      node.changedAt = changedAt;
    },
    link: (path, target) => {
      const node = make(path, 'link');
      node.target = target;
      node.lengthBytes = encodeName(target).length - 1;
    },
    special: (path, attributes) => void make(path, 'special', attributes),
    hardLink: (path, existingPath) => {
      const { node } = at(existingPath);
      plant(path, () => node).links++;
    },
    mount: (path, like) => {
      const { node } = at(path);
      const { facts } = node.on;
      state.fileSystems += 1;
      const keepsBirths = like !== 'ext4 with small inodes';
      node.cover = makeNode(state, 'directory', {
        mountPoint: path,
        facts,
        keepsBirths,
        freed: like === undefined ? null : [],
        number: state.fileSystems,
        under: node.cover,
      });
    },
    unmount: (path) => {
      const { node } = at(path);
      const away = node.cover;
      if (away === null) throw new Error(`cannot unmount ${path}: nothing is mounted there`);
      node.cover = away.on.under;
      return () => {
        const again = at(path).node;
        away.on.under = again.cover;
        again.cover = away;
      };
    },
    remount: (path, how) => {
      const { node } = at(path);
      const { on } = node.cover ?? node;
      if (on.facts === null) throw new Error(`cannot remount ${path}: nobody said what is there`);
      on.facts = { ...on.facts, readOnly: how === 'ro', options: [how, ...on.facts.options.slice(1)] };
    },
    rename: (from, to) => {
      const { node, parent, name } = at(from);
      parent.children.delete(name);
      parentOf(to).children.set(to.slice(to.lastIndexOf('/') + 1), node);
    },
    remove: (path) => {
      const { node, parent, name } = at(path);
      parent.children.delete(name);
      unlinked(node);
    },
    move: (from, to) => {
      const { node, parent, name } = at(from);
      plant(to, () => node);
      parent.children.delete(name);
    },
    chown: (path, uid, gid) => {
      const { node } = at(path);
      Object.assign(node.cover ?? node, { uid, gid });
    },
    chmod: (path, mode) => {
      const { node } = at(path);
      (node.cover ?? node).mode = modeNumber(mode);
    },
    grant: (path, to) => {
      const { node } = at(path);
      const on = node.cover ?? node;
      const { owningGroup, entries } = on.acl ?? { owningGroup: (on.mode >> 3) & 7, entries: [] };
      const others = entries.filter(({ type, id }) => type !== to.type || id !== to.id);
      on.acl = { owningGroup, entries: [...others, to] };
      const mask = [...others, to].reduce((all, { bits }) => all | bits, owningGroup);
      on.mode = (on.mode & ~0o070) | (mask << 3);
    },
    addGroup: (name, gid, members = []) => void state.groups.push({ name, gid, members: [...members] }),
    addUser: (user) => void state.users.push({ ...user }),
    hold: (path) => {
      const { node } = at(path);
      const holding = { node: node.cover ?? node, pid: HOLDER.pid };
      state.held.push(holding);
      return () => {
        state.held = state.held.filter((other) => other !== holding);
      };
    },
    runAs: (uid) => {
      const process = { uid };
      state.running.push(process);
      return () => {
        state.running = state.running.filter((other) => other !== process);
      };
    },
    program: (content) => {
      state.program = programOf(content);
      return { launcher: '/srv/program/bin/jts-hot', node: '/srv/program/node' };
    },
    tear: (run, text) => change(run, (bytes) => Buffer.concat([bytes, Buffer.from(text)])),
    spoil: change,
  };
}

function snapshot(state: State): string {
  const lines: string[] = [];
  const show = (path: string, node: Node) => {
    const target = node.target === null ? '' : ` -> ${node.target}`;
    lines.push(
      `${path || '/'} ${node.type} ${node.uid}:${node.gid} ${modeText(node.mode)} inode ${node.inode} born ${node.born ?? 'unknown'} links ${node.links} bytes ${node.diskBytes}${target}${node.text === null ? '' : ` ${JSON.stringify(node.text)}`}`,
    );
    for (const name of [...node.children.keys()].sort()) {
      const child = node.children.get(name);
      if (child !== undefined) show(`${path}/${name}`, child);
    }
    if (node.cover !== null) show(`${path}(mounted)`, node.cover);
  };
  show('', state.top);
  for (const user of state.users)
    lines.push(
      `user ${user.name} ${user.uid}:${user.gid} ${user.home} ${user.shell}${state.locked.has(user.name) ? ' locked' : ''}`,
    );
  for (const group of state.groups) lines.push(['group', group.name, group.gid, ...group.members].join(' '));
  for (const [unit, text] of state.units) lines.push(`active ${unit} ${JSON.stringify(text)}`);
  return `${lines.join('\n')}\n`;
}
