// `jts-hot usage`: which services, directories and files take the space. Changes and records nothing.

import { type Answer, type Context, measuringProgress } from '../command/context.ts';
import { checkServiceNames } from '../engine/plan.ts';
import { BASE_NAME, type Layout, type Service, servicePath } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { DeclaredMount } from '../port/declared-mount.ts';
import type { DeletedOpenFound } from '../port/deleted-open.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { FoundFile, Measured, MeasuredDirectory, MeasuredTree } from '../port/measure.ts';
import { dataNames, dataPlaces } from '../services/index.ts';
import { mountsIn } from '../space/holders.ts';
import { allBelowBase, otherOf } from '../space/measure.ts';
import type { FileSystemUse } from '../space/measure-document.ts';
import { roomOf } from '../space/room.ts';
import { lastReport } from './last-report.ts';
import { reportedUsage } from './reported-usage.ts';
import type {
  Asked,
  DeletedOpenFiles,
  Listing,
  ServiceSpace,
  Space,
  SpaceDirectory,
  SpaceFile,
  UsageResult,
} from './usage-document.ts';

/** The run-book's: files over 1 GB, logs over 100 MB, temporary files older than a day. */
const USUAL = { filesOverBytes: 1e9, logsOverBytes: 1e8, temporaryOlderThanSeconds: 86_400 } as const;

/** Of a directory that holds little but another one, only the other one is named. */
const LITTLE_BUT = 0.9;

export interface UsageOptions {
  /** null: all of them. */
  readonly service: string | null;
  /** So many of each kind are named. */
  readonly top: number;
  /** Directories down to this many levels below a service. */
  readonly depth: number;
  /** null: the usual. */
  readonly filesOverBytes: number | null;
  readonly logsOverBytes: number | null;
  readonly temporaryOlderThanSeconds: number | null;
  /** null: waits for what works, however long it takes. */
  readonly timeoutSeconds: number | null;
}

/** EXIT.failed where something could not be measured: the lists are then incomplete. */
export async function usageCommand(context: Context, options: UsageOptions): Promise<Answer<UsageResult>> {
  const { layout, host } = context;
  const services = servicesOf(layout, options.service);
  const last = lastReport(context);
  if (last !== null) return reportedUsage(last, { service: options.service, asked: askedBy(options) });
  const at = context.now();
  const asked = askedBy(options);
  const everywhere = options.service === null;
  const measured = await host.measure({
    ...(everywhere ? allBelowBase(layout) : { trees: services.map((one) => servicePath(layout, one)) }),
    depth: asked.depth,
    find: {
      filesOverBytes: asked.filesOverBytes,
      logsOverBytes: asked.logsOverBytes,
      notLogs: dataNames,
      dataPlaces: services.map(dataPlaces),
      temporaryBefore: Date.parse(at) - asked.temporaryOlderThanSeconds * 1000,
      // One more than is named tells whether there are more.
      most: asked.top + 1,
    },
    timeoutMs: options.timeoutSeconds === null ? null : options.timeoutSeconds * 1000,
    onProgress: measuringProgress(context),
  });
  const trees = services.flatMap(({ name }, i): readonly ServiceTree[] => {
    const tree = measured.trees[i];
    return tree === undefined ? [] : [{ service: name, ...tree }];
  });
  const beside = measured.trees[services.length];
  const named: readonly NamedTree[] = beside === undefined ? trees : [...trees, { service: null, ...beside }];
  const fileSystem = silent(measured) ? null : usedFileSystem(host.fileSystem(layout.base));
  const files = (kind: FoundFile['kind']) => largestFiles(named, { kind, top: asked.top, at });
  const total = sum(trees);
  const complete = named.every(({ error, unreadableCount }) => error === null && unreadableCount === 0);
  const other = otherOf(beside);
  const everything = complete && everywhere && fileSystem !== null;
  const own = mountsIn({ services }, host).filter(
    ({ service }) => trees.find((tree) => tree.service === service)?.error === null,
  );
  const onBase = sum(trees.filter(({ service }) => !own.some((one) => one.service === service)));
  const result: UsageResult = {
    root: host.root,
    base: layout.base,
    at,
    service: options.service,
    asked,
    fileSystem,
    ...(own.length === 0
      ? {}
      : {
          fileSystems: own.map(({ service, path }) => {
            return { service, ...usedFileSystem(host.fileSystem(path)) };
          }),
        }),
    total,
    other,
    // A file that is deleted during the measurement is in one of the two numbers only.
    elsewhereBytes: everything ? Math.max(0, fileSystem.usedBytes - onBase.usedBytes) : null,
    unaccountedBytes: everything
      ? Math.max(0, fileSystem.usedBytes - onBase.usedBytes - (other?.usedBytes ?? 0))
      : null,
    services: trees
      .map(serviceSpace)
      .toSorted((a, b) => (b.space?.usedBytes ?? -1) - (a.space?.usedBytes ?? -1)),
    directories: largestDirectories(named, asked.top),
    largeFiles: files('large'),
    largeLogs: files('log'),
    deletedOpen: everywhere && fileSystem !== null ? deletedOpen(context, own, asked.top) : null,
    oldTemporaryFiles: files('temporary'),
    reported: null,
    entries: measured.entries,
    linksBeyond: measured.linksBeyond,
    timedOut: measured.timedOut,
    complete,
  };
  return { exitCode: complete ? EXIT.ok : EXIT.failed, problems: [], result };
}

