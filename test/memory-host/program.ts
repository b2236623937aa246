// Programs on a host in memory: what a path leads to through links, what others can change, and the copies of our own.

import { createHash } from 'node:crypto';
import type { BuiltProgram, Installed } from '../../src/port/host.ts';
import type { State } from './state.ts';
import { find } from './tree.ts';

/** Links are followed here and nowhere else. */
export function installedAt(state: State, path: string, passed = 0): Installed | null {
  const names = path.split('/').slice(1);
  for (let depth = 1; depth <= names.length; depth++) {
    const at = `/${names.slice(0, depth).join('/')}`;
    const found = find({ ...state, effectiveUid: 0, base: '/-', mounts: [] }, at);
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
export function changeableAt(
  state: State,
  path: string,
  files: 'sticky' | 'nobody else' = 'sticky',
  also: { readonly uid: number; readonly gid: number } | null = null,
): string | null {
  const names = path.split('/').slice(1);
  const way = ['/', ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)];
  const open = way.find((at) => {
    const found = find({ ...state, effectiveUid: 0, base: '/-', mounts: [] }, at);
    const node = found.type === 'node' ? (found.node.cover ?? found.node) : null;
    if (node === null || node.type === 'link') return false;
    const sticky = files === 'sticky' && node.type === 'directory' && (node.mode & 0o1000) !== 0;
    const open = node.mode & (node.gid === also?.gid ? 0o002 : 0o022);
    return (node.uid !== 0 && node.uid !== also?.uid) || (open !== 0 && !sticky);
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

/** Stands for all that a program is made of: what is in it is its hash. */
export const PROGRAM_CONTENT = 'program';

export function programOf(content: string): BuiltProgram {
  return { version: '1.0.0', hash: createHash('sha256').update(content).digest('hex'), bytes: 125_000_000 };
}

export function programAt(state: State, path: string): string | null {
  const found = find(state, path);
  if (found.type !== 'node') return null;
  const content = found.node.children.get(PROGRAM_CONTENT);
  const isRoots = [found.node, content].every((node) => node?.uid === 0 && (node.mode & 0o022) === 0);
  return isRoots ? (content?.text ?? null) : null;
}
