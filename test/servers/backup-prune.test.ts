// Increments of a real PostgreSQL 18 are pruned: what one that stays needs stays, and it can still be restored.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describe, jtsHot, runJtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { DAILY, namesIn, startCluster } from './postgresql-cluster.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'real servers', 'faketime'] as const;
const PRUNE = ['backup', 'prune', 'postgresql', '--keep', '1', '--older', '1d'] as const;

it('PostgreSQL 18: a chain of increments stays while its last one does, and goes as a whole after another whole one', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using cluster = startCluster('18', {
    settings: ['summarize_wal = on'],
    binds: { '/opt/faketime': '/usr/lib/x86_64-linux-gnu/faketime' },
  });
  const { host, sql } = cluster;
  sql("create table large as select n, repeat('x', 200) as words from generate_series(1, 50000) n;");
  /** Its name, and what it needs. */
  const backUp = (daysAgo: number, ...more: readonly string[]): readonly [string, string | null] => {
    const clock = [
      'LD_PRELOAD=/opt/faketime/libfaketime.so.1',
      `FAKETIME=-${daysAgo}d`,
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ];
    const result = host.run(['env', ...clock, ...jtsHot('backup', 'run', 'postgresql', '-j', ...more)]);
    assert.equal(result.status, 0, describe(result));
    const { name, manifest } = JSON.parse(result.stdout).result.services[0];
    return [name, manifest.taken.parent];
  };
  const [whole, none] = backUp(40);
  assert.equal(none, null);
  sql('update large set words = upper(words) where n <= 100;');
  const [second, of] = backUp(39);
  assert.equal(of, whole);
  sql('update large set words = lower(words) where n <= 50;');
  const [third, ofSecond] = backUp(38);
  assert.equal(ofSecond, second);

  const held = runJtsHot(host, [...PRUNE, '--delete']).stdout;
  assert.match(held, /^Nothing to prune\.$/m);
  assert.match(
    held.replace(/\s+/g, ' '),
    /To have them go in time, take a whole one: sudo jts-hot backup run postgresql --whole/,
  );
  assert.deepEqual(namesIn(host, DAILY), [whole, second, third]);

  const [another] = backUp(37, '--whole');
  sql('update large set words = upper(words) where n <= 70;');
  const [last, ofAnother] = backUp(36);
  assert.equal(ofAnother, another);
  const { result } = JSON.parse(runJtsHot(host, [...PRUNE, '-j']).stdout);
  const [service] = result.services;
  // The youngest first: wherever that is stopped, none is left without what it needs.
  assert.deepEqual(
    service.goes.map(({ name }: { name: string }) => name),
    [third, second, whole],
  );
  assert.deepEqual(service.stays, [
    { name: last, reason: 'newest', by: null },
    { name: another, reason: 'needed', by: last },
  ]);
  t.diagnostic(runJtsHot(host, [...PRUNE, '--delete']).stdout);
  assert.deepEqual(namesIn(host, DAILY), [another, last]);
  assert.match(runJtsHot(host, ['backup', 'verify', 'postgresql']).stdout, /good/);
});
