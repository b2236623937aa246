// What redis-cli is asked for a backup, by which account, which append-only files are taken, and which counts hold. With the real
// servers: test/servers/backup-redis.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Answers, proveHands, restoreHands, takeHands } from '../../../test/backup-hands.ts';
import { Problem } from '../../messages/diagnostic.ts';
import type { Taken } from '../backing-up.ts';
import { backup } from './backup.ts';

const MANIFEST = [
  'file appendonly.aof.2.base.rdb seq 2 type b',
  'file appendonly.aof.1.incr.aof seq 1 type h',
  // As Redis 8 writes it.
  'file appendonly.aof.2.incr.aof seq 2 type i startoffset 700',
  '',
].join('\n');

const INFO = {
  redis_version: '7.0.15',
  redis_mode: 'standalone',
  executable: '/usr/bin/redis-server',
  role: 'master',
  aof_enabled: '0',
  master_replid: 'a1',
  master_repl_offset: '700',
  used_memory: '1000000',
  used_memory_dataset: '5000',
  cmdstat_set: 'calls=5,usec=1',
  db0: 'keys=5,expires=0,avg_ttl=0',
} as const;

interface Server {
  readonly info?: Readonly<Record<string, string>>;
  /** What a second look finds. */
  readonly later?: Readonly<Record<string, string>>;
  /** null: everybody. */
  readonly password?: string | null;
  readonly manifests?: readonly string[];
}

function answering(server: Server, more: Answers = {}): Answers {
  let looks = 0;
  return {
    ...more,
    run(argv, environment) {
      const [program, ...words] = argv;
      if (words.includes('--version')) return 'redis-cli 7.0.15\n';
      if (!program.endsWith('-cli')) return '';
      if ((server.password ?? null) !== null && environment['REDISCLI_AUTH'] !== server.password)
        return undefined;
      if (words.includes('--rdb')) return 'REDIS0010';
      if (words.includes('LIST') && words.includes('MODULE')) return '[]';
      if (words.includes('LIST')) return 'set\ndel\nexpire\n';
      if (words.includes('CONFIG')) return undefined;
      if (words.includes('all')) looks += 1;
      const info = { ...INFO, ...server.info, ...(looks > 1 ? server.later : {}) };
      return Object.entries(info)
        .map(([name, value]) => `${name}:${value}\r\n`)
        .join('');
    },
  };
}

async function taken(server: Server, more: Answers = {}): Promise<Taken> {
  return await backup.take(takeHands(answering(server, more)));
}

async function codeOf(act: Promise<unknown>): Promise<string | undefined> {
  try {
    await act;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error.diagnostics[0]?.code;
  }
}

