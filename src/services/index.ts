// The built-in services in their order, and what the rest of the program asks about all of them together.
// Must not name a service: list.ts has a line for each.
import { DEFAULT_BASE, type Layout, type Service } from '../layout/layout.ts';
import type { DataPlaces } from '../values/data-places.ts';
import type { NumberedName } from '../values/numbered-name.ts';
import * as list from './list.ts';
import type { BuiltInService } from './service.ts';
import type { Wish } from './tuning.ts';

const known: readonly BuiltInService[] = inOrder(Object.values(list));

/** Those without a place of their own come last, by name. */
export function inOrder(services: readonly BuiltInService[]): readonly BuiltInService[] {
  const byName = services.toSorted((a, b) => (a.layout.name < b.layout.name ? -1 : 1));
  const place = ({ order }: BuiltInService) => order ?? Number.MAX_SAFE_INTEGER;
  return byName.toSorted((a, b) => place(a) - place(b));
}

export const builtInServices: readonly Service[] = known.map(({ layout }) => layout);

export const builtInLayout: Layout = { base: DEFAULT_BASE, services: builtInServices };

/** Groups that services bring and that give more than a service user may have, with what each gives. */
export const privilegedGroups: ReadonlyMap<string, string> = new Map(
  known.flatMap(({ system }) => Object.entries(system?.privilegedGroups ?? {})),
);

/** Below a service's own directory: what is called like a log there is data, but for where logs are kept among it. */
export function dataPlaces({ name, directories }: Service): DataPlaces {
  const below = directories.filter(({ role }) => role === 'data' || role === 'backup').map((one) => one.name);
  return { below, except: known.find(({ layout }) => layout.name === name)?.logs?.amongData ?? [] };
}

/** Names that look like those of logs and are data of some service. */
export const dataNames: readonly NumberedName[] = known.flatMap(({ logs }) => logs?.dataNames ?? []);

/** What is known of a service beyond its layout; undefined: it is not built in. */
export function builtIn(name: string): BuiltInService | undefined {
  return known.find(({ layout }) => layout.name === name);
}

/** What one service wishes of the kernel. */
export interface Asked {
  readonly service: string;
  readonly wish: Wish;
}

/** All that these services wish of the kernel, in the order of the services. */
export async function askedOfKernel(names: readonly string[]): Promise<readonly Asked[]> {
  const asked = names.map(async (service) =>
    ((await builtIn(service)?.tuning?.()) ?? []).map((wish): Asked => ({ service, wish })),
  );
  return (await Promise.all(asked)).flat();
}
