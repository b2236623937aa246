// Owns looking for what may not be in services' trees, wholly with the threads of the scan or the first entries only, and
// what they found put together. Changes nothing.
import {
  CAUSES,
  type Cause,
  EXAMPLES,
  type InsideRequest,
  type InsideTree,
  type OwnedTree,
  type WrongEntry,
  type WrongKind,
} from '../port/inside.ts';
import { UNREADABLE_KEPT } from '../port/measure.ts';
import { lookAtFirst } from './scan/first-entries.ts';
import { createInspector, type InspectedTree, type Noticed } from './scan/inside.ts';
import type { Scanned, ScanRequest } from './scan/scan.ts';
import type { Tree } from './tree.ts';

type Scan = (request: ScanRequest) => Promise<Scanned>;

export async function lookInside(
  tree: Tree,
  request: InsideRequest,
  scan: Scan,
): Promise<readonly InsideTree[]> {
  return request.look === 'all'
    ? await lookAtAll(tree, request, scan)
    : lookAtSome(tree, request, request.look);
}

async function lookAtAll(
  tree: Tree,
  { trees, services, onProgress }: InsideRequest,
  scan: Scan,
): Promise<readonly InsideTree[]> {
  const inspection = { trees: trees.map((one) => inspected(tree, one)), services };
  const paths = trees.map(({ path }) => path);
  const apart = trees.map(({ ours }) => ours);
  const scanned = await scan({
    trees: paths,
    apart,
    depth: 0,
    find: null,
    timeoutMs: null,
    onProgress,
    inspection,
  });
  return scanned.trees.map((measured, i) => {
    const { path, error, mountPoints, unreadable, unreadableCount } = measured;
    const parts = scanned.noticed.flatMap(({ tree: of, part }) => (of === i ? [part] : []));
    return {
      ...together(parts, mountPoints),
      path,
      whole: error === null,
      unreadable,
      unreadableCount,
      error,
    };
  });
}

function lookAtSome(
  tree: Tree,
  { trees, services, onProgress }: InsideRequest,
  most: number,
): readonly InsideTree[] {
  const inspector = createInspector({ trees: trees.map((one) => inspected(tree, one)), services });
  return trees.map((one, i) => {
    inspector.begin(i);
    const { mountPoints, unreadable, isCut } = lookAtFirst(tree, one, most, inspector);
    const noticed = inspector.notices();
    onProgress(noticed.entries);
    return {
      ...together([noticed], mountPoints),
      path: one.path,
      whole: !isCut,
      unreadable: unreadable.slice(0, UNREADABLE_KEPT),
      unreadableCount: unreadable.length,
      error: null,
    };
  });
}

/** By their inodes the layout's own directories are known wherever a thread meets them. */
function inspected(tree: Tree, { path, uid, gid, named }: OwnedTree): InspectedTree {
  const inodes = ['', ...named].flatMap((name) => {
    const entry = tree.entry(name === '' ? path : `${path}/${name}`);
    return entry.type === 'directory' ? [entry.inode] : [];
  });
  return { uid, gid, named: inodes };
}

function together(
  parts: readonly Noticed[],
  mountPoints: readonly string[],
): Pick<InsideTree, 'entries' | 'wrong' | 'graveLists' | 'behindFlags'> {
  const sum = (of: (part: Noticed) => number) => parts.reduce((all, part) => all + of(part), 0);
  const mounts = mountPoints.map((path) => ({ path, found: 'another file system' }));
  const kinds = [
    ...(mounts.length === 0 ? [] : [{ cause: 'mount' as const, count: mounts.length, examples: mounts }]),
    ...parts.flatMap(({ wrong }) => wrong),
  ];
  return {
    entries: sum(({ entries }) => entries),
    wrong: CAUSES.flatMap((cause) => oneKind(cause, kinds)),
    graveLists: sum(({ graveLists }) => graveLists),
    behindFlags: sum(({ behindFlags }) => behindFlags),
  };
}

function oneKind(cause: Cause, kinds: readonly WrongKind[]): readonly WrongKind[] {
  const own = kinds.filter((kind) => kind.cause === cause);
  if (own.length === 0) return [];
  const examples = own.flatMap((kind) => kind.examples).sort(byPath);
  const count = own.reduce((all, kind) => all + kind.count, 0);
  return [{ cause, count, examples: examples.slice(0, EXAMPLES) }];
}

function byPath(a: WrongEntry, b: WrongEntry): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
