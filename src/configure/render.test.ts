// What `config` prints for layouts that differ from the built-in one: each place, port and setting of the layout stands in the
// text as its format reads it back, and nothing of another base is left.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import type { Found } from '../formats/format.ts';
import { loadFormat } from '../formats/index.ts';
import { DEFAULT_BASE, type Layout } from '../layout/layout.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { Problem } from '../messages/diagnostic.ts';
import { builtInLayout } from '../services/index.ts';
import { ENVIRONMENT_FORMATS, render } from './render.ts';

const layoutOf = (text: string) => parseLayoutFile(text, 'hot.yaml').layout;

/** Of each service and of the platform: settings as they are read back, `key value`, in the order of the text. */
async function readBack(layout: Layout): Promise<ReadonlyMap<string, readonly string[]>> {
  const host = createHost();
  const all = [
    ...(await render(layout, host, 'all', 'export')),
    ...(await render(layout, host, 'jts', 'export')),
    ...(await Promise.all(
      ENVIRONMENT_FORMATS.map(async (name) => (await render(layout, host, 'env', name))[0]),
    )),
  ];
  const read = await Promise.all(
    all.map(async (one) => {
      assert.ok(one !== undefined);
      const found = (await loadFormat(one.format)).read(one.text);
      return [one.of === 'env' ? one.format : one.of, found.map(line)] as const;
    }),
  );
  return new Map(read);
}

function line({ key, value }: Pick<Found, 'key' | 'value'>): string {
  return `${key.join('.')} ${typeof value === 'object' ? value.join(' ') : value}`;
}

/** What the services are told where the layout says nothing more; `base` and names of directories in it. */
function placesIn(base: string, data = 'data', logs = 'logs') {
  return {
    postgresql: [
      `data_directory ${base}/postgresql/${data}`,
      'logging_collector on',
      `log_directory ${base}/postgresql/${logs}`,
      'log_rotation_age 1d',
      'log_rotation_size 100MB',
    ],
    clickhouse: [
      `clickhouse.path ${base}/clickhouse/${data}/`,
      `clickhouse.tmp_path ${base}/clickhouse/tmp/`,
      `clickhouse.user_files_path ${base}/clickhouse/${data}/user_files/`,
      `clickhouse.format_schema_path ${base}/clickhouse/${data}/format_schemas/`,
      `clickhouse.user_directories.local_directory.path ${base}/clickhouse/${data}/access/`,
      `clickhouse.logger.log ${base}/clickhouse/${logs}/clickhouse-server.log`,
      `clickhouse.logger.errorlog ${base}/clickhouse/${logs}/clickhouse-server.err.log`,
      'clickhouse.logger.size 1000M',
      'clickhouse.logger.count 10',
    ],
    kafka: [`log.dirs ${base}/kafka/${data}`],
    mongodb: [
      `storage.dbPath ${base}/mongodb/${data}`,
      'systemLog.destination file',
      `systemLog.path ${base}/mongodb/${logs}/mongod.log`,
      'systemLog.logAppend true',
      'systemLog.logRotate reopen',
    ],
    redis: [`dir ${base}/redis/${data}`, `logfile ${base}/redis/${logs}/redis-server.log`],
    docker: [
      `data-root ${base}/docker`,
      'log-driver json-file',
      'log-opts.max-size 10m',
      'log-opts.max-file 5',
    ],
  };
}

const RENAMED = ['postgresql', 'clickhouse', 'kafka', 'mongodb', 'redis']
  .map(
    (name) =>
      `  ${name}: { directories: { data: false, logs: false, files: { role: data }, written: { role: log } } }\n`,
  )
  .join('');

/** Signs that mean something in one language or another. */
const AWKWARD = '/data/jts hot/ü$%#';
const MORE_AWKWARD = '/data/"hot" \\n &<b>;{=}!';

const PLACES: readonly (readonly [what: string, text: string, want: ReturnType<typeof placesIn>])[] = [
  ['the built-in layout', '', placesIn(DEFAULT_BASE)],
  ['another base', 'base: /srv/fast', placesIn('/srv/fast')],
  ['a base with signs of the languages', `base: ${JSON.stringify(AWKWARD)}`, placesIn(AWKWARD)],
  ['a base with more of them', `base: ${JSON.stringify(MORE_AWKWARD)}`, placesIn(MORE_AWKWARD)],
  ['directories with other names', `services:\n${RENAMED}`, placesIn(DEFAULT_BASE, 'files', 'written')],
];

