// Owns what is counted on a server of PostgreSQL before and after a backup, and again on what was restored.
// Must not call a count exact where rows that were deleted, or a table written anew, could make it untrue.
import { Problem } from '../../messages/diagnostic.ts';
import type { Count } from '../backing-up.ts';
import { LONG_MS, type Reached, rows } from './backup-server.ts';

export const TRANSACTIONS = 'transactions of the cluster';

/** Tables of at most so many bytes have their rows counted, so many a database; of the largest the planner's guess is shown. */
const SMALL_BYTES = 8 * 1024 * 1024;
const MOST_COUNTED = 300;
const MOST_GUESSED = 50;
/** From here on each session tells the statistics what it did within ten seconds, also one that does nothing more. */
const TELLS_SOON = 150_000;

/** Tables that a backup has with their rows: none of a session, none that is not logged. */
const OF_USERS = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relpersistence = 'p' and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_(toast|temp)'`;
const WITH_ROWS = `${OF_USERS} and c.relkind in ('r', 'm') and c.relispopulated`;
const NAME = "n.nspname || '.' || c.relname";

const DATABASES = 'select to_json(datname) from pg_database where datallowconn order by datname';

const CATALOGUE = `select json_build_array(
  (select count(*) ${OF_USERS} and c.relkind in ('r', 'm', 'p')),
  pg_stat_get_tuples_deleted('pg_class'::regclass),
  (select count(*) from pg_class where relpersistence = 'u' and relkind in ('r', 'm')));`;

const TABLES = `with tables as (
  select c.oid, ${NAME} as name, pg_relation_filenode(c.oid) as file, c.reltuples as guess,
    pg_stat_get_tuples_deleted(c.oid) as deleted, pg_relation_size(c.oid) as bytes ${WITH_ROWS}
), placed as (
  select *, row_number() over (order by bytes, oid) as place, row_number() over (order by bytes desc, oid) as back
  from tables
), chosen as (
  select *, bytes <= ${SMALL_BYTES} and place <= ${MOST_COUNTED} as is_small from placed
)
select json_build_array(oid::text, name, file::text, deleted, round(guess), is_small)
from chosen where is_small or (back <= ${MOST_GUESSED} and guess >= 0) order by name;`;

interface Table {
  readonly oid: string;
  readonly name: string;
  /** Another one once all rows have been written anew: by TRUNCATE, CLUSTER, VACUUM FULL. */
  readonly file: string;
  /** Rows that were ever deleted, as statistics say. */
  readonly deleted: number;
  readonly guess: number;
  /** null: too large to be counted, or gone meanwhile. */
  readonly rows: number | null;
}

interface Database {
  readonly name: string;
  readonly relations: number;
  /** Rows of its pg_class that were ever deleted: relations that were dropped. */
  readonly dropped: number;
  /** Tables whose rows no backup has. */
  readonly unlogged: number;
  readonly tables: readonly Table[];
}

export interface Seen {
  readonly version: number;
  /** By its own clock. */
  readonly at: string;
  /** How many transactions have a number; null: a standby gives none. */
  readonly transactions: number | null;
  readonly databases: readonly Database[];
}

export async function look(at: Reached): Promise<Seen> {
  const [first] = (await rows(
    at,
    `select json_build_array(current_setting('server_version_num')::int, clock_timestamp()::text,
       case when pg_is_in_recovery() then null else pg_current_xact_id()::text::bigint end);`,
  )) as [[number, string, number | null]];
  const databases: Database[] = [];
  for (const name of (await rows(at, DATABASES)) as readonly string[])
    try {
      databases.push(await lookInto(at, name));
    } catch (error) {
      // It does not let us in, or takes too long: it is copied without having been counted.
      if (!(error instanceof Problem)) throw error;
    }
  return { version: first[0], at: first[1], transactions: first[2], databases };
}

async function lookInto(at: Reached, database: string): Promise<Database> {
  const [catalogue, ...tables] = (await rows(at, `${CATALOGUE}\n${TABLES}`, { database })) as [
    [number, number, number],
    ...[string, string, string, number, number, boolean][],
  ];
  const small = tables.filter(([, , , , , isSmall]) => isSmall).map(([oid]) => oid);
  const counted = new Map(
    small.length === 0
      ? []
      : (
          (await rows(at, counting(`and c.oid in (${small.join(', ')})`), {
            database,
            isStrict: false,
          })) as [string, string, number][]
        ).map(([oid, , count]) => [oid, count]),
  );
  return {
    name: database,
    relations: catalogue[0],
    dropped: catalogue[1],
    unlogged: catalogue[2],
    tables: tables.map(([oid, name, file, deleted, guess]) => ({
      oid,
      name,
      file,
      deleted,
      guess,
      rows: counted.get(oid) ?? null,
    })),
  };
}

