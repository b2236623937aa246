// What a server of PostgreSQL is asked for a backup, and what is made of its answers, by hands that run nothing: which psql, by which
// socket, what is in the way, what pgBackRest is told. With the real servers: test/servers/backup-postgresql.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Answers, type Asked, restoreHands, takeHands } from '../../../test/backup-hands.ts';
import { Problem } from '../../messages/diagnostic.ts';
import type { Argv, TakeHands } from '../backing-up.ts';
import { countAll, look, sumOfUnlogged, TRANSACTIONS, told } from './backup-counts.ts';
import { requireReplication, settingsOf } from './backup-needs.ts';
import { query, type Reached, reach, sessionOptions, toolsOf } from './backup-server.ts';
import { restore, stanzaOf, take } from './pgbackrest.ts';

/** The first eight bytes of pg_control, and what they are as a number. */
const [CONTROL, IDENTIFIER] = ['ABCDEFGH\u0001', '5208208757389214273'];
const PID_FILE = ['4711', '/place', '1764230400', '5433', '/run/postgresql', '*', '', ''].join('\n');
const FILES = { PG_VERSION: '15\n', 'postmaster.pid': PID_FILE, 'global/pg_control': CONTROL };

const SETTINGS = {
  version: '15.20',
  wal_level: 'replica',
  senders: 10,
  used: 1,
  user: 'postgres',
  replicates: true,
  zstd: true,
  summarizes: false,
  bytes: 7_000_000,
  relative: [] as readonly string[],
};

interface Server {
  readonly identifier?: string;
  readonly settings?: Partial<typeof SETTINGS>;
  /** null: a standby gives no transaction a number. */
  readonly transactions?: number | null;
  /** Rows of `public.orders` by database; undefined: it does not let anybody in. */
  readonly rows?: Readonly<Record<string, number | undefined>>;
  readonly isTold?: boolean;
  /** pg_hba.conf has a line for replication. */
  readonly lets?: boolean;
}

/** As psql answers: a line of JSON a row. What it is asked is known by a few words of it. */
function psql(server: Server, argv: Argv, sql: string, database: string): string | undefined {
  const { rows = { shop: 3 } } = server;
  const lines = (...of: readonly unknown[]) => of.map((one) => `${JSON.stringify(one)}\n`).join('');
  if (argv.includes('IDENTIFY_SYSTEM')) return server.lets === false ? undefined : '5208208757389214273|1\n';
  if (sql.includes('system_identifier')) return lines(server.identifier ?? IDENTIFIER);
  if (sql.includes("'wal_level'")) return lines({ ...SETTINGS, ...server.settings });
  if (sql.includes('server_version_num'))
    return lines([
      150_020,
      '2026-11-27 10:00:00+00',
      server.transactions === undefined ? 900 : server.transactions,
    ]);
  if (sql.includes('pg_snapshot_xmax')) return lines(901);
  if (sql.includes('from pg_database where datallowconn')) return lines(...Object.keys(rows));
  if (sql.includes('pg_sleep')) return lines(server.isTold ?? true);
  const count = rows[database];
  if (count === undefined) return undefined;
  if (sql.includes('\\gexec')) return lines(['16385', 'public.orders', count]);
  if (sql.includes('with tables as'))
    return lines(
      [2, 4, 1],
      ['16390', 'public.large', '16390', 0, 1_000_000, false],
      ['16385', 'public.orders', '16385', 0, 10, true],
    );
  return lines([2, 4, 1]);
}

interface Watched extends TakeHands {
  readonly made: Map<string, string>;
  readonly asked: Asked[];
  /** What psql was given to read. */
  readonly sql: string[];
}

/** `other`: what programs other than psql say. */
function handsOn(
  server: Server,
  { other, ...answers }: Answers & { readonly other?: (argv: Argv) => string | undefined } = {},
): Watched {
  let input = '';
  const sql: string[] = [];
  const hands = takeHands({
    files: FILES,
    ...answers,
    run(argv, environment) {
      if (argv[0].endsWith('/psql')) return psql(server, argv, input, environment['PGDATABASE'] ?? '');
      return other?.(argv) ?? '';
    },
  });
  return {
    ...hands,
    sql,
    run(argv, more) {
      input = more?.input ?? '';
      sql.push(input);
      return hands.run(argv, more);
    },
  };
}

