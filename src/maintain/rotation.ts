// Owns what rotates each service's logs today: its own settings, a library's file, an entry of logrotate, or nothing. Reads
// only; facts of a service are in its folder.
import { lookAt } from '../configure/check.ts';
import { baseOf, isBelow } from '../configure/paths.ts';
import { serversOf } from '../configure/servers.ts';
import { configurable } from '../configure/settings.ts';
import { type ReadUnit, readUnit } from '../configure/unit-settings.ts';
import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { builtIn } from '../services/index.ts';
import type { LogsFacet, Rotates } from '../services/logs.ts';
import type { Told } from '../services/question.ts';
import { parseSize } from '../values/size.ts';
import { appenderOf, type ToldLibrary, toldLibrary } from './library.ts';
import {
  entriesFor,
  isIdle,
  LOGROTATE_TIMER,
  type LogrotateEntry,
  type LogrotateRead,
} from './logrotate-files.ts';
import type { Rotation } from './logs-document.ts';

export const NOTHING: Rotation = {
  by: 'nothing',
  at: null,
  says: null,
  mostBytes: null,
  isEach: false,
  unlimited: null,
};

/** A service as far as its logs go. */
export interface Rotated {
  readonly service: Service;
  readonly facet: LogsFacet;
  readonly isInstalled: boolean;
  /** Its own file; null: none was found. */
  readonly file: string | null;
  readonly unit: ReadUnit | null;
  readonly told: Told;
  readonly toldAt: (...key: readonly string[]) => string | null;
  readonly library: ToldLibrary | null;
  /** The log that it writes by its configuration; null: not known, or several. */
  readonly log: string | null;
  /** Of what it writes; null: it is not installed, or nothing is known. */
  readonly rotation: Rotation | null;
  readonly problems: readonly Diagnostic[];
}

export async function rotatedServices(
  layout: Layout,
  host: HostReader,
  of: { readonly what: string; readonly logrotate: LogrotateRead },
): Promise<readonly Rotated[]> {
  const looked = await lookAt(layout, host, { what: of.what, isRightDisk: true });
  const found: Rotated[] = [];
  for (const service of configurable(layout)) {
    const one = looked.find(({ check }) => check.service === service.name);
    const facet = builtIn(service.name)?.logs;
    const configuration = builtIn(service.name)?.configuration;
    if (one === undefined || facet === undefined || configuration === undefined) continue;
    const { check, told, toldAt } = one;
    const isInstalled = check.state !== 'not installed';
    const servers = serversOf(host.processes(configuration.process.commands), configuration.process);
    const [usual = ''] = configuration.files;
    const file = check.file;
    const unit = readUnit(host, [
      ...servers.flatMap((server) => server.unit ?? []),
      ...configuration.units(file ?? usual),
    ]);
    const library =
      facet.rotation?.by === 'library' && isInstalled
        ? await toldLibrary(host, facet.rotation, {
            words: servers.map(({ pid, words }) => ({ words, at: `process ${pid}` })),
            unit,
            main: file ?? usual,
          })
        : null;
    const log = isInstalled ? logOf(facet, told) : null;
    const about = { service, facet, isInstalled, file, unit, told, toldAt, library, log };
    const rotation = isInstalled ? wholeRotation(about, host, of.logrotate.entries) : null;
    const problems = isInstalled
      ? problemsOf({ ...about, rotation }, host, { entries: of.logrotate.entries, layout })
      : [];
    found.push({ ...about, rotation, problems });
  }
  return found;
}

type About = Omit<Rotated, 'rotation' | 'problems'>;

function logOf({ rotation }: LogsFacet, told: Told): string | null {
  if (rotation?.by !== 'logrotate') return null;
  const log = told(...rotation.logKey);
  return typeof log === 'string' && log.startsWith('/') ? log : null;
}

function wholeRotation(about: About, host: HostReader, entries: readonly LogrotateEntry[]): Rotation | null {
  const { facet, library, log } = about;
  const { rotation } = facet;
  if (rotation === undefined) return null;
  if (rotation.by === 'itself')
    return rotationBySettings(about) ?? (noFileOf(facet, about.told) === null ? NOTHING : null);
  if (rotation.by === 'logrotate') {
    const [entry] = log === null ? [] : entriesFor(host, entries, log);
    return entry === undefined ? NOTHING : byLogrotate(entry);
  }
  const isRead = library?.files.some(({ kind, broken }) => kind !== null && broken === null) === true;
  return isRead ? ofAppenders(library.appenders) : NOTHING;
}

