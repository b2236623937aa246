// Owns how a ClickHouse server is asked by its own client: where, with which password, how its answers are read.
// Must not know what it is asked.
import { loadFormat } from '../../formats/index.ts';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Argv, AskHands, RunMore } from '../backing-up.ts';

export const HOUR_MS = 3_600_000;
/** A query that only changes something on the disk says nothing for a long time; the client gives up after 5 minutes. */
const PATIENCE_SECONDS = 24 * 3600;
/** From here on it takes a password from its environment. */
const ENVIRONMENT_SINCE = 21;

export type Row = readonly (string | number | readonly string[] | null)[];

export interface Client {
  /** Of the server: `18.16.1`. */
  readonly version: string;
  readonly clientVersion: string;
  /** The rows of each of these queries: a start of the client for all. */
  readonly rows: (queries: readonly string[]) => Promise<readonly (readonly Row[])[]>;
  /** One query or several, with a semicolon between two. */
  readonly run: (query: string) => Promise<string>;
  /** As the service's user, for a tool that runs longer. */
  readonly call: (query: string) => { readonly argv: Argv; readonly more: RunMore };
}

type Reached = Pick<AskHands, 'run' | 'told' | 'names' | 'text' | 'program'>;

export async function clientOf(hands: Reached): Promise<Client> {
  const { told } = hands;
  const program = clientProgram(hands);
  const [clientVersion = '0'] =
    /\d+(\.\d+)+/.exec(await hands.run([program[0], ...program.slice(1), '--version'])) ?? [];
  const password = await passwordOf(hands);
  const words = [...program, ...placeWords(told), ...LASTING];
  const call = (query: string) => withPassword(words, query, { password, clientVersion });
  const run = async (query: string) => {
    const { argv, more } = call(query);
    try {
      return await hands.run(argv, more);
    } catch (error) {
      throw password === null && isAboutPassword(error) ? noPassword(error as Problem) : error;
    }
  };
  const rows = async (queries: readonly string[]) =>
    rowsOf(await run(queries.map((query) => `${query} ${ROWS}`).join('; ')));
  const [[[version] = []] = []] = await rows(['SELECT version()']);
  return { version: String(version), clientVersion, rows, run, call };
}

export function clientProgram({ program }: Pick<AskHands, 'program'>): Argv {
  const file = program(['/usr/bin/clickhouse-client', '/usr/bin/clickhouse'], 'clickhouse-client');
  return file.endsWith('/clickhouse') ? [file, 'client'] : [file];
}

/** Several queries may stand in one. */
const LASTING = [`--receive_timeout=${PATIENCE_SECONDS}`, '--multiquery'];
const ANY_ADDRESS = ['::', '::1', '0.0.0.0', '127.0.0.1', 'localhost'];

/** Where it listens, as its files say. */
function placeWords(told: AskHands['told']): readonly string[] {
  const [plain, secure] = [told('clickhouse', 'tcp_port'), told('clickhouse', 'tcp_port_secure')];
  const port = plain ?? secure ?? 9000;
  const host = told('clickhouse', 'listen_host');
  return [
    ...(typeof host === 'string' && !ANY_ADDRESS.includes(host) ? ['--host', host] : []),
    '--port',
    String(port),
    ...(plain === null && secure !== null ? ['--secure'] : []),
  ];
}

/** An old client takes one only as a word, which all can see, or from a file: one that nobody but the user can open. */
function withPassword(
  words: readonly string[],
  query: string,
  { password, clientVersion }: { readonly password: string | null; readonly clientVersion: string },
): { readonly argv: Argv; readonly more: RunMore } {
  const argv = [...words, '--query', query] as unknown as Argv;
  const more = { timeoutMs: 24 * HOUR_MS };
  if (password === null) return { argv, more };
  if (majorOf(clientVersion) >= ENVIRONMENT_SINCE)
    return { argv, more: { ...more, environment: { CLICKHOUSE_PASSWORD: password } } };
  const [program, ...rest] = argv;
  const script = 'printf %s "$CONFIG" | "$0" --config-file=/dev/stdin "$@"';
  const config = `<config><user>default</user><password>${escaped(password)}</password></config>`;
  return { argv: ['sh', '-c', script, program, ...rest], more: { ...more, environment: { CONFIG: config } } };
}

/** Of the user `default`, where its files say one that can be read: in the configuration, or as the server has put it together. */
async function passwordOf({ told, names, text }: Reached): Promise<string | null> {
  const said = told('clickhouse', 'users', 'default', 'password');
  if (said !== null) return said === '' ? null : String(said);
  const xml = await loadFormat('xml');
  for (const name of names('preprocessed_configs')) {
    if (!name.endsWith('users.xml')) continue;
    const read = text(`preprocessed_configs/${name}`);
    if (read === null) continue;
    const found = xml.read(read).find(({ key }) => key.slice(1).join('/') === 'users/default/password');
    if (found !== undefined && found.value !== '') return String(found.value);
  }
  return null;
}

export const ROWS = 'FORMAT JSONCompact';

/** Of several answers, each ends with a brace of its own at the begin of a line. */
export function rowsOf(said: string): readonly (readonly Row[])[] {
  return said
    .split(/(?<=^\})$/m)
    .filter((json) => json.trim() !== '')
    .map((json) => (JSON.parse(json) as { readonly data: readonly Row[] }).data);
}

export function majorOf(version: string): number {
  return Number(version.split('.')[0]);
}

/** As a name in a query. */
export function named(...parts: readonly string[]): string {
  return parts.map((part) => `\`${part.replace(/[\\`]/g, '\\$&')}\``).join('.');
}

export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Codes 192 to 194 and 516 of the server. */
function isAboutPassword(error: unknown): boolean {
  return error instanceof Problem && /Code: (19[234]|516)\b/.test(error.message);
}

function noPassword(error: Problem): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NO_PASSWORD', 'cannot ask a server that wants a password', {
      at: 'service clickhouse',
      detail: error.diagnostics.flatMap(({ detail }) => detail).filter((line) => line.includes('Code: ')),
      hint: 'write <user> and <password> into /etc/clickhouse-client/config.xml, for root and its group clickhouse alone',
    }),
  ]);
}
