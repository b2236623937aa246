// Setup and validate look at the directories that the layout names, however much data is in them: counted in system
// calls, which unlike times are the same on every machine.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { requires } from '../requirement.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const DATA = '/data/jts/hot/clickhouse/data';
const CALLS = ['openat2', 'statx', 'getdents64'];

function count(host: ThrowawayHost, command: readonly string[]): ReadonlyMap<string, number> {
  const program = [process.execPath, join(REPOSITORY, 'dist/jts-hot.js'), ...command];
  const traced = host.run([
    'strace',
    '-f',
    '-c',
    '-e',
    `trace=${CALLS.join(',')}`,
    '-o',
    '/root/calls',
    ...program,
  ]);
  assert.equal(traced.status, 0, traced.stderr);
  const table = host.run(['cat', '/root/calls']).stdout;
  return new Map(
    CALLS.map((call) => {
      // % time, seconds, usecs/call, calls, [errors,] syscall
      const line = table.split('\n').find((row) => row.trimEnd().endsWith(` ${call}`));
      return [call, Number(line?.trim().split(/\s+/)[3] ?? 0)];
    }),
  );
}

for (const command of [['validate', '-q'], ['setup']])
  test(`${command[0]} makes no more system calls with 20,000 entries of data than it may`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'strace', 'useradd')) return;
    using host = startHost({ freshAccounts: true });
    const setup = host.run([process.execPath, join(REPOSITORY, 'dist/jts-hot.js'), 'setup']);
    assert.equal(setup.status, 0, setup.stderr);
    const empty = count(host, command);
    assert.ok((empty.get('openat2') ?? 0) > 50, 'the trace sees the work');
    const fill = `cd ${DATA} && seq 1 10000 | xargs mkdir && seq 10001 20000 | xargs touch && chown -R clickhouse:clickhouse .`;
    assert.equal(host.run(['sh', '-c', fill]).status, 0);
    const full = count(host, command);
    assert.equal(full.get('openat2'), empty.get('openat2'), 'openat2');
    // validate looks at the first entries inside, and at no more.
    const looked = (full.get('statx') ?? 0) - (empty.get('statx') ?? 0);
    assert.ok(
      command[0] === 'validate' ? looked > 300 && looked <= 1000 : looked === 0,
      `${looked} more statx`,
    );
    // Counting entries stops at a thousand: two buffers more, each time the directory is looked at.
    const more = (full.get('getdents64') ?? 0) - (empty.get('getdents64') ?? 0);
    assert.ok(more <= 8, `${more} more getdents64`);
  });
