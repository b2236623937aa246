// Owns the plan of `config --install`: which files make a service keep its data on the hot tier, as wants of the engine's kinds,
// and what stands in the way. Reads only.
import { type Wanted, wanted } from '../engine/examine.ts';
import { NO_CONSENT, planFor } from '../engine/plan.ts';
import type { Step } from '../engine/resource.ts';
import type { Change, FormatError, Found } from '../formats/format.ts';
import type { Layout } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { type Edited, type EditedFileWant, editedFile } from '../resources/edited-file.ts';
import { type FileWant, file, REPLACE } from '../resources/file.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { guardOf, guardPath } from '../resources/storage/mount-guard.ts';
import { isOurs, sign, XML_COMMENT } from '../values/signed.ts';
import { type Intended, obstaclesTo, overruledBy } from './obstacles.ts';
import { placesOf } from './places.ts';
import { isFormatError, wantedSettings } from './settings.ts';
import type { Target } from './target.ts';
import { dropInPath, dropInText } from './unit-drop-in.ts';

export interface InstallPlan {
  readonly steps: readonly Step[];
  readonly refusals: readonly Diagnostic[];
}

const BY = { writer: 'jts-hot config', removal: 'jts-hot rollback' };
export const ROOTS = { mode: '0644', owner: { user: 'root', group: 'root' } } as const;

/** What ours is: whole files, and settings in files of others. */
export interface Files {
  readonly whole: readonly FileWant[];
  readonly edited: readonly EditedFileWant[];
}

export async function planInstall(
  layout: Layout,
  host: HostReader,
  targets: readonly Target[],
  intended: Intended & { readonly replace: boolean },
): Promise<InstallPlan> {
  const broken = targets.flatMap((target) => unreadable(host, target));
  if (broken.length > 0) return { steps: [], refusals: broken };
  const files = targets.map((target) => filesFor(layout, host, target));
  const obstacles = targets.flatMap((target) => obstaclesTo(layout, host, target, intended));
  const { steps, refusals } = planFiles(host, files, intended.replace);
  const inTheWay = [...obstacles, ...refusals];
  const overruling =
    inTheWay.length === 0 ? await overruledBy(layout, host, targets, textsOf(host, files)) : [];
  return { steps, refusals: [...inTheWay, ...overruling] };
}

/** As they are to be. */
export function textsOf(host: HostReader, files: readonly Files[]): ReadonlyMap<string, string> {
  const whole = files.flatMap((one) => one.whole.map(({ path, text }) => [path, text ?? ''] as const));
  const edits = files.flatMap((one) =>
    one.edited.flatMap(({ path, edit }) => {
      const after = edit(host.entry(path).type === 'file' ? host.text(path) : null);
      return 'text' in after ? [[path, after.text] as const] : [];
    }),
  );
  return new Map([...whole, ...edits]);
}

/** Any files that are ours whole or in part, in the order in which they may be written: what is named comes before what names it. */
export function planFiles(host: HostReader, files: readonly Files[], replace: boolean): InstallPlan {
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

/** Every file of a service that is written. */
export function pathsOf({
  file: own,
  facet,
  unit,
}: Pick<Target, 'file' | 'facet' | 'unit'>): readonly string[] {
  const { into } = facet;
  return [
    own,
    ...(into.as === 'drop-in' ? [into.path(own)] : []),
    ...(unit === null ? [] : [dropInPath(unit), guardPath(unit.name)]),
  ];
}

function commentIn({ format }: Pick<Target, 'format'>) {
  return format.name === 'xml' ? XML_COMMENT : undefined;
}

/** Of a drop-in. */
export function ownText(target: Target, host: HostReader): string {
  const { format, items } = target;
  const fitting = format.name === 'xml' ? inRootOf(target, host) : items;
  return sign(format.render(fitting), BY, commentIn(target));
}

/** `why`: what it does, for those who read the plan. */
export function filesFor(
  layout: Layout,
  host: HostReader,
  target: Target,
  why = `keeps ${target.service.name} on the hot tier`,
): Files {
  const { service, facet, file: own, unit, wayOf } = target;
  const purpose = why;
  const way = wayOf === null ? {} : { wayOf };
  const places = placesOf(layout, service, host);
  const drop = unit === null ? null : dropInText(unit, facet.unit, places);
  const ofUnit: readonly FileWant[] =
    unit === null
      ? []
      : [
          {
            path: dropInPath(unit),
            text: drop === null ? null : sign(drop, BY),
            unit: unit.name,
            purpose,
            isOurs,
          },
          guardOf(unit.name, places.own),
        ];
  const edit = (changes: readonly Change[], adds = false): EditedFileWant => ({
    path: own,
    service: service.name,
    edit: (text) => edited(target, text, { changes, adds }),
    made: ROOTS,
    wayOf,
    purpose,
  });
  const { into } = facet;
  if (into.as === 'edit') return { whole: ofUnit, edited: [edit(wantedSettings(target))] };
  const comment = commentIn(target);
  const text = ownText(target, host);
  const ours: FileWant = {
    path: into.path(own),
    text,
    unit: null,
    purpose,
    isOurs: (found) => isOurs(found, comment),
    ...way,
  };
  return { whole: [ours, ...ofUnit], edited: into.include === null ? [] : [edit([into.include(own)], true)] };
}

/** Ours may stand in another file: a service whose own one is broken does not start, whatever ours says. */
function unreadable(host: HostReader, { format, file: path }: Target): readonly Diagnostic[] {
  if (host.entry(path).type !== 'file') return [];
  try {
    format.read(host.text(path) ?? '');
    return [];
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return [isBroken(path, error)];
  }
}

function isBroken(path: string, { line, column, what }: FormatError): Diagnostic {
  return diagnostic('E_CONFIG_TEXT', 'cannot read the configuration of a service', {
    at: [path, line, ...(column === null ? [] : [column])].join(':'),
    detail: what,
    hint: 'mend that line, then run the same command again',
  });
}

export function edited(
  { format, file: path }: Pick<Target, 'format' | 'file'>,
  text: string | null,
  { changes, adds = false }: { readonly changes: readonly Change[]; readonly adds?: boolean },
): Edited | Diagnostic {
  try {
    const after = format.edit(text ?? '', changes);
    return { text: after, changes: shown(format.read(text ?? ''), changes, adds) };
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return isBroken(path, error);
  }
}

/** `- dir /var/lib/redis`, `+ dir /data/jts/hot/redis/data`: of keys that we set and nothing else, whatever else a line has. */
function shown(before: readonly Found[], changes: readonly Change[], adds: boolean): readonly string[] {
  return changes.flatMap(({ key, value }) => {
    const name = key.join('.');
    const same = before.filter((one) => one.key.join('.') === name);
    const last = same.at(-1);
    const text = String(value);
    // What adds up stays.
    if (same.some((one) => String(one.value) === text)) return [];
    return [...(adds || last === undefined ? [] : [`- ${name} ${String(last.value)}`]), `+ ${name} ${text}`];
  });
}

/** Files that are merged must have one root: ClickHouse has had two names for it. */
function inRootOf({ items, file: own, format }: Target, host: HostReader): Target['items'] {
  const [first] = format.read(host.text(own) ?? '');
  const root = first?.key[0];
  return root === undefined ? items : items.map((item) => ({ ...item, key: [root, ...item.key.slice(1)] }));
}
