// Owns looking accounts up in this machine's own files, where the name service switch says that nobody else could answer
// first (nsswitch.conf(5)): the answer of getent without its process. Must not answer where getent could say something else.
import { onlyFilesKnow, servicesOf, THIS_MACHINE } from './name-services.ts';

type Database = 'passwd' | 'group' | 'shadow';

/** Lines without anything that the C library and we could read in two ways. */
const PLAIN = {
  passwd: /^[^:#+\-\s][^:]*:[^:]*:\d{1,9}:\d{1,9}:[^:]*:[^:]*:[^:]*$/,
  group: /^[^:#+\-\s][^:]*:[^:]*:\d{1,9}:[^:\s]*$/,
  shadow: /^[^:#+\-\s][^:]*:[^:]*(?::\d{0,9}){7}$/,
} as const;

/** All lines of a file; null: it cannot be read, or one of them is not plain. */
export function plainLines(database: Database, looks = THIS_MACHINE): readonly string[] | null {
  const text = looks.text(`/etc/${database}`);
  if (text === null) return null;
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.every((line) => PLAIN[database].test(line)) ? lines : null;
}

/** What getent says of these names: its line, or null where nobody knows the name. Of those that are missing it has to be asked. */
export function linesFromFiles(
  database: Database,
  names: readonly string[],
  looks = THIS_MACHINE,
): ReadonlyMap<string, string | null> {
  return inFiles(database, { keys: names, keyOf: (line) => line.slice(0, line.indexOf(':')) }, looks);
}

/** The same by numbers of groups. */
export function groupsFromFiles(
  gids: readonly string[],
  looks = THIS_MACHINE,
): ReadonlyMap<string, string | null> {
  return inFiles('group', { keys: gids, keyOf: (line) => `${Number(line.split(':')[2])}` }, looks);
}

function inFiles(
  database: Database,
  { keys, keyOf }: { readonly keys: readonly string[]; readonly keyOf: (line: string) => string },
  looks = THIS_MACHINE,
): ReadonlyMap<string, string | null> {
  const found = new Map<string, string | null>();
  // Where they have found something, nobody else is asked.
  const lines = servicesOf(database, looks)?.[0] === 'files' ? plainLines(database, looks) : null;
  if (lines === null) return found;
  const wanted = new Set(keys);
  for (const line of lines) {
    const key = keyOf(line);
    if (wanted.has(key) && !found.has(key)) found.set(key, line);
  }
  const others = keys.filter((key) => !found.has(key));
  if (others.length > 0 && onlyFilesKnow(database, others, looks))
    for (const key of others) found.set(key, null);
  return found;
}

/** The groups that list each of these users, as numbers in the order of the file; null: that has to be asked. */
export function membershipsInFiles(
  users: readonly string[],
  looks = THIS_MACHINE,
): ReadonlyMap<string, readonly string[]> | null {
  const groups = plainLines('group', looks)?.map((line) => line.split(':'));
  if (groups === undefined) return null;
  return new Map(
    users.map((user) => [
      user,
      groups.flatMap(([, , gid = '', members = '']) => (members.split(',').includes(user) ? [gid] : [])),
    ]),
  );
}
