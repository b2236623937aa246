// How a ClickHouse server is asked for a backup, by versions old and new, and what is made of its answers; how what was restored is
// looked through. By hands that run nothing: with real servers it is test/servers/backup-clickhouse.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Answers, proveHands, takeHands } from '../../../test/backup-hands.ts';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Argv, Taken } from '../backing-up.ts';
import { clientOf, clientProgram } from './backup-client.ts';
import { prove } from './backup-prove.ts';
import { asConfigured } from './backup-settings.ts';
import { inventoryOf, isFrozen, isLeft, keepsRows, smallDirectories } from './backup-tables.ts';
import { present } from './present-data.ts';

type Cell = string | number | readonly string[] | null;
type Table = readonly (readonly Cell[])[];

/** As the server prints one: the last brace at the begin of a line. */
const answer = (data: Table) => `${JSON.stringify({ meta: [], data, rows: data.length }, null, '\t')}\n`;

/** Each query of a call has an answer, in order; `tables`: by a word of the query. */
function said(query: string, tables: Readonly<Record<string, Table>>): string {
  return query
    .split('; ')
    .map((one) => answer(Object.entries(tables).find(([word]) => one.includes(word))?.[1] ?? []))
    .join('\n');
}

const NEW_COLUMNS = [
  ['tables', 'data_paths'],
  ['tables', 'uuid'],
  ['databases', 'uuid'],
  ['parts', 'has_lightweight_delete'],
  ['mutations', 'is_done'],
  ['macros', 'macro'],
  ['disks', 'path'],
];
const VIEW = '5582024d-f8bf-45a8-ae0c-0ffd60bc92bd';
const SHOP = '4cf9da0f-7353-4ab0-a98d-ee0c32fdce6b';
const SERVER: Readonly<Record<string, Table>> = {
  'version()': [['23.8.1']],
  'system.columns': NEW_COLUMNS,
  'engine, toString(uuid) FROM system.databases': [
    ['shop', 'Atomic', SHOP],
    ['old', 'Ordinary', '00000000-0000-0000-0000-000000000000'],
    ['over', 'Overlay', SHOP],
  ],
  create_table_query: [
    ['shop', 'orders', 'MergeTree', ['/place/store/95b/x/', ''], '77', 'a-b'],
    ['shop', `.inner_id.${VIEW}`, 'SummingMergeTree', ['/mnt/two/store/1/y/'], '78', 'c-d'],
    ['shop', 'by_day', 'MaterializedView', [], '79', VIEW],
  ],
  'system.parts': [['shop', 'orders', 1000, 5000, 1]],
  'system.mutations': [['shop', 'orders']],
  'system.macros': [['shard', '01']],
  'name, path, type': [
    ['default', '/place/', 'Local'],
    ['s3', '/place/disks/s3/', 'ObjectStorage'],
  ],
  storage_policies: [
    ['default', ['default']],
    ['tiered', ['default']],
    ['tiered', ['s3']],
  ],
};

/** `version`: of the client. */
function answering(
  tables: Readonly<Record<string, Table>>,
  { version = '23.8.1', ...more }: Answers & { readonly version?: string } = {},
): Answers {
  return {
    ...more,
    run(argv: Argv) {
      if (argv.includes('--version')) return `ClickHouse client version ${version} (official build).\n`;
      return said(argv.at(-1) ?? '', tables);
    },
  };
}

