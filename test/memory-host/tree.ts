// The tree of a host in memory by path: what is found there, what a process may see of it, and all of it as text.

import { ENTRIES_COUNTED, type Entry, type Written } from '../../src/port/entry.ts';
import type { AccessEntry, Identity, Probe } from '../../src/port/host.ts';
import { MAX_FILE_BYTES } from '../../src/values/content.ts';
import { encodeName } from '../../src/values/file-name.ts';
import { permissionText } from '../../src/values/mode.ts';
import {
  cannotLook,
  isBelow,
  type Mounted,
  modeText,
  type Node,
  permits,
  READ,
  SEARCH,
  type State,
  unscripted,
  us,
  WRITE,
} from './state.ts';

export type Found =
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

/** Of every Linux file system in use. */
const NAME_MAX = 255;

export function accessEntriesAt(state: State, path: string): readonly AccessEntry[] {
  const node = openedAt(state, path);
  if (typeof node === 'string') throw cannotLook(path, node);
  const { entries = [] } = node.acl ?? {};
  return entries.flatMap(({ type, id, bits }) => {
    const left = bits & (node.mode >> 3);
    return left === 0 ? [] : [{ type, id, permissions: permissionText(left), inherited: false }];
  });
}

export function find(state: State, path: string): Found {
  if (!path.startsWith('/')) throw new Error(`not an absolute path: ${path}`);
  const names = path.split('/').filter((name) => name !== '');
  let node = state.top.cover ?? state.top;
  let parent = node;
  let at = '';
  for (const [index, name] of names.entries()) {
    if (at !== '') {
      if (node.type !== 'directory') return { type: 'blocked', at, by: node.type };
      if (isClosed(state, at, node)) return { type: 'blocked', at, by: 'mount point' };
      node = node.cover ?? node;
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

/** A mount point that is not entered: below the base all but those declared, and those where another file system is, or none. */
export function isClosed(state: State, path: string, node: Node): boolean {
  const declared = state.mounts.find((mount) => mount.path === path);
  if (declared !== undefined && node.type === 'directory')
    return node.cover === null || uuidOf(node.cover.on) !== declared.uuid;
  return node.cover !== null && isBelow(path, state.base);
}

export function uuidOf({ number, uuid }: Pick<Mounted, 'number' | 'uuid'>): string {
  return uuid ?? `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export function entryAt(state: State, path: string): Entry {
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
      if (isClosed(state, path, found.node)) return { type: 'mount point' };
      const node = found.node.cover ?? found.node;
      const { uid, gid, born } = node;
      const facts = { uid, gid, mode: modeText(node.mode), inode: `${node.inode}`, born };
      if (node.type !== 'directory')
        return { type: node.type, ...facts, ...(node.type === 'file' && born === null && writtenOf(node)) };
      const mayCount = permits(node, us(state), READ);
      const made = state.mounts.some((mount) => mount.path === path)
        ? (node.children.get('lost+found') ?? null)
        : null;
      const isMkfsOwn = made?.type === 'directory' && made.uid === 0 && made.children.size === 0;
      const size = node.children.size - (isMkfsOwn ? 1 : 0);
      const entries = mayCount ? Math.min(size, ENTRIES_COUNTED) : null;
      return { type: 'directory', ...facts, entries };
    }
    default:
      return found satisfies never;
  }
}

export function writtenOf({ lengthBytes, changedAt, written }: Node): { readonly written: Written } {
  return { written: { bytes: lengthBytes, at: `${changedAt * 1e6 + written}` } };
}

export function textAt(state: State, path: string): string | null {
  const found = find(state, path);
  if (found.type === 'hidden') return null;
  if (found.type !== 'node') throw cannotLook(path, found.type === 'unanswered' ? found.error : 'ENOENT');
  const { node } = found;
  if (node.type !== 'file' || node.lengthBytes > MAX_FILE_BYTES || !permits(node, us(state), READ))
    return null;
  if (node.text === null && node.lengthBytes > 0) throw unscripted(`what is in ${path}`);
  return node.text ?? '';
}

/** The existing directory at or above `path`. */
export function nearest(state: State, path: string): { readonly path: string; readonly node: Node } {
  const found = find(state, path);
  if (found.type === 'node' && found.node.type === 'directory')
    return { path, node: found.node.cover ?? found.node };
  if (found.type === 'missing') return { path: found.nearestPath, node: found.nearest };
  if (path === '/') throw new Error('the memory host has no root directory');
  return nearest(state, path.slice(0, path.lastIndexOf('/')) || '/');
}

/** The directory at `path`, or what the kernel says when it is to be opened for reading. */
export function openedAt(state: State, path: string): Node | string {
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
      if (isClosed(state, path, found.node)) return ERRORS['mount point'];
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

export function probe(
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

function moreOf({ flags, acl, inherited, project, inheritsProject, label }: Node): string {
  const counted =
    project === 0 && !inheritsProject ? '' : ` project ${project}${inheritsProject ? ' inherited' : ''}`;
  const flagged = flags.length === 0 ? '' : ` flags ${flags.toSorted().join()}`;
  const labelled = label === null ? '' : ` label ${label}`;
  return `${counted}${labelled}${flagged}${acl === null ? '' : ` acl ${JSON.stringify(acl)}`}${inherited === null ? '' : ` inherits ${inherited}`}`;
}

export function snapshot(state: State): string {
  const lines: string[] = [];
  const limited = new Set<Mounted>();
  const show = (path: string, node: Node) => {
    limited.add(node.on);
    const target = node.target === null ? '' : ` -> ${node.target}`;
    lines.push(
      `${path || '/'} ${node.type} ${node.uid}:${node.gid} ${modeText(node.mode)} inode ${node.inode} born ${node.born ?? 'unknown'} links ${node.links} bytes ${node.diskBytes}${target}${node.text === null ? '' : ` ${JSON.stringify(node.text)}`}${moreOf(node)}`,
    );
    for (const name of [...node.children.keys()].sort()) {
      const child = node.children.get(name);
      if (child !== undefined) show(`${path}/${name}`, child);
    }
    if (node.cover !== null) show(`${path}(mounted)`, node.cover);
  };
  show('', state.top);
  for (const [uuid, node] of [...state.unmounted].toSorted()) show(`(not mounted ${uuid})`, node);
  for (const { number, limits } of limited)
    for (const [project, of] of limits) lines.push(`limits on ${number} of ${project} ${JSON.stringify(of)}`);
  for (const user of state.users)
    lines.push(
      `user ${user.name} ${user.uid}:${user.gid} ${user.home} ${user.shell}${state.locked.has(user.name) ? ' locked' : ''}`,
    );
  for (const group of state.groups) lines.push(['group', group.name, group.gid, ...group.members].join(' '));
  for (const rule of state.selinux?.rules ?? []) lines.push(`rule ${JSON.stringify(rule)}`);
  for (const [unit, text] of state.units) lines.push(`active ${unit} ${JSON.stringify(text)}`);
  return `${lines.join('\n')}\n`;
}
