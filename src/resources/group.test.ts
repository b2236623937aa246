// Wanted and found groups held against the steps, written out with their undo.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import { group } from './group.ts';

const KAFKA = { name: 'kafka', service: 'kafka' };

describe('group: desire', () => {
  it('wants each group of the layout once, root left out', () => {
    assert.deepEqual(group.desire(runBookLayout), [
      { name: 'postgres', service: 'postgresql' },
      { name: 'clickhouse', service: 'clickhouse' },
      { name: 'kafka', service: 'kafka' },
      { name: 'mongodb', service: 'mongodb' },
      { name: 'redis', service: 'redis' },
      { name: 'docker', service: 'docker' },
    ]);
  });

  it('gives a shared group to the first service that names it', () => {
    const services = runBookLayout.services.map((service) => ({ ...service, group: 'databases' }));
    assert.deepEqual(group.desire({ ...runBookLayout, services }), [
      { name: 'databases', service: 'postgresql' },
    ]);
  });
});

describe('group: diff', () => {
  it('missing: is made, and its undo deletes it', () => {
    assert.deepEqual(group.diff(KAFKA, null, NO_CONSENT), {
      steps: [
        {
          address: 'group kafka',
          action: '+',
          summary: 'system group kafka',
          reason: 'kafka needs it; the host has none of that name',
          do: { type: 'createGroup', name: 'kafka' },
          undo: { type: 'deleteGroup', name: 'kafka' },
          needs: [],
        },
      ],
      refusals: [],
      warnings: [],
    });
  });

  for (const gid of [0, 101, 1000, 60_001])
    it(`there with gid ${gid}: kept as it is`, () => {
      assert.deepEqual(group.diff(KAFKA, { name: 'kafka', gid, members: [] }, NO_CONSENT), {
        steps: [],
        refusals: [],
        warnings: [],
      });
    });
});

describe('group: words', () => {
  it('are stable', () => {
    assert.equal(group.address(KAFKA), 'group kafka');
    assert.equal(group.checkId(KAFKA), 'group.kafka');
    assert.equal(group.service(KAFKA), 'kafka');
    assert.equal(group.expected(KAFKA), 'group exists');
    assert.equal(group.found(KAFKA, null), 'missing');
    assert.equal(group.found(KAFKA, { name: 'kafka', gid: 998, members: [] }), 'gid 998');
  });
});

describe('group: observe', () => {
  it('gives one have for each want, in order', () => {
    const host = createHost();
    host.prepare.addGroup('redis', 997);
    host.prepare.addGroup('kafka', 998);
    const wants = ['kafka', 'mongodb', 'redis'].map((name) => ({ name, service: name }));
    assert.deepEqual(group.observe(host, wants), [
      { name: 'kafka', gid: 998, members: [] },
      null,
      { name: 'redis', gid: 997, members: [] },
    ]);
  });
});
