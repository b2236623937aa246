// How a restored Redis is proved: a server on it that is a replica of nobody, so that no key expires and nothing is written; all keys
// with their values are read (DEBUG DIGEST). Started twice where there are a snapshot and append-only files.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { formatBytes } from '../../values/size.ts';
import type { Count, ProveHands } from '../backing-up.ts';
import { infoOf, programsOf } from './asking.ts';
import { APPENDED, countsOf, databasesOf, type Kept, keysIn, SNAPSHOT } from './key-counts.ts';
import { type RedisSettings, settingsOf } from './settings.ts';

const PORT = '6379';
const LONG_MS = 6 * 3_600_000;

export async function prove(hands: ProveHands): Promise<readonly Count[]> {
  const settings = settingsOf(hands.taken);
  const program = (name: string) => hands.program([`/usr/bin/${name}`, `/bin/${name}`], 'coreutils');
  const there = (await hands.run([program('ls'), '-A', '--', hands.directory])).split('\n');
  await requireMemory(hands, program('cat'), settings);
  const counts: Count[] = [];
  if (there.includes(settings.dbfilename))
    counts.push(...(await proveOne(hands, { settings, kept: SNAPSHOT })));
  if (there.includes(settings.appenddirname))
    counts.push(...(await proveOne(hands, { settings, kept: APPENDED })));
  return counts;
}

/** It takes as much memory again as the server that works: that one must not be short of it. */
async function requireMemory(hands: ProveHands, cat: string, { memoryBytes }: RedisSettings): Promise<void> {
  const [, available = '0'] =
    /^MemAvailable:\s*(\d+) kB$/m.exec(await hands.run([cat, '/proc/meminfo'])) ?? [];
  const found = Number(available) * 1024;
  const want = Number(memoryBytes) * 1.2;
  if (want <= found) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_REDIS_MEMORY', 'cannot prove a backup of Redis without memory for all of its keys', {
      detail: [`want ${formatBytes(want)} of memory`, `found ${formatBytes(found)} available`],
      hint: 'verify it on a host with more memory, or while less is running',
    }),
  ]);
}

interface Proved {
  readonly settings: RedisSettings;
  readonly kept: Kept;
}

async function proveOne(hands: ProveHands, { settings, kept }: Proved): Promise<readonly Count[]> {
  const configuration = configurationFor(hands, settings, kept);
  const file = await hands.write(kept === SNAPSHOT ? 'snapshot.conf' : 'append-only.conf', configuration);
  const server = hands.program([...ownProgram(settings), ...programsFor(hands, 'server')], 'redis-server');
  await check(hands, server, { settings, kept });
  const cli = hands.program(programsFor(hands, 'cli'), 'redis-tools');
  const ask = (...words: readonly string[]) =>
    hands.ask([cli, '-e', '--raw', '-p', PORT, ...words], { timeoutMs: LONG_MS });
  const isReady = async () => {
    try {
      return (await ask('PING')).trim() === 'PONG';
    } catch (error) {
      // Not there yet, or it says LOADING.
      if (error instanceof Problem) return false;
      throw error;
    }
  };
  await hands.start([server, file], { isReady, timeoutMs: LONG_MS });
  await ask('DEBUG', 'DIGEST');
  const keys = keysIn(infoOf(await ask('INFO', 'keyspace')));
  await hands.stop();
  const wanted = [...hands.taken.before, ...hands.taken.after].filter(({ what }) => what.endsWith(kept));
  requireAny(keys, kept, hands);
  // Of a stopped server nothing was counted, and nothing can be compared.
  if (wanted.length === 0) return [];
  const known = wanted.flatMap(({ what }) => databaseIn(what));
  // One that came and went meanwhile was in neither count.
  const found = wanted.some(({ isExact }) => !isExact) ? [] : databasesOf(keys);
  const databases = [...new Set([...known, ...found])].toSorted((a, b) => a - b);
  return countsOf(keys, { of: kept, databases, isExact: true });
}

function databaseIn(what: string): readonly number[] {
  const [, database] = /^keys of database (\d+) /.exec(what) ?? [];
  return database === undefined ? [] : [Number(database)];
}

/** Where the numbers are no exact ones, nobody else sees that there is nothing at all. */
function requireAny(keys: ReadonlyMap<number, number>, kept: Kept, { taken }: ProveHands): void {
  const sum = (counts: readonly Count[]) =>
    counts.filter(({ what }) => what.endsWith(kept)).reduce((all, { count }) => all + count, 0);
  const wanted = Math.min(sum(taken.before), sum(taken.after));
  if (wanted === 0 || keys.size > 0) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_NOT_PROVED', 'cannot find any key in a restored Redis', {
      detail: `want about ${wanted} in the ${kept}, found none`,
    }),
  ]);
}

/** The one beside the server, which is of its version: it says at which byte a file is broken. */
async function check(hands: ProveHands, server: string, { settings, kept }: Proved): Promise<void> {
  const end = kept === SNAPSHOT ? 'check-rdb' : 'check-aof';
  const program = hands.programIfThere([server.replace(/server$/, end)]);
  if (program === null) return;
  const { dbfilename, appenddirname, appendfilename } = settings;
  const file = kept === SNAPSHOT ? dbfilename : `${appenddirname}/${appendfilename}.manifest`;
  await hands.run([program, `${hands.directory}/${file}`], { timeoutMs: LONG_MS });
}

function ownProgram({ program }: RedisSettings): readonly string[] {
  return program === '' ? [] : [program];
}

/** Of the brand that it is a backup of first. */
function programsFor({ taken }: ProveHands, end: string): readonly string[] {
  return programsOf('valkey' in taken.versions ? '/etc/valkey/' : null, end);
}

function configurationFor({ directory }: ProveHands, settings: RedisSettings, kept: Kept): string {
  const { databases, dbfilename, appenddirname, appendfilename, modules } = settings;
  const lines: readonly (readonly string[])[] = [
    ['port', PORT],
    ['bind', '127.0.0.1'],
    ['daemonize', 'no'],
    ['logfile', ''],
    ['dir', directory],
    ['databases', databases],
    ['dbfilename', kept === SNAPSHOT ? dbfilename : 'none.rdb'],
    ['save', ''],
    ['appendonly', kept === SNAPSHOT ? 'no' : 'yes'],
    ['appenddirname', appenddirname],
    ['appendfilename', appendfilename],
    ['auto-aof-rewrite-percentage', '0'],
    ['replicaof', '127.0.0.1', '1'],
    // Every value is looked through while it is loaded.
    ['sanitize-dump-payload', 'yes'],
    ['enable-debug-command', 'local'],
    // Should memory get short, this one is ended and not the server that works.
    ['oom-score-adj', 'absolute'],
    ['oom-score-adj-values', '1000', '1000', '1000'],
    ...modules
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ['loadmodule', ...line.split(' ')]),
  ];
  return lines.map(([name = '', ...words]) => `${[name, ...words.map(quoted)].join(' ')}\n`).join('');
}

function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, (sign) => `\\${sign}`)}"`;
}
