// Owns what a layout wants of project quotas, file system by file system and service by service. Pure.
import type { Layout } from '../../layout/layout.ts';
import { servicePath } from '../../layout/layout.ts';
import type { QuotaMode } from '../../layout/quota.ts';
import { fileSystemFor, wantedFileSystems } from '../../layout/storage.ts';
import type { ProjectLimits } from '../../port/project-quota.ts';
import { projectsOf } from '../../services/projects.ts';

export interface ProjectWant {
  readonly service: string;
  readonly path: string;
  readonly project: number;
  readonly limits: ProjectLimits;
}

/** Of a file system. */
export interface QuotaWant {
  /** A directory on it. */
  readonly path: string;
  /** null: it holds the base. */
  readonly service: string | null;
  readonly mode: Exclude<QuotaMode, 'off'>;
  /** The layout says how it is made and mounted. */
  readonly isOurs: boolean;
  readonly projects: readonly ProjectWant[];
}

export function projectWants(layout: Layout): readonly ProjectWant[] {
  return projectsOf(layout).map(({ service, project, softBytes, hardBytes }) => ({
    service: service.name,
    path: servicePath(layout, service),
    project,
    limits: { softBytes, hardBytes },
  }));
}

/** None where all of its services have a file system of their own. */
export function quotaWants(layout: Layout): readonly QuotaWant[] {
  const { quota } = layout;
  if (quota === undefined) return [];
  const all = projectWants(layout);
  const { mode } = quota;
  const isOurs = layout.storage !== undefined;
  const own = wantedFileSystems(layout).filter(({ service }) => service !== null);
  const on = (service: string | null) =>
    all.filter((one) => (fileSystemFor(layout, one.service)?.service?.name ?? null) === service);
  return [
    { path: layout.base, service: null, mode, isOurs, projects: on(null) },
    ...own.map(({ name, mountPoint }) => ({
      path: mountPoint,
      service: name,
      mode,
      isOurs,
      projects: on(name),
    })),
  ].filter(({ projects }) => projects.length > 0);
}
