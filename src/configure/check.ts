// `jts-hot config --check`: whether each service really keeps its data on the hot tier. Gathers what its processes, its files
// and its unit say; state.ts judges. Changes nothing, and starts no program.
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { compareDisk } from '../command/right-disk.ts';
import { compareServices, wrongServices } from '../command/service-disks.ts';
import { type Judgement, type Wrong, wrongDiagnostic } from '../disk/judge.ts';
import { didYouMean } from '../engine/plan.ts';
import type { StartProgram } from '../host/program.ts';
import type { Layout, Service } from '../layout/layout.ts';
import { servicePath } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { lookingOnce } from '../port/looking-once.ts';
import type { Running } from '../port/running.ts';
import type { ConfigurationFacet } from '../services/configuration.ts';
import { builtIn } from '../services/index.ts';
import type { ReadingFacet } from '../services/reading.ts';
import { formatBytes } from '../values/size.ts';
import type { Asked } from './ask.ts';
import type { CheckResult, ServiceCheck } from './check-document.ts';
import { type Effective, lastOf, readEffective, readLast, type Said } from './effective.ts';
import { directoriesMatching, filesMatching, resolved } from './find.ts';
import { isBelow, withoutSlash } from './paths.ts';
import { fullAt, holdsData, othersIn, sizeOf } from './present.ts';
import { seen, serversOf } from './servers.ts';
import { type Configured, configurable, configured, notConfigured, wantedSettings } from './settings.ts';
import { type Facts, isSame, judge, type LeftData, wantedData } from './state.ts';
import { type ReadUnit, readOnlyAt, readUnit, startedBy } from './unit-settings.ts';

export interface CheckOptions {
  /** A service, or `all`. */
  readonly what: string;
  /** The servers are asked, too. */
  readonly asks: boolean;
}

export async function checkCommand(
  context: Context,
  { what, asks }: CheckOptions,
  start?: StartProgram,
): Promise<Answer<CheckResult>> {
  const { layout, host } = context;
  if (what !== 'all' && !configurable(layout).some(({ name }) => name === what))
    throw noService(layout, what);
  // Only root sees what the processes of others have open, and reads their configuration.
  requireRoot(context);
  const { wrong, away, on } = await standing(context);
  const found = await lookAt(layout, host, { what, ...on });
  const told = away.filter(({ service }) => what === 'all' || service === what);
  const services = asks
    ? await (await import('./ask.ts')).askServers({ layout, host }, found, start)
    : found.map(({ check }) => check);
  return {
    exitCode:
      wrong === null && told.length === 0 && services.every((one) => isFine(one, host.root !== '/'))
        ? EXIT.ok
        : EXIT.failed,
    problems: wrong === null ? told.map(({ problem }) => problem) : [wrongDiagnostic(wrong, layout.base)],
    result: { did: 'check', root: host.root, base: layout.base, services },
  };
}

export interface Standing {
  readonly judged: Judgement | null;
  /** What is wrong with the disk of the base. */
  readonly wrong: Wrong | null;
  /** Services whose own file system is not there, or is another one. */
  readonly away: ReturnType<typeof wrongServices>;
  /** For a look at the services. */
  readonly on: Pick<Look, 'isRightDisk' | 'away'>;
}

/** On which of the disks that the services should have they are looked at. */
export async function standing(context: Context): Promise<Standing> {
  const judged = await compareDisk(context);
  const isRightDisk = (judged?.wrong ?? null) === null;
  const away = isRightDisk ? wrongServices(await compareServices(context), 'looks') : [];
  return {
    judged,
    // One that takes no writes any more, as the kernel has it after errors, is the right one all the same.
    wrong: judged?.wrong ?? judged?.readOnly ?? null,
    away,
    on: { isRightDisk, away: away.map(({ service }) => service) },
  };
}

function noService(layout: Layout, what: string): Problem {
  const known = [...configurable(layout).map(({ name }) => name), 'all'];
  return new Problem(EXIT.usage, [
    diagnostic('E_NO_SETTINGS', 'cannot check something that is told nothing here', {
      at: what,
      detail: [`want one of ${known.join(', ')}`, ...didYouMean(what, known)],
      hint: 'all of them: sudo jts-hot config --check',
    }),
  ]);
}

/** What is not installed is none of the host's. */
function isFine({ state, problems }: ServiceCheck, isImage: boolean): boolean {
  if (state === 'not installed') return true;
  const wanted = isImage ? 'configured' : 'running on the hot tier';
  return state === wanted && !problems.some(({ code }) => code.startsWith('E_'));
}

interface Look {
  readonly what: string;
  readonly isRightDisk: boolean;
  /** Services whose own file system is not there, or is another one. */
  readonly away?: readonly string[];
}