async function problemOf(act: Promise<unknown>): Promise<Problem> {
  const error = await act.then(
    () => null,
    (why: unknown) => why,
  );
  assert.ok(error instanceof Problem, `want a Problem, found ${error}`);
  return error;
}

describe('programs of PostgreSQL', () => {
  const installed =
    (...paths: readonly string[]) =>
    (patterns: readonly string[]) =>
      patterns.find((path) => paths.includes(path)) ?? null;

  it('are those of the version of the data, as Debian or its makers install them', () => {
    const debian = toolsOf(takeHands({ program: installed('/usr/lib/postgresql/15/bin/psql') }), '15');
    assert.equal(debian.of('psql'), '/usr/lib/postgresql/15/bin/psql');
    const makers = toolsOf(takeHands({ program: installed('/usr/pgsql-17/bin/psql') }), '17');
    assert.equal(makers.of('psql'), '/usr/pgsql-17/bin/psql');
    assert.equal(makers.ofIfThere('pg_combinebackup'), null);
  });

  it('are never Debian’s script that takes the version which it thinks right', () => {
    const wrapper = '/usr/share/postgresql-common/pg_wrapper';
    const wrapped = takeHands({ program: installed(wrapper, '/usr/bin/psql') });
    assert.equal(toolsOf(wrapped, '15').ofIfThere('psql'), null);
    const plain = takeHands({ program: installed('/usr/bin/psql') });
    assert.equal(toolsOf(plain, '15').of('psql'), '/usr/bin/psql');
  });

  it('that are missing are named by the package that has them', async () => {
    const tools = toolsOf(takeHands({ program: () => null }), '15');
    for (const [program, install] of [
      ['pg_checksums', 'postgresql-15'],
      ['pg_basebackup', 'postgresql-client-15'],
    ] as const)
      assert.throws(
        () => tools.of(program),
        (error) => error instanceof Problem && error.diagnostics[0]?.detail.includes(install) === true,
      );
  });
});

describe('a server that runs', () => {
  it('is asked by the socket of its own file, in the database that is meant, and read without its settings', async () => {
    const hands = handsOn({ rows: { 'shop = x': 3 } });
    const at = await reach(hands);
    await query(at, 'select 1', { database: 'shop = x', isStrict: false });
    const [first, last] = [hands.asked[0], hands.asked.at(-1)];
    assert.deepEqual(first?.argv, [
      '/usr/lib/postgresql/15/bin/psql',
      '-XAtqw',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      '/run/postgresql',
      '-p',
      '5433',
      '-f',
      '-',
    ]);
    assert.equal(last?.argv.includes('ON_ERROR_STOP=1'), false, 'one that fails is passed over');
    // As an argument it would be read as a connection string.
    assert.equal(last?.environment['PGDATABASE'], 'shop = x');
    assert.equal(last.argv.join(' ').includes('shop'), false);
    assert.match(last.environment['PGOPTIONS'] ?? '', /-c statement_timeout=60s .*-c search_path=pg_catalog/);
    assert.equal(hands.sql.at(-1), 'select 1\n');
  });

  it('is told to run nothing at a login, from the version on that can', () => {
    assert.equal(sessionOptions('16').includes('event_triggers=off'), false);
    assert.equal(sessionOptions('17').includes('event_triggers=off'), true);
  });

  it('is another one than was meant where its identifier is not that of the data', async () => {
    const { diagnostics } = await problemOf(reach(handsOn({ identifier: '12' })));
    assert.equal(diagnostics[0]?.code, 'E_OTHER_SERVER');
    assert.match(
      diagnostics[0].detail.join(),
      new RegExp(`want the system identifier ${IDENTIFIER} of /place`),
    );
  });

  for (const [what, text] of [
    ['nothing says its socket', undefined],
    ['it listens on no socket', PID_FILE.replace('/run/postgresql', '')],
    ['its port is no number', PID_FILE.replace('5433', '-h evil')],
  ] as const)
    it(`cannot be asked where ${what}`, async () => {
      const { 'postmaster.pid': _, ...others } = FILES;
      const files = text === undefined ? others : { ...FILES, 'postmaster.pid': text };
      const hands = handsOn({}, { files });
      const { diagnostics } = await problemOf(reach(hands));
      assert.deepEqual(
        diagnostics.map(({ code, at }) => [code, at]),
        [['E_NO_SOCKET', '/place/postmaster.pid']],
      );
      assert.deepEqual(hands.asked, []);
    });
});

