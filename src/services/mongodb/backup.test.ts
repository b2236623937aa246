// What mongodump, mongorestore and mongosh are asked for a backup. A contract: none of them is in reach of the tests. The options are
// those of the tools' sources (mongodump/options.go, mongorestore/options.go, common/options/options.go of mongodb/mongo-tools).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Answers, proveHands, restoreHands, takeHands } from '../../../test/backup-hands.ts';
import { Problem } from '../../messages/diagnostic.ts';
import { backup } from './backup.ts';

const TOOL_OPTIONS = [
  'archive',
  'oplog',
  'host',
  'port',
  'config',
  'version',
  'objcheck',
  'stopOnError',
  'oplogReplay',
];

/** As `mongodump --version` prints it. */
const VERSION =
  'mongodump version: 100.9.4\ngit version: 33bb8a4\nGo version: go1.19.12\n   os: linux\n   arch: amd64\n';
const COUNTS = '["shop.orders",3]\n["shop.people",12]\n';

const answers = (more: Answers = {}): Answers => ({
  run: ([program, ...words]) => {
    if (words.includes('--version')) return VERSION;
    if (!program.endsWith('/mongosh')) return '';
    return words.at(-1)?.includes('ping') ? '1\n' : COUNTS;
  },
  ...more,
});

const codesOf = (act: Promise<unknown>) =>
  act.then(
    () => [],
    (error: unknown) => {
      assert.ok(error instanceof Problem);
      return [error.diagnostics[0]?.code, ...(error.diagnostics[0]?.detail ?? [])];
    },
  );

describe('a backup of MongoDB', () => {
  it('is one file, from standard output, with the oplog of a replica set', async () => {
    const hands = takeHands(answers({ settings: { 'replication.replSetName': 'rs0', 'net.port': '27018' } }));
    const taken = await backup.take(hands);
    const dump = hands.asked.find(({ argv }) => argv.includes('--archive'));
    assert.deepEqual(dump?.argv, [
      ...['/usr/bin/mongodump', '--host=127.0.0.1', '--port=27018', '--archive', '--oplog'],
    ]);
    assert.deepEqual([...hands.made.keys()], ['dump.archive.zst']);
    assert.deepEqual(taken.versions, { mongodump: '100.9.4' });
    assert.deepEqual(taken.limits, []);
    assert.deepEqual(taken.before, [
      { what: 'collection shop.orders', count: 3, isExact: false },
      { what: 'collection shop.people', count: 12, isExact: false },
    ]);
  });

  it('of one that stands alone says that it is of no one moment', async () => {
    const taken = await backup.take(takeHands(answers()));
    assert.match(taken.limits.join(), /of no one moment/);
  });

  it('with accounts takes them from a file, and none is in an argument', async () => {
    const hands = takeHands(answers({ settings: { 'security.authorization': 'enabled' } }));
    const taken = await backup.take(hands);
    const dump = hands.asked.find(({ argv }) => argv.includes('--archive'));
    assert.deepEqual(dump?.argv, ['/usr/bin/mongodump', '--config=/etc/mongodump.yaml', '--archive']);
    assert.match(taken.limits.join(), /not counted/);
  });

  it('with accounts and without that file is refused, with what the file has to say', async () => {
    const settings = { 'security.authorization': 'enabled' };
    const hands = takeHands(
      answers({ settings, run: ([program]) => (program.endsWith('/test') ? undefined : '') }),
    );
    const [code, want] = await codesOf(backup.take(hands));
    assert.deepEqual([code, /uri: mongodb:/.test(want ?? '')], ['E_MONGODB_BACKUP', true]);
    assert.equal(hands.made.size, 0);
  });

  it('of a shard is refused', async () => {
    const hands = takeHands(answers({ settings: { 'sharding.clusterRole': 'shardsvr' } }));
    assert.deepEqual((await codesOf(backup.take(hands)))[0], 'E_MONGODB_BACKUP');
  });

  it('without mongodump names the package of it', async () => {
    const hands = takeHands(
      answers({ program: (patterns) => (/dump/.test(`${patterns}`) ? null : (patterns[0] ?? null)) }),
    );
    assert.deepEqual(await codesOf(backup.take(hands)), ['E_NO_TOOL', 'mongodb-database-tools']);
  });

  it('is proved by a mongod of its own, into which all is loaded, validated and counted', async () => {
    const taken = await backup.take(takeHands(answers({ settings: { 'replication.replSetName': 'rs0' } })));
    const restored = restoreHands(taken, ['dump.archive.zst']);
    await backup.restore(restored);
    assert.deepEqual([...restored.made], [['dump.archive', 'dump.archive.zst']]);

    const hands = proveHands(taken, answers());
    const counts = await backup.prove(hands);
    assert.deepEqual(
      counts.map(({ what, count }) => [what, count]),
      [
        ['collection shop.orders', 3],
        ['collection shop.people', 12],
      ],
    );
    const of = (name: string) =>
      hands.asked.filter(({ argv }) => argv[0] === `/usr/bin/${name}`).map(({ argv }) => argv);
    assert.deepEqual(of('mongod')[0]?.slice(1, 7), [
      ...['--dbpath', '/beside/db', '--bind_ip', '127.0.0.1', '--port', '27017'],
    ]);
    assert.deepEqual(of('mongorestore'), [
      [
        ...['/usr/bin/mongorestore', '--host=127.0.0.1', '--port=27017', '--archive=/restored/dump.archive'],
        ...['--objcheck', '--stopOnError', '--oplogReplay'],
      ],
    ]);
    assert.match(of('mongosh').at(-1)?.at(-1) ?? '', /validate\(\{ full: true \}\)/);
  });

  it('uses only options that the tools have', async () => {
    const hands = takeHands(answers({ settings: { 'replication.replSetName': 'rs0' } }));
    const taken = await backup.take(hands);
    const proof = proveHands(taken, answers());
    await backup.prove(proof);
    const used = [...hands.asked, ...proof.asked]
      .filter(({ argv: [program] }) => /mongo(dump|restore)$/.test(program))
      .flatMap(({ argv: [, ...words] }) => words.map((word) => /^--(\w+)/.exec(word)?.[1] ?? word));
    assert.ok(used.length > 5);
    assert.deepEqual(
      used.filter((name) => !TOOL_OPTIONS.includes(name)),
      [],
    );
  });
});
