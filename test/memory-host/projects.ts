// Owns project quotas of a host in memory: counted where the file system is XFS or ext4 and mounted with prjquota.

import type { OperationOf, Performers } from '../../src/port/operation.ts';
import {
  type DirectoryProject,
  NO_LIMITS,
  NO_PROJECT,
  type ProjectLimits,
  type ProjectQuota,
  type ProjectQuotaAsked,
  type ProjectQuotaState,
  type ProjectsAt,
  WITHOUT_QUOTA,
} from '../../src/port/project-quota.ts';
import { existing, failed } from './reach.ts';
import {
  cannotLook,
  type ProjectLimits as KeptLimits,
  type Mounted,
  type Node,
  type State,
  unscripted,
} from './state.ts';
import { nearest, openedAt } from './tree.ts';

/** Puts things into projects before a test, as an administrator would. */
export interface ProjectPreparation {
  /** It and all below it, which what is made there then inherits, unless it is for `files` that are there. */
  put(path: string, project: number, which?: 'files'): void;
  /** Of the project on the file system that holds `path`. */
  limit(path: string, project: number, limits: Partial<KeptLimits>): void;
}

export function projectPreparation(state: State): ProjectPreparation {
  const at = (path: string): Node => {
    const node = openedAt({ ...state, effectiveUid: 0, base: '/-', mounts: [] }, path);
    if (typeof node === 'string') throw new Error(`cannot prepare ${path}: ${node}`);
    return node;
  };
  const put = (node: Node, project: number, inherits: boolean): void => {
    node.project = project;
    node.inheritsProject = node.type === 'directory' && inherits;
    for (const child of node.children.values()) put(child.cover ?? child, project, inherits);
  };
  return {
    put: (path, project, which) => put(at(path), project, which === undefined),
    limit: (path, project, { softBytes = null, hardBytes = null, ...grace }) =>
      void at(path).on.limits.set(project, { softBytes, hardBytes, ...grace }),
  };
}

export function projectQuotaIn(
  state: State,
  directory: string,
  { withHigher = false }: ProjectQuotaAsked,
): ProjectQuotaState {
  const node = openedAt(state, directory);
  if (typeof node === 'string') throw cannotLook(directory, node);
  const off = (reason: string) => ({ state: 'off', reason }) as const;
  const { facts } = node.on;
  if (facts === null) throw unscripted(`about the file system that holds ${directory}`);
  const { type, options } = facts;
  if (type !== 'xfs' && type !== 'ext4') return off(WITHOUT_QUOTA.noneOnType(type));
  const limits = options.includes('prjquota');
  if (!limits && !options.includes('pqnoenforce')) return off(WITHOUT_QUOTA.notMountedSo);
  if (node.project === 0) return off(WITHOUT_QUOTA.noProject);
  if (state.effectiveUid !== 0) return off(WITHOUT_QUOTA.forRoot);
  const counts = (project: number) => (withHigher ? project >= node.project : project === node.project);
  const quota = countedOn(state, node.on, node.project, counts);
  return { state: limits ? 'enforced' : 'accounted', quota, inherits: node.inheritsProject };
}

function countedOn(
  state: State,
  on: Mounted,
  project: number,
  counts: (project: number) => boolean,
): ProjectQuota {
  const seen = new Set<Node>();
  let usedBytes = 0;
  const look = (node: Node) => {
    if (node.cover !== null) look(node.cover);
    for (const child of node.children.values()) look(child);
    if (node.on !== on || !counts(node.project) || seen.has(node)) return;
    seen.add(node);
    usedBytes += node.diskBytes;
  };
  look(state.top);
  const limits: Partial<KeptLimits> = on.limits.get(project) ?? {};
  const { softBytes = null, hardBytes = null, graceEndsAt = null, isGraceOver = false } = limits;
  return { project, usedBytes, usedInodes: seen.size, softBytes, hardBytes, graceEndsAt, isGraceOver };
}

function stateOn({ facts }: Mounted, path: string) {
  if (facts === null) throw unscripted(`about the file system that holds ${path}`);
  const { type, options } = facts;
  const off = (reason: string) => ({ state: 'off', reason, type }) as const;
  if (type !== 'xfs' && type !== 'ext4') return off(WITHOUT_QUOTA.noneOnType(type));
  if (options.includes('prjquota')) return { state: 'enforced', type } as const;
  return options.includes('pqnoenforce')
    ? ({ state: 'accounted', type } as const)
    : off(WITHOUT_QUOTA.notMountedSo);
}

function projectOf({ project, inheritsProject }: Node): DirectoryProject {
  return { project, inherits: inheritsProject };
}

export function projectsAtIn(state: State, directory: string): ProjectsAt {
  const { node, path } = nearest(state, directory);
  const found = stateOn(node.on, directory);
  if (found.state === 'off') return found;
  const own = projectOf(node);
  return { ...found, own: path === directory ? own : null, made: own.inherits ? own : NO_PROJECT };
}

export function projectLimitsIn(state: State, directory: string, project: number): ProjectLimits | null {
  const { on } = nearest(state, directory).node;
  if (state.effectiveUid !== 0 || stateOn(on, directory).state === 'off') return null;
  const { softBytes, hardBytes } = on.limits.get(project) ?? NO_LIMITS;
  return { softBytes, hardBytes };
}

export function projectPerformers(state: State): Pick<Performers, 'setProject' | 'setProjectLimits'> {
  return {
    setProject(operation) {
      const { node } = existing(state, operation, operation.path);
      const top = node.cover ?? node;
      if (operation.inode !== undefined && `${top.inode}` !== operation.inode)
        throw failed('E_CHANGED', operation, `found ${top.inode}`);
      renumber(top, operation);
    },
    setProjectLimits(operation) {
      const { path, project, from, to } = operation;
      const { on } = nearest(state, path).node;
      const found = on.limits.get(project) ?? NO_LIMITS;
      if (found.softBytes !== from.softBytes || found.hardBytes !== from.hardBytes)
        throw failed('E_CHANGED', operation, JSON.stringify(found));
      if (to.softBytes === null && to.hardBytes === null) on.limits.delete(project);
      else on.limits.set(project, to);
    },
  };
}

function renumber(node: Node, how: Pick<OperationOf<'setProject'>, 'from' | 'to'>): void {
  const { from, to } = how;
  if (![0, from.project, to.project].includes(node.project)) return;
  if (node.type === 'link' || node.type === 'special') return;
  // What is mounted there is another file system.
  for (const child of node.children.values()) if (child.cover === null) renumber(child, how);
  node.project = to.project;
  node.inheritsProject = node.type === 'directory' && to.inherits;
}