describe('a Redis that runs', () => {
  it('gives a snapshot as to a replica, and is asked to change nothing', async () => {
    const hands = takeHands(answering({}));
    const { position, settings } = await backup.take(hands);
    assert.deepEqual([...hands.made.keys()], ['snapshot.rdb.zst']);
    assert.equal(position, 'a1:700');
    assert.equal(settings?.['program'], '/usr/bin/redis-server');
    const asked = hands.asked.map(({ argv }) => argv.join(' '));
    assert.equal(
      asked.filter((line) => line.endsWith('-e -h 127.0.0.1 -p 6379 --rdb -')).length,
      1,
      asked.join('\n'),
    );
    assert.ok(asked.every((line) => !/ (SET|CONFIG SET|SAVE|BGSAVE|BGREWRITEAOF|DEBUG)\b/.test(line)));
  });

  for (const [what, settings, argv] of [
    ['a port', { port: '7000' }, ['-h', '127.0.0.1', '-p', '7000']],
    ['another address', { bind: ['-10.0.0.5', '10.0.0.6'] }, ['-h', '10.0.0.5', '-p', '6379']],
    ['a socket', { port: '0', unixsocket: '/run/s' }, ['-s', '/run/s']],
    [
      'TLS alone',
      {
        port: '0',
        'tls-port': '6380',
        'tls-ca-cert-file': '/ca',
        'tls-cert-file': '/c',
        'tls-key-file': '/k',
      },
      ['--tls', '-h', '127.0.0.1', '-p', '6380', '--cacert', '/ca', '--cert', '/c', '--key', '/k'],
    ],
  ] as const)
    it(`is reached by ${what}`, async () => {
      const hands = takeHands(answering({}, { settings }));
      await backup.take(hands);
      const rdb = hands.asked.find(({ argv: words }) => words.includes('--rdb'));
      assert.deepEqual(rdb?.argv.slice(2, -2), argv);
    });

  it('that listens nowhere, or whose key has a password, is said to be out of reach', async () => {
    assert.equal(await codeOf(taken({}, { settings: { port: '0' } })), 'E_REDIS_SILENT');
    const settings = { port: '0', 'tls-port': '6380', 'tls-key-file-pass': 'x' };
    assert.equal(await codeOf(taken({}, { settings })), 'E_REDIS_TLS_KEY');
  });

  for (const [what, settings, user] of [
    ['requirepass', { requirepass: 's3cret' }, null],
    ['a user line', { user: ['keeper', 'on', '>s3cret', '~*', '+@all'] }, 'keeper'],
    ['masterauth', { masteruser: 'copy', masterauth: 's3cret' }, 'copy'],
    ['masterauth, after a password that is not taken', { requirepass: 'old', masterauth: 's3cret' }, null],
  ] as const)
    it(`is asked by the account of ${what}, its password in no argument`, async () => {
      const hands = takeHands(answering({ password: 's3cret' }, { settings }));
      await backup.take(hands);
      const rdb = hands.asked.find(({ argv }) => argv.includes('--rdb'));
      assert.deepEqual(rdb?.environment, { REDISCLI_AUTH: 's3cret' });
      assert.equal(rdb?.argv.includes('--user'), user !== null);
      if (user !== null) assert.equal(rdb?.argv[rdb.argv.indexOf('--user') + 1], user);
      assert.ok(hands.asked.every(({ argv }) => !/s3cret|\bold\b/.test(argv.join(' '))));
    });

  it('that takes no account that its files name is said so, without any password', async () => {
    try {
      await taken({ password: 'unknown' }, { settings: { requirepass: 's3cret' } });
      assert.fail('it was taken');
    } catch (error) {
      assert.ok(error instanceof Problem, `${error}`);
      assert.equal(error.diagnostics[0]?.code, 'E_REDIS_ASKED');
      assert.doesNotMatch(JSON.stringify(error.diagnostics), /s3cret/);
    }
  });

  it('without redis-cli names the package', async () => {
    const hands = takeHands(answering({}, { program: () => null }));
    assert.equal(await codeOf(backup.take(hands)), 'E_NO_TOOL');
  });

  for (const [what, info] of [
    ['is a sentinel', { redis_mode: 'sentinel' }],
    ['is loading', { loading: '1' }],
    ['is a replica without its master', { role: 'slave', master_link_status: 'down' }],
    ['is a replica that is still being given its data', { role: 'slave', master_sync_in_progress: '1' }],
  ] as const)
    it(`and ${what} is refused`, async () => {
      assert.equal(await codeOf(taken({ info })), 'E_REDIS_NOT_WHOLE');
    });

  it('of a cluster, of a replica, with users in a file: its limits are said', async () => {
    const info = { role: 'slave', master_link_status: 'up', master_host: '10.0.0.9', cluster_enabled: '1' };
    const { limits } = await taken({ info }, { settings: { aclfile: '/etc/redis/users.acl' } });
    assert.match(limits.join('\n'), /node of a cluster.*replica of 10\.0\.0\.9.*without the users in \/etc/s);
  });
});