interface NamedTree extends MeasuredTree {
  /** null: none. */
  readonly service: string | null;
}

type ServiceTree = NamedTree & { readonly service: string };

function servicesOf(layout: Layout, name: string | null): readonly Service[] {
  if (name === null) return layout.services;
  if (name === BASE_NAME)
    throw new Problem(EXIT.usage, [
      diagnostic('E_UNKNOWN_SERVICE', 'cannot measure the base directory as a service', {
        at: 'SERVICE',
        detail: `want one of ${layout.services.map((service) => service.name).join(', ')}; found ${BASE_NAME}`,
        hint: 'for all services: jts-hot usage',
      }),
    ]);
  checkServiceNames(layout, [name], 'SERVICE');
  return layout.services.filter((service) => service.name === name);
}

function askedBy(options: UsageOptions): Asked {
  return {
    top: options.top,
    depth: options.depth,
    filesOverBytes: options.filesOverBytes ?? USUAL.filesOverBytes,
    logsOverBytes: options.logsOverBytes ?? USUAL.logsOverBytes,
    temporaryOlderThanSeconds: options.temporaryOlderThanSeconds ?? USUAL.temporaryOlderThanSeconds,
  };
}

/** Asking a file system that does not answer would hang. */
function silent({ trees, timedOut }: Measured): boolean {
  return timedOut && trees.every(({ error }) => error === 'timeout');
}

function usedFileSystem(fs: FileSystem): FileSystemUse {
  const { mountPoint, source, type } = fs;
  const { availableBytes, ...room } = roomOf(fs);
  return { mountPoint, source, type, ...room, freeBytes: availableBytes };
}

function spaceOf({ total, files }: MeasuredTree) {
  const { diskBytes, apparentBytes, inodes } = total;
  return { usedBytes: diskBytes, apparentBytes, inodes, files };
}

function sum(trees: readonly MeasuredTree[]): Space {
  const measured = trees.filter(({ error }) => error === null).map(spaceOf);
  const over = (field: keyof Space) => measured.reduce((all, space) => all + space[field], 0);
  return {
    usedBytes: over('usedBytes'),
    apparentBytes: over('apparentBytes'),
    inodes: over('inodes'),
    files: over('files'),
  };
}

