// Owns how ClickHouse is backed up by FREEZE: parts as hard links under a name of ours, with the definitions beside them, as a
// data directory of its own. Frozen parts keep the room of what is deleted: they go however this ends.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Count, TakeHands, Taken } from '../backing-up.ts';
import { type Client, HOUR_MS, named, quoted } from './backup-client.ts';
import { limitsOf } from './backup-limits.ts';
import { settingsText } from './backup-settings.ts';
import {
  type Disk,
  fileNameOf,
  type Inventory,
  inventoryOf,
  isFrozen,
  isHere,
  keepsRows,
  keyOf,
  nameOfFile,
  smallDirectories,
  type Table,
} from './backup-tables.ts';

/** The same each time: what an earlier backup left is known by it. Only one backup runs at a time. Of signs that no server escapes. */
const FROZEN = 'jts_hot_backup';
export const FREEZE = 'FREEZE';
export const SNAPSHOT = 'snapshot';
/** Tables come and go, and are altered, while they are frozen. */
const TRIES = 5;
/** Of one word of a command line, in bytes. */
const QUERIES_BYTES = 50_000;
/** Where they lie in a backup, and in what is restored. */
const ASIDE = 'definitions-of-detached-tables';
export async function takeByFreeze(hands: TakeHands, client: Client): Promise<Taken> {
  const { place } = hands;
  const first = await inventoryOf(client, place);
  const thaw = () => remove(hands, first.disks.filter(isReached).map(frozenOn));
  hands.atEnd('remove the frozen parts', thaw);
  const { have, detached, before, after } = await frozen(hands, client, thaw);
  await hands.archive(SNAPSHOT, { place: frozenOn({ path: place }), mayChange: true });
  for (const { name, path } of otherDisks(have, place))
    if (await isThere(hands, frozenOn({ path })))
      await hands.archive(archiveOf(name), { place: frozenOn({ path }), mayChange: true });
  await thaw();
  return {
    tool: FREEZE,
    versions: { clickhouse: client.version, 'clickhouse-client': client.clientVersion },
    position: null,
    parent: null,
    before,
    after,
    limits: limitsOf(have, 'freeze', detached),
    elsewhere: null,
    settings: { server: settingsText(have, place) },
  };
}

/** The name of the file of a disk beside the main one. */
export function archiveOf(disk: string): string {
  return `disk-${fileNameOf(disk)}`;
}

function frozenOn({ path }: Pick<Disk, 'path'>): string {
  return `${path}/shadow/${FROZEN}`;
}

function isReached({ isLocal }: Disk): boolean {
  return isLocal;
}

function otherDisks({ disks }: Inventory, place: string): readonly Disk[] {
  return disks.filter((disk) => disk.isLocal && disk.path !== place);
}

interface Snapshot extends Pick<Taken, 'before' | 'after'> {
  readonly have: Inventory;
  readonly detached: readonly string[];
}

/** Frozen in one go, without a table that came, went or was altered meanwhile. */
async function frozen(hands: TakeHands, client: Client, thaw: () => Promise<void>): Promise<Snapshot> {
  const { place } = hands;
  for (let round = 1; ; round += 1) {
    await thaw();
    const have = await inventoryOf(client, place);
    let failure: unknown = null;
    try {
      await copyDefinitions(hands, have);
      const detached = await setAside(hands, have);
      const all = have.tables.filter(isFrozen);
      const tables = all.filter((table) => isHere(table, have.disks));
      for (const queries of batches(tables.map(freezeQuery))) await client.run(queries);
      await copyFormats(hands, tables, have);
      const found = await countFrozen(hands, tables, have);
      const now = await inventoryOf(client, place);
      if (definitionsOf(now) === definitionsOf(have)) {
        requireAll(tables, found, [have, now]);
        return { have, detached, before: countsOf(all, found, have), after: countsOf(all, found, now) };
      }
    } catch (error) {
      failure = error;
    }
    if (failure !== null && definitionsOf(await inventoryOf(client, place)) === definitionsOf(have))
      throw failure;
    if (round === TRIES) throw restless();
  }
}

function definitionsOf({ databases, tables }: Inventory): string {
  return JSON.stringify([databases, tables]);
}

function freezeQuery({ database, name }: Table): string {
  return `ALTER TABLE ${named(database, name)} FREEZE WITH NAME ${quoted(FROZEN)}`;
}

