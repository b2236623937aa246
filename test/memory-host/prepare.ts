// Puts things on a host in memory before a test, as an administrator would.

import type { User } from '../../src/port/host.ts';
import type { EntryFlag } from '../../src/port/inside.ts';
import type { ProgramSource } from '../../src/port/operations/words.ts';
import type { Place } from '../../src/port/storage.ts';
import { encodeName } from '../../src/values/file-name.ts';
import type { Mode } from '../../src/values/mode.ts';
import { addLoop } from './block-devices.ts';
import { addFileSystem } from './mounts.ts';
import { programOf } from './program.ts';
import {
  BLOCK,
  type MemoryProcess,
  type Mounted,
  makeNode,
  modeNumber,
  type Node,
  type State,
  textOf,
  unlinked,
} from './state.ts';
import { type Found, find } from './tree.ts';

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

export interface Started {
  /** As /proc/PID/comm has it. */
  readonly command: string;
  readonly uid?: number;
  /** Where it stands. */
  readonly directory: string;
  /** What it has open. */
  readonly holds?: readonly string[];
  /** Only on a host in memory: its whole command line, its unit, and that it lives in a root of its own. */
  readonly words?: readonly string[];
  readonly unit?: string;
  readonly isElsewhere?: boolean;
}

/** `data`: no signature, and something in its last sector. */
export type OnLoop = 'nothing' | 'data' | 'ext4' | 'gpt';

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
  /** Writes something else into a file. `silently`: of the same length, and its times are as before, as a store through mmap can be. */
  write(path: string, text: string, how?: 'silently'): void;
  link(path: string, target: string): void;
  /** A named pipe. */
  special(path: string, attributes?: Attributes): void;
  /** Another name for the file at `existing`. */
  hardLink(path: string, existing: string): void;
  /** Mounts an empty file system on a directory; `like` and `uuid` say of which kind, and which one, when it matters. */
  mount(path: string, like?: DiskKind, uuid?: string): void;
  /** Makes an empty file system that is not mounted, and says what it is on. */
  fileSystem(uuid: string, type: 'xfs' | 'ext4'): Place;
  /** Of several the last one. Calling what it returns mounts the same file system again. */
  unmount(path: string): () => void;
  /** As `umount --lazy` does: who has something open on it keeps that. Calling what it returns mounts it again. */
  detach(path: string): () => void;
  /** The file system that is mounted there, for reading and writing or for reading only. */
  remount(path: string, how: 'rw' | 'ro'): void;
  /** Moves a directory with all that is in it, as mv does on one file system. */
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** On the same file system. */
  move(from: string, to: string): void;
  chown(path: string, uid: number, gid: number): void;
  chmod(path: string, mode: Mode): void;
  /** Lets a user or a group in by an access control list, as `setfacl -m` does. */
  grant(
    path: string,
    to: { readonly type: 'user' | 'group'; readonly id: number; readonly bits: number },
  ): void;
  /** What is made in the directory begins with this list, as `setfacl -d --set` does. */
  inherit(path: string, list: string): void;
  /** As `chattr` sets a flag, or takes it away. */
  flag(path: string, flag: EntryFlag, on: boolean): void;
  /** A character device, /dev/null by another name. */
  device(path: string): void;
  /** A loop device of so many bytes with this on it; gives its name: `loop0`. */
  loop(has: OnLoop, how: { readonly bytes: number; readonly isReadOnly?: boolean }): string;
  addGroup(name: string, gid: number, members?: readonly string[]): void;
  /** One that is there is changed, as usermod does. */
  addUser(user: User): void;
  /** A process keeps the file or directory open until the release is called; a file for writing, where that is said. */
  hold(path: string, how?: 'writes'): () => void;
  /** A process runs as this user until the release is called. */
  runAs(uid: number): () => void;
  /** A program runs until the release is called: its command line has the command and what it takes to go on running. */
  start(process: Started): () => void;
  /** Another program runs from now on, known by this content. `broken`: it does not start. Returns where it is. */
  program(content: string): ProgramSource;
  /** The last line of a recorded run is torn: `text` was written after it, and no line end. */
  tear(run: number, text: string): void;
  /** Something made this of the bytes of a run's record. */
  spoil(run: number, change: (bytes: Buffer) => Uint8Array): void;
}