describe('counts of keys', () => {
  for (const [what, later, isExact] of [
    ['nothing happens', {}, true],
    ['keys only come', { cmdstat_set: 'calls=9,usec=1', db0: 'keys=9,expires=0,avg_ttl=0' }, true],
    ['keys are deleted', { cmdstat_set: 'calls=9,usec=1', cmdstat_del: 'calls=1,usec=1' }, false],
    ['keys expire', { expired_keys: '3' }, false],
    ['keys are evicted', { evicted_keys: '3' }, false],
    ['only reads come', { cmdstat_get: 'calls=9,usec=1' }, true],
    ['its statistics begin again', { total_commands_processed: '-1' }, false],
  ] as const)
    it(`while ${what}: ${isExact ? 'compared' : 'compared with nothing'}`, async () => {
      const { before, after, limits } = await taken({ later });
      assert.deepEqual(new Set([...before, ...after].map((one) => one.isExact)), new Set([isExact]));
      assert.equal(limits.length, isExact ? 0 : 1);
    });
});

describe('append-only files', () => {
  const files = { 'appendonlydir/appendonly.aof.manifest': MANIFEST };
  const info = { aof_enabled: '1' };

  it('are those of the manifest without history, and lie as they were', async () => {
    const hands = takeHands(answering({ info }, { files }));
    const done = await backup.take(hands);
    assert.equal(
      hands.made.get('append-only-1.tar.zst'),
      'appendonly.aof.2.base.rdb appendonly.aof.2.incr.aof',
    );
    assert.equal(hands.made.get('append-only-1.manifest'), MANIFEST.replace(/.*type h\n/, ''));
    assert.deepEqual(
      done.before.map(({ what }) => what),
      ['keys of database 0 in the snapshot', 'keys of database 0 in the append-only files'],
    );

    const restored = restoreHands(done, [...hands.made.keys()], { run: () => 'no mark' });
    await backup.restore(restored);
    assert.deepEqual(
      [...restored.made],
      [
        ['dump.rdb', 'snapshot.rdb.zst'],
        ['appendonlydir/', 'append-only-1.tar.zst'],
        ['appendonlydir/appendonly.aof.manifest', 'append-only-1.manifest'],
      ],
    );
  });

  it('that are rewritten while they are copied are copied again, and the copy that counts is restored', async () => {
    const hands = takeHands(answering({ info }, { files }));
    let times = 0;
    const changing = {
      ...hands,
      text: (path: string) => {
        times += 1;
        return times < 2 ? 'file appendonly.aof.1.base.rdb seq 1 type b\n' : hands.text(path);
      },
    };
    const done = await backup.take(changing);
    assert.deepEqual(done.limits, []);
    assert.deepEqual(
      [...hands.made.keys()].filter((name) => name.startsWith('append')),
      ['append-only-1.tar.zst', 'append-only-2.tar.zst', 'append-only-2.manifest'],
    );
    const restored = restoreHands(done, [...hands.made.keys()], { run: () => '' });
    await backup.restore(restored);
    assert.equal(restored.made.get('appendonlydir/'), 'append-only-2.tar.zst');
  });

  it('that are rewritten each time are left out, which is said; the snapshot then stands for them', async () => {
    const hands = takeHands(answering({ info }, { files }));
    let number = 0;
    const done = await backup.take({
      ...hands,
      text() {
        number += 1;
        return `file appendonly.aof.${number}.base.rdb seq ${number} type b\n`;
      },
    });
    assert.match(done.limits.join(), /without append-only files: they were rewritten each of the 3 times/);
    assert.equal(done.before.length, 1);
    const mark = '0123456789abcdef0123456789abcdef01234567';
    const restored = restoreHands(done, [...hands.made.keys()], {
      run: ([name]) => (name.endsWith('tail') ? mark : ''),
    });
    await backup.restore(restored);
    assert.deepEqual(
      [...restored.made],
      [
        ['dump.rdb', 'snapshot.rdb.zst'],
        ['appendonlydir/appendonly.aof.1.base.rdb', 'snapshot.rdb.zst'],
        ['appendonlydir/appendonly.aof.1.incr.aof', ''],
        [
          'appendonlydir/appendonly.aof.manifest',
          'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n',
        ],
      ],
    );
    // The mark after its end is cut off, of both.
    assert.deepEqual(
      restored.asked.filter(({ argv: [name] }) => name.endsWith('truncate')).map(({ argv }) => argv.at(-1)),
      ['/restored/dump.rdb', '/restored/appendonlydir/appendonly.aof.1.base.rdb'],
    );
  });

  for (const line of [
    'file ../../etc/shadow seq 1 type b',
    'file "a\\x0a" seq 1 type b',
    'root:x:0:0',
    'file -x seq 1 type i',
  ])
    it(`are not taken by a manifest that says ${line}`, async () => {
      const hands = takeHands(answering({ info }, { files: { 'appendonlydir/x.manifest': `${line}\n` } }));
      const { limits } = await backup.take(hands);
      assert.match(limits.join(), /its manifest x\.manifest cannot be read/);
      assert.deepEqual([...hands.made.keys()], ['snapshot.rdb.zst']);
    });
});

