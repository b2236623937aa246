// Owns what stands in the way of letting a service read our settings: no directory for its data, data that it would start
// without, something that would overrule them. Reads only.
import type { Layout } from '../layout/layout.ts';
import { servicePath } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import { isPrepared } from '../port/operations/prepare-data.ts';
import type { FirstStart } from '../services/configuration.ts';
import { formatBytes } from '../values/size.ts';
import { checkServices } from './check.ts';
import { withTexts } from './overlay.ts';
import { isBelow, withoutSlash } from './paths.ts';
import { fullAt, holdsData, othersIn, sizeOf } from './present.ts';
import { serversNow } from './servers.ts';
import { noRoom, ofView } from './state.ts';
import { dataPlaceOf, type Target, toldPlace } from './target.ts';

export const START_EMPTY = '--start-empty';

export interface Intended {
  /** Services that may start without the data they have elsewhere. */
  readonly startEmpty: readonly string[];
  /** It is to be started on its new place right away. */
  readonly restart: boolean;
}

export function obstaclesTo(
  layout: Layout,
  host: HostReader,
  target: Target,
  { startEmpty, restart }: Intended,
): readonly Diagnostic[] {
  const { service, facet } = target;
  const place = dataPlaceOf(target);
  const at = `service ${service.name}`;
  if (host.entry(place).type !== 'directory')
    return [
      diagnostic('E_NO_TIER', 'refusing to point a service at a directory that is not there', {
        at,
        detail: `want a directory ${place}, found ${host.entry(place).type}`,
        fix: 'sudo jts-hot setup',
      }),
    ];
  const servers = serversNow(host, facet.process);
  const closed = servers.flatMap((server) => ofView(service.name, server));
  if (closed.length > 0) return closed;
  const inUse = servers.flatMap(({ places }) => (places ?? []).map(({ path }) => path));
  // One that cannot write down what it has in memory does not stop, or is killed in the end.
  const full = restart ? [...inUse, place].flatMap((one) => fullAt(host, one) ?? []).slice(0, 1) : [];
  if (full.length > 0) return full.map((one) => noRoom(service.name, one));
  const unprepared = restart ? notPrepared(host, service.name, { firstStart: facet.firstStart, place }) : [];
  if (startEmpty.includes(service.name)) return unprepared;
  const own = servicePath(layout, service);
  // Where it has it now, and where it would look for it at the next start.
  const told = toldPlace(host, target);
  const present = new Set([...inUse, ...(told === null ? [] : [told])].map(withoutSlash));
  const elsewhere = [...present]
    .filter((one) => !isBelow(one, own) && holdsData(host, one, facet.present))
    .map((one) => {
      const isFree = othersIn(layout, host, { service, to: place }).length === 0;
      const isMovable = isFree && inUse.map(withoutSlash).includes(one);
      return startsEmpty(host, service.name, { present: one, place, restart, isMovable });
    });
  return [...elsewhere, ...unprepared];
}

/** Each of `texts` in its place, what would count more than they do. */
export async function overruledBy(
  layout: Layout,
  host: HostReader,
  targets: readonly Target[],
  texts: ReadonlyMap<string, string>,
): Promise<readonly Diagnostic[]> {
  const then = withTexts(host, texts);
  const found: Diagnostic[] = [];
  for (const { service } of targets)
    for (const { problems } of await checkServices(layout, then, { what: service.name, isRightDisk: true }))
      found.push(...problems.filter(({ code }) => code === 'E_OVERRULED'));
  return found;
}

function notPrepared(
  host: HostReader,
  service: string,
  { firstStart, place }: { readonly firstStart: FirstStart | null; readonly place: string },
): readonly Diagnostic[] {
  if (firstStart === null || isPrepared(host, { path: place, mark: firstStart.mark })) return [];
  const config = `sudo jts-hot config ${service}`;
  return [
    diagnostic('E_NOT_PREPARED', 'refusing to restart a service on a directory that is not prepared', {
      at: `service ${service}`,
      detail: `want ${firstStart.mark} in ${place}, found none: it would not start`,
      ...(firstStart.readsFile
        ? { hint: `${config} --install, then the same with --init instead, then this again` }
        : { fix: `${config} --init` }),
    }),
  ];
}

function startsEmpty(
  host: HostReader,
  service: string,
  {
    present,
    place,
    restart,
    isMovable,
  }: {
    readonly present: string;
    readonly place: string;
    readonly restart: boolean;
    readonly isMovable: boolean;
  },
): Diagnostic {
  const { bytes, isWhole } = sizeOf(host, present);
  return diagnostic('E_STARTS_EMPTY', 'refusing to let a service start without its data', {
    at: `service ${service}`,
    detail: [
      `want no data in ${present}, found ${isWhole ? '' : 'at least '}${formatBytes(bytes)}`,
      `it would start empty in ${place}, and look healthy`,
    ],
    hint:
      (isMovable
        ? `move it with its data: sudo jts-hot move ${service} --from ${shellWord(present)}; or, if it is to start empty and the old ` +
          'data to stay where it is: '
        : 'stop it and copy the data there; once that is done, or if it is to start empty and the old data to stay where it is: ') +
      `sudo jts-hot config ${service} --install ${restart ? '--restart ' : ''}${START_EMPTY} ${service}`,
  });
}
