// Owns where the numbers of each service come from: what the kernel counts of its project, where all that is in its directory is
// sure to be counted, else a walk. Must not judge levels.

import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import type { MountedAt } from '../port/file-system.ts';
import type { HostReader } from '../port/host.ts';
import type { ProjectQuotaState } from '../port/project-quota.ts';
import { numbersProjects, projectsOf } from '../services/projects.ts';
import { quotaAt } from './limit-at.ts';
import { type Scan, type ScanOptions, scan } from './measure.ts';
import type { Source, Usage } from './measure-document.ts';

/** Of one service. */
export interface Counting {
  readonly service: Service;
  readonly source: Source;
  /** Of its own project alone: what limits hold by. */
  readonly own: ProjectQuotaState;
  /** What is counted for the service; null: not to be relied on, and `source` says why. */
  readonly counted: { readonly usedBytes: number; readonly usedInodes: number } | null;
}

/** In a time that does not depend on how many files there are. To be asked of a disk that answers. */
export function countings(layout: Layout, host: HostReader): readonly Counting[] {
  const wanted = new Map(projectsOf(layout).map(({ service, project }) => [service.name, project]));
  return layout.services.map((service) => counting(layout, host, service, wanted.get(service.name) ?? null));
}

/** `wanted`: the project that the layout gives it; null: none. */
function counting(layout: Layout, host: HostReader, service: Service, wanted: number | null): Counting {
  const path = servicePath(layout, service);
  const own = quotaAt(host, path);
  const why = whyNot(service, { host, path, own, wanted });
  if (why !== null || own.state === 'off')
    return { service, own, counted: null, source: { by: 'scan', reason: why ?? NOT_COUNTED } };
  const { project } = own.quota;
  const all = numbersProjects(service.name) ? quotaAt(host, path, { withHigher: true }) : own;
  const counted = all.state === 'off' ? own.quota : all.quota;
  const reason =
    all === own
      ? `the kernel counts project ${project}`
      : `the kernel counts project ${project} and those after it`;
  return { service, own, counted, source: { by: 'project quota', reason } };
}

const NOT_COUNTED = 'the kernel does not count it';

/** Why what the kernel counts may not be all that is in its directory; null: nothing speaks for that. */
function whyNot(
  { directories }: Service,
  {
    host,
    path,
    own,
    wanted,
  }: {
    readonly host: HostReader;
    readonly path: string;
    readonly own: ProjectQuotaState;
    readonly wanted: number | null;
  },
): string | null {
  if (wanted === null) return whyNoQuotas(host.mountedAt(path));
  if (own.state === 'off') return own.reason;
  const is = (state: ProjectQuotaState) => (state.state === 'off' ? 0 : state.quota.project);
  if (is(own) !== wanted) return `its directory is in project ${is(own)}, the layout gives it ${wanted}`;
  if (!own.inherits) return 'what is made in its directory does not get its project';
  for (const { name } of directories) {
    const below = `${path}/${name}`;
    if (host.entry(below).type !== 'directory') continue;
    const state = quotaAt(host, below);
    if (is(state) !== wanted)
      return `${name} in it is in ${is(state) === 0 ? 'no project' : `project ${is(state)}`}`;
    if (state.state !== 'off' && !state.inherits) return `what is made in ${name} does not get its project`;
  }
  return null;
}

/** Where no service is looked at. */
export function sourceWithout(base: MountedAt): Source {
  return { by: 'scan', reason: whyNoQuotas(base) };
}

/** Of a layout that wants none. */
function whyNoQuotas({ type, mountPoint, options }: MountedAt): string {
  const at = `${type} at ${mountPoint}`;
  if (!KEEP_PROJECT_QUOTAS.has(type)) return `${at} keeps no project quotas`;
  return keepsProjectLimits({ type, options })
    ? 'the layout wants no project quotas'
    : `${at} is mounted without project quotas (prjquota)`;
}

export function keepsProjectLimits({ type, options }: Pick<MountedAt, 'type' | 'options'>): boolean {
  return KEEP_PROJECT_QUOTAS.has(type) && options.some((option) => PROJECT_QUOTAS_ON.has(option));
}

/** Every service of a layout; only what is not counted is walked through, and where all is, nothing. */
export async function readUsage(
  layout: Layout,
  host: HostReader,
  options: ScanOptions,
): Promise<Scan & { readonly source: Source; readonly countings: readonly Counting[] }> {
  const all = countings(layout, host);
  const walked = all.filter(({ counted }) => counted === null).map(({ service }) => service);
  const source = sourceOfAll(all, host.mountedAt(layout.base));
  if (walked.length === 0 && all.length > 0)
    return { ...nothingWalked(sorted(all.map((one) => usageOf(layout, one)))), source, countings: all };
  const scanned = await scan(layout, host, { ...options, only: walked.map(({ name }) => name) });
  const usages = all.flatMap((one): readonly Usage[] => {
    const usage = scanned.usages.find(({ service }) => service === one.service.name);
    if (usage === undefined) return one.counted === null ? [] : [usageOf(layout, one)];
    return [{ ...usage, source: one.source }];
  });
  return { ...scanned, usages: sorted(usages), source, countings: all };
}

function nothingWalked(usages: readonly Usage[]): Scan {
  return { usages, other: null, entries: 0, linksBeyond: 0, timedOut: false };
}

function sorted(usages: readonly Usage[]): readonly Usage[] {
  return usages.toSorted((a, b) => (b.usedBytes ?? -1) - (a.usedBytes ?? -1));
}

/** What the kernel counts: no lengths, and nothing of what is in it. */
export function usageOf(layout: Layout, { service, counted, source }: Counting): Usage {
  return {
    service: service.name,
    path: servicePath(layout, service),
    plannedBytes: service.plannedBytes,
    usedBytes: counted?.usedBytes ?? null,
    apparentBytes: null,
    inodes: counted?.usedInodes ?? 0,
    files: null,
    directories: [],
    mountPoints: [],
    unreadable: [],
    source,
  };
}

/** A scan where one service needs one: it is what takes the time. */
function sourceOfAll(all: readonly Counting[], base: MountedAt): Source {
  const walked = all.filter(({ counted }) => counted === null);
  const [first] = walked;
  if (first === undefined)
    return all.length === 0
      ? sourceWithout(base)
      : { by: 'project quota', reason: 'the kernel counts the project of each service' };
  const { reason } = first.source;
  const isSame = walked.length === all.length && walked.every(({ source }) => source.reason === reason);
  return { by: 'scan', reason: isSame ? reason : `${first.service.name}: ${reason}` };
}

/** Documentation/filesystems/{ext4,f2fs}.rst, xfs(5). */
const KEEP_PROJECT_QUOTAS: ReadonlySet<string> = new Set(['ext4', 'xfs', 'f2fs']);

/** As /proc/self/mountinfo shows them. `pqnoenforce` (XFS): counted, and no limit kept. */
const PROJECT_QUOTAS_ON: ReadonlySet<string> = new Set(['prjquota', 'pqnoenforce']);