describe('what is counted', () => {
  const on = async (server: Server): Promise<Reached> => await reach(handsOn(server));

  it('is each database: small tables by their rows, large ones by the planner’s guess', async () => {
    const seen = await look(await on({}));
    assert.deepEqual([seen.version, seen.at, seen.transactions], [150_020, '2026-11-27 10:00:00+00', 900]);
    assert.deepEqual(
      seen.databases.map(({ name, relations, dropped, unlogged }) => [name, relations, dropped, unlogged]),
      [['shop', 2, 4, 1]],
    );
    assert.deepEqual(
      seen.databases[0]?.tables.map(({ name, rows, guess }) => [name, rows, guess]),
      [
        ['public.large', null, 1_000_000],
        ['public.orders', 3, 10],
      ],
    );
    assert.equal(sumOfUnlogged(seen), 1);
  });

  it('leaves out a database that lets nobody in, and goes on with the next', async () => {
    const seen = await look(await on({ rows: { closed: undefined, shop: 3 } }));
    assert.deepEqual(
      seen.databases.map(({ name }) => name),
      ['shop'],
    );
  });

  it('of what was restored is every row, and a database that lets nobody in is a failure', async () => {
    const exact = { isExact: true };
    assert.deepEqual(await countAll(await on({ rows: { shop: 3, bank: 5 } })), [
      { what: TRANSACTIONS, count: 901, ...exact },
      { what: 'tables of shop', count: 2, ...exact },
      { what: 'table shop.public.orders', count: 3, ...exact },
      { what: 'tables of bank', count: 2, ...exact },
      { what: 'table bank.public.orders', count: 5, ...exact },
    ]);
    await problemOf(countAll(await on({ rows: { closed: undefined } })));
  });

  it('waits for those who have not told the statistics yet', async () => {
    assert.equal(await told(await on({ isTold: true }), '2026-11-27 10:00:00+00'), true);
    assert.equal(await told(await on({ isTold: false }), '2026-11-27 10:00:00+00'), false);
  });
});

describe('how a server must be set to be copied', () => {
  const asked = async (server: Server) => {
    const at = await reach(handsOn(server));
    return requireReplication(at);
  };

  it('as it comes it is', async () => {
    await asked({});
    const at = await reach(handsOn({ settings: { version: '15.20 (Debian)' } }));
    assert.deepEqual(await settingsOf(at), {
      version: '15.20',
      hasZstd: true,
      summarizes: false,
      bytes: 7_000_000,
    });
  });

  const TABLE: readonly (readonly [what: string, Server, detail: RegExp, hint: RegExp])[] = [
    ['too little log', { settings: { wal_level: 'minimal' } }, /found minimal/, /wal_level = replica/],
    [
      'too few connections',
      { settings: { senders: 12, used: 11 } },
      /max_wal_senders = 12 and 11 in use/,
      /`max_wal_senders = 13`/,
    ],
    ['none at all', { settings: { senders: 0, used: 0 } }, /max_wal_senders = 0/, /`max_wal_senders = 10`/],
    [
      'a role that may not',
      { settings: { replicates: false, user: 'we"ird' } },
      /without REPLICATION/,
      /ALTER ROLE "we""ird" REPLICATION/,
    ],
    ['a relative tablespace', { settings: { relative: ['near'] } }, /"?near"?/, /pg_tblspc/],
    ['no line in pg_hba.conf', { lets: false }, /IDENTIFY_SYSTEM/, /local replication postgres peer/],
  ];
  for (const [what, server, detail, hint] of TABLE)
    it(`${what}: refused, and told how it is mended`, async () => {
      const { diagnostics, exitCode } = await problemOf(asked(server));
      assert.deepEqual([exitCode, diagnostics.map(({ code }) => code)], [3, ['E_NOT_COPIED']]);
      assert.match(diagnostics[0]?.detail.join('\n') ?? '', detail);
      assert.match(diagnostics[0]?.hint ?? '', hint);
    });

  it('all that is in the way is told at once', async () => {
    const settings = { wal_level: 'minimal', senders: 0, replicates: false, relative: ['a', 'b'] };
    const { diagnostics } = await problemOf(asked({ settings }));
    assert.equal(diagnostics.length, 5);
  });
});

