// Owns what a library is told that writes a service's logs for it: which files it reads, by what the process, the unit or
// nothing says, and how each log is rotated by them. Reads only.
import { baseOf, parentOf } from '../configure/paths.ts';
import { isFormatError } from '../configure/settings.ts';
import { type ReadUnit, wordsIn } from '../configure/unit-settings.ts';
import type { Found } from '../formats/format.ts';
import { loadFormat } from '../formats/index.ts';
import type { HostReader } from '../port/host.ts';
import type { Appender, ByLibrary, LibraryFile } from '../services/logs.ts';

export interface ToldLibrary {
  /** Those that it reads, the last one counts most. */
  readonly files: readonly ReadLibraryFile[];
  /** What names them; null: nothing does, and it takes the usual one. */
  readonly namedAt: string | null;
  /** By their names, the last of each; what is no file's is left out. */
  readonly appenders: readonly (Appender & { readonly at: string })[];
}

export interface ReadLibraryFile {
  readonly path: string;
  /** null: it is of no kind that we know. */
  readonly kind: LibraryFile | null;
  readonly found: readonly Found[];
  /** Why it could not be read; null: it was. */
  readonly broken: string | null;
}

export async function toldLibrary(
  host: HostReader,
  rotation: ByLibrary,
  from: {
    readonly words: readonly { readonly words: readonly string[]; readonly at: string }[];
    readonly unit: ReadUnit | null;
    /** The service's own file. */
    readonly main: string;
  },
): Promise<ToldLibrary> {
  const named = [...from.words, ...ofUnit(from.unit, rotation.variable)].flatMap(({ words, at }) => {
    const value = rotation.named(words);
    return value === null ? [] : [{ value, at }];
  })[0];
  const usual = rotation.beside
    .map(({ name }) => `${parentOf(from.main)}/${name}`)
    .find((path) => host.entry(path).type === 'file');
  const paths = named?.value.split(',') ?? (usual === undefined ? [] : [usual]);
  const files: ReadLibraryFile[] = [];
  for (const path of paths) files.push(await readOne(host, rotation, path));
  const appenders = new Map<string, Appender & { readonly at: string }>();
  for (const { path, kind, found } of files)
    for (const one of kind?.rotates(found) ?? [])
      appenders.set(one.name, { ...one, at: `${path}:${one.line}` });
  for (const { words, at } of from.words)
    for (const one of rotation.alsoBy(words)) appenders.set(one.name, { ...one, at });
  return { files, namedAt: named?.at ?? null, appenders: [...appenders.values()] };
}

async function readOne(host: HostReader, { beside }: ByLibrary, path: string): Promise<ReadLibraryFile> {
  const kind = beside.find(({ ending }) => baseOf(path).endsWith(ending)) ?? null;
  const text = path.startsWith('/') && host.entry(path).type === 'file' ? host.text(path) : null;
  if (kind === null || text === null)
    return { path, kind, found: [], broken: text === null ? 'want a plain file, found none' : null };
  const format = await loadFormat(kind.format);
  try {
    return { path, kind, found: format.read(text), broken: null };
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return { path, kind, found: [], broken: `line ${error.line}: ${error.what}` };
  }
}

/** Of variables in a unit, the last one. */
function ofUnit(unit: ReadUnit | null, variable: string) {
  const found = unit?.settings.flatMap(({ name, value, at }) =>
    name !== 'Environment'
      ? []
      : wordsIn(value).flatMap((word) =>
          word.startsWith(`${variable}=`)
            ? [{ words: word.slice(variable.length + 1).split(/\s+/), at }]
            : [],
        ),
  );
  return (found ?? []).slice(-1);
}

/** The one that writes this file, or wrote it before it was renamed; of several the longest name. */
export function appenderOf(
  appenders: readonly ToldLibrary['appenders'][number][],
  log: string,
): ToldLibrary['appenders'][number] | null {
  const name = baseOf(log);
  const fits = appenders.filter(({ file }) => name === baseOf(file) || name.startsWith(`${baseOf(file)}.`));
  return fits.toSorted((a, b) => baseOf(b.file).length - baseOf(a.file).length)[0] ?? null;
}
