// Owns what a layout says of project quotas: whether they are wanted, the limits that follow from planned sizes, and the project id
// of each service. Pure. What a host counts and allows is read by the port.
import { createHash } from 'node:crypto';
import type { Layout, Quota, Service } from './layout-document.ts';

export type { Quota };

/** `off`: a layout then says nothing of it. */
export const QUOTA_MODES = ['off', 'account', 'enforce'] as const;
export type QuotaMode = (typeof QUOTA_MODES)[number];

export function isQuotaMode(text: string): text is QuotaMode {
  return QUOTA_MODES.some((mode) => mode === text);
}

export const DEFAULT_SOFT_PERCENT = 90;
export const DEFAULT_HARD_PERCENT = 100;
/** A limit far beyond the plan is none. */
export const MOST_HARD_PERCENT = 1000;

/** The option that has the kernel count and limit: both types of file system take it, when they are mounted. */
export const QUOTA_OPTION = 'prjquota';

/**
 * Ours are the ids from FIRST_PROJECT to LAST_PROJECT. The last one is for what gives ids of its own, from the next one on: Docker
 * numbers upward from the id of its directory.
 */
export const FIRST_PROJECT = 1_000_000;
export const LAST_PROJECT = 1_999_999;

/** The kernel counts in blocks of 4 KiB. */
const BLOCK = 4096;

export interface ServiceProject {
  readonly service: Service;
  readonly project: number;
  /** null: no such limit. */
  readonly softBytes: number | null;
  readonly hardBytes: number | null;
}

/**
 * One project a service, in the order of the layout; none where it wants no quotas. `numbersItsOwn`: of the service that gives ids of
 * its own.
 */
export function serviceProjects(
  { quota, services }: Pick<Layout, 'quota' | 'services'>,
  numbersItsOwn: (service: string) => boolean,
): readonly ServiceProject[] {
  if (quota === undefined) return [];
  const projects = projectIds(
    services.map(({ name }) => name),
    numbersItsOwn,
  );
  return services.map((service) => ({
    service,
    project: projects.get(service.name) ?? 0,
    ...limitsOf(service, quota),
  }));
}

/** From its name: the same on each host, whatever other services there are. */
function projectIds(
  names: readonly string[],
  numbersItsOwn: (service: string) => boolean,
): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of names.toSorted()) {
    let id = numbersItsOwn(name)
      ? LAST_PROJECT
      : FIRST_PROJECT + (hashOf(name) % (LAST_PROJECT - FIRST_PROJECT));
    // Of two that hash alike the later one of the alphabet gives way.
    while (taken.has(id)) id = id > FIRST_PROJECT ? id - 1 : LAST_PROJECT - 1;
    taken.add(id);
    given.set(name, id);
  }
  return given;
}

function hashOf(name: string): number {
  return createHash('sha256').update(`jts-hot\0project ${name}`).digest().readUInt32BE(0);
}

function limitsOf(
  { plannedBytes }: Service,
  { mode, softPercent, hardPercent }: Quota,
): Pick<ServiceProject, 'softBytes' | 'hardBytes'> {
  if (mode === 'account' || plannedBytes === 0) return { softBytes: null, hardBytes: null };
  const part = (percent: number) =>
    Math.max(BLOCK, Math.floor((plannedBytes * percent) / 100 / BLOCK) * BLOCK);
  return { softBytes: softPercent === null ? null : part(softPercent), hardBytes: part(hardPercent) };
}
