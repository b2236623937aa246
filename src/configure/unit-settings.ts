// Owns what a unit of systemd says, with its drop-ins, read as files in the order in which systemd reads them; systemd is not
// asked. systemd.unit(5), systemd.exec(5). Reads only.
import type { HostReader } from '../port/host.ts';
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import { resolved } from './find.ts';
import { isBelow, withoutSlash } from './paths.ts';

/** In the order in which systemd looks. */
const UNIT_DIRECTORIES = [
  UNIT_DIRECTORY,
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

export interface UnitSetting {
  readonly name: string;
  readonly value: string;
  /** `/etc/systemd/system/redis-server.service.d/jts-hot.conf:4`. */
  readonly at: string;
}

export interface ReadUnit {
  readonly name: string;
  /** In the order in which they are read; an empty value forgets those before it. */
  readonly settings: readonly UnitSetting[];
}

/** The first of these units that is installed, with its drop-ins; null: none is. */
export function readUnit(host: HostReader, names: readonly string[]): ReadUnit | null {
  const own = readOwnFile(host, names);
  if (own === null) return null;
  const all = dropIns(host, ['service', ...namesOf(own.name).toReversed()]);
  return { ...own, settings: [...own.settings, ...all.flatMap((file) => settingsIn(host, file))] };
}

/** The same without drop-ins. */
export function readOwnFile(host: HostReader, names: readonly string[]): ReadUnit | null {
  for (const name of names) {
    const [file] = namesOf(name).flatMap((one) => fileAmong(host, UNIT_DIRECTORIES, one));
    if (file !== undefined) return { name, settings: settingsIn(host, file) };
  }
  return null;
}

/** `postgresql@15-main.service` is an instance of `postgresql@.service`. */
function namesOf(name: string): readonly string[] {
  return name.includes('@') ? [name, name.replace(/@.*\./, '@.')] : [name];
}

function fileAmong(host: HostReader, directories: readonly string[], name: string): readonly string[] {
  return directories
    .flatMap((directory) => resolved(host, `${directory}/${name}`))
    .filter((path) => host.entry(path).type === 'file')
    .slice(0, 1);
}

/** By their names; of two that are called the same, the one in the directory that comes first. */
function dropIns(host: HostReader, units: readonly string[]): readonly string[] {
  const found = new Map<string, string>();
  for (const unit of units) {
    for (const directory of UNIT_DIRECTORIES.toReversed())
      for (const real of resolved(host, `${directory}/${unit}.d`)) {
        if (host.entry(real).type !== 'directory') continue;
        for (const name of host.names(real)) if (name.endsWith('.conf')) found.set(name, `${real}/${name}`);
      }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

function settingsIn(host: HostReader, file: string): readonly UnitSetting[] {
  const text = host.entry(file).type === 'file' ? host.text(file) : null;
  const lines = (text ?? '').split('\n');
  const found: UnitSetting[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const first = i;
    let line = lines[i] ?? '';
    while (line.endsWith('\\') && i + 1 < lines.length) {
      i += 1;
      line = `${line.slice(0, -1)} ${lines[i]}`;
    }
    const [, name, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) found.push({ name, value, at: `${file}:${first + 1}` });
  }
  return found;
}

/** Of a setting that has one value. */
export function unitValue({ settings }: ReadUnit, name: string): UnitSetting | null {
  return settings.findLast((one) => one.name === name) ?? null;
}

/** Words of a setting that may stand several times. */
function unitWords({ settings }: ReadUnit, names: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (const { name, value } of settings) {
    if (!names.includes(name)) continue;
    if (value === '') words.length = 0;
    words.push(...wordsIn(value));
  }
  return words;
}

export function wordsIn(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double?.replace(/\\(.)/g, '$1') ?? single ?? plain ?? '',
  );
}

/** What starts it: the program, then its words. */
export function startedBy(unit: ReadUnit): { readonly words: readonly string[]; readonly at: string } | null {
  const found = unitValue(unit, 'ExecStart');
  if (found === null || found.value === '') return null;
  const [program = '', ...words] = wordsIn(found.value);
  return { words: [program.replace(/^[@\-:+!|]+/, ''), ...words], at: found.at };
}

/** Where the unit says that it sees this path read-only; null: it may write there. */
export function readOnlyAt(unit: ReadUnit, path: string): UnitSetting | null {
  const protect = unitValue(unit, 'ProtectSystem');
  if (protect?.value !== 'strict') return null;
  const writable = [
    ...unitWords(unit, ['ReadWritePaths', 'ReadWriteDirectories', 'BindPaths']),
    ...unitWords(unit, ['StateDirectory']).map((name) => `/var/lib/${name}`),
    ...unitWords(unit, ['LogsDirectory']).map((name) => `/var/log/${name}`),
  ].map((word) => withoutSlash(word.replace(/^[-+]+/, '').replaceAll('%%', '%')));
  return writable.some((one) => one === '/' || isBelow(path, one)) ? null : protect;
}
