// Places to mount on, and file systems that are there and not mounted, of a host in memory.
import { missingOptions } from '../../src/disk/mount-options.ts';
import type { BlockDevice } from '../../src/port/block-device.ts';
import { type MountPlace, type MountUse, TOLD } from '../../src/port/mount-point.ts';
import type { OperationOf, Performers } from '../../src/port/operation.ts';
import { placeDevice } from '../../src/port/place-device.ts';
import { nothingOn } from './block-devices.ts';
import { HOLDER } from './prepare.ts';
import { failed } from './reach.ts';
import {
  cannotLook,
  type MemoryFileSystem,
  makeNode,
  modeText,
  type Node,
  type State,
  unlinked,
} from './state.ts';
import { find, nearest, uuidOf } from './tree.ts';

type Flagging = OperationOf<'closeMountPoint' | 'openMountPoint'>;

/** As root, and through mount points below the base, too. */
function everywhere(state: State): State {
  return { ...state, effectiveUid: 0, base: '/-', mounts: [] };
}

export function mountPlaceAt(state: State, path: string): MountPlace {
  const found = find(everywhere(state), path);
  if (found.type === 'missing') {
    if (found.parent !== null) return { type: 'missing' };
    return { type: 'unreachable', why: 'a directory on the way is missing' };
  }
  if (found.type === 'blocked')
    return {
      type: 'unreachable',
      why: found.by === 'link' ? 'a link is on the way' : 'no directory is on the way',
    };
  if (found.type !== 'node') return { type: 'hidden' };
  const { node } = found;
  if (node.cover !== null && state.effectiveUid !== 0) return { type: 'hidden' };
  if (node.type !== 'directory') return { type: 'other', what: node.type };
  const { uid, gid, mode, inode, born, flags, cover, children } = node;
  return {
    type: 'directory',
    uid,
    gid,
    mode: modeText(mode),
    inode: `${inode}`,
    born,
    isClosed: flags.includes('immutable'),
    isCovered: cover !== null,
    holds: [...children.keys()].slice(0, TOLD).toSorted(),
  };
}

export function mountUseAt(state: State, path: string): MountUse {
  const found = find(everywhere(state), path);
  if (found.type !== 'node' || found.node.cover === null) throw cannotLook(path, 'ENOENT');
  const top = found.node.cover;
  const held = state.held.filter(({ node }) => node.on === top.on);
  return {
    data: dataIn(top, ''),
    users: held.slice(0, TOLD).map(({ pid }) => ({ ...HOLDER, pid })),
  };
}

function dataIn(node: Node, prefix: string): string | null {
  for (const [name, child] of node.children) {
    const path = prefix + name;
    if (child.type !== 'directory' || child.cover !== null) return path;
    const below = dataIn(child, `${path}/`);
    if (below !== null) return below;
  }
  return null;
}

/** There from now on, on a disk, and not mounted. */
export function addFileSystem(
  state: State,
  {
    uuid,
    type,
    device = null,
  }: { readonly uuid: string; readonly type: string; readonly device?: BlockDevice | null },
): void {
  const facts = device === null ? state.top.on.facts : freshOn(device);
  state.fileSystems += 1;
  const node = makeNode(state, 'directory', {
    mountPoint: '',
    facts: facts === null ? null : { ...facts, type, options: ['rw', 'relatime'] },
    keepsBirths: true,
    freed: null,
    number: state.fileSystems,
    uuid,
    under: null,
    limits: new Map(),
  });
  state.unmounted.set(uuid, node);
}

function freshOn({ path, name, sizeBytes }: BlockDevice): MemoryFileSystem {
  const room = { sizeBytes, freeBytes: sizeBytes, availableBytes: sizeBytes, inodes: 1e6, inodesFree: 1e6 };
  const device = { name, sizeBytes, nvme: true, disks: [name] };
  return { source: path, type: '', readOnly: false, options: [], ...room, device };
}

/** What the disk or volume shows of it, where there is one: an operation may be tried on a file system alone. */
function showMount(
  state: State,
  { place, mountPoint }: OperationOf<'mountFileSystem' | 'unmountFileSystem'>,
  isMounted: boolean,
): void {
  const device = placeDevice(state.devices, place);
  if (device === null) return;
  const { name } = device;
  const before = state.contents.get(name) ?? nothingOn(name);
  const mounts = isMounted ? [{ device: name, mountPoint, isElsewhere: false }] : [];
  state.contents.set(name, { ...before, mounts, isHeld: isMounted });
}

