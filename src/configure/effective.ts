// Owns what the files of a service say: its own, those that it includes, those that are laid over it, in the order in which
// the service reads them. Reads only, and tells of each value where it stands. What a file says beyond keys is never shown.
import type { Format, Found, Value } from '../formats/format.ts';
import { type Diagnostic, diagnostic, Problem } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import type { ReadingFacet } from '../services/reading.ts';
import { MAX_FILE_BYTES } from '../values/content.ts';
import { filesMatching, resolved } from './find.ts';
import { isFormatError } from './settings.ts';

/** Something that a service is told. */
export interface Said {
  readonly key: readonly string[];
  readonly value: Value;
  /** `/etc/redis/redis.conf:12`; of a command line, what has it. */
  readonly at: string;
  /** The file that it stands in; null: a command line. */
  readonly file: string | null;
  /** What was said before of this key no longer counts, nor does this: `remove` of XML. */
  readonly isTakenAway?: boolean;
}

export interface Effective {
  /** In the order in which it is read: of one key the last one counts. */
  readonly said: readonly Said[];
  /** What could not be read. */
  readonly problems: readonly Diagnostic[];
}

/** As PostgreSQL has it. */
const MOST_INCLUDES_DEEP = 10;

interface Way {
  readonly host: HostReader;
  readonly format: Pick<Format, 'read'>;
  readonly reading: ReadingFacet;
  /** Files that are being read, the outermost first. */
  readonly within: readonly string[];
}

/** `file` is without links. */
export function readEffective(
  host: HostReader,
  { format, reading }: Pick<Way, 'format' | 'reading'>,
  file: string,
): Effective {
  const own = readFile({ host, format, reading, within: [] }, { file, at: file, mayBeMissing: false });
  const over = laidOver(host, reading, file).map((one) =>
    readFile({ host, format, reading, within: [] }, { file: one, at: one, mayBeMissing: true }),
  );
  return together([own, ...over]);
}

/** What the data directory adds, once it is known. */
export function readLast(
  host: HostReader,
  { format, reading }: Pick<Way, 'format' | 'reading'>,
  dataDirectory: string,
): Effective {
  if (reading.last === null) return NOTHING;
  const file = `${dataDirectory}/${reading.last}`;
  return readFile({ host, format, reading, within: [] }, { file, at: file, mayBeMissing: true });
}

/** The one that counts; null: nothing does. */
export function lastOf(said: readonly Said[], key: readonly string[]): Said | null {
  const last = said.findLast((one) => isSameKey(one.key, key));
  return last === undefined || last.isTakenAway === true ? null : last;
}

export function isSameKey(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, i) => name === other[i]);
}

const NOTHING: Effective = { said: [], problems: [] };

function together(all: readonly Effective[]): Effective {
  return {
    said: all.flatMap(({ said }) => said),
    problems: all.flatMap(({ problems }) => problems),
  };
}

function laidOver(host: HostReader, { over }: ReadingFacet, file: string): readonly string[] {
  if (over === null) return [];
  const patterns = over.directories.flatMap((directory) =>
    over.ends.map((end) => `${directoryOf(file)}/${directory}/*${end}`),
  );
  return filesMatching(host, patterns).toSorted();
}

/** `at`: where it was named. */
function readFile(
  way: Way,
  { file, at, mayBeMissing }: { readonly file: string; readonly at: string; readonly mayBeMissing: boolean },
): Effective {
  const [real = file] = resolved(way.host, file);
  if (way.within.includes(real)) return unreadable(at, `found a file that includes itself: ${real}`);
  if (way.within.length >= MOST_INCLUDES_DEEP)
    return unreadable(
      at,
      `want files that include each other at most ${MOST_INCLUDES_DEEP} deep, found more`,
    );
  const text = textOf(way.host, real);
  if (text === null) return mayBeMissing ? NOTHING : unreadable(at, `want ${real}, found no such file`);
  if (typeof text === 'object') return unreadable(at, `${text.why} at ${real}`);
  const found = foundIn(way.format, text);
  if ('place' in found) return unreadable(`${real}:${found.place}`, found.what);
  const inside = { ...way, within: [...way.within, real] };
  return together(found.map((one) => meaningOf(inside, real, one)));
}

function meaningOf(way: Way, file: string, { key, value, line, attributes }: Found): Effective {
  const at = `${file}:${line}`;
  const [name = ''] = key;
  const include = key.length === 1 ? way.reading.includes[name] : undefined;
  if (include === undefined)
    return {
      said: [
        {
          key: way.reading.sameKey(key),
          value,
          at,
          file,
          ...(attributes?.['remove'] !== undefined && { isTakenAway: true }),
        },
      ],
      problems: [],
    };
  const values = typeof value === 'object' ? value : [String(value)];
  return together(
    values.map((path) => {
      const from = way.reading.includesFrom === 'root' ? '' : directoryOf(file);
      const whole = path.startsWith('/') ? path : `${from}/${path}`;
      const mayBeMissing = include === 'file if there';
      if (include === 'directory') return includedDirectory(way, whole, at);
      if (include !== 'files' || !whole.includes('*'))
        return readFile(way, { file: whole, at, mayBeMissing });
      const all = filesMatching(way.host, [whole]).toSorted();
      return together(all.map((one) => readFile(way, { file: one, at, mayBeMissing: true })));
    }),
  );
}

function includedDirectory(way: Way, path: string, at: string): Effective {
  const [directory] = resolved(way.host, path);
  if (directory === undefined || way.host.entry(directory).type !== 'directory')
    return unreadable(at, `want the directory ${path}, found none`);
  const files = way.host.names(directory).filter((name) => name.endsWith('.conf') && !name.startsWith('.'));
  return together(
    files.toSorted().map((name) => readFile(way, { file: `${directory}/${name}`, at, mayBeMissing: true })),
  );
}

function foundIn(
  format: Pick<Format, 'read'>,
  text: string,
): readonly Found[] | { readonly place: string; readonly what: string } {
  try {
    return format.read(text);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    const { line, column, what } = error;
    return { place: column === null ? `${line}` : `${line}:${column}`, what };
  }
}

/** null: nothing is there. */
function textOf(host: HostReader, path: string): string | { readonly why: string } | null {
  const entry = host.entry(path);
  if (entry.type === 'missing') return null;
  if (entry.type === 'hidden') return { why: 'found nothing that we may look at' };
  if (entry.type === 'blocked')
    return { why: `want a plain file, found a ${entry.by} on the way (${entry.at})` };
  if (entry.type !== 'file') return { why: `want a plain file, found a ${entry.type}` };
  try {
    return (
      host.text(path) ?? {
        why: `want a file of at most ${MAX_FILE_BYTES} bytes that we may read, found another`,
      }
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { why: error.diagnostics[0]?.detail[0] ?? 'found an error' };
  }
}

function unreadable(at: string, detail: string): Effective {
  const [file = at] = at.split(/:\d/);
  return {
    said: [],
    problems: [
      diagnostic('E_CONFIG_UNREADABLE', 'cannot read the configuration of a service', {
        at,
        detail,
        hint: at === file ? `look at it: sudo ls -l ${shellWord(file)}` : 'mend that line',
      }),
    ],
  };
}

function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}