describe('the proof', () => {
  it('starts a replica of nobody, and reads all values', async () => {
    const done = await taken({});
    const hands = proveHands(done, {
      run: ([program, ...words]) => {
        if (program.endsWith('/ls')) return 'dump.rdb\n';
        if (program.endsWith('/cat')) return 'MemAvailable:    8000000 kB\n';
        if (words.includes('PING')) return 'PONG\n';
        return words.includes('keyspace') ? 'db0:keys=5,expires=0,avg_ttl=0\r\n' : '';
      },
    });
    assert.deepEqual(await backup.prove(hands), done.before);
    const settings = hands.made.get('snapshot.conf') ?? '';
    assert.match(settings, /^replicaof "127\.0\.0\.1" "1"$/m);
    assert.match(settings, /^save ""$/m);
    assert.ok(hands.asked.some(({ argv }) => argv.at(-1) === 'DIGEST'));
  });

  it('is not begun where memory for all keys is missing', async () => {
    const done = await taken({ info: { used_memory: '9000000000' } });
    const hands = proveHands(done, {
      run: ([program]) => (program.endsWith('/cat') ? 'MemAvailable:    8000000 kB\n' : 'dump.rdb\n'),
    });
    assert.equal(await codeOf(backup.prove(hands)), 'E_REDIS_MEMORY');
  });
});

describe('a Redis that does not run', () => {
  const stopped = (settings: Answers['settings'], ...files: readonly string[]) =>
    takeHands({
      isRunning: false,
      settings: settings ?? {},
      files: Object.fromEntries(files.map((file) => [file, ''])),
      run: () => assert.fail('nobody is asked'),
    });

  it('is taken as its files are, by the names that its own files say', async () => {
    const renamed = { appendonly: 'yes', dbfilename: 'keys.rdb', appenddirname: 'aof' };
    const hands = stopped(renamed, 'keys.rdb', 'aof/appendonly.aof.manifest', 'theirs');
    const { tool, before, limits } = await backup.take(hands);
    assert.deepEqual([...hands.made], [['data.tar.zst', 'keys.rdb aof']]);
    assert.deepEqual([tool, before, limits.length], ['tar', [], 1]);
  });

  it('without append-only files, or without any, says so', async () => {
    const lacking = await backup.take(stopped({ appendonly: 'yes' }, 'dump.rdb'));
    assert.equal(lacking.limits.at(-1), 'without append-only files: no appendonlydir is there');
    const hands = stopped({});
    const { limits } = await backup.take(hands);
    assert.equal(limits.at(-1), 'no snapshot and no append-only files were there');
    assert.deepEqual([...hands.made], []);
  });
});

describe('what a backup of Redis will take', () => {
  const bytesOf = async (info: Readonly<Record<string, string>>) =>
    (await backup.estimate(takeHands(answering({ info })))).bytes;

  it('is its keys, and its append-only files where it writes them', async () => {
    assert.equal(await bytesOf({}), 5000);
    assert.equal(await bytesOf({ aof_enabled: '1', aof_current_size: '700' }), 5700);
    assert.equal(await bytesOf({ aof_current_size: '700' }), 5000, 'it does not write them any more');
  });

  it('is its files where it does not run', async () => {
    const { bytes, says } = await backup.estimate(takeHands({ isRunning: false }));
    assert.deepEqual([bytes, says], [1000, 'its files, while it is stopped, compressed']);
  });
});
