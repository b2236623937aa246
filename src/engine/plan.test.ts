// Plans as data: their order, what is refused, and when a saved one no longer fits.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, smallLayout } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { Problem } from '../messages/diagnostic.ts';
import { makePlan, wantedBy } from '../resources/index.ts';
import { examine } from './examine.ts';
import { checkServiceNames, NO_CONSENT, requireCurrent } from './plan.ts';
import { readPlan } from './saved-plan.ts';
import { writePlan } from './write-plan.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');

function problem(act: () => void): Problem {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
  assert.fail('nothing was thrown');
}

describe('plan', () => {
  it('on a fresh host: groups, users, then directories from the top', () => {
    const plan = makePlan(LAYOUT, createHost());
    assert.deepEqual(
      plan.steps.map((step) => `${step.action} ${step.address}`),
      [
        '+ group kafka',
        '+ group redis',
        '+ user kafka',
        '+ user redis',
        '+ directory /data',
        '+ directory /data/jts',
        '+ directory /data/jts/hot',
        '+ directory /data/jts/hot/kafka',
        '+ directory /data/jts/hot/kafka/data',
        '+ directory /data/jts/hot/kafka/logs',
        '+ directory /data/jts/hot/redis',
        '+ directory /data/jts/hot/redis/data',
        '+ directory /data/jts/hot/redis/logs',
      ],
    );
    assert.deepEqual([plan.root, plan.spec, plan.adopt], ['/', LAYOUT, []]);
    assert.deepEqual([plan.refusals, plan.warnings], [[], []]);
  });

  it('makes what a step needs before it, and every step can be undone', () => {
    const { steps } = makePlan(runBookLayout, createHost());
    const made = new Set<string>();
    for (const step of steps) {
      for (const need of step.needs) assert.ok(made.has(need), `${step.address} needs ${need} before it`);
      made.add(step.address);
      assert.notEqual(step.undo, null);
    }
    // 6 groups, 5 users, 3 directories to the base, 7 services with 19 parts.
    assert.equal(steps.length, 6 + 5 + 3 + 7 + 19);
  });

  it('leaves out what is there', () => {
    const host = createHost();
    host.prepare.addGroup('kafka', 900);
    host.prepare.directory(BASE);
    const addresses = makePlan(smallLayout('kafka'), host).steps.map((step) => step.address);
    assert.deepEqual(addresses, [
      'user kafka',
      'directory /data/jts/hot/kafka',
      'directory /data/jts/hot/kafka/data',
      'directory /data/jts/hot/kafka/logs',
    ]);
  });

  it('says once what is in the way of many', () => {
    const host = createHost();
    host.prepare.link(`${BASE}/kafka`, '/etc');
    const { refusals } = makePlan(smallLayout('kafka'), host);
    assert.deepEqual(
      refusals.map(({ code, at }) => [code, at]),
      [['E_NOT_A_DIRECTORY', 'directory /data/jts/hot/kafka']],
    );
  });

  it('refuses each directory with foreign data for itself, and adopts a service as a whole', () => {
    const host = createHost();
    for (const name of ['data', 'logs']) host.prepare.file(`${BASE}/kafka/${name}/f`);
    host.prepare.chown(`${BASE}/kafka/data`, 999, 999);
    host.prepare.chown(`${BASE}/kafka/logs`, 999, 999);
    const layout = smallLayout('kafka');
    assert.deepEqual(
      makePlan(layout, host).refusals.map(({ at }) => at),
      ['/data', '/logs'].map((part) => `directory ${BASE}/kafka${part}`),
    );
    assert.deepEqual(makePlan(layout, host, ['kafka']).refusals, []);
  });

  it('of a base behind a link: the hint names the real path of the base, not of what is above it', () => {
    const host = createHost();
    host.prepare.link('/data', '/mnt/nvme');
    const { refusals } = makePlan(LAYOUT, host);
    assert.deepEqual(
      refusals.map(({ at, hint }) => [at, hint]),
      [['directory /data', 'name the real path, without links: --base "$(realpath -m /data/jts/hot)"']],
    );
  });
});

describe('examine', () => {
  it('gives every wanted thing one ID, also where services are nested and named alike', () => {
    const { base, services } = smallLayout('stores', 'kafka', 'jts');
    const [stores, kafka, jts] = services;
    assert.ok(stores && kafka && jts);
    const layout = {
      base,
      services: [
        { ...stores, path: 'x' },
        { ...kafka, path: 'stores/data/kafka' },
        { ...jts, path: 'data/jts/data' },
      ],
    };
    const ids = examine(createHost(), wantedBy(layout), NO_CONSENT).map(({ checkId }) => checkId);
    assert.deepEqual(ids, [...new Set(ids)]);
    assert.equal(ids.length, 3 + 3 + 3 + 4 + 9);
  });
});

