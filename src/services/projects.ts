// Owns the project of each service of a layout. Must not name a service: which one gives ids of its own is said in its folder.
import type { Layout } from '../layout/layout.ts';
import { type ServiceProject, serviceProjects } from '../layout/quota.ts';
import { builtIn } from './index.ts';

/** It gives ids of its own, from that of its directory on: they are counted with it. */
export function numbersProjects(service: string): boolean {
  return builtIn(service)?.system?.numbersProjects === true;
}

/** None where the layout wants no quotas. */
export function projectsOf(layout: Pick<Layout, 'quota' | 'services'>): readonly ServiceProject[] {
  return serviceProjects(layout, numbersProjects);
}
