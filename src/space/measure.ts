// Owns measuring how much disk each service really uses: blocks, not apparent size; a file with several hard links once;
// nothing of other file systems mounted below.

import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import type { MeasuredTree, MeasureRequest } from '../port/measure.ts';
import type { Other, Usage } from './measure-document.ts';

export interface Scan {
  /** Largest first. */
  readonly usages: readonly Usage[];
  /** null: not measured. */
  readonly other: Other | null;
  /** All that was looked at. */
  readonly entries: number;
  /** Names of files with hard links that were counted each, because too many of them were met. */
  readonly linksBeyond: number;
  readonly timedOut: boolean;
}

export interface ScanOptions {
  /** A service that has not answered after this long has no numbers; null: one that stands still for a minute. */
  readonly timeoutMs: number | null;
  /** About ten times a second. */
  readonly onProgress: (entries: number) => void;
  /** Names of services: no others; left out: all. */
  readonly only?: readonly string[];
}

/** A file with several hard links counts once, in the first service of the layout that has it. */
export async function scan(layout: Layout, host: HostReader, options: ScanOptions): Promise<Scan> {
  const { timeoutMs, onProgress, only } = options;
  const services = layout.services.filter(({ name }) => only?.includes(name) ?? true);
  const below = allBelowBase(layout);
  const measured = await host.measure({
    trees: [...services.map((service) => servicePath(layout, service)), layout.base],
    apart: [...services.map(() => []), below.apart.at(-1) ?? []],
    depth: 1,
    find: null,
    timeoutMs,
    onProgress,
  });
  const usages = services.flatMap((service, i) => {
    const tree = measured.trees[i];
    return tree === undefined ? [] : [usageOf(service, tree)];
  });
  const { entries, linksBeyond, timedOut } = measured;
  return {
    usages: usages.toSorted((a, b) => (b.usedBytes ?? -1) - (a.usedBytes ?? -1)),
    other: otherOf(measured.trees[services.length]),
    entries,
    linksBeyond,
    timedOut,
  };
}

/** The trees of all services, and last the base without them, so that a file with hard links counts for a service first. */
export function allBelowBase(layout: Layout): Required<Pick<MeasureRequest, 'trees' | 'apart'>> {
  const { base, services } = layout;
  return {
    trees: [...services.map((service) => servicePath(layout, service)), base],
    apart: [...services.map(() => []), services.map(({ path }) => path)],
  };
}

export function otherOf(tree: MeasuredTree | undefined): Other | null {
  if (tree === undefined || tree.error !== null) return null;
  const { total, files, mountPoints, unreadable } = tree;
  const { diskBytes, apparentBytes, inodes } = total;
  return { usedBytes: diskBytes, apparentBytes, inodes, files, mountPoints, unreadable };
}

/**
 * The difference between the disk and all that was found. A file that is deleted during the measurement is in one of the two
 * only. null: not all of it could be measured.
 */
export function unaccountedBytes(
  { usages, other }: Pick<Scan, 'usages' | 'other'>,
  usedBytes: number,
): number | null {
  const parts = [...usages, other];
  if (parts.some((part) => part === null || part.usedBytes === null || part.unreadable.length > 0))
    return null;
  const found = parts.reduce((sum, part) => sum + (part?.usedBytes ?? 0), 0);
  return Math.max(0, usedBytes - found);
}

/** Where nothing was looked at. */
export function notScanned(layout: Layout): Scan {
  const usages = layout.services.map((service) => {
    const path = servicePath(layout, service);
    const nothing = { apparentBytes: 0, inodes: 0, files: 0, directories: [], mountPoints: [] };
    const unreadable = [{ path, error: NOT_LOOKED_AT }];
    return {
      service: service.name,
      path,
      plannedBytes: service.plannedBytes,
      usedBytes: null,
      ...nothing,
      unreadable,
    };
  });
  return { usages, other: null, entries: 0, linksBeyond: 0, timedOut: false };
}

/** In the place of an error's name: the disk is not the right one. */
export const NOT_LOOKED_AT = 'not looked at';

function usageOf({ name, plannedBytes, directories }: Service, tree: MeasuredTree): Usage {
  const { path, error, total, files, mountPoints, unreadable } = tree;
  const about = { service: name, path, plannedBytes };
  const nothing = { apparentBytes: 0, inodes: 0, files: 0, directories: [], mountPoints: [] };
  if (error !== null) return { ...about, usedBytes: null, ...nothing, unreadable: [{ path, error }] };
  const byPath = new Map(tree.directories.map((directory) => [directory.path, directory]));
  return {
    ...about,
    usedBytes: total.diskBytes,
    apparentBytes: total.apparentBytes,
    inodes: total.inodes,
    files,
    directories: directories.map((directory) => ({
      name: directory.name,
      role: directory.role,
      usedBytes: byPath.get(directory.name)?.diskBytes ?? 0,
      apparentBytes: byPath.get(directory.name)?.apparentBytes ?? 0,
      inodes: byPath.get(directory.name)?.inodes ?? 0,
    })),
    mountPoints,
    unreadable,
  };
}
