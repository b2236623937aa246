// What there is on a host in memory: file systems, the nodes of its tree, accounts, recorded runs. Knows of no path.

import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import type { BlockDevice, DeviceContents } from '../../src/port/block-device.ts';
import type { BlockDisk } from '../../src/port/block-disk.ts';
import type { BlockQueue } from '../../src/port/block-queue.ts';
import type { DeclaredMount } from '../../src/port/declared-mount.ts';
import type { DiskHealthSaid } from '../../src/port/disk-health.ts';
import type { FileSystem } from '../../src/port/file-system.ts';
import type { BootClock, BuiltProgram, Group, Identity, User } from '../../src/port/host.ts';
import type { EntryFlag } from '../../src/port/inside.ts';
import type { KernelValue } from '../../src/port/kernel-value.ts';
import type { ReadAhead } from '../../src/port/read-ahead.ts';
import type { SavedDisk } from '../../src/port/saved-disk.ts';
import type { Denial, FileContextRule, Selinux } from '../../src/port/selinux.ts';
import type { UnitReport } from '../../src/port/unit-report.ts';
import { encodeName } from '../../src/values/file-name.ts';
import type { Mode } from '../../src/values/mode.ts';
import type { MadeFileSystem } from './file-systems.ts';
import type { MemoryLvm } from './storage.ts';

export type MemoryFileSystem = Omit<FileSystem, 'path' | 'mountPoint'>;

export interface Mounted {
  mountPoint: string;
  facts: MemoryFileSystem | null;
  keepsBirths: boolean;
  /** Inodes to be given again; null: none ever is. */
  freed: number[] | null;
  /** Its number among all that were made, and that of its mount. */
  number: number;
  /** null: one that is made of its number. */
  uuid: string | null;
  /** What was mounted at the same place before, and is covered. */
  under: Node | null;
  /** Limits of its projects, by id. */
  limits: Map<number, ProjectLimits>;
}

export interface ProjectLimits {
  readonly softBytes: number | null;
  readonly hardBytes: number | null;
  /** Left out: it was not passed. */
  readonly graceEndsAt?: number | null;
  readonly isGraceOver?: boolean;
}

export interface Node {
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
  /** What access was granted to beyond its mode. */
  acl: NodeAcl | null;
  /** Of a directory: the list that what is made in it begins with, as text. */
  inherited: string | null;
  flags: readonly EntryFlag[];
  /** Its project id; 0: none. */
  project: number;
  /** Of a directory: what is made in it gets the same. */
  inheritsProject: boolean;
  /** Its label; null: nobody gave it any. */
  label: string | null;
  /** Of what is special: a device, and no pipe. */
  isDevice: boolean;
  children: Map<string, Node>;
  /** What covers this directory. */
  cover: Node | null;
  on: Mounted;
}

export interface MemorySelinux extends Omit<Selinux, 'rules'> {
  readonly types: readonly string[];
  readonly kept: readonly string[];
  readonly denials: readonly Denial[];
  rules: FileContextRule[];
}

export interface NodeAcl {
  readonly owningGroup: number;
  readonly entries: readonly {
    readonly type: 'user' | 'group';
    readonly id: number;
    readonly bits: number;
  }[];
}

export interface Run {
  bytes: Uint8Array;
}

export interface MemoryProcess {
  pid: number;
  uid: number;
  command: string;
  words: readonly string[];
  isElsewhere: boolean;
  unit: string | null;
  directory: { node: Node; path: string } | null;
  holds: { node: Node; path: string }[];
}

export interface State {
  base: string;
  mounts: readonly DeclaredMount[];
  root: string;
  effectiveUid: number;
  container: string | null;
  runsSystemd: boolean;
  clock: BootClock | null;
  /** Active units, with the text of the file that each was loaded from; null: it was gone. */
  units: Map<string, string | null>;
  unitReports: Map<string, UnitReport>;
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
  /** Texts that the runs name. */
  kept: { run: number; hash: string; text: string }[];
  /** Records of moves, by service. */
  moves: Map<string, string>;
  bases: string | null;
  launcher: string | null;
  /** File systems that are there and not mounted, by UUID. */
  unmounted: Map<string, Node>;
  /** How many file systems were ever made: each has an identity of its own. */
  fileSystems: number;
  held: { node: Node; path: string; pid: number; writes: boolean }[];
  /** Of processes that were invented for `runAs` and `start`. */
  running: MemoryProcess[];
  disks: readonly BlockDisk[];
  queues: BlockQueue[];
  readAheads: ReadAhead[];
  /** Settings of the kernel, by the names of kernel-value.ts. */
  kernel: Map<string, KernelValue>;
  hasSwap: boolean | null;
  devices: BlockDevice[];
  /** By name; of those that are not in it, nothing is on them. */
  contents: Map<string, DeviceContents>;
  lvm: MemoryLvm;
  /** By UUID. */
  madeFileSystems: Map<string, MadeFileSystem>;
  health: readonly DiskHealthSaid[];
  savedDisks: SavedDisk[];
  /** What was on them, by hash. */
  savedContents: Map<string, DeviceContents>;
  /** null: it is off. */
  selinux: MemorySelinux | null;
  /** Disks that somebody else holds, by serial number. */
  diskLocks: Set<string>;
}

export const READ = 4;

export const WRITE = 2;

export const SEARCH = 1;

export const BLOCK = 4096;

/** Long after the epoch, in nanoseconds. */
export const FIRST_BIRTH = 1_700_000_000_000_000_000n;

export function makeNode(state: State, type: Node['type'], on: Mounted): Node {
  state.births++;
  const born = on.keepsBirths ? (FIRST_BIRTH + BigInt(state.births)).toString() : null;
  const node = newNode(type, { inode: on.freed?.pop() ?? state.nextInode++, born, on });
  return Object.assign(node, { written: state.births });
}

/** One name of it less. */
export function unlinked(node: Node): void {
  node.links--;
  if (node.links === 0 || node.type === 'directory') node.on.freed?.push(node.inode);
}

export function newNode(type: Node['type'], { inode, born, on }: Pick<Node, 'inode' | 'born' | 'on'>): Node {
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
    inherited: null,
    flags: [],
    project: 0,
    inheritsProject: false,
    label: null,
    isDevice: false,
    children: new Map(),
    cover: null,
    on,
  };
}

export function unscripted(question: string): Error {
  return new Error(`the memory host was asked ${question}, and nobody told it`);
}

export function cannotLook(path: string, errno: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_LOOK', 'cannot look at the host', { at: path, detail: `found ${errno}` }),
  ]);
}

export function modeText(mode: number): Mode {
  return mode.toString(8).padStart(4, '0');
}

/** As acl(5) has it. Where there are named entries, the group bits of the mode are the mask. */
export function permits(node: Node, { uid, gid, groups }: Identity, wants: number): boolean {
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

export function us(state: State): Identity {
  return { uid: state.effectiveUid, gid: state.effectiveUid, groups: [] };
}

export function isBelow(path: string, base: string): boolean {
  return base === '/' ? path !== '/' : path.startsWith(`${base}/`);
}

export function textOf(text: string): Pick<Node, 'text' | 'lengthBytes' | 'diskBytes'> {
  const lengthBytes = encodeName(text).length - 1;
  return { text, lengthBytes, diskBytes: Math.ceil(lengthBytes / BLOCK) * BLOCK };
}

export function modeNumber(mode: Mode): number {
  if (!/^[0-7]{4}$/.test(mode)) throw new Error(`not a mode of four octal digits: ${mode}`);
  return Number.parseInt(mode, 8);
}
