// What is said of a server that does not start, and how its open files are told apart.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { startServerHost } from './parts.ts';
import { redis } from './redis.ts';
import { filesOutside, start, writeInside } from './server.ts';

it('a server that ends is not waited for, and its own words are told', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  using host = startServerHost();
  const configFile = '/etc/redis-test.conf';
  writeInside(host, configFile, ['dir /data/nowhere']);
  assert.throws(
    () => start({ host, server: redis(), user: 'redis', configFile }),
    /cannot start redis-server: it ended with 1: .*'dir \/data\/nowhere'\nNo such file or directory/s,
  );
});

it('files outside of directories are those of no program', () => {
  const files = [
    '/',
    '/data/a',
    '/data/ab',
    '/data/a/x',
    '/etc/x',
    '/lib64/ld.so',
    '/tmp/x (deleted)',
    '/usr/bin/x',
    '/var/x',
  ];
  assert.deepEqual(filesOutside(files, ['/data/a']), ['/data/ab', '/tmp/x (deleted)', '/var/x']);
});
