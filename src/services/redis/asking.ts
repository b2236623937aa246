// How a Redis or a Valkey that runs is asked by redis-cli: where it listens, as who, what INFO and CONFIG GET say.
// Must not put a password into an argument, nor change a setting.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Argv, AskHands } from '../backing-up.ts';
import type { Told } from '../question.ts';

/** How its client reaches it. */
export interface Client {
  readonly argv: Argv;
  readonly environment: Readonly<Record<string, string>>;
  /** Of an answer without quotes. */
  readonly ask: (...words: readonly string[]) => Promise<string>;
  /** The same as JSON. */
  readonly askJson: (...words: readonly string[]) => Promise<unknown>;
  /** What CONFIG GET says, else its files; `usual` where neither does. */
  readonly setting: (name: string, usual: string) => Promise<string>;
}

export const SERVER_NAMES = ['redis-server', 'valkey-server'] as const;

/** Where programs of Redis are, by the end of their name: `cli`, `server`. Those of Valkey first where its file says so. */
export function programsOf(file: string | null, end: string): readonly string[] {
  const brands = file?.startsWith('/etc/valkey/') ? ['valkey', 'redis'] : ['redis', 'valkey'];
  return brands.flatMap((brand) => ['/usr/bin', '/usr/local/bin'].map((at) => `${at}/${brand}-${end}`));
}

interface Account {
  readonly user: string | null;
  readonly password: string | null;
}

/** Throws a Problem where no account that its files name may ask it. */
export async function clientOf(hands: Pick<AskHands, 'file' | 'told' | 'program' | 'run'>): Promise<Client> {
  const program = hands.program(programsOf(hands.file, 'cli'), 'redis-tools');
  const place = placeOf(hands.told);
  let refusal: unknown;
  for (const account of accountsOf(hands.told)) {
    const client = clientAs({ hands, argv: [program, '-e', ...place], account });
    try {
      await client.ask('INFO', 'server');
      return client;
    } catch (error) {
      refusal = error;
    }
  }
  const why = refusal instanceof Problem ? refusal.diagnostics.flatMap(({ detail }) => detail) : [];
  throw new Problem(EXIT.failed, [
    diagnostic('E_REDIS_ASKED', 'cannot ask Redis', {
      detail: ['want an answer to INFO, by an account that its configuration names', ...why],
      hint: 'requirepass, a `user` line with a password, or masteruser and masterauth (a user with +sync +psync +replconf +info +config|get) make it possible',
    }),
  ]);
}

function clientAs({
  hands,
  argv,
  account: { user, password },
}: {
  readonly hands: Pick<AskHands, 'told' | 'run'>;
  readonly argv: Argv;
  readonly account: Account;
}): Client {
  const words: Argv = [...argv, ...(user === null ? [] : ['--user', user])] as unknown as Argv;
  const environment = password === null ? {} : { REDISCLI_AUTH: password };
  const ask: Client['ask'] = (...more) =>
    hands.run([...words, '--raw', ...more] as unknown as Argv, { environment, timeoutMs: ANSWER_MS });
  return {
    argv: words,
    environment,
    ask,
    async askJson(...more) {
      const argv = [...words, '--json', ...more] as unknown as Argv;
      return JSON.parse(await hands.run(argv, { environment, timeoutMs: ANSWER_MS }));
    },
    async setting(name, usual) {
      try {
        const [, ...value] = (await ask('CONFIG', 'GET', name)).split('\n');
        if (value[0] !== undefined) return value[0];
      } catch (error) {
        // Renamed, or not allowed.
        if (!(error instanceof Problem)) throw error;
      }
      return textOf(hands.told(name)) ?? usual;
    },
  };
}

/** Long for an answer: a process that forks a large heap stands still for a while. */
const ANSWER_MS = 60_000;

/** By port as the question where its data is, then by socket, then by TLS. */
function placeOf(told: Told): readonly string[] {
  const port = textOf(told('port')) ?? '6379';
  if (port !== '0') return ['-h', addressOf(told), '-p', port];
  const socket = textOf(told('unixsocket'));
  if (socket !== null) return ['-s', socket];
  const tlsPort = textOf(told('tls-port')) ?? '0';
  if (tlsPort === '0')
    throw new Problem(EXIT.failed, [
      diagnostic('E_REDIS_SILENT', 'cannot reach Redis: it listens nowhere', {
        detail: 'want port, unixsocket or tls-port, found port 0 and neither of the others',
        hint: 'give it a unixsocket in its configuration',
      }),
    ]);
  const keyPassword = told('tls-client-key-file-pass') ?? told('tls-key-file-pass');
  if (keyPassword !== null)
    throw new Problem(EXIT.failed, [
      diagnostic('E_REDIS_TLS_KEY', 'cannot ask Redis by TLS with a key that has a password', {
        detail: 'want a key that redis-cli can read, which takes no password for one',
        hint: 'give it a unixsocket in its configuration',
      }),
    ]);
  const file = (flag: string, ...names: readonly string[]) => {
    const [first] = names.map((name) => textOf(told(name))).filter((path) => path !== null && path !== '');
    return first === undefined || first === null ? [] : [flag, first];
  };
  return [
    '--tls',
    ...['-h', addressOf(told), '-p', tlsPort],
    ...file('--cacert', 'tls-ca-cert-file'),
    ...file('--cacertdir', 'tls-ca-cert-dir'),
    ...file('--cert', 'tls-client-cert-file', 'tls-cert-file'),
    ...file('--key', 'tls-client-key-file', 'tls-key-file'),
  ];
}

const HERE = ['127.0.0.1', '0.0.0.0', '*', 'localhost'];

/** `-` before an address: it may be missing. */
function addressOf(told: Told): string {
  const all = wordsOf(told('bind')).map((word) => word.replace(/^-/, ''));
  if (all.length === 0 || all.some((word) => HERE.includes(word))) return '127.0.0.1';
  const [first = ''] = all;
  return first === '::*' || first === '::' ? '::1' : first;
}

/** Those that its files name, the likeliest first. */
function accountsOf(told: Told): readonly Account[] {
  const accounts: Account[] = [];
  const add = (user: string | null, password: string | null) => accounts.push({ user, password });
  const password = textOf(told('requirepass'));
  if (password !== null && password !== '') add(null, password);
  const [user, ...rules] = wordsOf(told('user'));
  const plain = rules.find((rule) => rule.startsWith('>'));
  if (user !== undefined && plain !== undefined) add(user, plain.slice(1));
  const replication = textOf(told('masterauth'));
  if (replication !== null) add(textOf(told('masteruser')), replication);
  add(null, null);
  return accounts;
}

export function textOf(value: ReturnType<Told>): string | null {
  return value === null ? null : wordsOf(value).join(' ');
}

export function wordsOf(value: ReturnType<Told>): readonly string[] {
  if (value === null) return [];
  return typeof value === 'object' ? value : String(value).split(/\s+/);
}

/** `name:value` a line. */
export function infoOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => /^[^#:]+:/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}