/** A statement a table, each run by psql in turn: number, name, rows. */
function counting(which: string): string {
  return `select format('select json_build_array(%L, %L, count(*)) from only %I.%I',
  c.oid::text, ${NAME}, n.nspname, c.relname) ${WITH_ROWS} ${which} order by c.oid \\gexec`;
}

/**
 * Waits until sessions have told the statistics what they did up to now, eleven seconds at most. False: one of them is in a
 * transaction that began after `since`, and may not have told what it did before.
 */
export async function told(at: Reached, since: string): Promise<boolean> {
  const others = `from pg_stat_activity where datid is not null and pid <> pg_backend_pid()
    and backend_type <> 'autovacuum worker'`;
  const [isTold] = await rows(
    at,
    `do $$
      declare until timestamptz := clock_timestamp() + interval '1.1 s';
      begin
        perform pg_sleep(1.1);
        for i in 1..40 loop
          perform pg_stat_clear_snapshot();
          exit when not exists (select ${others} and state = 'idle' and state_change <= until
            and state_change > clock_timestamp() - interval '10.2 s');
          perform pg_sleep(0.25);
        end loop;
      end $$;
    select to_json(not exists (select ${others} and state <> 'idle'
      and xact_start between '${since}' and clock_timestamp() - interval '1.1 s'));`,
  );
  return isTold === true;
}

/**
 * What both have. Exact is what can only have grown in between: rows of a table of which none was deleted. So what is
 * restored, which is of a moment in between, lies between both.
 */
export function compared(
  before: Seen,
  after: Seen,
  isTold: boolean,
): { readonly before: readonly Count[]; readonly after: readonly Count[] } {
  const pairs: {
    readonly what: string;
    readonly isExact: boolean;
    readonly counts: readonly [number, number];
  }[] = [];
  const knows = isTold && before.version >= TELLS_SOON;
  if (before.transactions !== null && after.transactions !== null)
    pairs.push({
      what: TRANSACTIONS,
      isExact: true,
      counts: [before.transactions, after.transactions],
    });
  for (const one of before.databases) {
    const other = after.databases.find(({ name }) => name === one.name);
    if (other === undefined) continue;
    pairs.push({
      what: `tables of ${one.name}`,
      isExact: knows && one.dropped === other.dropped,
      counts: [one.relations, other.relations],
    });
    const now = new Map(other.tables.map((table) => [table.oid, table]));
    for (const table of one.tables) {
      const same = now.get(table.oid);
      if (same === undefined || same.name !== table.name) continue;
      const isCounted = table.rows !== null && same.rows !== null;
      pairs.push({
        what: tableCount(one.name, table.name),
        isExact: knows && isCounted && same.file === table.file && same.deleted === table.deleted,
        counts: isCounted ? [table.rows, same.rows] : [table.guess, same.guess],
      });
    }
  }
  const of = (i: 0 | 1) => pairs.map(({ what, isExact, counts }) => ({ what, count: counts[i], isExact }));
  return { before: of(0), after: of(1) };
}

/** Each row of each table, read from the table itself. Throws where one cannot be read. */
export async function countAll(at: Reached): Promise<readonly Count[]> {
  const [transactions] = await rows(
    at,
    // Nothing is at work here: the next number that will be given.
    'select to_json(pg_snapshot_xmax(pg_current_snapshot())::text::bigint);',
  );
  const counts: Count[] = [exact(TRANSACTIONS, transactions)];
  for (const database of (await rows(at, DATABASES)) as readonly string[]) {
    const more = { database, timeoutMs: LONG_MS };
    const [catalogue] = (await rows(at, CATALOGUE, more)) as [[number]];
    counts.push(exact(`tables of ${database}`, catalogue[0]));
    for (const [, name, count] of (await rows(at, counting(''), more)) as [string, string, number][])
      counts.push(exact(tableCount(database, name), count));
  }
  return counts;
}

export function sumOfUnlogged({ databases }: Seen): number {
  return databases.reduce((sum, { unlogged }) => sum + unlogged, 0);
}

function tableCount(database: string, name: string): string {
  return `table ${database}.${name}`;
}

function exact(what: string, count: unknown): Count {
  return { what, count: Number(count), isExact: true };
}
