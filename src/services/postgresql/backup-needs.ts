// Owns what a server of PostgreSQL must be set to before pg_basebackup can copy it, and how it is told where it is not.
// Must not change any setting.
import { type Diagnostic, diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { quote } from '../../values/quote.ts';
import { type Reached, rows } from './backup-server.ts';

/** Copying the files is one sender, copying the log beside it another. */
const SENDERS = 2;

export interface Settings {
  /** `15.20`. */
  readonly version: string;
  readonly hasZstd: boolean;
  /** It keeps which blocks changed: an increment can be taken. */
  readonly summarizes: boolean;
  readonly bytes: number;
}

interface Answer {
  readonly version: string;
  readonly wal_level: string;
  readonly senders: number;
  readonly used: number;
  readonly user: string;
  readonly replicates: boolean;
  readonly zstd: boolean;
  readonly summarizes: boolean;
  readonly bytes: number;
  readonly relative: readonly string[];
}

const QUESTION = `select json_build_object(
  'version', split_part(current_setting('server_version'), ' ', 1),
  'wal_level', current_setting('wal_level'),
  'senders', current_setting('max_wal_senders')::int,
  'used', (select count(*) from pg_stat_replication),
  'user', current_user,
  'replicates', (select rolreplication or rolsuper from pg_roles where rolname = current_user),
  'zstd', (select coalesce(bool_or(setting like '%--with-zstd%'), false) from pg_config where name = 'CONFIGURE'),
  'summarizes', coalesce(current_setting('summarize_wal', true), 'off') = 'on',
  'bytes', (select sum(pg_database_size(oid)) from pg_database) + pg_tablespace_size('pg_global'),
  'relative', (select coalesce(json_agg(spcname), '[]') from pg_tablespace
    where pg_tablespace_location(oid) !~ '^/' and pg_tablespace_location(oid) <> ''));`;

async function answerOf(at: Reached): Promise<Answer> {
  const [answer] = await rows(at, QUESTION);
  return answer as Answer;
}

export async function settingsOf(at: Reached): Promise<Settings> {
  const { version, zstd, summarizes, bytes } = await answerOf(at);
  const plain = /^\d+[\w.]*/.exec(version)?.[0] ?? '';
  return { version: plain, hasZstd: zstd, summarizes, bytes };
}

/** Throws a Problem that names each thing that is in the way. */
export async function requireReplication(at: Reached): Promise<void> {
  const { wal_level, senders, used, user, replicates, relative } = await answerOf(at);
  const found: Diagnostic[] = [];
  const wrong = (detail: string, hint: string) =>
    found.push(diagnostic('E_NOT_COPIED', 'refusing to copy PostgreSQL as it is set', { detail, hint }));
  if (wal_level === 'minimal')
    wrong(
      'want wal_level replica, found minimal',
      'set `wal_level = replica` in postgresql.conf, and restart it',
    );
  if (senders - used < SENDERS)
    wrong(
      `want ${SENDERS} free connections for copying, found max_wal_senders = ${senders} and ${used} in use`,
      `set \`max_wal_senders = ${Math.max(10, used + SENDERS)}\` in postgresql.conf, and restart it`,
    );
  if (!replicates)
    wrong(
      `want a role that may copy, found ${quote(user)} without REPLICATION`,
      `as a superuser: \`ALTER ROLE "${user.replaceAll('"', '""')}" REPLICATION;\``,
    );
  for (const name of relative)
    wrong(
      `want an absolute path of the tablespace ${quote(name)}, found a relative link: its files would be left out`,
      'stop PostgreSQL, and replace the link in pg_tblspc by one that begins with /',
    );
  if (found.length === 0) await requireEntry(at, user, found);
  if (found.length > 0) throw new Problem(EXIT.refused, found);
}

/** By asking for it: pg_hba.conf has lines of its own for it. */
async function requireEntry(at: Reached, user: string, found: Diagnostic[]): Promise<void> {
  const asking = [at.psql, '-XAtqw', ...at.where, '-d', 'replication=true', '-c', 'IDENTIFY_SYSTEM'] as const;
  try {
    await at.run(asking, { environment: { PGAPPNAME: 'jts-hot', LC_ALL: 'C.UTF-8' } });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    found.push(
      diagnostic('E_NOT_COPIED', 'refusing to copy PostgreSQL as it is set', {
        detail: error.diagnostics.flatMap(({ detail }) => detail),
        hint: `want a line \`local replication ${user} peer\` in its pg_hba.conf, and \`SELECT pg_reload_conf();\``,
      }),
    );
  }
}
