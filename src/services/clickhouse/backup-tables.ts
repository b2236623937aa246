// Owns what a ClickHouse server has: databases, tables, disks, rows; and which of it a backup can have. Asks, changes nothing.
import type { AskHands } from '../backing-up.ts';
import { type Client, quoted, type Row } from './backup-client.ts';

export interface Database {
  readonly name: string;
  readonly engine: string;
  /** Where its definitions are, below `place`; null: as of old, in `metadata/NAME`. */
  readonly definitions: string | null;
}

export interface Table {
  readonly database: string;
  readonly name: string;
  readonly engine: string;
  /** Absolute, without a slash at the end, one a disk. */
  readonly paths: readonly string[];
  /** Changes with its definition. */
  readonly hash: string;
  /** What people call it: where a view has its rows is called as the view. */
  readonly known: string;
}

export interface Disk {
  readonly name: string;
  /** Without a slash at the end. */
  readonly path: string;
  readonly isLocal: boolean;
}

export interface Rows {
  readonly rows: number;
  readonly bytes: number;
  /** Of rows that are deleted and still stand in their parts: then a count of the parts is none of the rows. */
  readonly hasDeleted: boolean;
}

export interface Inventory {
  readonly databases: readonly Database[];
  readonly tables: readonly Table[];
  readonly disks: readonly Disk[];
  /** By policy, the groups of disks that it fills one after the other. */
  readonly policies: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly macros: Readonly<Record<string, string>>;
  /** By `database.table`. */
  readonly rows: ReadonlyMap<string, Rows>;
  /** Tables in which rows are being changed (ALTER UPDATE, DELETE). */
  readonly changing: readonly string[];
}

/** Its own databases. */
export const OWN = ['system', 'INFORMATION_SCHEMA', 'information_schema'] as const;
/** Their tables lie on this machine. Of others only the definition is looked at: their tables would be asked for far away. */
const HERE = ['Ordinary', 'Atomic', 'Lazy', 'Replicated', 'Memory', 'Overlay'];
/** They have no rows of their own on the disk, or none that last. */
const NO_DATA =
  /^(View|MaterializedView|LiveView|WindowView|Merge|Memory|Buffer|Null|Dictionary|Kafka|RabbitMQ|NATS|MySQL|PostgreSQL|MongoDB|Redis|ODBC|JDBC|URL|S3|S3Queue|HDFS|AzureBlobStorage|GenerateRandom|Executable|ExecutablePool|Cluster|Alias|Iceberg.*|DeltaLake.*|Hudi|Loop|Proxy|Function|FuzzJSON|.*Cluster)$/;

export function isFrozen({ engine }: Pick<Table, 'engine'>): boolean {
  return engine.endsWith('MergeTree');
}

/** What it has on the disk beside parts, which nothing freezes. */
export function isLeft({ engine }: Pick<Table, 'engine'>): boolean {
  return !isFrozen({ engine }) && !NO_DATA.test(engine);
}

/** Merges do not take rows together. */
export function keepsRows({ engine }: Pick<Table, 'engine'>): boolean {
  return /^(Replicated|Shared)?MergeTree$/.test(engine);
}

export function keyOf({ database, name }: Pick<Table, 'database' | 'name'>): string {
  return `${database}.${name}`;
}

export async function inventoryOf(client: Client, place: string): Promise<Inventory> {
  const columns = await columnsOf(client);
  const has = (column: string) => columns.has(column);
  const ask = (column: string, query: string) => (has(column) ? query : `SELECT 1 WHERE 0`);
  const deleted = has('parts.has_lightweight_delete') ? 'max(has_lightweight_delete)' : '0';
  const [databases = [], tables = [], parts = [], mutations = [], macros = [], disks = [], volumes = []] =
    await client.rows([
      `SELECT name, engine, ${has('databases.uuid') ? 'toString(uuid)' : "''"} FROM system.databases WHERE ${notOwn('name')} ORDER BY name`,
      `SELECT database, name, engine, ${has('tables.data_paths') ? 'data_paths' : '[data_path]'}, toString(cityHash64(create_table_query)), ${has('tables.uuid') ? 'toString(uuid)' : "''"} FROM system.tables WHERE database IN (SELECT name FROM system.databases WHERE engine IN (${HERE.map(quoted).join(', ')})) AND ${notOwn('database')} ORDER BY database, name`,
      `SELECT database, table, toFloat64(sum(rows)), toFloat64(sum(bytes_on_disk)), ${deleted} FROM system.parts WHERE active AND ${notOwn('database')} GROUP BY database, table`,
      ask(
        'mutations.is_done',
        `SELECT DISTINCT database, table FROM system.mutations WHERE is_done = 0 AND ${notOwn('database')}`,
      ),
      ask('macros.macro', 'SELECT macro, substitution FROM system.macros'),
      ask('disks.path', 'SELECT name, path, type FROM system.disks'),
      ask('disks.path', 'SELECT policy_name, disks FROM system.storage_policies'),
    ]);
  return {
    databases: databases.map(databaseOf),
    tables: tables.map((row) => tableOf(row, tables)),
    disks: has('disks.path') ? disks.map(diskOf) : [{ name: 'default', path: place, isLocal: true }],
    policies: policiesOf(volumes),
    macros: Object.fromEntries(macros.map(([macro, text]) => [String(macro), String(text)])),
    rows: new Map(parts.map((row) => [`${row[0]}.${row[1]}`, rowsOfTable(row)])),
    changing: mutations.map(([database, table]) => `${database}.${table}`),
  };
}

