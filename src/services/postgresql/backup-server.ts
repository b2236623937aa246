// Owns how a server of PostgreSQL is asked while it is backed up or proved: which programs, by which socket, as JSON.
// Must not change anything on it.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { bytesOfText } from '../../values/content.ts';
import { quote } from '../../values/quote.ts';
import type { Argv, AskHands, RunMore } from '../backing-up.ts';

/** Debian's and PGDG's directories of one version, what its makers install, and where there is only one version. */
function placesOf(program: string, major: string): readonly string[] {
  return [
    `/usr/lib/postgresql/${major}/bin/${program}`,
    `/usr/pgsql-${major}/bin/${program}`,
    `/usr/local/pgsql/bin/${program}`,
    `/usr/bin/${program}`,
  ];
}

export interface Tools {
  readonly major: string;
  /** Of its own version; throws a Problem that names the package. */
  readonly of: (program: string) => string;
  readonly ofIfThere: (program: string) => string | null;
}

/** Debian's `/usr/bin/psql` and others are this script, which takes the version that it thinks right. */
const WRAPPER = '/usr/share/postgresql-common/pg_wrapper';
const OF_SERVER: readonly string[] = ['postgres', 'pg_controldata', 'pg_checksums'];

export function toolsOf(hands: Pick<AskHands, 'program' | 'programIfThere'>, major: string): Tools {
  const isWrapped = hands.programIfThere([WRAPPER]) !== null;
  const places = (program: string) =>
    placesOf(program, major).filter((path) => !isWrapped || !path.startsWith('/usr/bin/'));
  return {
    major,
    of: (program) =>
      hands.program(
        places(program),
        OF_SERVER.includes(program) ? `postgresql-${major}` : `postgresql-client-${major}`,
      ),
    ofIfThere: (program) => hands.programIfThere(places(program)),
  };
}

/** `15` of `15.20 (Debian 15.20-0+deb12u1)`. Before version 10 it had two numbers; such servers cannot be backed up this way. */
export function majorOf(version: string): string {
  return /^(\d+)/.exec(version)?.[1] ?? '';
}

/** How psql reaches it; `database` is the one it is in. */
export interface Reached {
  readonly psql: string;
  /** `-h`, `-p`. */
  readonly where: readonly string[];
  readonly run: (argv: Argv, more?: RunMore) => Promise<string>;
  /** What a session is told before anything that a database or a role is set to. */
  readonly options: readonly string[];
}

/**
 * Answers what psql prints of `sql`, which it reads from its standard input. Without `isStrict` a statement that fails is
 * passed over: its table has gone meanwhile.
 */
export function query(
  at: Reached,
  sql: string,
  {
    database = 'postgres',
    isStrict = true,
    timeoutMs,
  }: { readonly database?: string; readonly isStrict?: boolean; readonly timeoutMs?: number } = {},
): Promise<string> {
  const strict = isStrict ? ['-v', 'ON_ERROR_STOP=1'] : [];
  return at.run([at.psql, '-XAtqw', ...strict, ...at.where, '-f', '-'], {
    // A name in an option could be read as a connection string.
    environment: {
      PGDATABASE: database,
      PGOPTIONS: optionsText(at.options),
      PGAPPNAME: 'jts-hot',
      LC_ALL: 'C.UTF-8',
    },
    input: `${sql}\n`,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

/** Each line of what it prints, as JSON. */
export async function rows(
  at: Reached,
  sql: string,
  more?: Parameters<typeof query>[2],
): Promise<readonly unknown[]> {
  const text = await query(at, sql, more);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

/** Whatever a database or a role is set to, and whatever it does at a login. */
export function sessionOptions(major: string): readonly string[] {
  return [
    'row_security=off',
    'search_path=pg_catalog',
    'session_preload_libraries=',
    'local_preload_libraries=',
    ...(Number(major) >= 17 ? ['event_triggers=off'] : []),
  ];
}

/** Sooner given up than in the way of others. */
const NOT_HELD_UP = ['statement_timeout=60s', 'lock_timeout=2s'];
/** One that is proved has no others. */
export const NO_LIMIT = ['statement_timeout=0', 'lock_timeout=0'];

export function optionsText(options: readonly string[]): string {
  return options.map((one) => `-c ${one}`).join(' ');
}

/** One that runs, as `postmaster.pid` says where. Throws a Problem where that is not there, or another server answers. */
export async function reach(hands: AskHands): Promise<Reached & { readonly tools: Tools }> {
  // What its user can write is shown as little as it is believed.
  const major = majorOf(hands.text('PG_VERSION') ?? '');
  const tools = toolsOf(hands, major);
  const [, , , port = '', socket = ''] = hands.text('postmaster.pid')?.split('\n') ?? [];
  if (!/^\d+$/.test(port) || !socket.startsWith('/'))
    throw new Problem(EXIT.failed, [
      diagnostic('E_NO_SOCKET', 'cannot ask PostgreSQL: it says no socket', {
        detail: `want a directory of a socket in the fifth line of postmaster.pid, found ${quote(socket)}`,
        at: `${hands.place}/postmaster.pid`,
        hint: 'set unix_socket_directories in its configuration, and start it again',
      }),
    ]);
  const at = {
    psql: tools.of('psql'),
    where: ['-h', socket, '-p', port],
    run: hands.run,
    options: [...NOT_HELD_UP, ...sessionOptions(major)],
    tools,
  };
  const [answering] = await rows(at, 'select to_json(system_identifier::text) from pg_control_system()');
  const control = hands.text('global/pg_control');
  const own = control === null ? '' : String(bytesOfText(control).readBigUInt64LE());
  if (answering !== own)
    throw new Problem(EXIT.failed, [
      diagnostic('E_OTHER_SERVER', 'refusing to back up another PostgreSQL than the one that was meant', {
        detail: `want the system identifier ${own} of ${hands.place}, found ${quote(String(answering))} at ${quote(socket)}`,
        at: hands.place,
      }),
    ]);
  return at;
}

/** `0/2000120`, to be compared. */
export function lsnOf(text: string): bigint {
  const [, high, low] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text.trim()) ?? [];
  if (high === undefined || low === undefined) throw new Error(`not a position in the log: ${text}`);
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** For what takes as long as the data is large; a timer knows no more than 24 days. */
export const LONG_MS = 20 * 24 * 3_600_000;
