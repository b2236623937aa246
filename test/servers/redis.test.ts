// Redis 7 and Valkey 9, configured by the product, keep snapshot, append-only files and log on the hot tier only.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runJtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { startServerHost } from './parts.ts';
import { redis } from './redis.ts';
import { filesOutside, runInside, start, writeInside } from './server.ts';

const HOME = '/data/jts/hot/redis';
const LOG = `${HOME}/logs/redis-server.log`;

for (const [name, program] of [
  ['Redis 7', '/usr/bin/redis-server'],
  ['Valkey 9', '/opt/valkey-9/valkey-server'],
] as const)
  for (const appendonly of ['no', 'yes'])
    it(`${name} takes a write, stops, starts and still has it, appendonly ${appendonly}`, (t) => {
      if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
      using host = startServerHost({ parts: ['valkey-9'], disks: [{ at: '/data/jts/hot', size: '256m' }] });
      const configFile = '/etc/redis-test/redis.conf';
      runInside(host, ['mkdir', '/etc/redis-test']);
      writeInside(host, configFile, ['save 3600 1', `appendonly ${appendonly}`]);
      const before = runInside(host, ['sha256sum', configFile]);
      runJtsHot(host, ['setup']);
      runJtsHot(host, ['config', 'redis', '--install', '--to', configFile]);

      const options = { host, server: redis(program), user: 'redis', configFile };
      const first = start(options);
      first.write(['bought', 'sold']);
      const open = first.openFiles();
      assert.deepEqual(filesOutside(open, [HOME]), []);
      // Its working directory is where it writes.
      assert.ok(open.includes(`${HOME}/data`), open.join('\n'));
      const aof = `${HOME}/data/appendonlydir/appendonly.aof.1.incr.aof`;
      assert.equal(open.includes(aof), appendonly === 'yes');
      first.stop();
      assert.match(
        runInside(host, ['ls', `${HOME}/data`]),
        appendonly === 'yes' ? /^appendonlydir$/m : /^dump.rdb$/m,
      );

      const second = start(options);
      assert.deepEqual(second.read(), ['bought', 'sold']);
      second.stop();
      assert.match(runInside(host, ['cat', LOG]), /is now ready to exit, bye bye/);

      assert.match(runJtsHot(host, ['rollback'], 3).stderr, /E_LEAVES_DATA/);
      runJtsHot(host, ['rollback', '--start-empty', 'redis']);
      assert.equal(runInside(host, ['sha256sum', configFile]), before);
      assert.equal(runInside(host, ['ls', '/etc/redis-test']), 'redis.conf\n');
    });