/** In the order of the layout. */
export async function checkServices(
  layout: Layout,
  host: HostReader,
  look: Look,
): Promise<readonly ServiceCheck[]> {
  return (await lookAt(layout, host, look)).map(({ check }) => check);
}

/** With what its files and command lines say of any of its settings. */
export async function lookAt(
  layout: Layout,
  onHost: HostReader,
  { what, isRightDisk, away = [] }: Look,
): Promise<readonly Asked[]> {
  const services = configurable(layout).filter(({ name }) => what === 'all' || name === what);
  // Services share directories and the disk.
  const host = lookingOnce(onHost);
  const commands = services.flatMap(({ name }) => builtIn(name)?.configuration?.process.commands ?? []);
  const running = host.processes(commands);
  const checks: Asked[] = [];
  for (const service of services)
    checks.push(
      await checkOne(
        { layout, host, running, isRightDisk: isRightDisk && !away.includes(service.name) },
        service,
      ),
    );
  return checks;
}

interface Around {
  readonly layout: Layout;
  readonly host: HostReader;
  readonly running: readonly Running[];
  readonly isRightDisk: boolean;
}

async function checkOne(around: Around, service: Service): Promise<Asked> {
  const { layout, host } = around;
  const { configuration: facet, reading } = builtIn(service.name) ?? {};
  if (facet === undefined || reading === undefined) throw notConfigured(layout, service.name);
  const servers = serversOf(around.running, facet.process);
  const files = filesMatching(host, facet.files);
  const [usual = ''] = facet.files;
  const unit = readUnit(host, [
    ...servers.flatMap((one) => one.unit ?? []),
    ...facet.units(files[0] ?? usual),
  ]);
  const own = servicePath(layout, service);
  // Without a file of its own only what reads none has its defaults.
  const isBare = facet.into.as === 'edit' && facet.into.isMadeWhenMissing && unit !== null;
  const isInstalled = files.length > 0 || isBare || servers.length > 0;
  const unitName = unit?.name ?? null;
  if (!isInstalled) return { check: notInstalled(service.name), unit: unitName, ...NOTHING_TOLD };

  const given = await configured(layout, service, host).catch(orProblem);
  if (given instanceof Problem) {
    const state = servers.length > 0 ? ('running' as const) : ('installed' as const);
    const check = { ...notInstalled(service.name), state, problems: given.diagnostics };
    return { check, unit: unitName, ...NOTHING_TOLD };
  }
  const lines = commandLines(reading, { servers, unit });
  const chosen = chooseFile(host, {
    about: given,
    reading,
    files: [...lines.files, ...files],
    isNamed: lines.files.length > 0,
  });
  const about = chosen === null ? given : await configured(layout, service, host, chosen.effective.said);
  const told = [...(chosen?.effective.said ?? []), ...lines.said];
  const unsaid = reading.unsaid(chosen?.file ?? usual);
  const dataPlace = String(lastOf(told, facet.dataKey)?.value ?? unsaid ?? '');
  const last = dataPlace === '' ? null : readLast(host, { format: about.format, reading }, dataPlace);
  const said = [...(chosen?.effective.said ?? []), ...(last?.said ?? []), ...lines.said];
  const want = wantedSettings(about);
  const wantedPlace = String(wantedData({ want, dataKey: facet.dataKey }) || own);
  // One that was started by hand is not in its unit.
  const isInUnit = servers.length === 0 || servers.some((one) => one.unit === unit?.name);
  const readOnly = unit === null || !isInUnit ? null : readOnlyAt(unit, withoutSlash(wantedPlace));
  const facts: Facts = {
    service: service.name,
    own,
    device: around.isRightDisk ? host.deviceAt(own) : null,
    want,
    dataKey: facet.dataKey,
    file: chosen?.file ?? null,
    ours: facet.into.as === 'drop-in' && chosen !== null ? facet.into.path(chosen.file) : null,
    said,
    unsaid,
    unit: unit === null ? null : { name: unit.name, readOnlyAt: readOnly?.at ?? null },
    isInstalled,
    isImage: host.root !== '/',
    servers: servers.map((server) => seen(server, facet.process)),
    strays: [],
    left: [],
    full: null,
    movable: null,
    unread: [
      ...(chosen?.effective.problems ?? []),
      ...(last?.problems ?? []),
      ...(about.noPort === null ? [] : [about.noPort]),
    ],
  };
  const { state } = judge(facts);
  const isWired = state === 'configured' || state === 'running on the hot tier';
  const { problems } = judge({
    ...facts,
    strays: isWired || isSame(dataPlace, wantedPlace) ? straysIn(host, wantedPlace, reading) : [],
    left: isWired ? leftData(host, { facet, reading, own }) : [],
    full: isWired && around.isRightDisk ? fullAt(host, wantedPlace) : null,
    movable: state === 'running' ? movable(around, facts, { service, facet, wantedPlace }) : null,
  });
  const decides = lastOf(said, facet.dataKey);
  const check: ServiceCheck = {
    service: service.name,
    state,
    want: wantedPlace,
    file: facts.file,
    told: decides === null ? null : { value: String(decides.value), at: decides.at },
    servers: facts.servers.map(({ pid, unit: of, places }) => ({
      pid,
      unit: of,
      places: places === null ? null : places.map(({ path }) => path),
    })),
    answered: null,
    problems,
  };
  const one = (key: readonly string[]) => lastOf(said, reading.sameKey(key));
  return {
    check,
    unit: unitName,
    told: (...key) => one(key)?.value ?? null,
    toldAt: (...key) => one(key)?.at ?? null,
  };
}

