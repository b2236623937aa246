// How Redis and Valkey are backed up: a snapshot as a replica is given one (redis-cli --rdb), and the append-only files as they are.
// Changes nothing on the server.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Argv, AskHands, BackupFacet, Count, RestoreHands, TakeHands, Taken } from '../backing-up.ts';
import { copiedIn, copyAppendOnly, layOutCopied, layOutFromSnapshot } from './append-only.ts';
import { type Client, clientOf, textOf } from './asking.ts';
import { APPENDED, countsOf, databasesOf, type Look, look, onlyGrew, SNAPSHOT } from './key-counts.ts';
import { prove } from './proof.ts';
import { settingsAsked, settingsOf, settingsTold } from './settings.ts';

export const backup: BackupFacet = {
  wants: 'either',
  estimate,
  take: (hands) => (hands.isRunning ? takeRunning(hands) : takeStopped(hands)),
  restore,
  prove,
  keepsOwners: false,
  afterRestore: [
    'With `appendonly no` it loads the snapshot, with `yes` appendonlydir alone.',
    'Without appendonlydir start it with `no`, or it is empty; then switch it on:',
    'redis-cli CONFIG SET appendonly yes',
  ],
};

const SNAPSHOT_FILE = 'snapshot.rdb';
const STOPPED_ARCHIVE = 'data';
const LONG_MS = 24 * 3_600_000;

async function estimate(hands: AskHands) {
  if (!hands.isRunning)
    return {
      bytes: await hands.measure(''),
      says: 'its files, while it is stopped, compressed',
      isCompressed: true,
    };
  const { info } = await look(await clientOf(hands));
  const dataset = Number(info.get('used_memory_dataset') ?? info.get('used_memory') ?? 0);
  const writesAppendOnly = info.get('aof_enabled') === '1';
  return {
    bytes: dataset + (writesAppendOnly ? Number(info.get('aof_current_size') ?? 0) : 0),
    says: `redis-cli --rdb${writesAppendOnly ? ' and the append-only files' : ''}, compressed`,
    isCompressed: true,
  };
}

async function takeRunning(hands: TakeHands): Promise<Taken> {
  const client = await clientOf(hands);
  const before = await look(client);
  requireData(before);
  const settings = await settingsAsked(hands, client, before);
  const { argv, environment } = client;
  await hands.stream(SNAPSHOT_FILE, [...argv, '--rdb', '-'] as unknown as Argv, {
    environment,
    timeoutMs: LONG_MS,
  });
  const missing =
    before.info.get('aof_enabled') === '1'
      ? await copyAppendOnly(hands, { client, directory: settings.appenddirname })
      : 'none';
  const after = await look(client);
  const isExact = onlyGrew(before, after, await writingCommands(client));
  const databases = databasesOf(before.keys, after.keys);
  const counted = ({ keys }: Look): readonly Count[] => [
    ...countsOf(keys, { of: SNAPSHOT, databases, isExact }),
    ...(missing === null ? countsOf(keys, { of: APPENDED, databases, isExact }) : []),
  ];
  const [name, version] = serverOf(after);
  return {
    tool: 'redis-cli --rdb',
    versions: { 'redis-cli': await versionOfClient(hands, client), [name]: version },
    position: positionOf(before, after),
    parent: null,
    before: counted(before),
    after: counted(after),
    limits: [
      ...limitsOf(hands, after),
      ...(isExact
        ? []
        : [
            'keys were deleted or expired meanwhile: how many there were at the moment of the snapshot is not known',
          ]),
      ...(missing === null || missing === 'none' ? [] : [`without append-only files: ${missing}`]),
    ],
    elsewhere: null,
    settings: { ...settings },
  };
}

/** A server that would give an empty or a half snapshot. */
function requireData({ info }: Look): void {
  const isSentinel = [info.get('redis_mode'), info.get('server_mode')].includes('sentinel');
  const found = isSentinel
    ? 'a sentinel, which has no data'
    : info.get('loading') === '1' || info.get('async_loading') === '1'
      ? 'one that is still loading its data'
      : info.get('master_sync_in_progress') === '1'
        ? 'a replica that is still being given its data'
        : info.get('role') === 'slave' && info.get('master_link_status') !== 'up'
          ? 'a replica without a link to its master, which gives no snapshot'
          : null;
  if (found === null) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_REDIS_NOT_WHOLE', 'cannot back up this Redis now', {
      detail: `want a server with all of its data, found ${found}`,
      hint: isSentinel ? 'back up the servers that it watches' : 'wait until it has its data: redis-cli INFO',
    }),
  ]);
}

