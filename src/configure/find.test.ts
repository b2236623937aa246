// Files are found by pattern, and a link counts only where nobody but root could have made it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { filesMatching, programAmong, resolved } from './find.ts';

it('a star stands for one name, hidden ones left out; patterns keep their order', () => {
  const host = createHost();
  for (const path of [
    '/etc/pg/15/main/a.conf',
    '/etc/pg/16/x/a.conf',
    '/etc/pg/16/.old/a.conf',
    '/etc/b.conf',
  ])
    host.prepare.file(path, { text: 'x' });
  host.prepare.directory('/etc/pg/17/main/a.conf');
  assert.deepEqual(filesMatching(host, ['/etc/b.conf', '/etc/pg/*/*/a.conf', '/etc/none/*', '/etc/b.conf']), [
    '/etc/b.conf',
    '/etc/pg/15/main/a.conf',
    '/etc/pg/16/x/a.conf',
  ]);
});

it('links of root lead on, those that others could make stay links', () => {
  const host = createHost();
  host.prepare.file('/opt/kafka_2.13-4.0.0/config/server.properties', { text: 'x' });
  host.prepare.link('/opt/kafka', 'kafka_2.13-4.0.0');
  host.prepare.link('/etc/kafka', '/opt/kafka/config');
  assert.deepEqual(filesMatching(host, ['/etc/kafka/server.properties']), [
    '/opt/kafka_2.13-4.0.0/config/server.properties',
  ]);
  host.prepare.chmod('/opt', '0777');
  assert.deepEqual(filesMatching(host, ['/opt/kafka/config/server.properties']), []);
  assert.deepEqual(resolved(host, '/opt/kafka'), ['/opt/kafka']);
});

it('a link to itself leads nowhere', () => {
  const host = createHost();
  host.prepare.link('/etc/a', 'b');
  host.prepare.link('/etc/b', 'a');
  assert.deepEqual(resolved(host, '/etc/a/c'), []);
});

it('a program is called as it is named, also where that is a link, and the newest of several is taken', () => {
  const host = createHost();
  host.prepare.file('/usr/bin/redis-check-rdb', { mode: '0755', text: '' });
  host.prepare.link('/usr/bin/redis-server', 'redis-check-rdb');
  for (const version of ['15', '16'])
    host.prepare.file(`/usr/lib/postgresql/${version}/bin/initdb`, { text: '' });
  assert.equal(
    programAmong(host, ['/usr/sbin/redis-server', '/usr/bin/redis-server']),
    '/usr/bin/redis-server',
  );
  assert.equal(programAmong(host, ['/usr/lib/postgresql/*/bin/initdb']), '/usr/lib/postgresql/16/bin/initdb');
  assert.equal(programAmong(host, ['/usr/bin/mongod']), null);
});