/** It runs by its unit, in one place with data, and nothing is where that is to be. */
function movable(
  { layout, host }: Around,
  { servers, unit }: Facts,
  of: { readonly service: Service; readonly facet: ConfigurationFacet; readonly wantedPlace: string },
): string | null {
  const places = servers.flatMap((server) => server.places ?? []);
  const [place] = places;
  const isOne = places.length === 1 && place !== undefined && servers[0]?.unit === unit?.name;
  if (!isOne || place.isDeleted || !holdsData(host, place.path, of.facet.present)) return null;
  const to = withoutSlash(of.wantedPlace);
  const isFree =
    host.entry(to).type === 'directory' && othersIn(layout, host, { service: of.service, to }).length === 0;
  return isFree ? place.path : null;
}

const NOTHING_TOLD = { told: () => null, toldAt: () => null };

/** The layout gives it no place, or one that it cannot be told. */
function orProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

function notInstalled(service: string): ServiceCheck {
  const nothing = { want: null, file: null, told: null, servers: [], answered: null, problems: [] };
  return { service, state: 'not installed', ...nothing };
}

/** What unit and processes say, which counts more than files. */
function commandLines(
  reading: ReadingFacet,
  { servers, unit }: { readonly servers: readonly Running[]; readonly unit: ReadUnit | null },
): { readonly files: readonly string[]; readonly said: readonly Said[] } {
  const started = unit === null ? null : startedBy(unit);
  const lines = [
    ...(started === null ? [] : [{ words: started.words.slice(1), at: started.at }]),
    ...servers.map(({ pid, words }) => ({ words: words.slice(1), at: `process ${pid}` })),
  ];
  const read = lines.map(({ words, at }) => ({ at, line: reading.commandLine(words) }));
  return {
    // What runs knows better than its unit.
    files: read.flatMap(({ line }) => line.file ?? []).toReversed(),
    said: read.flatMap(({ at, line }) =>
      line.settings.map(({ key, value, flag }) => ({ key, value, at: `${at}: ${flag}`, file: null })),
    ),
  };
}

/** The one that was named; else the one that says what the layout says; else the first. */
function chooseFile(
  host: HostReader,
  given: {
    readonly about: Configured;
    readonly reading: ReadingFacet;
    readonly files: readonly string[];
    readonly isNamed: boolean;
  },
): { readonly file: string; readonly effective: Effective } | null {
  const { about, reading, isNamed } = given;
  const files = [...new Set(given.files.flatMap((file) => resolved(host, file)))];
  const { dataKey } = about.facet;
  const wanted = wantedData({ want: wantedSettings(about), dataKey });
  let first: { readonly file: string; readonly effective: Effective } | null = null;
  for (const file of files) {
    const read = { file, effective: readEffective(host, { format: about.format, reading }, file) };
    if (isNamed || isSame(lastOf(read.effective.said, dataKey)?.value ?? '', wanted)) return read;
    first ??= read;
  }
  return first;
}

const STRAYS_NAMED = 10;

function straysIn(host: HostReader, place: string, { ownDirectories }: ReadingFacet): readonly string[] {
  if (ownDirectories === null || host.entry(place).type !== 'directory') return [];
  return host
    .names(place)
    .filter((name) => !ownDirectories.test(name))
    .map((name) => `${place}/${name}`)
    .filter((path) => ['directory', 'mount point'].includes(host.entry(path).type))
    .slice(0, STRAYS_NAMED);
}

/** Not walked to the end: a look must not take long. */
const ENTRIES_WALKED = 2000;

function leftData(
  host: HostReader,
  of: { readonly facet: ConfigurationFacet; readonly reading: ReadingFacet; readonly own: string },
): readonly LeftData[] {
  return directoriesMatching(host, of.reading.usualPlaces)
    .filter((path) => !isBelow(path, of.own))
    .filter((path) => holdsData(host, path, of.facet.present))
    .map((path) => {
      const { bytes, isWhole } = sizeOf(host, path, ENTRIES_WALKED);
      return { path, size: `${isWhole ? '' : 'at least '}${formatBytes(bytes)}` };
    });
}