describe('the client of ClickHouse', () => {
  it('is one of its own, or a word of the one program', () => {
    assert.deepEqual(clientProgram(takeHands({})), ['/usr/bin/clickhouse-client']);
    const one = takeHands({
      program: (patterns) => patterns.find((path) => path === '/usr/bin/clickhouse') ?? null,
    });
    assert.deepEqual(clientProgram(one), ['/usr/bin/clickhouse', 'client']);
  });

  const PLACES: readonly (readonly [what: string, settings: Record<string, string>, words: string])[] = [
    ['nothing is said', {}, '--port 9000'],
    ['every address', { 'clickhouse.tcp_port': '9001', 'clickhouse.listen_host': '::' }, '--port 9001'],
    ['one address', { 'clickhouse.listen_host': '10.0.0.5' }, '--host 10.0.0.5 --port 9000'],
    ['secure alone', { 'clickhouse.tcp_port_secure': '9440' }, '--port 9440 --secure'],
    [
      'plain and secure',
      { 'clickhouse.tcp_port': '9000', 'clickhouse.tcp_port_secure': '9440' },
      '--port 9000',
    ],
  ];
  for (const [what, settings, words] of PLACES)
    it(`goes where the server listens: ${what}`, async () => {
      const hands = takeHands(answering(SERVER, { settings }));
      const client = await clientOf(hands);
      assert.deepEqual([client.version, client.clientVersion], ['23.8.1', '23.8.1']);
      const called = hands.asked.at(-1)?.argv.join(' ') ?? '';
      assert.ok(called.startsWith(`/usr/bin/clickhouse-client ${words} --receive_timeout=`), called);
    });

  const PASSWORD = `it's <&>`;
  const settings = { 'clickhouse.users.default.password': PASSWORD };

  it('gets a password by its environment, which only its user can read', async () => {
    const hands = takeHands(answering(SERVER, { settings }));
    await clientOf(hands);
    const last = hands.asked.at(-1);
    assert.equal(last?.environment['CLICKHOUSE_PASSWORD'], PASSWORD);
    assert.equal(last.argv.join(' ').includes(PASSWORD), false);
  });

  it('of an old version gets it by a file that has no name', async () => {
    const hands = takeHands(answering(SERVER, { settings, version: '18.16.1' }));
    await clientOf(hands);
    const last = hands.asked.at(-1);
    assert.equal(last?.argv[0], 'sh');
    assert.match(last.argv[2] ?? '', /--config-file=\/dev\/stdin/);
    assert.equal(
      last.environment['CONFIG'],
      `<config><user>default</user><password>it's &lt;&amp;&gt;</password></config>`,
    );
    assert.equal(last.argv.join(' ').includes("it's"), false);
  });

  it('takes the password as the server has put its files together, and an empty one is none', async () => {
    const text = '<clickhouse><users><default><password>kept</password></default></users></clickhouse>';
    const files = {
      'preprocessed_configs/config.xml': '<clickhouse/>',
      'preprocessed_configs/_etc_users.xml': text,
    };
    const hands = takeHands(answering(SERVER, { files }));
    await clientOf(hands);
    assert.equal(hands.asked.at(-1)?.environment['CLICKHOUSE_PASSWORD'], 'kept');
    const empty = { 'clickhouse.users.default.password': '' };
    const none = takeHands(answering(SERVER, { files, settings: empty }));
    await clientOf(none);
    assert.equal(none.asked.at(-1)?.environment['CLICKHOUSE_PASSWORD'], undefined);
  });

  const failing = (detail: string, given: Answers = {}) => {
    const hands = takeHands(answering(SERVER, given));
    return clientOf({
      ...hands,
      run(argv, more) {
        if (argv.includes('--version')) return hands.run(argv, more);
        throw new Problem(EXIT.failed, [
          diagnostic('E_TOOL', 'cannot run a program', { detail: ['first', detail] }),
        ]);
      },
    });
  };
  const codeOf = async (act: Promise<unknown>) => {
    const error = await act.catch((why: unknown) => why);
    assert.ok(error instanceof Problem);
    return error.diagnostics.map(({ code, detail }) => [code, ...detail]);
  };

  it('without one says what the server wants, and where it can be written', async () => {
    const line = 'Code: 516. DB::Exception: default: Authentication failed';
    assert.deepEqual(await codeOf(failing(line)), [['E_NO_PASSWORD', line]]);
    assert.deepEqual(
      (await codeOf(failing(line, { settings })))[0]?.[0],
      'E_TOOL',
      'the one it has is wrong',
    );
    assert.deepEqual((await codeOf(failing('Code: 210. Connection refused')))[0]?.[0], 'E_TOOL');
  });
});

