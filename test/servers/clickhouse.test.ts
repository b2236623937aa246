// ClickHouse 18.16 and the engine of 26.9 keep data, temporary files and log where their configuration says.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { chdb } from './chdb.ts';
import { clickhouse } from './clickhouse.ts';
import { startServerHost } from './parts.ts';
import { filesOutside, makeDirectories, runInside, start, writeInside } from './server.ts';

const HOME = '/data/jts/hot/clickhouse';

for (const [name, server] of [
  ['ClickHouse 18.16', clickhouse()],
  ['the engine of ClickHouse 26.9', chdb({ session: `${HOME}/data/session`, policy: 'hot' })],
] as const)
  it(`${name} takes a write, stops, starts and still has it`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
    using host = startServerHost({ parts: ['chdb-26'], disks: [{ at: '/data/jts/hot', size: '1g' }] });
    const owned = { user: 'clickhouse', mode: '0750' };
    makeDirectories(host, owned, HOME, `${HOME}/data`, `${HOME}/logs`, `${HOME}/tmp`);
    const configFile = '/etc/clickhouse-test.xml';
    writeInside(host, configFile, [
      '<clickhouse>',
      `  <path>${HOME}/data/</path>`,
      `  <tmp_path>${HOME}/tmp/</tmp_path>`,
      `  <user_files_path>${HOME}/data/user_files/</user_files_path>`,
      '  <logger>',
      '    <level>information</level>',
      `    <log>${HOME}/logs/clickhouse-server.log</log>`,
      `    <errorlog>${HOME}/logs/clickhouse-server.err.log</errorlog>`,
      '  </logger>',
      // The server of 18.16 does not know it.
      '  <storage_configuration>',
      `    <disks><hot><path>${HOME}/hot/</path></hot></disks>`,
      '    <policies><hot><volumes><main><disk>hot</disk></main></volumes></hot></policies>',
      '  </storage_configuration>',
      '  <tcp_port>9000</tcp_port>',
      '  <listen_host>127.0.0.1</listen_host>',
      '  <mark_cache_size>5368709120</mark_cache_size>',
      '  <users_config>/etc/clickhouse-server/users.xml</users_config>',
      '  <default_profile>default</default_profile>',
      '  <default_database>default</default_database>',
      '</clickhouse>',
    ]);

    const options = { host, server, user: 'clickhouse', configFile };
    const first = start(options);
    first.write(['bought', 'sold']);
    const open = first.openFiles();
    assert.deepEqual(filesOutside(open, [HOME]), []);
    for (const file of ['logs/clickhouse-server.log', 'logs/clickhouse-server.err.log', 'data/status'])
      assert.ok(open.includes(`${HOME}/${file}`), `${file} is not among ${open.join(' ')}`);
    first.stop();

    const second = start(options);
    assert.deepEqual(second.read(), ['bought', 'sold']);
    second.stop();
    const parts = runInside(host, ['find', HOME, '-name', 'checksums.txt', '-printf', '%P\\n']);
    assert.match(parts, name === 'ClickHouse 18.16' ? /^data\/data\/default\/words\// : /^hot\/store\//);
  });
