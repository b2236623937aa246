// Owns looking accounts up in this machine's own files, where the name service switch says that nobody else could answer
// first (nsswitch.conf(5)): the answer of getent without its process. Must not answer where getent could say something else.
import { readFileSync } from 'node:fs';

type Database = 'passwd' | 'group' | 'shadow';

/** Lines without anything that the C library and we could read in two ways. */
const PLAIN = {
  passwd: /^[^:#+\-\s][^:]*:[^:]*:\d{1,9}:\d{1,9}:[^:]*:[^:]*:[^:]*$/,
  group: /^[^:#+\-\s][^:]*:[^:]*:\d{1,9}:[^:]*$/,
  shadow: /^[^:#+\-\s][^:]*:[^:]*(?::\d{0,9}){7}$/,
} as const;

/** All lines of a file; null: it cannot be read, or one of them is not plain. */
export function plainLines(database: Database, read = readText): readonly string[] | null {
  const text = read(`/etc/${database}`);
  if (text === null) return null;
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.every((line) => PLAIN[database].test(line)) ? lines : null;
}

/** Those of the names whose line in the file is what getent says, with it. Of the others nothing is known. */
export function linesFromFiles(
  database: Database,
  names: readonly string[],
  read = readText,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const lines = filesComeFirst(database, read) ? plainLines(database, read) : null;
  if (lines === null) return found;
  const wanted = new Set(names);
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':'));
    if (wanted.has(name) && !found.has(name)) found.set(name, line);
  }
  return found;
}

/** Where they have found something, nobody else is asked, unless an action in brackets says so. */
function filesComeFirst(database: Database, read: typeof readText): boolean {
  const lines = read('/etc/nsswitch.conf')
    ?.split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line.startsWith(`${database}:`));
  const [line = '', ...others] = lines ?? [];
  return others.length === 0 && /^\w+:\s*files(\s|$)/.test(line) && !line.includes('[');
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
