// Owns the plan of `config --install`: which files make a service keep its data on the hot tier, as wants of the engine's kinds,
// and what stands in the way. Reads only.
import { type Wanted, wanted } from '../engine/examine.ts';
import { NO_CONSENT, planFor } from '../engine/plan.ts';
import type { Step } from '../engine/resource.ts';
import type { Change } from '../formats/format.ts';
import type { Layout } from '../layout/layout.ts';
import { servicePath } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { type EditedFileWant, editedFile } from '../resources/edited-file.ts';
import { type FileWant, file, REPLACE } from '../resources/file.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { isOurs, sign, XML_COMMENT } from '../values/signed.ts';
import { formatBytes } from '../values/size.ts';
import { placesOf } from './places.ts';
import { holdsData, sizeOf } from './present.ts';
import { isFormatError, wantedSettings } from './settings.ts';
import type { Target } from './target.ts';
import { dropInPath, dropInText } from './unit-drop-in.ts';

export interface InstallPlan {
  readonly steps: readonly Step[];
  readonly refusals: readonly Diagnostic[];
}

export interface Agreed {
  readonly replace: boolean;
  /** Services that may start without the data they have elsewhere. */
  readonly startEmpty: readonly string[];
}

export const START_EMPTY = '--start-empty';

const BY = { writer: 'jts-hot config', removal: 'jts-hot rollback' };
const ROOTS = { mode: '0644', owner: { user: 0, group: 0 } } as const;

/** What ours is: whole files, and settings in files of others. */
interface Files {
  readonly whole: readonly FileWant[];
  readonly edited: readonly EditedFileWant[];
}

export function planInstall(
  layout: Layout,
  host: HostReader,
  targets: readonly Target[],
  agreed: Agreed,
): InstallPlan {
  const files = targets.map((target) => filesFor(layout, host, target));
  const obstacles = targets.flatMap((target) => obstaclesTo(layout, host, target, agreed));
  const { steps, refusals } = planFiles(host, files, agreed);
  return { steps, refusals: [...obstacles, ...refusals] };
}

/** Any files that are ours whole or in part, in the order in which they may be written: what is named comes before what names it. */
export function planFiles(
  host: HostReader,
  files: readonly Files[],
  { replace }: Pick<Agreed, 'replace'>,
): InstallPlan {
  const whole = files.flatMap((one) => one.whole);
  const edited = files.flatMap((one) => one.edited);
  const all: readonly Wanted[] = [
    wanted(
      rootDirectory,
      missingDirectories(
        host,
        [...whole, ...edited].map(({ path }) => path),
      ),
    ),
    wanted(file, whole),
    wanted(editedFile, edited),
  ];
  return planFor(host, all, { ...NO_CONSENT, flags: new Set(replace ? ([REPLACE] as const) : []) });
}

/** Those that are there may be the service's own: their way is looked at when something is written into them. */
function missingDirectories(host: HostReader, paths: readonly string[]) {
  return directoriesOf(paths, 'settings of services').filter(
    ({ path }) => host.entry(path).type === 'missing',
  );
}

function filesFor(layout: Layout, host: HostReader, target: Target): Files {
  const { service, facet, format, items, file: own, unit, wayOf } = target;
  const purpose = `keeps ${service.name} on the hot tier`;
  const way = wayOf === null ? {} : { wayOf };
  const drop = unit === null ? null : dropInText(unit, facet.unit, placesOf(layout, service, host));
  const ofUnit: readonly FileWant[] =
    unit === null || drop === null
      ? []
      : [{ path: dropInPath(unit), text: sign(drop, BY), unit: unit.name, purpose, isOurs }];
  const edit = (changes: readonly Change[]): EditedFileWant => ({
    path: own,
    service: service.name,
    edit: (text) => edited(target, text, changes),
    made: ROOTS,
    wayOf,
    purpose,
  });
  const { into } = facet;
  if (into.as === 'edit') return { whole: ofUnit, edited: [edit(wantedSettings(target))] };
  const comment = format.name === 'xml' ? XML_COMMENT : undefined;
  const text = sign(format.render(format.name === 'xml' ? inRootOf(target, host) : items), BY, comment);
  const ours: FileWant = {
    path: into.path(own),
    text,
    unit: null,
    purpose,
    isOurs: (found) => isOurs(found, comment),
    ...way,
  };
  return { whole: [ours, ...ofUnit], edited: into.include === null ? [] : [edit([into.include(own)])] };
}