function notOwn(column: string): string {
  return `${column} NOT IN (${[...OWN, '_temporary_and_external_tables'].map(quoted).join(', ')})`;
}

/** What this version tells of itself, as `tables.data_paths`. */
async function columnsOf(client: Client): Promise<ReadonlySet<string>> {
  const [found = []] = await client.rows([
    "SELECT table, name FROM system.columns WHERE database = 'system' AND table IN ('tables', 'databases', 'disks', 'parts', 'mutations', 'macros')",
  ]);
  return new Set(found.map(([table, name]) => `${table}.${name}`));
}

function databaseOf([name, engine, uuid]: Row): Database {
  const id = String(uuid);
  const isStored = /^[0-9a-f-]{36}$/.test(id) && !/^[0-]+$/.test(id) && engine !== 'Overlay';
  return {
    name: String(name),
    engine: String(engine),
    definitions: isStored ? `store/${id.slice(0, 3)}/${id}` : null,
  };
}

function tableOf([database, name, engine, paths, hash]: Row, all: readonly Row[]): Table {
  return {
    database: String(database),
    name: String(name),
    engine: String(engine),
    paths: (paths as readonly string[]).filter((path) => path !== '').map(withoutSlash),
    hash: String(hash),
    known: knownAs(
      [String(database), String(name)],
      all.map((row) => [String(row[0]), String(row[1]), String(row[5])] as const),
    ),
  };
}

const INNER = '.inner_id.';

/** `all`: database, name and id. The rows of a view have its id in their name, which a restore may give anew. */
export function knownAs(
  [database, name]: readonly [string, string],
  all: readonly (readonly [string, string, string])[],
): string {
  const view = name.startsWith(INNER)
    ? all.find(([of, , id]) => of === database && id === name.slice(INNER.length))
    : undefined;
  return `table ${database}.${view?.[1] ?? name}`;
}

function rowsOfTable([, , rows, bytes, deleted]: Row): Rows {
  return { rows: Number(rows), bytes: Number(bytes), hasDeleted: Number(deleted) > 0 };
}

function diskOf([name, path, type]: Row): Disk {
  return {
    name: String(name),
    path: withoutSlash(String(path)),
    isLocal: String(type).toLowerCase() === 'local',
  };
}

function policiesOf(volumes: readonly Row[]): Inventory['policies'] {
  const policies: Record<string, (readonly string[])[]> = {};
  for (const [name, disks] of volumes) {
    const policy = String(name);
    policies[policy] = [...(policies[policy] ?? []), disks as readonly string[]];
  }
  return policies;
}

/** Of all its parts, the disk that each may be on is a local one. */
export function isHere({ paths }: Pick<Table, 'paths'>, disks: readonly Disk[]): boolean {
  return paths.every((path) => {
    // A disk may lie below another one.
    const [on] = disks
      .filter((disk) => path.startsWith(`${disk.path}/`))
      .toSorted((a, b) => b.path.length - a.path.length);
    return on?.isLocal === true;
  });
}

export function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

/** A name as ClickHouse calls its file. */
export function fileNameOf(name: string): string {
  return [...Buffer.from(name)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9_]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

export function nameOfFile(file: string): string {
  const bytes = file.replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** What it has beside tables, and nowhere else: users and grants, functions, named collections. */
export function smallDirectories({ names }: Pick<AskHands, 'names'>): readonly string[] {
  return ['access', 'user_defined', 'named_collections', 'format_schemas'].filter(
    (name) => names(name).length > 0,
  );
}
