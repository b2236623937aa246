// Files are found by pattern, and a link counts only where nobody but root could have made it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { filesMatching, resolved } from './find.ts';

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
