// Which project each service gets, and which limits.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FIRST_PROJECT, LAST_PROJECT } from '../layout/quota.ts';
import { builtInLayout } from './index.ts';
import { projectsOf } from './projects.ts';

const ENFORCE = { mode: 'enforce', softPercent: 90, hardPercent: 100 } as const;
const EXPECTED = {
  postgresql: 1_980_610,
  clickhouse: 1_144_758,
  kafka: 1_699_683,
  mongodb: 1_969_236,
  redis: 1_096_265,
  docker: 1_999_999,
  backup: 1_916_533,
} as const;
const projects = projectsOf({ ...builtInLayout, quota: ENFORCE });

describe('projects of services', () => {
  it('there are none where none are wanted', () => {
    assert.deepEqual(projectsOf(builtInLayout), []);
  });

  it('each has its own, the last one of the range for what numbers onward', () => {
    const ids = projects.map(({ project }) => project);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.every((id) => id >= FIRST_PROJECT && id <= LAST_PROJECT));
    assert.equal(projects.find(({ service }) => service.name === 'docker')?.project, LAST_PROJECT);
  });

  it('they follow from the name alone: what exists has these numbers', () => {
    // Other ones would have every file of every host numbered again.
    const known = builtInLayout.services.filter(({ name }) => name in EXPECTED);
    const numbers = (services: typeof known) =>
      Object.fromEntries(
        projectsOf({ services, quota: ENFORCE }).map(({ service, project }) => [service.name, project]),
      );
    assert.deepEqual(numbers(known), EXPECTED);
    const [, , ...fewer] = known;
    for (const [name, project] of Object.entries(numbers(fewer)))
      assert.equal(project, EXPECTED[name as keyof typeof EXPECTED]);
  });

  it('two whose names hash alike get two ids', () => {
    const [service] = builtInLayout.services;
    assert.ok(service !== undefined);
    // More names than can all be apart.
    const services = Array.from({ length: 3000 }, (_, i) => ({ ...service, name: `service${i}` }));
    const ids = projectsOf({ services, quota: ENFORCE }).map(({ project }) => project);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('limits are of the planned size, in whole blocks; to be counted alone there are none', () => {
    const redis = projects.find(({ service }) => service.name === 'redis');
    assert.equal(redis?.service.plannedBytes, 50e9);
    assert.equal(redis?.hardBytes, Math.floor(50e9 / 4096) * 4096);
    assert.equal(redis?.softBytes, Math.floor(45e9 / 4096) * 4096);
    const counted = projectsOf({ ...builtInLayout, quota: { ...ENFORCE, mode: 'account' } });
    assert.ok(counted.every(({ softBytes, hardBytes }) => softBytes === null && hardBytes === null));
  });
});
