// Owns where a service that is to be moved stands before that: which configuration says it, which unit runs it, where its data is to
// be, or why that is not known well enough. Reads only.
import { filesMatching } from '../configure/find.ts';
import { isBelow } from '../configure/paths.ts';
import { serversNow } from '../configure/servers.ts';
import { configured } from '../configure/settings.ts';
import { dataPlaceOf, type Target, targetOf, toldPlace } from '../configure/target.ts';
import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { builtIn } from '../services/index.ts';
import * as obstacle from './obstacles.ts';
import { runsAt, serversIn } from './where.ts';

export interface Standing {
  /** null: none of its settings name the old place. */
  readonly target: Target | null;
  /** null: nothing of it runs there. */
  readonly unit: string | null;
  readonly to: string;
}

export type Refused = { readonly refusals: readonly Diagnostic[] };

export function refused(...refusals: readonly Diagnostic[]): Refused {
  return { refusals };
}

/** Its data alone, of a service that runs. */
export async function standingOfData(
  layout: Layout,
  host: HostReader,
  { service, from }: { readonly service: Service; readonly from: string },
): Promise<Standing | Refused> {
  const target = await targetFor(layout, service, { host, from });
  if ('refusals' in target) return target;
  const { unit } = target;
  if (!host.surroundings().runsSystemd) return refused(obstacle.noManager(service.name));
  if (unit === null) return refused(obstacle.noUnit(service.name));
  const to = dataPlaceOf(target);
  const places = { from, to, unit: unit.name };
  const why = whyNotThere(host, { service: service.name, target, places });
  return why === null ? { target, unit: unit.name, to } : refused(why);
}

/** Its whole directory, whether it runs or not, or is not even installed. */
export async function standingWhole(
  layout: Layout,
  host: HostReader,
  { service, from }: { readonly service: Service; readonly from: string },
): Promise<Standing | Refused> {
  const to = servicePath(layout, service);
  const process = builtIn(service.name)?.configuration?.process;
  if (process === undefined) return { target: null, unit: null, to };
  const target = await targetBelow(layout, service, { host, from });
  if (target !== null && 'refusals' in target) return target;
  const servers = serversNow(host, process);
  const inside = servers.filter(({ places }) => (places ?? []).some(({ path }) => isBelow(path, from)));
  const unit = target?.unit?.name ?? null;
  if (inside.length === 0) {
    const isStarting = unit !== null && host.units([unit]).get(unit)?.active === true;
    const isUnseen = servers.some((one) => one.unit === unit && (one.places ?? []).length === 0);
    return isStarting && isUnseen ? refused(obstacle.unseen(service.name, unit)) : { target, unit: null, to };
  }
  if (target === null || unit === null || inside.some((one) => one.unit !== unit))
    return refused(obstacle.noUnit(service.name));
  if (!host.surroundings().runsSystemd) return refused(obstacle.noManager(service.name));
  const paths = serversIn(host, process, unit).flatMap(({ places }) =>
    (places ?? []).map(({ path }) => path),
  );
  if (!paths.every((path) => isBelow(path, from)))
    return refused(obstacle.severalPlaces(service.name, [...new Set(paths)]));
  return { target, unit, to };
}

/** Of several configurations the one that says this place: there may be two clusters. */
export async function targetFor(
  layout: Layout,
  service: Service,
  {
    host,
    from,
    file = null,
  }: { readonly host: HostReader; readonly from: string; readonly file?: string | null },
): Promise<Target | Refused> {
  const about = await configured(layout, service, host);
  const all = file === null ? filesMatching(host, about.facet.files) : [];
  const told = all.length > 1 ? all.filter((one) => toldPlace(host, { ...about, file: one }) === from) : [];
  const found = await targetOf(layout, service, host, file ?? (told.length === 1 ? (told[0] ?? null) : null));
  if ('missing' in found) return refused(found.missing);
  return 'refusal' in found ? refused(found.refusal) : found;
}

/** null: none of its configurations has it below `from`. */
async function targetBelow(
  layout: Layout,
  service: Service,
  { host, from }: { readonly host: HostReader; readonly from: string },
): Promise<Target | Refused | null> {
  const about = await configured(layout, service, host);
  const told = filesMatching(host, about.facet.files).filter((file) =>
    isBelow(toldPlace(host, { ...about, file }) ?? '', from),
  );
  const [file] = told;
  if (file === undefined) return null;
  if (told.length > 1) return refused(obstacle.severalPlaces(service.name, told));
  return targetFor(layout, service, { host, from, file });
}

/** null: it runs, and its data is in the old place. */
function whyNotThere(
  host: HostReader,
  of: {
    readonly service: string;
    readonly target: Target;
    readonly places: { readonly from: string; readonly to: string; readonly unit: string };
  },
): Diagnostic | null {
  const { service, target, places } = of;
  const { process } = target.facet;
  const at = runsAt(host, process, places);
  const open = serversIn(host, process, places.unit).flatMap((server) => server.places ?? []);
  const paths = [...new Set(open.map(({ path }) => path))];
  switch (at) {
    case 'old place':
      return paths.length === 1 && paths[0] === places.from
        ? null
        : obstacle.notItsPlace(service, { from: places.from, places: paths });
    case 'hot tier':
      return obstacle.onTier(service, places.to);
    case 'nowhere':
      return obstacle.notRunning(service, places.unit);
    case 'unseen':
      return obstacle.unseen(service, places.unit);
    case 'elsewhere':
      return paths.length > 1
        ? obstacle.severalPlaces(service, paths)
        : obstacle.notItsPlace(service, { from: places.from, places: paths });
    default:
      return at satisfies never;
  }
}
