// ClickHouse 18.16 and the engine of 26.9, configured by the product, keep data, temporary files and log on the hot tier
// only.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runJtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { chdb } from './chdb.ts';
import { clickhouse } from './clickhouse.ts';
import { startServerHost } from './parts.ts';
import { filesOutside, runInside, start, writeInside } from './server.ts';

const HOME = '/data/jts/hot/clickhouse';
const PACKAGED = '/etc/clickhouse-server/config.xml';
const NEWER = '/etc/clickhouse-newer/config.xml';

for (const [name, server, configFile, written] of [
  ['ClickHouse 18.16', clickhouse(), PACKAGED, /^data\/data\/default\/words\//],
  [
    'the engine of ClickHouse 26.9',
    chdb({ session: `${HOME}/data/session`, policy: 'hot' }),
    NEWER,
    /^data\/disks\/hot\/store\//,
  ],
] as const)
  it(`${name} takes a write, stops, starts and still has it`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
    using host = startServerHost({ parts: ['chdb-26'], disks: [{ at: '/data/jts/hot', size: '1g' }] });
    runInside(host, ['mkdir', '/etc/clickhouse-newer']);
    writeInside(host, NEWER, [
      '<clickhouse>',
      '  <logger><level>information</level></logger>',
      '  <user_directories><users_xml><path>users.xml</path></users_xml></user_directories>',
      '  <storage_configuration>',
      `    <disks><hot><path>${HOME}/data/disks/hot/</path></hot></disks>`,
      '    <policies><hot><volumes><main><disk>hot</disk></main></volumes></hot></policies>',
      '  </storage_configuration>',
      '</clickhouse>',
    ]);
    writeInside(host, NEWER.replace('config', 'users'), [
      '<clickhouse>',
      '  <profiles><default/></profiles>',
      '  <quotas><default/></quotas>',
      '  <users><default><password/><profile>default</profile><quota>default</quota></default></users>',
      '</clickhouse>',
    ]);
    const before = runInside(host, ['sha256sum', configFile]);
    runJtsHot(host, ['setup']);
    runJtsHot(host, ['config', 'clickhouse', '--install', '--to', configFile]);

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
    assert.match(runInside(host, ['find', HOME, '-name', 'checksums.txt', '-printf', '%P\\n']), written);

    runJtsHot(host, ['rollback', '--start-empty', 'clickhouse']);
    assert.equal(runInside(host, ['sha256sum', configFile]), before);
    assert.doesNotMatch(runInside(host, ['find', '/etc', '-name', 'jts-hot*']), /./);
  });