export function edited(
  { format, file: path }: Pick<Target, 'format' | 'file'>,
  text: string | null,
  changes: readonly Change[],
): string | Diagnostic {
  try {
    return format.edit(text ?? '', changes);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return diagnostic('E_CONFIG_TEXT', 'cannot read the configuration of a service', {
      at: [path, error.line, ...(error.column === null ? [] : [error.column])].join(':'),
      detail: error.what,
      hint: 'mend that line, then run the same command again',
    });
  }
}

/** Files that are merged must have one root: ClickHouse has had two names for it. */
function inRootOf({ items, file: own, format }: Target, host: HostReader): Target['items'] {
  const [first] = format.read(host.text(own) ?? '');
  const root = first?.key[0];
  return root === undefined ? items : items.map((item) => ({ ...item, key: [root, ...item.key.slice(1)] }));
}

function obstaclesTo(
  layout: Layout,
  host: HostReader,
  target: Target,
  { startEmpty }: Agreed,
): readonly Diagnostic[] {
  const { service, facet } = target;
  const place = dataPlaceOf(target);
  if (host.entry(place).type !== 'directory')
    return [
      diagnostic('E_NO_TIER', 'refusing to point a service at a directory that is not there', {
        at: `service ${service.name}`,
        detail: `want a directory ${place}, found ${host.entry(place).type}`,
        fix: 'sudo jts-hot setup',
      }),
    ];
  if (startEmpty.includes(service.name)) return [];
  const present = presentPlace(host, target);
  if (present === null || isBelow(present, servicePath(layout, service))) return [];
  if (!holdsData(host, present, facet.present)) return [];
  return [startsEmpty(host, service.name, { present, place })];
}

/** Where it is to keep its data. */
export function dataPlaceOf({ items, facet }: Pick<Target, 'items' | 'facet'>): string {
  const item = items.find(({ key }) => key.join('.') === facet.dataKey.join('.'));
  return withoutSlash(String(item?.value));
}

/** Where it keeps its data by its own file and ours; null: nowhere that we know. */
export function presentPlace(host: HostReader, { facet, format, file: own }: Target): string | null {
  const { into } = facet;
  const files = into.as === 'drop-in' ? [own, into.path(own)] : [own];
  try {
    const values = files.flatMap((path) => {
      const text = host.entry(path).type === 'file' ? host.text(path) : null;
      return text === null ? [] : format.read(text).filter(({ key }) => isKey(key, facet.dataKey));
    });
    const last = values.at(-1);
    return last === undefined ? facet.present.usual : String(last.value);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    // The edit says so.
    return null;
  }
}

/** The root of a file of ClickHouse has two names. */
function isKey(found: readonly string[], want: readonly string[]): boolean {
  const from = want.length > 1 && want[0] === 'clickhouse' ? 1 : 0;
  return found.length === want.length && want.every((name, i) => i < from || found[i] === name);
}

function isBelow(path: string, directory: string): boolean {
  return `${withoutSlash(path)}/`.startsWith(`${directory}/`);
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

function startsEmpty(
  host: HostReader,
  service: string,
  { present, place }: { readonly present: string; readonly place: string },
): Diagnostic {
  const { bytes, isWhole } = sizeOf(host, present);
  return diagnostic('E_STARTS_EMPTY', 'refusing to let a service start without its data', {
    at: `service ${service}`,
    detail: [
      `want no data in ${present}, found ${isWhole ? '' : 'at least '}${formatBytes(bytes)}`,
      `it would start empty in ${place}, and look healthy`,
    ],
    hint:
      'stop it and copy the data there; once that is done, or if it is to start empty and the old data to stay where it is: ' +
      `sudo jts-hot config ${service} --install ${START_EMPTY} ${service}`,
  });
}