/** COMMAND may be forbidden: then any command may have made keys fewer. */
async function writingCommands(client: Client): Promise<readonly string[] | null> {
  try {
    return (await client.ask('COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'write')).split('\n').filter(Boolean);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function serverOf({ info }: Look): readonly [string, string] {
  const valkey = info.get('valkey_version');
  return valkey === undefined ? ['redis', info.get('redis_version') ?? '?'] : ['valkey', valkey];
}

async function versionOfClient(hands: TakeHands, { argv }: Client): Promise<string> {
  return (await hands.run([argv[0], '--version'])).trim().replace(/^\S+ /, '');
}

/** At least up to there. The first replica ever gives the log a new id, and its numbers go on. */
function positionOf(before: Look, after: Look): string | null {
  const [id, offset] = [after.info.get('master_replid'), before.info.get('master_repl_offset')];
  const isSameLog = id === before.info.get('master_replid') || before.info.get('repl_backlog_active') === '0';
  const position = `${id}:${offset}`;
  return isSameLog && /^\w+:\d+$/.test(position) ? position : null;
}

function limitsOf(hands: TakeHands, { info }: Look): readonly string[] {
  const limits: string[] = [];
  if (info.get('cluster_enabled') === '1')
    limits.push('one node of a cluster: the keys of its own slots, without nodes.conf; back up each master');
  if (info.get('role') === 'slave')
    limits.push(
      `a replica of ${info.get('master_host')}: as far as it had come, which may be behind its master`,
    );
  const users = textOf(hands.told('aclfile'));
  if (users !== null && users !== '') limits.push(`without the users in ${users}`);
  return limits;
}

/** An orderly stop leaves a snapshot where `save` says so, and append-only files. */
async function takeStopped(hands: TakeHands): Promise<Taken> {
  const settings = settingsTold(hands);
  const { appenddirname, dbfilename } = settings;
  const there = hands.names('');
  const names = [dbfilename, ...(settings.appendonly === 'yes' ? [appenddirname] : [])].filter((name) =>
    there.includes(name),
  );
  if (names.length > 0) await hands.archive(STOPPED_ARCHIVE, { place: hands.place, names });
  const hasAppended = settings.appendonly !== 'yes' || names.includes(appenddirname);
  return {
    tool: 'tar',
    versions: {},
    position: null,
    parent: null,
    before: [],
    after: [],
    limits: [
      'taken while it was stopped: as it was when it last wrote its files; keys were not counted',
      ...(names.length > 0 ? [] : ['no snapshot and no append-only files were there']),
      ...(hasAppended ? [] : [`without append-only files: no ${appenddirname} is there`]),
    ],
    elsewhere: null,
    settings: { ...settings },
  };
}

async function restore(hands: RestoreHands): Promise<void> {
  const settings = settingsOf(hands.taken);
  const { files } = hands;
  const stopped = files.find((file) => file.startsWith(`${STOPPED_ARCHIVE}.tar`));
  if (stopped !== undefined) return hands.extract(stopped, '');
  const snapshot = files.find((file) => file.startsWith(SNAPSHOT_FILE));
  if (snapshot === undefined) return;
  const layOut = (below: string) => layOutSnapshot(hands, snapshot, below);
  await layOut(settings.dbfilename);
  if (settings.appendonly !== 'yes') return;
  const names = { directory: settings.appenddirname, file: settings.appendfilename };
  const copied = copiedIn(files);
  if (copied === null) await layOutFromSnapshot(hands, names, layOut);
  else await layOutCopied(hands, copied, names);
}

/** 40 digits, random for each snapshot. */
const END_MARK = /^[0-9a-f]{40}$/;

/**
 * Where the server does not know the length of a snapshot before it begins to send it, a mark stands after its end, which redis-cli
 * leaves in what it writes to standard output. As part of an append-only file it would be taken for commands. A snapshot itself
 * ends in 0xff and eight bytes: never in such digits alone.
 */
async function layOutSnapshot(hands: RestoreHands, snapshot: string, below: string): Promise<void> {
  await hands.put(snapshot, below);
  const program = (name: string) => hands.program([`/usr/bin/${name}`, `/bin/${name}`], 'coreutils');
  const path = `${hands.directory}/${below}`;
  const end = await hands.run([program('tail'), '-c', '40', '--', path]);
  if (END_MARK.test(end)) await hands.run([program('truncate'), '--size=-40', '--', path]);
}
