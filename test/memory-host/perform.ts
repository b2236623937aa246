// How a host in memory does each operation, and what a crash in the middle of one leaves behind.

import { accessTimesOf } from '../../src/disk/access-times.ts';
import { knownAs } from '../../src/port/block-queue.ts';
import type { ContentStore } from '../../src/port/content-store.ts';
import { PARTED_HOME } from '../../src/port/host.ts';
import { type Operation, type Performers, performBy } from '../../src/port/operation.ts';
import { knownText, type ReadAhead } from '../../src/port/read-ahead.ts';
import { fileSystemPerformers } from './file-systems.ts';
import { labelPerformers } from './labels.ts';
import { mountPerformers } from './mounts.ts';
import { accountPerformers, NOBODYS_GID } from './perform-accounts.ts';
import { filePerformers, leaveAside } from './perform-files.ts';
import { programPerformers } from './perform-programs.ts';
import { trashPerformers } from './perform-trash.ts';
import { treePerformers } from './perform-tree.ts';
import { unitPerformers } from './perform-units.ts';
import { projectPerformers } from './projects.ts';
import { existing, failed } from './reach.ts';
import { makeNode, type State, textOf } from './state.ts';
import { storagePerformers } from './storage.ts';
import { find, nearest, uuidOf } from './tree.ts';
import { renameKnown, requireNobodyIn } from './tree-moving.ts';
import { wholeDiskPerformers } from './whole-disk.ts';

export function performOn(state: State, operation: Operation, content: ContentStore): void {
  if (state.effectiveUid !== 0) throw failed('E_IO', operation, 'EACCES: permission denied');
  if (!('path' in operation) && state.top.on.facts?.readOnly === true)
    throw failed('E_COMMAND', operation, 'cannot lock /etc/passwd; read-only file system');
  const performers: Performers = {
    ...accountPerformers(state),
    ...treePerformers(state),
    ...filePerformers(state, content),
    ...unitPerformers(state),
    ...programPerformers(state),
    ...trashPerformers(state),
    ...fileSystemPerformers(state),
    ...wholeDiskPerformers(state),
    ...storagePerformers(state),
    ...mountPerformers(state),
    ...projectPerformers(state),
    ...labelPerformers(state),
    renameDirectory: (operation) => {
      requireNobodyIn(state, operation);
      renameKnown(state, operation, operation.to);
    },
    prepareData: (operation) => {
      const { node } = existing(state, operation, operation.path);
      node.children.set(operation.mark, Object.assign(makeNode(state, 'file', node.on), textOf('')));
    },
    setScheduler: (operation) => {
      const { disk, known, from, to } = operation;
      const queue = state.queues.find(({ name }) => name === disk);
      const choice = queue?.scheduler ?? null;
      if (queue === undefined || (choice?.now !== from && choice?.now !== to) || knownAs(queue) !== known)
        throw failed('E_CHANGED', operation, `found ${choice?.now ?? 'no such disk'}`);
      const after = { ...queue, scheduler: { ...choice, now: to } };
      state.queues = state.queues.map((one) => (one === queue ? after : one));
    },
    setReadAhead: (operation) => {
      const { device, known, from, to } = operation;
      const found = readAheadNamed(state, device);
      const isSame = found?.device === device && knownText(found) === known;
      if (found === undefined || !isSame || (found.kib !== from && found.kib !== to))
        throw failed('E_CHANGED', operation, `found ${found?.kib ?? 'no such device'}`);
      if (found.isFixed) throw failed('E_IO', operation, 'EROFS: read-only file system');
      state.readAheads = state.readAheads.map((one) => (one === found ? { ...found, kib: to } : one));
    },
    setKernelValue: (operation) => {
      const { setting, from, to } = operation;
      const value = state.root === '/' ? state.kernel.get(setting) : undefined;
      if (value === undefined || (value.now !== from && value.now !== to))
        throw failed('E_CHANGED', operation, `found ${value?.now ?? 'no such setting'}`);
      if (value.fixed === 'read-only') throw failed('E_IO', operation, 'EROFS: read-only file system');
      if (value.fixed !== null) throw failed('E_IO', operation, 'EACCES: permission denied');
      state.kernel.set(setting, { ...value, now: to });
    },
    setAccessTimes: (operation) => {
      const { on } = nearest(state, operation.mountPoint).node;
      const options = on.facts?.options ?? [];
      if (
        on.facts === null ||
        on.mountPoint !== operation.mountPoint ||
        uuidOf(on) !== operation.fileSystem ||
        accessTimesOf(options) !== operation.from
      )
        throw failed('E_CHANGED', operation, `found ${options.join(',')} at ${on.mountPoint}`);
      const others = options.filter((option) => option !== 'noatime' && option !== 'relatime');
      const said = operation.to === 'strictatime' ? [] : [operation.to];
      on.facts = { ...on.facts, options: [...others, ...said] };
    },
  };
  performBy(performers, operation);
}

/** Of a partition that of its disk. */
export function readAheadNamed({ readAheads }: State, name: string): ReadAhead | undefined {
  return readAheads.find(({ device }) => device === name || device === name.replace(/p\d+$/, ''));
}

/** As far as linux.ts came, killed in the middle of it. `act` does the whole of it. */
export function tearOn(
  state: State,
  of: { readonly operation: Operation; readonly content: ContentStore; readonly act: () => void },
): void {
  const { operation, content, act } = of;
  // small-file.ts makes the new version beside it, or moves the old one there, and is killed then.
  if (operation.type === 'writeFile' || operation.type === 'removeFile') {
    leaveAside(state, operation, content);
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
}