/** null: it does not rotate by its own settings. */
export function rotationBySettings({
  facet,
  told,
  toldAt,
}: Pick<Rotated, 'facet' | 'told' | 'toldAt'>): Rotation | null {
  if (facet.rotation?.by !== 'itself') return null;
  const { keys, rotates } = facet.rotation;
  const found = rotates(told);
  const at = keys.map((key) => toldAt(...key)).find((one) => one !== null) ?? null;
  return found === null ? null : rotationBy('itself', found, at);
}

function rotationBy(by: 'itself' | 'logrotate', found: Rotates, at: string | null): Rotation {
  const { says, mostBytes, isEach = false, unlimited = null } = found;
  return { by, at, says, mostBytes, isEach, unlimited };
}

/** Why what it logs comes to no file of its own; null: it does. */
export function noFileOf({ rotation }: LogsFacet, told: Told): string | null {
  return rotation?.by === 'itself' ? (rotation.noFile?.(told) ?? null) : null;
}

/** Its log is, or is to be, on the hot tier first. */
export function elsewhere(
  { service, facet, told, toldAt, log }: Pick<Rotated, 'service' | 'facet' | 'told' | 'toldAt' | 'log'>,
  place: string,
): { readonly at: string; readonly detail: string } | null {
  const at = `service ${service.name}`;
  const noFile = noFileOf(facet, told);
  if (noFile !== null) return { at, detail: noFile };
  if (facet.rotation?.by !== 'logrotate' || (log !== null && isBelow(log, place))) return null;
  return {
    at: toldAt(...facet.rotation.logKey) ?? at,
    detail: `want its log below ${place}, found ${log ?? 'none'}`,
  };
}

/** One that is not limited stands for all. */
export function ofAppenders(appenders: ToldLibrary['appenders']): Rotation | null {
  const all = appenders.map(({ rotates, at }) =>
    rotates === null ? NOTHING : rotationBy('itself', rotates, at),
  );
  const [first] = all;
  // It writes to no file.
  if (first === undefined) return null;
  const worst = all.find(({ by }) => by === 'nothing') ?? all.find(({ mostBytes }) => mostBytes === null);
  if (worst !== undefined) return worst;
  const mostBytes = all.reduce((sum, one) => sum + (one.mostBytes ?? 0), 0);
  return { ...first, mostBytes };
}

/** logrotate(8): what is larger than `size` when it runs, and `rotate` old ones. */
export function byLogrotate({ file, line, told }: LogrotateEntry): Rotation {
  const size = told.get('size') ?? null;
  const larger = told.get('maxsize') ?? null;
  const period = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'].findLast((word) => told.has(word));
  const count = Number(told.get('rotate') ?? 0);
  const bytes = bytesOf(size ?? larger);
  const when = [
    ...(size === null ? [] : [`at ${size}`]),
    ...(size === null && period !== undefined ? [period] : []),
    ...(size === null && larger !== null ? [`or at ${larger}`] : []),
  ].join(' ');
  return {
    by: 'logrotate',
    at: `${file}:${line}`,
    says: `a new one ${when === '' ? 'whenever it runs' : when}, ${count} old kept`,
    mostBytes: bytes === null ? null : bytes * (count + 1),
    isEach: false,
    unlimited: bytes === null ? 'no size is said' : null,
  };
}

/** `100M`: powers of 1024. */
function bytesOf(text: string | null): number | null {
  const [, number = '', unit = ''] = /^(\d+)([kMG]?)$/.exec(text ?? '') ?? [];
  const read = parseSize(`${number}${{ k: 'KiB', M: 'MiB', G: 'GiB' }[unit] ?? 'B'}`);
  return 'bytes' in read ? read.bytes : null;
}

/** Of one file in its directories. Copies that were rotated go with the log that they were. */
export function rotationOfLog(
  rotated: Rotated | undefined,
  host: HostReader,
  { path, entries }: { readonly path: string; readonly entries: readonly LogrotateEntry[] },
): Rotation {
  const [entry] = entriesFor(host, entries, path);
  if (rotated === undefined || !rotated.isInstalled)
    return entry === undefined ? NOTHING : byLogrotate(entry);
  const { facet, library, log } = rotated;
  const own = ofOneLog(rotated, host, path);
  if (own !== null) return own;
  const [whole] = [rotated.rotation ?? NOTHING];
  if (facet.rotation?.by === 'library') {
    const appender = appenderOf(library?.appenders ?? [], path);
    if (appender?.rotates != null) return rotationBy('itself', appender.rotates, appender.at);
  } else if (facet.rotation?.by === 'itself' && whole.by !== 'nothing') return whole;
  else if (log !== null && (path === log || path.startsWith(`${log}-`) || path.startsWith(`${log}.`)))
    return whole;
  return entry === undefined ? NOTHING : byLogrotate(entry);
}

