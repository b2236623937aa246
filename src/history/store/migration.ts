// Owns bringing a history file of an earlier format to the present one: all at once or not at all.
// A file that is only read stays as it is, and is read as if it had been migrated.
import type { DatabaseSync } from 'node:sqlite';
import { EARLIER } from './earlier-formats.ts';
import { FORMAT_VERSION, isSchema, TABLES } from './schema.ts';

/** `earlier`: to be migrated before it is written. */
export function formatOf(database: DatabaseSync): 'present' | 'earlier' | 'newer' | 'unknown' {
  const [version] = Object.values(database.prepare('PRAGMA user_version').get() ?? {});
  if (typeof version !== 'number') return 'unknown';
  if (version > FORMAT_VERSION) return 'newer';
  const made = madeIn(database).map(({ sql }) => sql);
  if (version === FORMAT_VERSION) return isSchema(made) ? 'present' : 'unknown';
  const tables = EARLIER[version];
  return tables !== undefined && isSchema(made, tables) ? 'earlier' : 'unknown';
}

interface Made {
  readonly name: string;
  /** The table that an index is of; of a table itself. */
  readonly table: string;
  readonly sql: string;
}

function madeIn(database: DatabaseSync): readonly Made[] {
  // What SQLite makes by itself has no statement, or is called so.
  return database
    .prepare(
      "SELECT name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'",
    )
    .all()
    .map(({ name, tbl_name, sql }) => ({ name: String(name), table: String(tbl_name), sql: String(sql) }));
}

/**
 * A table whose statement is the same stays; one that is new is made; one that has changed is made anew, with the rows it
 * had, their ids and the number of the next one. What a row has no value for becomes the column's default. In one
 * transaction: of a run that was killed, or found no room, there is nothing left.
 */
export function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another run may have been faster.
    if (formatOf(database) === 'earlier') rebuild(database);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function rebuild(database: DatabaseSync): void {
  const made = madeIn(database);
  const changed = changedTables(made);
  for (const { name, table } of made)
    if (changed.has(table) && name !== table) database.exec(`DROP INDEX ${name}`);
  for (const table of changed) database.exec(`ALTER TABLE ${table} RENAME TO earlier_${table}`);
  const kept = madeIn(database).map(({ sql }) => sql);
  for (const statement of TABLES) if (!kept.includes(statement)) database.exec(statement);
  for (const table of changed) {
    const columns = columnsOf(database, `earlier_${table}`).join(', ');
    database.exec(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM earlier_${table}`);
    // An id that was given once is never given again: AUTOINCREMENT (sqlite.org/autoinc.html).
    database.exec(`DELETE FROM sqlite_sequence WHERE name = '${table}'`);
    database.exec(`UPDATE sqlite_sequence SET name = '${table}' WHERE name = 'earlier_${table}'`);
    database.exec(`DROP TABLE earlier_${table}`);
  }
  database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
}

function changedTables(made: readonly Made[]): ReadonlySet<string> {
  return new Set(
    made.filter(({ name, table, sql }) => name === table && !TABLES.includes(sql)).map(({ table }) => table),
  );
}

/** For this connection alone, and in memory: tables that are new are empty, columns that are new say nothing. */
export function lookAsPresent(database: DatabaseSync): void {
  const made = madeIn(database);
  database.exec('PRAGMA temp_store = MEMORY');
  for (const statement of TABLES) {
    const [, table] = /^CREATE TABLE (\w+)/.exec(statement) ?? [];
    if (table === undefined || made.some(({ sql }) => sql === statement)) continue;
    const there = made.some(({ name }) => name === table);
    const name = there ? `present_${table}` : table;
    database.exec(statement.replace(/^CREATE TABLE \w+/, `CREATE TEMP TABLE ${name}`));
    if (!there) continue;
    const had = columnsOf(database, table);
    const columns = columnsOf(database, name).map((column) =>
      had.includes(column) ? column : `NULL AS ${column}`,
    );
    database.exec(`CREATE TEMP VIEW ${table} AS SELECT ${columns.join(', ')} FROM main.${table}`);
  }
}

function columnsOf(database: DatabaseSync, table: string): readonly string[] {
  return database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => String(name));
}