/** A process that was invented for `hold`. */
export const HOLDER = { pid: 4242, command: 'holder' };

export function preparation(state: State): Preparation {
  /** As root, also where the product runs as another user, and through mount points. */
  const everywhere = (): State => ({ ...state, effectiveUid: 0, base: '/-', mounts: [] });
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
    const parent = parentOf(path);
    node.label = parent.label;
    if (parent.inheritsProject) node.project = parent.project;
    node.inheritsProject = type === 'directory' && parent.inheritsProject;
    return node;
  };
  const unmount = (path: string) => {
    const { node } = at(path);
    const away = node.cover;
    if (away === null) throw new Error(`cannot unmount ${path}: nothing is mounted there`);
    node.cover = away.on.under;
    return () => {
      const again = at(path).node;
      away.on.under = again.cover;
      again.cover = away;
    };
  };
  const nextPid = () => HOLDER.pid + 1 + state.running.length;
  const begin = (process: MemoryProcess) => {
    state.running.push(process);
    return () => {
      state.running = state.running.filter((other) => other !== process);
    };
  };
  return {
    directory: (path, attributes) => void make(path, 'directory', attributes),
    file: (path, attributes) => {
      const node = make(path, 'file', attributes);
      const { bytes = 0, sparseBytes = 0, changedAt = 0 } = attributes ?? {};
      node.diskBytes = Math.ceil(bytes / BLOCK) * BLOCK;
      node.lengthBytes = bytes + sparseBytes;
      if (attributes?.text !== undefined) Object.assign(node, textOf(attributes.text));
      node.changedAt = changedAt;
    },
    write: (path, text, how) => {
      const { node } = at(path);
      Object.assign(node, textOf(text));
      if (how === undefined) Object.assign(node, { changedAt: 0, written: ++state.births });
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
    fileSystem: (uuid, type) => {
      addFileSystem(state, { uuid, type });
      return { disk: { serial: 'MEMORY1', namespace: 1, wwid: null, sizeBytes: 2 ** 40 }, volume: null };
    },
    mount: (path, like, uuid) => {
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
        uuid: uuid ?? null,
        limits: new Map(),
        under: node.cover,
      });
    },
    unmount,
    detach: unmount,
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
    inherit: (path, list) => {
      const { node } = at(path);
      (node.cover ?? node).inherited = list;
    },
    flag: (path, flag, on) => {
      const { node } = at(path);
      const changed = node.cover ?? node;
      changed.flags = [...changed.flags.filter((other) => other !== flag), ...(on ? [flag] : [])];
    },
    device: (path) => {
      make(path, 'special').isDevice = true;
    },
    loop: (has, how) => addLoop(state, has, how),
    addGroup: (name, gid, members = []) => void state.groups.push({ name, gid, members: [...members] }),
    addUser(user) {
      const at = state.users.findIndex(({ name }) => name === user.name);
      if (at === -1) state.users.push({ ...user });
      else state.users[at] = { ...user };
    },
    hold: (path, how) => {
      const { node } = at(path);
      const holding = { node: node.cover ?? node, path, pid: HOLDER.pid, writes: how === 'writes' };
      state.held.push(holding);
      return () => {
        state.held = state.held.filter((other) => other !== holding);
      };
    },
    runAs: (uid) => {
      const runs = { command: 'sleep', words: ['sleep', '1000'], isElsewhere: false, unit: null };
      return begin({ ...runs, pid: nextPid(), uid, directory: null, holds: [] });
    },
    start: ({ command, uid = 0, directory, holds = [], words = [command], unit, isElsewhere = false }) => {
      const held = (path: string) => {
        const { node } = at(path);
        return { node: node.cover ?? node, path };
      };
      return begin({
        pid: nextPid(),
        uid,
        command,
        words,
        isElsewhere,
        unit: unit ?? null,
        directory: held(directory),
        holds: holds.map(held),
      });
    },
    program: (content) => {
      state.program = programOf(content);
      return { launcher: '/srv/program/bin/jts-hot', node: '/srv/program/node' };
    },
    tear: (run, text) => change(run, (bytes) => Buffer.concat([bytes, Buffer.from(text)])),
    spoil: change,
  };
}