function serviceSpace(tree: ServiceTree): ServiceSpace {
  const { service, path, error, mountPoints, unreadable, unreadableCount } = tree;
  const space = error === null ? spaceOf(tree) : null;
  return { service, path, space, error, mountPoints, unreadable, unreadableCount };
}

function largestDirectories(trees: readonly NamedTree[], top: number): Listing<SpaceDirectory> {
  return largest(
    trees.flatMap((tree) =>
      namedDirectories(tree).map(({ path, diskBytes, apparentBytes, inodes }) => ({
        service: tree.service,
        path: `${tree.path}/${path}`,
        usedBytes: diskBytes,
        apparentBytes,
        inodes,
      })),
    ),
    top,
  );
}

/** A list of a directory, its only large child, and that one's only large child would name one thing three times. */
function namedDirectories({ directories }: MeasuredTree): readonly MeasuredDirectory[] {
  const largestChildBytes = new Map<string, number>();
  for (const { path, diskBytes } of directories) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (path !== '' && diskBytes > (largestChildBytes.get(parent) ?? -1))
      largestChildBytes.set(parent, diskBytes);
  }
  return directories.filter(
    ({ path, diskBytes }) =>
      path !== '' && diskBytes > 0 && (largestChildBytes.get(path) ?? -1) < diskBytes * LITTLE_BUT,
  );
}

function largestFiles(
  trees: readonly NamedTree[],
  { kind, top, at }: { readonly kind: FoundFile['kind']; readonly top: number; readonly at: string },
): Listing<SpaceFile> {
  return largest(
    trees.flatMap(({ service, path, found }) =>
      found
        .filter((file) => file.kind === kind)
        .map((file) => ({
          service,
          path: `${path}/${file.path}`,
          usedBytes: file.diskBytes,
          apparentBytes: file.apparentBytes,
          changedAt: timeText(file.changedAt),
          ageSeconds: Math.round((Date.parse(at) - file.changedAt) / 1000),
        })),
    ),
    top,
  );
}

/** null: the base is not there, or not for us to open. */
function deletedOpen(
  { host, layout }: Context,
  own: readonly DeclaredMount[],
  top: number,
): DeletedOpenFiles | null {
  const all = [layout.base, ...own.map(({ path }) => path)].map((path) => deletedOn(host, path));
  if (all[0] === null) return null;
  const found = all.filter((one) => one !== null);
  const files = found.flatMap((one) => one.files);
  // The same processes each time.
  const unseen = Math.max(...found.map((one) => one.unseen));
  return listed(files, { unseen, top });
}

function listed(
  files: DeletedOpenFound['files'],
  { unseen, top }: { readonly unseen: number; readonly top: number },
): DeletedOpenFiles {
  const holding = files.filter(({ diskBytes }) => diskBytes > 0);
  const all = holding.map(({ diskBytes, inode: _, ...file }) => ({ ...file, usedBytes: diskBytes }));
  return { ...largest(all, top), usedBytes: all.reduce((sum, { usedBytes }) => sum + usedBytes, 0), unseen };
}

function deletedOn(host: Context['host'], base: string): DeletedOpenFound | null {
  try {
    return host.deletedOpen(base);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function largest<T extends { readonly usedBytes: number; readonly path: string }>(
  all: readonly T[],
  top: number,
): Listing<T> {
  const sorted = all.toSorted((a, b) => b.usedBytes - a.usedBytes || (a.path < b.path ? -1 : 1));
  return { listed: sorted.slice(0, top), more: sorted.length > top };
}

/** Years 0000 to 9999, which every reader of ISO 8601 takes: a file's time can be set to one that no date has. */
const TIMES = {
  first: Date.parse('0000-01-01T00:00:00Z'),
  last: Date.parse('9999-12-31T23:59:59Z'),
} as const;

function timeText(milliseconds: number): string {
  return new Date(Math.min(TIMES.last, Math.max(TIMES.first, milliseconds))).toISOString();
}