describe('what a ClickHouse server has', () => {
  it('is asked of it in one call, beside what its version tells of itself', async () => {
    const hands = takeHands(answering(SERVER));
    const client = await clientOf(hands);
    const before = hands.asked.length;
    const found = await inventoryOf(client, '/place');
    assert.equal(hands.asked.length - before, 2);
    assert.deepEqual(found.databases, [
      { name: 'shop', engine: 'Atomic', definitions: `store/4cf/${SHOP}` },
      { name: 'old', engine: 'Ordinary', definitions: null },
      { name: 'over', engine: 'Overlay', definitions: null },
    ]);
    assert.deepEqual(
      found.tables.map(({ known, paths, hash }) => [known, paths, hash]),
      [
        ['table shop.orders', ['/place/store/95b/x'], '77'],
        // Its rows are called as the view: a restore may give it another id.
        ['table shop.by_day', ['/mnt/two/store/1/y'], '78'],
        ['table shop.by_day', [], '79'],
      ],
    );
    assert.deepEqual(found.disks, [
      { name: 'default', path: '/place', isLocal: true },
      { name: 's3', path: '/place/disks/s3', isLocal: false },
    ]);
    assert.deepEqual(found.policies, { default: [['default']], tiered: [['default'], ['s3']] });
    assert.deepEqual(found.macros, { shard: '01' });
    assert.deepEqual([...found.rows], [['shop.orders', { rows: 1000, bytes: 5000, hasDeleted: true }]]);
    assert.deepEqual(found.changing, ['shop.orders']);
  });

  it('of an old version is asked for no column that it lacks', async () => {
    const hands = takeHands(
      answering(
        {
          'version()': [['18.16.1']],
          'system.columns': [],
          'system.databases WHERE name': [['shop', 'Ordinary', '']],
          create_table_query: [['shop', 'orders', 'MergeTree', ['/place/data/shop/orders/'], '77', '']],
          'system.parts': [['shop', 'orders', 10, 500, 0]],
        },
        { version: '18.16.1' },
      ),
    );
    const found = await inventoryOf(await clientOf(hands), '/place');
    const query = hands.asked.at(-1)?.argv.at(-1) ?? '';
    for (const word of [
      'uuid',
      'data_paths',
      'system.mutations',
      'system.disks',
      'system.macros',
      'lightweight',
    ])
      assert.equal(query.includes(word), false, word);
    assert.deepEqual(found.disks, [{ name: 'default', path: '/place', isLocal: true }]);
    assert.deepEqual(found.tables[0]?.paths, ['/place/data/shop/orders']);
    assert.deepEqual([found.changing, found.policies, found.macros], [[], {}, {}]);
  });

  it('is frozen, left or in no file, by its engine; rows stay as many only where merges do not take them together', () => {
    const engines = ['MergeTree', 'ReplicatedMergeTree', 'ReplacingMergeTree', 'Log', 'View', 'Kafka'];
    const of = (is: (table: { readonly engine: string }) => boolean) =>
      engines.filter((engine) => is({ engine }));
    assert.deepEqual(of(isFrozen), ['MergeTree', 'ReplicatedMergeTree', 'ReplacingMergeTree']);
    assert.deepEqual(of(isLeft), ['Log']);
    assert.deepEqual(of(keepsRows), ['MergeTree', 'ReplicatedMergeTree']);
  });

  it('beside tables is users, functions and others, where there are any', () => {
    const hands = takeHands({ files: { 'access/users.list': '', 'metadata/shop.sql': '' } });
    assert.deepEqual(smallDirectories(hands), ['access']);
  });
});

describe('data of ClickHouse', () => {
  const isData = (...paths: readonly string[]) =>
    present.isData(takeHands({ files: Object.fromEntries(paths.map((path) => [path, ''])) }));

  it('is a database of somebody, a table of `default` or a user; not what its first start makes', () => {
    assert.equal(isData('metadata/default.sql', 'metadata/system.sql', 'access/users.list'), false);
    assert.equal(isData('metadata/shop.sql'), true);
    assert.equal(isData('data/default/orders'), true);
    assert.equal(isData('access/1b2c.sql'), true);
  });
});

