// Owns finding the service that is moved: by its name in the layout, and the configuration that a move is on record with. Reads only.
import { configurable, notConfigured } from '../configure/settings.ts';
import type { Target } from '../configure/target.ts';
import type { Layout, Service } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import type { MoveRecord } from './record.ts';
import { type Refused, targetFor } from './whereabouts.ts';

export function serviceNamed(layout: Layout, name: string): Service {
  const service = layout.services.find((one) => one.name === name);
  if (service === undefined) throw notConfigured(layout, name);
  return service;
}

/** One of which it is known how it is told where its data is. */
export function configurableNamed(layout: Layout, name: string): Service {
  const service = configurable(layout).find((one) => one.name === name);
  if (service === undefined) throw notConfigured(layout, name);
  return service;
}

/** null: the move switches no settings. */
export async function targetOn(
  { layout, host }: { readonly layout: Layout; readonly host: HostReader },
  { service, from, file }: MoveRecord,
): Promise<Target | Refused | null> {
  if (file === null) return null;
  return targetFor(layout, serviceNamed(layout, service), { host, from: from.path, file });
}