describe('by pgBackRest', () => {
  const LABEL = '20261127-101403F';
  const info = (label: string) =>
    JSON.stringify([
      {
        backup: [
          { label: '20261101-000000F', type: 'full', prior: null, info: { size: 1 } },
          {
            label,
            type: 'full',
            prior: null,
            lsn: { start: '0/2000028', stop: '0/2000120' },
            info: { size: 9 },
          },
        ],
      },
    ]);
  const tool =
    (label = LABEL) =>
    (argv: Argv) => {
      if (!argv[0].endsWith('/pgbackrest')) return '[global]\n[main]\npg1-path=/place\n';
      if (argv.includes('version')) return 'pgBackRest 2.55.1\n';
      if (argv.includes('info')) return info(label);
      return `P00   INFO: new backup label = ${LABEL}\n`;
    };

  it('the stanza of the directory is backed up; nothing old is expired there', async () => {
    const hands = handsOn({}, { other: tool() });
    assert.equal(await stanzaOf(hands), 'main');
    const taken = await take(hands, 'main');
    const made = hands.asked.find(({ argv }) => argv.includes('backup'));
    assert.ok(made !== undefined);
    for (const word of ['--stanza=main', '--archive-copy', '--no-expire-auto'])
      assert.ok(made.argv.includes(word), word);
    assert.deepEqual(
      [taken.tool, taken.versions, taken.position, taken.parent],
      ['pgbackrest', { pgbackrest: '2.55.1', postgresql: '15.20' }, '0/2000120', null],
    );
    assert.deepEqual(taken.elsewhere, { stanza: 'main', label: LABEL, type: 'full' });
    assert.deepEqual(
      taken.limits.map((line) => /repository of pgBackRest \(stanza main\)|Unlogged.*: 1 of/.test(line)),
      [true, true],
    );
    assert.deepEqual(
      taken.before.find(({ what }) => what === 'table shop.public.orders'),
      { what: 'table shop.public.orders', count: 3, isExact: true },
    );
    assert.deepEqual(JSON.parse(hands.made.get('pgbackrest-info.json') ?? '').label, LABEL);
  });

  it('one that its own list does not have is no backup', async () => {
    const { diagnostics } = await problemOf(take(handsOn({}, { other: tool('20261127-999999F') }), 'main'));
    assert.equal(diagnostics[0]?.code, 'E_NOT_TAKEN');
    assert.match(diagnostics[0].detail.join(), new RegExp(LABEL));
  });

  it('the very backup is restored, at rest, and marked with when that was', async () => {
    const taken = await take(handsOn({}, { other: tool() }), 'main');
    const hands = restoreHands(taken, [], {
      run: (argv) => (argv[0].endsWith('/date') ? '20261128T000000Z\n' : ''),
    });
    await restore(hands);
    const made = hands.asked.find(({ argv }) => argv.includes('restore'));
    assert.ok(made !== undefined);
    for (const word of [
      '--stanza=main',
      `--set=${LABEL}`,
      '--pg1-path=/restored/cluster',
      '--type=none',
      '--archive-mode=off',
      '--tablespace-map-all=/restored/tablespaces',
    ])
      assert.ok(made.argv.includes(word), word);
    assert.equal(hands.made.get('jts-hot-restored'), '20261128T000000Z\n');
  });
});
