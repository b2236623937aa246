// Owns how what was restored is proved: a server on it that reaches nothing outside, and that reads all of it.
// Must not let it run a command, load a library or follow another server, whatever its own settings say.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Argv, Count, ProveHands } from '../backing-up.ts';
import { countAll } from './backup-counts.ts';
import {
  LONG_MS,
  lsnOf,
  majorOf,
  NO_LIMIT,
  optionsText,
  query,
  type Reached,
  rows,
  sessionOptions,
  type Tools,
  toolsOf,
} from './backup-server.ts';

/** In a network of its own, so that it may be the usual one. */
const PORT = '5432';

/**
 * On its command line, since these then count more than what stands in postgresql.auto.conf, which it reads in any case.
 * A library that an extension wants at the start is not loaded: it could begin to work (pg_cron). Tables are read without.
 */
function settingsFor(beside: string, major: number, control: ReadonlyMap<string, string>): readonly string[] {
  const own = (name: string, least: number) => String(Math.max(least, Number(control.get(name) ?? least)));
  const settings: Readonly<Record<string, string>> = {
    config_file: `${beside}/postgresql.conf`,
    hba_file: `${beside}/pg_hba.conf`,
    ident_file: `${beside}/pg_ident.conf`,
    external_pid_file: '',
    listen_addresses: '127.0.0.1',
    port: PORT,
    unix_socket_directories: '',
    ssl: 'off',
    shared_preload_libraries: '',
    session_preload_libraries: '',
    local_preload_libraries: '',
    archive_mode: 'off',
    archive_command: '',
    restore_command: '',
    archive_cleanup_command: '',
    recovery_end_command: '',
    primary_conninfo: '',
    max_logical_replication_workers: '0',
    max_wal_senders: '0',
    autovacuum: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_min_messages: 'warning',
    log_statement: 'none',
    shared_buffers: '128MB',
    huge_pages: 'off',
    jit: 'off',
    max_connections: '20',
    max_prepared_transactions: own('max_prepared_xacts setting', 0),
    max_locks_per_transaction: own('max_locks_per_xact setting', 64),
    restart_after_crash: 'off',
    // A page that is bad is to be found.
    ignore_checksum_failure: 'off',
    zero_damaged_pages: 'off',
    ...(major >= 17 ? { event_triggers: 'off', summarize_wal: 'off' } : {}),
    ...(major >= 18 ? { io_method: 'sync' } : {}),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Rows are read from tables, not from an index. */
const FROM_TABLES = ['enable_indexscan=off', 'enable_indexonlyscan=off', 'enable_bitmapscan=off'];

const LONG = { timeoutMs: LONG_MS };

export async function prove(hands: ProveHands): Promise<readonly Count[]> {
  const major = majorOf(hands.taken.versions['postgresql'] ?? '');
  const tools = toolsOf(hands, major);
  const environment = { LC_ALL: 'C.UTF-8', PGAPPNAME: 'jts-hot' };
  const control = controlOf(await hands.run([tools.of('pg_controldata'), hands.directory], { environment }));
  await hands.write('postgresql.conf', '# All that it needs stands on its command line.\n');
  await hands.write('pg_hba.conf', 'host all all 127.0.0.1/32 trust\n');
  await hands.write('pg_ident.conf', '');
  const at: Reached = {
    psql: tools.of('psql'),
    where: ['-h', '127.0.0.1', '-p', PORT],
    run: hands.ask,
    options: [...NO_LIMIT, ...sessionOptions(major), ...FROM_TABLES],
  };
  await hands.start(
    [tools.of('postgres'), '-D', hands.directory, ...settingsFor(hands.beside, Number(major), control)],
    { environment, timeoutMs: LONG_MS, isReady: () => isReady(at) },
  );
  await requirePosition(at, hands.taken.position);
  const counts = await countAll(at);
  await readTheRest(hands, at, tools);
  // So that it stops soon.
  await query(at, 'checkpoint;', LONG);
  await hands.stop();
  await checkSums(hands, tools, control, environment);
  // All were read; those that nobody counted before are nothing to compare.
  const { before, after } = hands.taken;
  const known = new Set([...before, ...after].map(({ what }) => what));
  return counts.filter(({ what }) => known.has(what));
}

/** As pg_controldata prints it: name and value of each line. */
function controlOf(output: string): ReadonlyMap<string, string> {
  return new Map(
    output.split('\n').flatMap((line) => {
      const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

async function isReady(at: Reached): Promise<boolean> {
  try {
    await query(at, 'select 1;');
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

async function requirePosition(at: Reached, want: string | null): Promise<void> {
  if (want === null) return;
  const [found] = await rows(at, 'select to_json(pg_current_wal_insert_lsn()::text);');
  if (lsnOf(String(found)) >= lsnOf(want)) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_NOT_PROVED', 'cannot restore PostgreSQL as far as it was backed up', {
      detail: `want its log up to ${want}, found its end at ${String(found)}`,
    }),
  ]);
}

/** What a count does not read: values that stand apart from their rows, and indexes. */
async function readTheRest(hands: ProveHands, at: Reached, tools: Tools): Promise<void> {
  const amcheck = tools.ofIfThere('pg_amcheck');
  const [isThere] = await rows(
    at,
    "select to_json(exists (select from pg_available_extensions where name = 'amcheck'));",
  );
  const environment = {
    LC_ALL: 'C.UTF-8',
    PGAPPNAME: 'jts-hot',
    PGOPTIONS: optionsText([...NO_LIMIT, ...sessionOptions(tools.major)]),
  };
  const canCheck = amcheck !== null && isThere === true;
  const argv: Argv = canCheck
    ? [amcheck, ...at.where, '--no-password', '--all', '--install-missing']
    : [tools.of('pg_dumpall'), ...at.where, '--no-password'];
  // What pg_amcheck finds is its output, and belongs into the error.
  const shell = hands.program(['/usr/bin/sh', '/bin/sh'], 'dash');
  const output = canCheck ? '>&2' : '>/dev/null';
  await hands.ask([shell, '-c', `exec "$@" ${output}`, 'sh', ...argv], { ...LONG, environment });
}

/** Of all blocks, also of those that nobody reads: where the cluster has checksums. */
async function checkSums(
  hands: ProveHands,
  tools: Tools,
  control: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const tool = tools.ofIfThere('pg_checksums');
  if (tool === null || (control.get('Data page checksum version') ?? '0') === '0') return;
  await hands.run([tool, '--check', '-D', hands.directory], { ...LONG, environment });
}