/** A log that goes on with what it was begun with; null: it goes on as the others. */
function ofOneLog({ facet }: Rotated, host: HostReader, path: string): Rotation | null {
  if (facet.rotation?.by !== 'itself' || facet.rotation.ofOne === null) return null;
  const { file, rotates } = facet.rotation.ofOne;
  const says = file(path);
  const text = host.entry(says).type === 'file' ? host.text(says) : null;
  if (text === null) return null;
  const found = rotates(text);
  return found === null ? { ...NOTHING, at: says } : rotationBy('itself', found, says);
}

function problemsOf(
  about: About & { readonly rotation: Rotation | null },
  host: HostReader,
  { entries, layout }: { readonly entries: readonly LogrotateEntry[]; readonly layout: Layout },
): readonly Diagnostic[] {
  const { service, facet, rotation, log, library } = about;
  const { name } = service;
  const [place = ''] = logPlaces(layout, service);
  const away = elsewhere(about, place);
  const at = `service ${name}`;
  const problems: Diagnostic[] = [];
  for (const { path, broken } of library?.files ?? [])
    if (broken !== null)
      problems.push(
        diagnostic('W_LOGS_UNREAD', 'cannot read what rotates the logs of a service', {
          at: path,
          detail: broken,
          hint: 'mend that file: the service does not read it either',
        }),
      );
  if (away !== null && rotation?.by !== 'logrotate')
    problems.push(
      diagnostic('W_LOG_ELSEWHERE', 'cannot find the log of a service on the hot tier', {
        ...away,
        fix: `sudo jts-hot config ${name} --install`,
      }),
    );
  else if (rotation?.by === 'nothing')
    problems.push(
      diagnostic('W_NOT_ROTATED', 'cannot find what rotates the logs of a service', {
        at,
        detail: 'want a limit to what they take, found that they grow until the disk is full',
        fix: `sudo jts-hot logs ${name} --install`,
      }),
    );
  const of = log === null ? [] : entriesFor(host, entries, log);
  if (of.length > 0 && isIdle(host))
    problems.push(
      diagnostic('W_LOGROTATE_IDLE', 'cannot expect a log to be rotated that nothing starts logrotate for', {
        at,
        detail: `want ${LOGROTATE_TIMER} active, found it inactive`,
        fix: `sudo systemctl enable --now ${LOGROTATE_TIMER}`,
      }),
    );
  if (of.length > 1) problems.push(twice(at, of.map(placeOf)));
  const copying = of.find(({ told }) => told.has('copytruncate'));
  if (copying !== undefined)
    problems.push(
      diagnostic('W_LOSES_LINES', 'cannot keep all lines of a log that is copied and cut', {
        at: placeOf(copying),
        detail: 'want a log that is renamed, found copytruncate: what is written meanwhile is lost',
        hint: `take the entry out, then: sudo jts-hot logs ${name} --install`,
      }),
    );
  if (facet.rotation?.by !== 'logrotate' && rotation?.by === 'itself')
    for (const directory of logDirectories(service, facet)) {
      const path = `${service.path}/${directory}`;
      const both = entries.filter(({ pattern }) => pattern.includes(`/${path}/`));
      if (both.length > 0) problems.push(twice(at, [rotation.at ?? 'itself', ...both.map(placeOf)]));
    }
  return problems;
}

function twice(at: string, places: readonly string[]): Diagnostic {
  return diagnostic('W_ROTATED_TWICE', 'cannot have a log rotated by two', {
    at,
    detail: ['want one that rotates it, found:', ...places],
    hint: 'take one of them out: they take old logs from each other, and logrotate passes over a log that it is told of twice',
  });
}

function placeOf({ file, line }: LogrotateEntry): string {
  return `${file}:${line}`;
}

/** Below its own directory. */
export function logDirectories(service: Service, facet: LogsFacet | undefined): readonly string[] {
  const own = service.directories.filter(({ role }) => role === 'log').map(({ name }) => name);
  return [...own, ...(facet?.amongData ?? [])];
}

export function logPlaces(layout: Layout, service: Service): readonly string[] {
  return logDirectories(service, builtIn(service.name)?.logs).map(
    (directory) => `${servicePath(layout, service)}/${directory}`,
  );
}

/** What is in its directories and no log of it. */
export function isLogOf(facet: LogsFacet | undefined, path: string, isAmongData: boolean): boolean {
  const name = baseOf(path);
  const isData = (facet?.dataNames ?? []).some(
    ({ digits, ending }) =>
      name.endsWith(ending) && new RegExp(`^\\d{${digits}}$`).test(name.slice(0, -ending.length)),
  );
  return !isData && (!isAmongData || facet?.isLog === undefined || facet.isLog(path));
}