function batches(queries: readonly string[]): readonly string[] {
  const made: string[] = [];
  for (const query of queries) {
    const last = made.at(-1);
    if (last === undefined || last.length + query.length > QUERIES_BYTES) made.push(query);
    else made[made.length - 1] = `${last}; ${query}`;
  }
  return made;
}

/** `metadata/`, as the server has it: of databases with an id, in `store/` and by a link. */
async function copyDefinitions(hands: TakeHands, have: Inventory): Promise<void> {
  const to = frozenOn({ path: hands.place });
  const there = new Set(hands.names('metadata'));
  const files = have.databases.flatMap(({ name, definitions }) => {
    const file = fileNameOf(name);
    const own = there.has(`${file}.sql`) ? [`metadata/${file}.sql`] : [];
    return [...own, definitions ?? (there.has(file) ? `metadata/${file}` : null)];
  });
  const beside = smallDirectories(hands);
  const paths = [...files.filter((path) => path !== null), ...beside];
  await hands.run(['mkdir', '-p', '-m', '0700', `${to}/metadata`]);
  await copyThere(hands, COPY, { from: hands.place, to, paths });
  for (const { name, definitions } of have.databases)
    if (definitions !== null)
      await hands.run(['ln', '-s', `../${definitions}`, `${to}/metadata/${fileNameOf(name)}`]);
}

/** What a table has beside its parts, and needs; on one of its disks. */
async function copyFormats(hands: TakeHands, tables: readonly Table[], have: Inventory): Promise<void> {
  for (const { path } of have.disks.filter(isReached)) {
    const paths = tables
      .flatMap((table) => relativeTo(path, table.paths))
      .map((table) => `${table}/format_version.txt`);
    await copyThere(hands, `${THERE} | ${COPY}`, { from: path, to: frozenOn({ path }), paths });
  }
}

const COPY = 'xargs -0 -r cp -a --parents -t "$2" --';
const THERE = `xargs -0 -r sh -c 'for one; do test ! -e "$one" || printf "%s\\0" "$one"; done' sh`;

async function copyThere(
  hands: TakeHands,
  script: string,
  of: { readonly from: string; readonly to: string; readonly paths: readonly string[] },
): Promise<void> {
  if (of.paths.length === 0) return;
  await hands.run(['sh', '-c', `cd "$1" && mkdir -p "$2" && { ${script}; }`, 'sh', of.from, of.to], {
    input: of.paths.map((path) => `${path}\0`).join(''),
    timeoutMs: HOUR_MS,
  });
}

/** Of each table, by its path: its rows with the parts that say theirs, and all its parts. */
const COUNT = `cd "$1" 2>/dev/null || exit 0
find . -mindepth 5 -maxdepth 5 -name count.txt -type f -exec awk '
  { sub("/[^/]*/count.txt$", "", FILENAME); rows[FILENAME] += $1; parts[FILENAME]++ }
  END { for (t in rows) printf "%.0f\\t%d\\t%s\\n", rows[t], parts[t], substr(t, 3) }' {} +
find . -mindepth 4 -maxdepth 4 -type d -path './[ds]*' -printf '%h\\n' | awk '
  { parts[$0]++ }
  END { for (t in parts) printf "%d\\t%s\\n", parts[t], substr(t, 3) }'`;

interface Frozen {
  readonly rows: number;
  readonly parts: number;
  /** Parts of tables as they were made long ago do not say how many rows they have. */
  readonly silent: number;
}

/** By table. */
async function countFrozen(
  hands: TakeHands,
  tables: readonly Table[],
  { disks }: Inventory,
): Promise<ReadonlyMap<string, Frozen>> {
  const byPath = new Map<string, Frozen>();
  const none: Frozen = { rows: 0, parts: 0, silent: 0 };
  for (const { path } of disks.filter(isReached)) {
    const said = await hands.run(['sh', '-c', COUNT, 'sh', frozenOn({ path })], { timeoutMs: HOUR_MS });
    for (const words of said.split('\n').map((line) => line.split('\t'))) {
      const below = words.at(-1);
      if (below === undefined || below === '') continue;
      const found = byPath.get(`${path}/${below}`) ?? none;
      const [first = 0, second = 0] = words.map(Number);
      byPath.set(
        `${path}/${below}`,
        words.length === 3
          ? { ...found, rows: found.rows + first, silent: found.silent - second }
          : { ...found, parts: found.parts + first, silent: found.silent + first },
      );
    }
  }
  return new Map(
    tables.map((table) => {
      const all = table.paths.map((path) => byPath.get(path) ?? none);
      const sum = (of: keyof Frozen) => all.reduce((total, one) => total + one[of], 0);
      return [keyOf(table), { rows: sum('rows'), parts: sum('parts'), silent: sum('silent') }];
    }),
  );
}