describe('plan: names', () => {
  it('takes services of the layout, and the base', () => {
    checkServiceNames(LAYOUT, ['kafka', 'redis', 'base'], '--adopt');
    checkServiceNames(LAYOUT, [], '--adopt');
  });

  it('says of every other one what there is', () => {
    const { exitCode, diagnostics } = problem(() =>
      checkServiceNames(LAYOUT, ['kafak', 'redis', 'x\x1b'], '--adopt'),
    );
    assert.equal(exitCode, 2);
    assert.deepEqual(diagnostics, [
      {
        code: 'E_UNKNOWN_SERVICE',
        summary: 'cannot find a service of that name in the layout',
        at: '--adopt',
        detail: ['want one of kafka, redis, base; found "kafak"', 'did you mean kafka?'],
        fix: null,
        hint: 'see: jts-hot spec show',
      },
      {
        code: 'E_UNKNOWN_SERVICE',
        summary: 'cannot find a service of that name in the layout',
        at: '--adopt',
        detail: ['want one of kafka, redis, base; found "x\\u001b"'],
        fix: null,
        hint: 'see: jts-hot spec show',
      },
    ]);
  });
});

describe('plan: saved', () => {
  const layout = smallLayout('kafka');

  it('fits the host that it was made for', () => {
    const host = createHost();
    const saved = makePlan(layout, host);
    requireCurrent(saved, makePlan(layout, host));
    requireCurrent(JSON.parse(JSON.stringify(saved)), makePlan(layout, host));
  });

  it('keeps ports and settings, and one of before there were such is as one without', () => {
    const text =
      'services: { redis: { port: 7000, settings: { maxmemory: 1gb, hz: 10, "appendonly": true } } }';
    const asked = parseLayoutFile(text, 'hot.yaml').layout;
    const host = createHost();
    const plan = makePlan(asked, host);
    const read = readPlan(writePlan(plan, 'jts-hot', '2026-11-27T00:00:00Z'), 'hot.plan');
    assert.deepEqual(read.spec, asked);
    requireCurrent(read, plan);
    const without = readPlan(
      writePlan(makePlan(layout, host), 'jts-hot', '2026-11-27T00:00:00Z'),
      'hot.plan',
    );
    assert.ok(without.spec.services.every((service) => !('port' in service) && !('settings' in service)));
    requireCurrent(without, makePlan(layout, host));
  });

  it('is refused when a step is no longer needed', () => {
    const host = createHost();
    const saved = makePlan(layout, host);
    host.prepare.addGroup('kafka', 900);
    const { exitCode, diagnostics } = problem(() => requireCurrent(saved, makePlan(layout, host)));
    assert.equal(exitCode, 3);
    assert.deepEqual(diagnostics, [
      {
        code: 'E_STALE_PLAN',
        summary: 'refusing to apply a plan that no longer fits the host',
        at: null,
        detail: [
          'want the 8 steps that were saved, found that the host now needs 7',
          'no longer needed: system group kafka',
        ],
        fix: null,
        hint: 'make a new one and read it: sudo jts-hot plan --out /root/hot.plan',
      },
    ]);
  });

  it('is refused when another step is needed', () => {
    const host = createHost();
    host.prepare.directory(BASE);
    const saved = makePlan(layout, host);
    host.prepare.chmod(BASE, '0700');
    const { diagnostics } = problem(() => requireCurrent(saved, makePlan(layout, host)));
    assert.deepEqual(diagnostics[0]?.detail, [
      'want the 5 steps that were saved, found that the host now needs 6',
      'needed now: /data/jts/hot  mode 0700 -> 0755',
    ]);
  });

  it('is refused when the directory is another one with the same faults', () => {
    const host = createHost();
    host.prepare.directory(BASE, { mode: '0700' });
    const saved = makePlan(layout, host);
    host.prepare.remove(BASE);
    host.prepare.directory(BASE, { mode: '0700' });
    const { diagnostics } = problem(() => requireCurrent(saved, makePlan(layout, host)));
    assert.deepEqual(diagnostics[0]?.detail, [
      'want the 6 steps that were saved, found that the host now needs 6',
      'no longer needed: /data/jts/hot  mode 0700 -> 0755',
      'needed now: /data/jts/hot  mode 0700 -> 0755',
    ]);
  });

  it('is refused when its undo was changed', () => {
    const host = createHost();
    const saved = makePlan(layout, host);
    const [first, ...rest] = saved.steps;
    assert.ok(first !== undefined);
    const tampered = { ...saved, steps: [{ ...first, undo: null }, ...rest] };
    assert.equal(problem(() => requireCurrent(tampered, saved)).diagnostics[0]?.code, 'E_STALE_PLAN');
  });
});
