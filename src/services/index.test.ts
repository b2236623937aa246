// Holds the seven services of the run-book to its table, by hand: nothing of that may be computed from the services
// themselves. Must not fail for another service beside them: what it wants is its own folder's to test.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { plannedTotalBytes } from '../layout/layout.ts';
import { formatBytes } from '../values/size.ts';
import { builtInLayout, builtInServices, dataNames, inOrder, privilegedGroups } from './index.ts';
import * as list from './list.ts';
import type { BuiltInService } from './service.ts';

const RUN_BOOK = ['postgresql', 'clickhouse', 'kafka', 'mongodb', 'redis', 'docker', 'backup'];
const services = builtInServices.filter(({ name }) => RUN_BOOK.includes(name));

test('L1: the base is /data/jts/hot', () => {
  assert.equal(builtInLayout.base, '/data/jts/hot');
});

test('L2: services, sub-directories and planned space', () => {
  const table = services.map((service) => [
    service.path,
    service.directories.map((directory) => directory.name),
    service.plannedBytes,
  ]);
  assert.deepEqual(table, [
    ['postgresql', ['data', 'logs', 'config'], 800_000_000_000],
    ['clickhouse', ['data', 'logs', 'tmp'], 1_500_000_000_000],
    ['kafka', ['data', 'logs'], 600_000_000_000],
    ['mongodb', ['data', 'logs', 'config'], 200_000_000_000],
    ['redis', ['data', 'logs'], 50_000_000_000],
    ['docker', ['volumes', 'containers', 'tmp'], 500_000_000_000],
    ['backup', ['daily', 'snapshots', 'staging'], 350_000_000_000],
  ]);
});

test('L2: the plan adds up to 4.00 TB', () => {
  const planned = plannedTotalBytes({ ...builtInLayout, services });
  assert.equal(planned, 4_000_000_000_000);
  assert.equal(formatBytes(planned), '4.00 TB');
});

test('L3: every service and every directory says what it is for', () => {
  for (const service of builtInServices)
    for (const { name, purpose } of [service, ...service.directories])
      assert.notEqual(purpose, '', `${service.name} ${name}`);
});

test('U1, P1: users, groups and modes', () => {
  const table = services.map(({ name, user, group, mode }) => `${name} ${user}:${group} ${mode}`);
  assert.deepEqual(table, [
    'postgresql postgres:postgres 0750',
    'clickhouse clickhouse:clickhouse 0750',
    'kafka kafka:kafka 0750',
    'mongodb mongodb:mongodb 0750',
    'redis redis:redis 0750',
    'docker root:docker 0755',
    'backup root:root 0755',
  ]);
});

test('P2: the directories of the five databases are closed to everybody else', () => {
  for (const service of services.slice(0, 5))
    for (const directory of service.directories)
      for (const mode of [directory.mode, ...directory.accept])
        assert.match(mode, /^0[0-7][0-7]0$/, `${service.name}/${directory.name}`);
});

test('P3: what PostgreSQL refuses is not wanted, what dockerd sets itself is not drift', () => {
  const data = services[0]?.directories[0];
  assert.deepEqual([data?.name, data?.mode, data?.accept], ['data', '0700', ['0750']]);
  const docker = services[5];
  assert.deepEqual([docker?.name, docker?.accept], ['docker', ['0710', '0711']]);
});

test('P4: the group of Docker gives root; a segment of Kafka is no log', () => {
  assert.ok(privilegedGroups.has('docker'));
  assert.deepEqual(
    dataNames.filter(({ digits }) => digits === 20),
    [{ digits: 20, ending: '.log' }],
  );
});

test('each folder is a service, by its name, and has its line in the list', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  assert.deepEqual(Object.keys(list).sort(), folders.map(({ name }) => name).sort());
  for (const [name, { layout }] of Object.entries(list)) assert.equal(layout.name, name);
});

test('services come in their order, those without one last, by name', () => {
  const service = (name: string, order?: number): BuiltInService => ({
    ...(order === undefined ? {} : { order }),
    layout: { ...list.redis.layout, name },
  });
  assert.deepEqual(
    inOrder([service('z'), service('b', 2), service('a'), service('c', 1)]).map(({ layout }) => layout.name),
    ['c', 'b', 'a', 'z'],
  );
});