/** What a restored server has to have: the rows of the frozen parts, or those between two looks at the tables. */
function countsOf(
  tables: readonly Table[],
  frozen: ReadonlyMap<string, Frozen>,
  { rows }: Inventory,
): readonly Count[] {
  return tables.map((table) => {
    const key = keyOf(table);
    const { rows: have = 0, silent = 0 } = frozen.get(key) ?? {};
    const live = rows.get(key);
    return {
      what: table.known,
      count: silent === 0 ? have : (live?.rows ?? 0),
      isExact: frozen.has(key) && !(live?.hasDeleted ?? false) && (silent === 0 || keepsRows(table)),
    };
  });
}

/** What was frozen must not be less than what is there: no backup is better than an empty one. */
function requireAll(
  tables: readonly Table[],
  frozen: ReadonlyMap<string, Frozen>,
  looks: readonly [Inventory, Inventory],
): void {
  const short = tables.flatMap((table) => {
    const key = keyOf(table);
    const { rows = 0, parts = 0, silent = 0 } = frozen.get(key) ?? {};
    const [before = 0, after = 0] = looks.map((look) => look.rows.get(key)?.rows);
    const isQuiet = keepsRows(table) && silent === 0 && before === after;
    const isFine = isQuiet ? rows === before : parts > 0 || before === 0 || after === 0;
    return isFine ? [] : [`table ${key}: want ${before} rows, found ${rows} in ${parts} parts`];
  });
  if (short.length > 0)
    throw new Problem(EXIT.failed, [
      diagnostic('E_NOT_FROZEN', 'cannot find in the frozen parts what the tables have', {
        at: 'service clickhouse',
        detail: short.slice(0, 10),
        hint: 'run it again; see also the log of the server',
      }),
    ]);
}

function relativeTo(disk: string, paths: readonly string[]): readonly string[] {
  return paths.filter((path) => path.startsWith(`${disk}/`)).map((path) => path.slice(disk.length + 1));
}

async function isThere(hands: TakeHands, path: string): Promise<boolean> {
  return (await hands.run(['sh', '-c', 'test ! -d "$1" || echo yes', 'sh', path])) !== '';
}

async function remove(hands: TakeHands, paths: readonly string[]): Promise<void> {
  await hands.run(['rm', '-rf', '--one-file-system', '--', ...paths], { timeoutMs: HOUR_MS });
}

/**
 * Definitions of tables that are detached: the server does not know them, and would take them up when it starts, without their
 * parts.
 */
async function setAside(hands: TakeHands, have: Inventory): Promise<readonly string[]> {
  const known = new Set(have.tables.map(({ database, name }) => `${database}/${fileNameOf(name)}`));
  const found: string[] = [];
  for (const { name, definitions } of have.databases) {
    const below = definitions ?? `metadata/${fileNameOf(name)}`;
    const files = hands
      .names(below)
      .filter(
        (file) => /\.sql(\.detached)?$/.test(file) && !known.has(`${name}/${file.replace(/\.sql.*/, '')}`),
      );
    if (files.length === 0) continue;
    const to = `${frozenOn({ path: hands.place })}/${ASIDE}/${fileNameOf(name)}`;
    const from = files.map((file) => `${frozenOn({ path: hands.place })}/${below}/${file}`);
    await hands.run(['sh', '-c', 'mkdir -p "$0" && exec mv -t "$0" -- "$@"', to, ...from]);
    found.push(
      ...files
        .filter((file) => file.endsWith('.sql'))
        .map((file) => `${name}.${nameOfFile(file.slice(0, -4))}`),
    );
  }
  return found;
}

function restless(): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_RESTLESS', 'cannot freeze tables that change all the time', {
      at: 'service clickhouse',
      detail: `want no table made, dropped or altered while all are frozen; found one in each of ${TRIES} tries`,
      hint: 'run it again when nothing makes or drops tables',
    }),
  ]);
}
