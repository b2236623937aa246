// How MongoDB is backed up: mongodump into one file, with the oplog of a replica set; proved by mongorestore into a mongod of its
// own. Never run here: no registry in reach has these programs; what they take is from their documentation and their sources.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Argv, AskHands, BackupFacet, Count, ProveHands, TakeHands, Taken } from '../backing-up.ts';

/** Where an account, its password and TLS stand: `uri: mongodb://…`, root's, and for mongod's group to read. */
const CONFIG = '/etc/mongodump.yaml';
const ARCHIVE = 'dump.archive';
const LONG_MS = 24 * 3_600_000;
const PORT = 27_017;
const MONGODUMP = ['/usr/bin/mongodump', '/usr/local/bin/mongodump'];
const TOOLS = 'mongodb-database-tools';
const SHELL = 'mongodb-mongosh';

export const backup: BackupFacet = {
  wants: 'running',
  async estimate({ measure, program }) {
    program(MONGODUMP, TOOLS);
    return { bytes: await measure(''), says: 'mongodump into one file, compressed', isCompressed: true };
  },
  take,
  // Documents, of which only a server makes a data directory.
  restore: ({ files, put }) => put(files.find((file) => file.startsWith(ARCHIVE)) ?? ARCHIVE, ARCHIVE),
  prove,
  keepsOwners: false,
  afterRestore: [
    `${ARCHIVE} is no data directory: start mongod on an empty one, then load it:`,
    `mongorestore --archive=${ARCHIVE}, of a replica set with --oplogReplay`,
  ],
};

async function take(hands: TakeHands): Promise<Taken> {
  const { told } = hands;
  if (told('sharding', 'clusterRole') !== null || told('sharding', 'configDB') !== null)
    throw refused('cannot back up a MongoDB that is part of a sharded cluster', {
      detail: 'want one that stands alone or a replica set, found sharding in its configuration',
      hint: 'back up the whole cluster with its own tools: one shard alone has no moment in common with the others',
    });
  const dump = hands.program(MONGODUMP, TOOLS);
  const reach = await howToReach(hands);
  const hasOplog = told('replication', 'replSetName') !== null;
  const before = await counted(hands, reach);
  const oplog = hasOplog ? ['--oplog'] : [];
  await hands.stream(ARCHIVE, [dump, ...reach, '--archive', ...oplog], { timeoutMs: LONG_MS });
  const after = await counted(hands, reach);
  const version = /version: (\S+)/.exec(await hands.run([dump, '--version']))?.[1] ?? '?';
  return {
    tool: 'mongodump',
    versions: { mongodump: version },
    position: null,
    parent: null,
    before: before ?? [],
    after: after ?? [],
    limits: [
      ...(hasOplog
        ? []
        : [
            'of no one moment: without a replica set there is no oplog, and what is written meanwhile may be in it or not',
          ]),
      ...(before === null || after === null
        ? ['documents were not counted: no mongosh that may ask it']
        : []),
    ],
    elsewhere: null,
    settings: { oplog: hasOplog ? 'yes' : 'no' },
  };
}

/** Options that mongodump finds the server by. A password is never among them. */
async function howToReach({ told, run, program }: AskHands): Promise<readonly string[]> {
  const needsAccount =
    told('security', 'authorization') === 'enabled' || told('security', 'keyFile') !== null;
  const needsTls = told('net', 'tls', 'mode') === 'requireTLS' || told('net', 'ssl', 'mode') === 'requireSSL';
  if (!needsAccount && !needsTls)
    return ['--host=127.0.0.1', `--port=${String(told('net', 'port') ?? PORT)}`];
  try {
    await run([program(['/usr/bin/test'], 'coreutils'), '-r', CONFIG]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw refused('cannot ask MongoDB without an account of it', {
      detail: [
        `want ${CONFIG} with a line \`uri: mongodb://USER:PASSWORD@127.0.0.1/?authSource=admin\``,
        'found none that its user can read',
      ],
      hint: 'make it for a user with the role backup, owned by root, of the group of mongod, mode 0640',
    });
  }
  return [`--config=${CONFIG}`];
}

/** From what the server remembers: fast, and wrong after a crash. null: it cannot be asked. */
async function counted(hands: TakeHands, reach: readonly string[]): Promise<readonly Count[] | null> {
  const shell = hands.programIfThere(['/usr/bin/mongosh']);
  // An account would stand in its arguments.
  if (shell === null || reach.some((option) => option.startsWith('--config='))) return null;
  const port = String(hands.told('net', 'port') ?? PORT);
  return countsIn(
    await hands.run([shell, ...QUIETLY, '--port', port, '--eval', script('estimatedDocumentCount()')]),
    false,
  );
}

const QUIETLY = ['--quiet', '--norc', '--host', '127.0.0.1'] as const;

/** A line for each collection; `local` is the server's own, and views have no documents. */
function script(count: string, each = ''): string {
  return `db.getMongo().getDBNames().filter((name) => name !== 'local' && name !== 'config').forEach((name) => {
  const database = db.getSiblingDB(name);
  database.getCollectionInfos({ type: 'collection' }).forEach((one) => {
    if (one.name.startsWith('system.')) return;
    const collection = database.getCollection(one.name);
    ${each}
    print(JSON.stringify([name + '.' + one.name, Number(collection.${count})]));
  });
});`;
}

const VALIDATE = `const found = collection.validate({ full: true });
    if (!found.valid) { print('broken ' + name + '.' + one.name + ': ' + found.errors.join(', ')); quit(1); }`;

function countsIn(output: string, isExact: boolean): readonly Count[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => JSON.parse(line) as readonly [string, number])
    .map(([name, count]) => ({ what: `collection ${name}`, count, isExact }));
}

async function prove(hands: ProveHands): Promise<readonly Count[]> {
  const { directory, beside } = hands;
  const server = hands.program(['/usr/bin/mongod'], 'mongodb-org-server');
  const restore = hands.program(['/usr/bin/mongorestore'], TOOLS);
  const shell = hands.program(['/usr/bin/mongosh'], SHELL);
  const ask = (script: string) =>
    hands.ask([shell, ...QUIETLY, '--port', `${PORT}`, '--eval', script], { timeoutMs: LONG_MS });
  await hands.run([hands.program(['/usr/bin/mkdir', '/bin/mkdir'], 'coreutils'), '--', `${beside}/db`]);
  const argv: Argv = [
    server,
    ...['--dbpath', `${beside}/db`, '--bind_ip', '127.0.0.1', '--port', `${PORT}`, '--nounixsocket'],
    // Beside a server that works, and may have taken most of the memory.
    ...['--wiredTigerCacheSizeGB', '0.5'],
  ];
  await hands.start(argv, {
    isReady: async () => {
      try {
        return (await ask('print(db.adminCommand({ ping: 1 }).ok)')).trim() === '1';
      } catch (error) {
        if (error instanceof Problem) return false;
        throw error;
      }
    },
  });
  const oplog = hands.taken.settings?.['oplog'] === 'yes' ? ['--oplogReplay'] : [];
  await hands.ask(
    [
      restore,
      ...['--host=127.0.0.1', `--port=${PORT}`, `--archive=${directory}/${ARCHIVE}`],
      ...['--objcheck', '--stopOnError', ...oplog],
    ],
    { timeoutMs: LONG_MS },
  );
  const counts = countsIn(await ask(script('countDocuments({})', VALIDATE)), true);
  await hands.stop();
  return counts;
}

function refused(summary: string, more: Parameters<typeof diagnostic>[2]): Problem {
  return new Problem(EXIT.failed, [diagnostic('E_MONGODB_BACKUP', summary, more)]);
}