export function mountPerformers(
  state: State,
): Pick<
  Performers,
  | 'makeMountPoint'
  | 'removeMountPoint'
  | 'closeMountPoint'
  | 'openMountPoint'
  | 'mountFileSystem'
  | 'unmountFileSystem'
> {
  const flag = (operation: Flagging, isClosed: boolean) => {
    const found = find(everywhere(state), operation.mountPoint);
    if (found.type !== 'node' || `${found.node.inode}` !== operation.inode)
      throw failed('E_CHANGED', operation, 'another one is there');
    const others = found.node.flags.filter((one) => one !== 'immutable');
    found.node.flags = isClosed ? [...others, 'immutable'] : others;
  };
  return {
    makeMountPoint(operation) {
      const found = find(everywhere(state), operation.mountPoint);
      if (found.type === 'missing' && found.parent !== null) {
        const node = makeNode(state, 'directory', found.parent.on);
        found.parent.children.set(found.name, Object.assign(node, { flags: ['immutable'] }));
        return;
      }
      if (found.type === 'missing') throw failed('E_NOT_THERE', operation, 'its parent is missing');
      const isEmpty =
        found.type === 'node' && found.node.type === 'directory' && found.node.children.size === 0;
      if (!isEmpty || found.node.uid !== 0) throw failed('E_CHANGED', operation, 'want an empty directory');
      Object.assign(found.node, { mode: 0o755, flags: ['immutable'] });
    },
    removeMountPoint(operation) {
      const found = find(everywhere(state), operation.mountPoint);
      if (found.type !== 'node') throw failed('E_NOT_THERE', operation, 'it is missing');
      const { node, parent, name } = found;
      if (node.cover !== null || node.children.size > 0) throw failed('E_CHANGED', operation, 'it is in use');
      parent.children.delete(name);
      unlinked(node);
    },
    closeMountPoint: (operation) => flag(operation, true),
    openMountPoint: (operation) => flag(operation, false),
    mountFileSystem(operation) {
      const { mountPoint, uuid, options, fileSystem } = operation;
      const found = find(everywhere(state), mountPoint);
      if (found.type === 'node' && found.node.cover !== null && uuidOf(found.node.cover.on) === uuid) return;
      if (found.type !== 'node' || found.node.type !== 'directory' || found.node.cover !== null)
        throw failed('E_CHANGED', operation, 'want a directory with nothing mounted on it');
      requireRootsWay(state, operation);
      if (found.node.children.size > 0) throw failed('E_WOULD_HIDE', operation, 'it holds something');
      const top = state.unmounted.get(uuid);
      if (top === undefined || (top.on.facts !== null && top.on.facts.type !== fileSystem))
        throw failed('E_NO_FILE_SYSTEM', operation, `none with UUID ${uuid}`);
      const { facts } = top.on;
      top.on.mountPoint = mountPoint;
      if (facts !== null) top.on.facts = { ...facts, options: shownAs(options) };
      found.node.cover = top;
      state.unmounted.delete(uuid);
      showMount(state, operation, true);
    },
    unmountFileSystem(operation) {
      const { mountPoint, uuid } = operation;
      const { node } = nearest(everywhere(state), mountPoint);
      if (node.on.mountPoint !== mountPoint || uuidOf(node.on) !== uuid)
        throw failed('E_CHANGED', operation, 'another one is mounted there');
      const { data, users } = mountUseAt(state, mountPoint);
      if (data !== null) throw failed('E_CHANGED', operation, `it holds ${data}`);
      if (users.length > 0) throw failed('E_IN_USE', operation, 'somebody uses it');
      const found = find(everywhere(state), mountPoint);
      if (found.type === 'node') found.node.cover = null;
      state.unmounted.set(uuid, node);
      showMount(state, operation, false);
    },
  };
}

function requireRootsWay(state: State, operation: OperationOf<'mountFileSystem'>): void {
  const names = operation.mountPoint.split('/').slice(1, -1);
  for (const [i] of names.entries()) {
    const { node } = nearest(everywhere(state), `/${names.slice(0, i + 1).join('/')}`);
    if (node.uid !== 0 || (node.mode & 0o022) !== 0)
      throw failed('E_WAY_OPEN', operation, 'others can change it');
  }
}

/** As the table of mounts has them. */
function shownAs(options: readonly string[]): readonly string[] {
  const usual = ['rw', 'relatime'].filter((one) => !options.includes(one));
  const all = [...usual, ...options];
  const shown = options.includes('noatime') ? all.filter((one) => one !== 'relatime') : all;
  return [...shown, ...missingOptions(options, shown)];
}
