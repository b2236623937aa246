// `jts-hot logs`: which logs of the services are large, who writes them, and what rotates them. Changes and records nothing.
import { type Answer, type Context, measuringProgress, requireRoot } from '../command/context.ts';
import { withoutSlash } from '../configure/paths.ts';
import { configurable } from '../configure/settings.ts';
import { checkServiceNames } from '../engine/plan.ts';
import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import { EXIT } from '../messages/diagnostic.ts';
import type { FoundFile, MeasuredTree } from '../port/measure.ts';
import type { Writer } from '../port/writers.ts';
import { builtIn } from '../services/index.ts';
import { type LogrotateEntry, readLogrotate } from './logrotate-files.ts';
import type { Log, LogsListed, ServiceLogs } from './logs-document.ts';
import { isLogOf, logPlaces, type Rotated, rotatedServices, rotationOfLog } from './rotation.ts';

/** The run-book's. */
const USUAL_OVER_BYTES = 1e8;
/** So many are named. */
const MOST = 100;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface LogsOptions {
  /** null: all of them. */
  readonly service: string | null;
  /** null: the usual. */
  readonly overBytes: number | null;
}

export async function logsCommand(
  context: Context,
  { service: name, overBytes }: LogsOptions,
): Promise<Answer<LogsListed>> {
  const { layout, host } = context;
  if (name !== null) checkServiceNames(layout, [name], 'SERVICE');
  // Only root sees what the processes of others have open, and reads their configuration.
  requireRoot(context);
  const at = context.now();
  const over = overBytes ?? USUAL_OVER_BYTES;
  const services = layout.services.filter(
    (one) => (name === null || one.name === name) && logPlaces(layout, one).length > 0,
  );
  const places = services.flatMap((service) => logPlaces(layout, service).map((path) => ({ service, path })));
  const measured = await host.measure({
    trees: places.map(({ path }) => path),
    depth: 0,
    find: {
      filesOverBytes: over,
      logsOverBytes: null,
      notLogs: [],
      dataPlaces: [],
      temporaryBefore: null,
      most: MOST + 1,
    },
    timeoutMs: null,
    onProgress: measuringProgress(context),
  });
  const trees = places.flatMap((place, i): readonly Tree[] => {
    const tree = measured.trees[i];
    return tree === undefined ? [] : [{ ...place, tree }];
  });
  const logrotate = readLogrotate(host);
  const what = name ?? 'all';
  const isKnown = name === null || configurable(layout).some((one) => one.name === name);
  const rotated = isKnown ? await rotatedServices(layout, host, { what, logrotate }) : [];
  const large = trees
    .flatMap((one) => largeIn(layout, one))
    .toSorted((a, b) => b.found.diskBytes - a.found.diskBytes || (a.path < b.path ? -1 : 1));
  const { logs, unseen } = describe(context, large.slice(0, MOST), {
    at,
    rotated,
    entries: logrotate.entries,
  });
  const complete = trees.every(({ tree }) => isWhole(tree));
  const result: LogsListed = {
    did: 'list',
    root: host.root,
    base: layout.base,
    at,
    overBytes: over,
    services: services.map((service) => ofService(service, { trees, rotated })),
    logs,
    more: large.length > MOST,
    unseen,
    complete,
  };
  return { exitCode: complete ? EXIT.ok : EXIT.failed, problems: logrotate.problems, result };
}

interface Tree {
  readonly service: Service;
  readonly path: string;
  readonly tree: MeasuredTree;
}

interface Large {
  readonly service: Service;
  readonly path: string;
  readonly found: FoundFile;
}

/** Not made yet, or of a version that has none. */
const NONE = 'missing';

function isWhole({ error, unreadableCount }: MeasuredTree): boolean {
  return error === NONE || (error === null && unreadableCount === 0);
}

function largeIn(layout: Layout, { service, path, tree }: Tree): readonly Large[] {
  const facet = builtIn(service.name)?.logs;
  const own = servicePath(layout, service);
  const isAmongData = (facet?.amongData ?? []).some((one) => path === `${own}/${one}`);
  return tree.found
    .filter(({ kind, path: below }) => kind === 'large' && isLogOf(facet, `${path}/${below}`, isAmongData))
    .map((found) => ({ service, path: `${withoutSlash(path)}/${found.path}`, found }));
}

function ofService(
  service: Service,
  { trees, rotated }: { readonly trees: readonly Tree[]; readonly rotated: readonly Rotated[] },
): ServiceLogs {
  const own = trees.filter((one) => one.service === service);
  const there = own.filter(({ tree }) => tree.error === null);
  const about = rotated.find((one) => one.service.name === service.name);
  const failed = own.find(({ tree }) => tree.error !== null && tree.error !== NONE);
  return {
    service: service.name,
    directories: there.map(({ path }) => path),
    usedBytes: there.reduce((sum, { tree }) => sum + tree.total.diskBytes, 0),
    files: there.reduce((sum, { tree }) => sum + tree.files, 0),
    plannedBytes: service.plannedBytes,
    isInstalled: about?.isInstalled ?? false,
    log: about?.log ?? null,
    rotation: about?.rotation ?? null,
    error: failed === undefined ? null : `${failed.path}: ${failed.tree.error}`,
    problems: about?.problems ?? [],
  };
}

function describe(
  { host, layout }: Pick<Context, 'host' | 'layout'>,
  large: readonly Large[],
  of: {
    readonly at: string;
    readonly rotated: readonly Rotated[];
    readonly entries: readonly LogrotateEntry[];
  },
): { readonly logs: readonly Log[]; readonly unseen: number } {
  const seen = large.map((one) => ({ ...one, entry: host.entry(one.path) }));
  const inodes = seen.flatMap(({ entry }) => ('inode' in entry ? [entry.inode] : []));
  const { writers, unseen } =
    inodes.length === 0
      ? { writers: new Map<string, readonly Writer[]>(), unseen: 0 }
      : host.writers(layout.base, new Set(inodes));
  const logs = seen.map(({ service, path, found, entry }): Log => {
    const about = of.rotated.find((one) => one.service.name === service.name);
    const begun = 'born' in entry && entry.born !== null ? Number(BigInt(entry.born) / 1_000_000n) : null;
    return {
      service: service.name,
      path,
      usedBytes: found.diskBytes,
      apparentBytes: found.apparentBytes,
      changedAt: timeText(found.changedAt),
      ageSeconds: Math.round((Date.parse(of.at) - found.changedAt) / 1000),
      begunAt: begun === null ? null : timeText(begun),
      growthBytesPerDay: growth(found, begun),
      writers: 'inode' in entry ? (writers.get(entry.inode) ?? []) : [],
      isOpenedForEachLine: builtIn(service.name)?.logs?.opensForEachLine === true,
      rotation: rotationOfLog(about, host, { path, entries: of.entries }),
    };
  });
  return { logs, unseen };
}

/** A file says itself how fast it has grown: nothing has to be kept for it. */
function growth({ apparentBytes, changedAt }: FoundFile, begun: number | null): number | null {
  if (begun === null || changedAt - begun < HOUR_MS) return null;
  return Math.round(apparentBytes / ((changedAt - begun) / DAY_MS));
}

/** Years 0000 to 9999, which every reader of ISO 8601 takes: a file's time can be set to one that no date has. */
function timeText(milliseconds: number): string {
  const [first, last] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')];
  return new Date(Math.min(last, Math.max(first, milliseconds))).toISOString();
}
