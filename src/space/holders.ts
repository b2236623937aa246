// Owns which file systems hold the services of a layout: the base's, and those of services that have one of their own. Pure.
import type { Layout, Service } from '../layout/layout.ts';
import type { DeclaredMount } from '../port/declared-mount.ts';
import type { HostReader } from '../port/host.ts';

export interface Holder {
  /** The service that has it for itself; null: the base's. */
  readonly service: string | null;
  /** Where it is mounted; of the base's a directory on it. */
  readonly path: string;
  /** Whose data is on it. */
  readonly services: readonly Service[];
}

/** Those that belong to a service of the layout. */
export function mountsIn(
  { services }: Pick<Layout, 'services'>,
  { mounts }: Pick<HostReader, 'mounts'>,
): readonly DeclaredMount[] {
  if (mounts.length === 0) return [];
  return mounts.filter((mount) => services.some(({ name }) => name === mount.service));
}

/** The base's first. */
export function holdersOf(layout: Layout, host: Pick<HostReader, 'mounts'>): readonly Holder[] {
  const { base, services } = layout;
  const own = mountsIn(layout, host).map(({ service, path }): Holder => {
    return { service, path, services: services.filter(({ name }) => name === service) };
  });
  const others = services.filter(({ name }) => !own.some(({ service }) => service === name));
  return [{ service: null, path: base, services: others }, ...own];
}

/** What the layout plans for those whose data is on it. */
export function plannedOn({ services }: Holder): number {
  return services.reduce((sum, { plannedBytes }) => sum + plannedBytes, 0);
}