describe('what was restored of ClickHouse', () => {
  const taken: Taken = {
    tool: 'FREEZE',
    versions: { clickhouse: '23.8.1' },
    position: null,
    parent: null,
    before: [],
    after: [],
    limits: [],
    elsewhere: null,
    settings: {
      server: JSON.stringify({
        disks: { hot: 'disks/hot' },
        policies: { default: [['default']], tiered: [['default'], ['hot']] },
        macros: { shard: 'a&b' },
      }),
    },
  };
  const RESTORED: Readonly<Record<string, Table>> = {
    'SELECT 1': [[1]],
    "name = 'uuid'": [['uuid']],
    default_kind: [['id'], ['wei`rd']],
    'FROM system.tables': [
      ['shop', 'orders', 'a-b', 'MergeTree'],
      ['shop', `.inner_id.${VIEW}`, 'c-d', 'SummingMergeTree'],
      ['shop', 'by_day', VIEW, 'MaterializedView'],
    ],
    'CHECK TABLE': [['all', 1]],
    'count()': [[1000, 0]],
  };

  it('is started on its disks, policies and macros, and every column of every row is read', async () => {
    const hands = proveHands(taken, answering(RESTORED));
    assert.deepEqual(await prove(hands), [
      { what: 'table shop.orders', count: 1000, isExact: true },
      { what: 'table shop.by_day', count: 1000, isExact: true },
    ]);
    const config = hands.made.get('config.xml') ?? '';
    for (const line of [
      '<clickhouse>',
      '  <path>/restored/</path>',
      '  <listen_host>127.0.0.1</listen_host>',
      '    <shard>a&amp;b</shard>',
      '      <hot><path>/restored/disks/hot/</path></hot>',
      '      <tiered><volumes><v0><disk>default</disk></v0><v1><disk>hot</disk></v1></volumes></tiered>',
    ])
      assert.ok(config.includes(`${line}\n`), line);
    assert.doesNotMatch(config, /<default><volumes>/, 'the server has that policy by itself');
    assert.match(hands.made.get('users.xml') ?? '', /<networks><ip>127\.0\.0\.1<\/ip><\/networks>/);
    const queries = hands.asked.map(({ argv }) => argv.at(-1) ?? '');
    assert.ok(queries.some((one) => one.includes('sum(ignore(`id`, `wei\\`rd`)) FROM `shop`.`orders`')));
    assert.ok(hands.asked.some(({ argv }) => argv[0].endsWith('/clickhouse-server')));
  });

  it('of an old version has the old root, and is asked for no check that it has not', async () => {
    const hands = proveHands(
      { ...taken, versions: { clickhouse: '18.16.1' } },
      answering({ ...RESTORED, "name = 'uuid'": [] }),
    );
    await prove(hands);
    assert.match(hands.made.get('config.xml') ?? '', /^<yandex>\n/);
    assert.match(hands.made.get('config.xml') ?? '', /<users_config>/);
    assert.equal(
      hands.asked.some(({ argv }) => (argv.at(-1) ?? '').includes('CHECK TABLE')),
      false,
    );
  });

  it('is damaged where the sums of a part are others', async () => {
    const bad: Table = [
      ['all_1_1_0', 1, ''],
      ['all_2_2_0', 0, 'Checksum mismatch'],
    ];
    const error = await prove(proveHands(taken, answering({ ...RESTORED, 'CHECK TABLE': bad }))).catch(
      (why: unknown) => why,
    );
    assert.ok(error instanceof Problem);
    assert.deepEqual(
      error.diagnostics.map(({ code, at, detail }) => [code, at, detail]),
      [['E_DAMAGED', 'table shop.orders', ['all_2_2_0 0 Checksum mismatch']]],
    );
  });

  it('with one disk and no macros needs no line for them', () => {
    assert.deepEqual(asConfigured('/restored', { disks: {}, policies: {}, macros: {} }), []);
  });
});
