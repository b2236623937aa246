// Hosts over a tree that install.sh made: they see it whole, write nothing to it, and have a network of their own.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { bootHost } from '../e2e/booted-host.ts';
import { requires } from '../requirement.ts';
import { directoryOf, startServerHost } from './parts.ts';
import { runInside } from './server.ts';

it('a throwaway host over a tree tells what changed in it, and leaves the tree as it is', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  using host = startServerHost({ parts: ['kafka-4'], prepare: 'echo prepared > /etc/motd' });
  assert.deepEqual(host.changes(), []);
  runInside(host, ['sh', '-c', 'rm /etc/redis/redis.conf; echo more >> /etc/passwd; mkdir /data']);
  assert.deepEqual(host.changes(), ['created /data', 'changed /etc/passwd', 'deleted /etc/redis/redis.conf']);
  assert.ok(existsSync(`${directoryOf('debian-12')}/etc/redis/redis.conf`));
  assert.doesNotMatch(readFileSync(`${directoryOf('debian-12')}/etc/passwd`, 'utf8'), /more/);
  assert.match(runInside(host, ['ls', '/opt/kafka-4/libs']), /^kafka_2\.13-4\.4\.0\.jar$/m);
  assert.match(runInside(host, ['ip', '-brief', 'address']), /^lo +UNKNOWN +127\.0\.0\.1\/8 .*\n$/);
  host.reset();
  assert.deepEqual(host.changes(), []);
  assert.match(runInside(host, ['cat', '/etc/redis/redis.conf']), /^dir \/var\/lib\/redis$/m);
});

it('a booted host over a tree has its disks again after it has booted again', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
  if (!requires(t, 'real servers')) return;
  const prepare = 'systemctl disable postgresql redis-server clickhouse-server docker containerd 2>/dev/null';
  using host = bootHost({ tree: directoryOf('debian-12'), prepare, disks: [{ at: '/data', size: '64M' }] });
  const mounted = ['findmnt', '--noheadings', '--output', 'SOURCE,FSTYPE', '/data'];
  assert.deepEqual(runInside(host, mounted).trim().split(/ +/), [host.devices[0], 'ext4']);
  runInside(host, ['touch', '/data/kept', '/etc/kept', '/run/gone']);
  host.reboot();
  assert.deepEqual(runInside(host, mounted).trim().split(/ +/), [host.devices[0], 'ext4']);
  assert.equal(host.run(['ls', '/data/kept', '/etc/kept', '/run/gone']).stdout, '/data/kept\n/etc/kept\n');
  runInside(host, ['systemctl', 'disable', 'data.mount']);
  host.reboot();
  assert.equal(host.run(mounted).status, 1);
});