describe('places', () => {
  for (const [what, text, want] of PLACES)
    it(`of ${what} arrive as they are`, async () => {
      const layout = layoutOf(text);
      const read = await readBack(layout);
      assert.deepEqual(Object.fromEntries(Object.keys(want).map((name) => [name, read.get(name)])), want);
    });

  for (const [what, text] of PLACES.slice(1, 4))
    it(`of ${what}: nobody is told the old base, and everybody the new one`, async () => {
      const layout = layoutOf(text);
      for (const [of, lines] of await readBack(layout)) {
        assert.ok(!lines.join('\n').includes(DEFAULT_BASE), of);
        assert.ok(
          lines.some((one) => one.includes(layout.base)),
          of,
        );
      }
    });

  it('of another path of a service', async () => {
    const read = await readBack(layoutOf('services: { redis: { path: stores/cache } }'));
    assert.deepEqual(read.get('redis')?.[0], `dir ${DEFAULT_BASE}/stores/cache/data`);
  });

  it('of a value that a language cannot carry are refused, and of others not', async () => {
    const quoted = layoutOf(`base: "/data/it's $"`);
    await assert.rejects(
      render(quoted, createHost(), 'env', 'dotenv'),
      (error) => error instanceof Problem && error.diagnostics[0]?.code === 'E_NOT_CARRIED',
    );
    await render(quoted, createHost(), 'all', 'export');
    // ClickHouse would go to /data/9000.
    await assert.rejects(
      render(layoutOf(`base: "/data/\${tcp_port}"`), createHost(), 'clickhouse', 'export'),
      (error) => error instanceof Problem && error.diagnostics[0]?.code === 'E_NOT_CARRIED',
    );
    // Several paths are one value there.
    await assert.rejects(render(layoutOf('base: "/data/a,b"'), createHost(), 'kafka', 'export'), (error) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual(
        [error.diagnostics[0]?.code, error.diagnostics[0]?.at],
        ['E_NOT_CARRIED', 'kafka log.dirs'],
      );
      return true;
    });
  });
});

/** Fields of a service, and the settings that it then has beside those that it always has, or has as hints. */
const ASKED: readonly (readonly [
  service: keyof ReturnType<typeof placesIn>,
  fields: string,
  more: readonly string[],
])[] = [
  ['postgresql', 'port: 5433', ['port 5433']],
  ['clickhouse', 'port: 9001', ['clickhouse.tcp_port 9001']],
  ['kafka', 'port: 19092', ['listeners PLAINTEXT://:19092']],
  ['mongodb', 'port: 27018', ['net.port 27018']],
  ['redis', 'port: 7000', ['port 7000']],
  [
    'postgresql',
    'settings: { Shared_Buffers: 4GB, auto_explain.log_nested_statements: true, log_line_prefix: "%m [%p] it\'s" }',
    ['shared_buffers 4GB', 'auto_explain.log_nested_statements on', "log_line_prefix %m [%p] it's"],
  ],
  [
    'clickhouse',
    'settings: { max_connections: 100, x.y: "a <b> & c" }',
    ['clickhouse.max_connections 100', 'clickhouse.x.y a <b> & c'],
  ],
  [
    'kafka',
    'settings: { num.io.threads: 8, listeners: "A://:1,B://:2" }',
    ['num.io.threads 8', 'listeners A://:1,B://:2'],
  ],
  [
    'mongodb',
    'port: 1\n    settings: { net.bindIp: 127.0.0.1, net.maxIncomingConnections: 100 }',
    ['net.port 1', 'net.bindIp 127.0.0.1', 'net.maxIncomingConnections 100'],
  ],
  [
    'redis',
    'settings: { bind: 127.0.0.1 -::1, syslog-ident: a b }',
    ['bind 127.0.0.1 -::1', 'syslog-ident a b'],
  ],
  [
    'docker',
    'settings: { live-restore: true, builder.gc.enabled: false, mtu: 1400 }',
    ['live-restore true', 'builder.gc.enabled false', 'mtu 1400'],
  ],
];

describe('what the layout asks for', () => {
  for (const [service, fields, more] of ASKED)
    it(`${service} ${fields}: comes after ours`, async () => {
      const read = await readBack(layoutOf(`services:\n  ${service}:\n    ${fields}\n`));
      assert.deepEqual(read.get(service), [...placesIn(DEFAULT_BASE)[service], ...more]);
    });

  /** Hints, in the words that have them become settings. */
  const HINTS: readonly (readonly [service: string, setting: string, line: string])[] = [
    ['postgresql', 'log_connections: "on"', 'log_connections on'],
    ['postgresql', 'temp_tablespaces: fast', 'temp_tablespaces fast'],
    [
      'clickhouse',
      'storage_configuration.disks.default.keep_free_space_bytes: 5',
      'clickhouse.storage_configuration.disks.default.keep_free_space_bytes 5',
    ],
    ['kafka', 'log.retention.bytes: 1000', 'log.retention.bytes 1000'],
    ['mongodb', 'storage.directoryPerDB: true', 'storage.directoryPerDB true'],
    ['redis', 'maxmemory: 1gb', 'maxmemory 1gb'],
    ['redis', 'appendonly: yes', 'appendonly yes'],
  ];
  for (const [service, setting, want] of HINTS)
    it(`${service} ${setting}: is no hint any more`, async () => {
      const before = (await readBack(builtInLayout)).get(service) ?? [];
      const layout = layoutOf(`services: { ${service}: { settings: { ${setting} } } }`);
      const after = (await readBack(layout)).get(service) ?? [];
      assert.deepEqual(
        after.filter((one) => !before.includes(one)),
        [want],
      );
      const [{ text } = assert.fail()] = await render(layout, createHost(), service, 'export');
      assert.equal(
        text.split(want.split(/[. ]/).at(-2) ?? '').length,
        service === 'clickhouse' ? 3 : 2,
        text,
      );
    });
});
