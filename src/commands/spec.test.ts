// What a layout is said to need.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { smallSpec } from '../../test/cases/host.ts';
import { builtInMonitoring } from '../monitoring.ts';
import { builtInSpec } from '../services/index.ts';
import type { Spec } from '../spec.ts';
import { summariseSpec } from './spec.ts';

function planning(plannedBytes: number): Spec {
  const { base, services } = smallSpec('kafka');
  return { base, services: services.map((service) => ({ ...service, plannedBytes })) };
}

it('the built-in layout leaves a 4 TB disk nothing, and says so', () => {
  const { exitCode, result } = summariseSpec({
    spec: builtInSpec,
    monitoring: builtInMonitoring,
    file: null,
  });
  assert.equal(exitCode, 0);
  assert.deepEqual(result, {
    file: null,
    spec: builtInSpec,
    monitoring: { ...builtInMonitoring, services: [] },
    plannedBytes: 4_000_000_000_000,
    neededBytes: 4_210_526_315_790,
    warnings: [
      {
        id: 'space.planned',
        expected: 'room for the file system itself and a reserve of 5 %',
        found: 'a plan that a recommended disk of 4 TB cannot give',
      },
    ],
  });
});

for (const [plannedBytes, neededBytes, warnings] of [
  [3_800_000_000_000, 4_000_000_000_000, 0],
  [3_800_000_000_001, 4_000_000_000_002, 1],
  [4_000_000_000_001, 4_210_526_315_791, 1],
  // A layout for another disk altogether: the recommended one cannot give that either.
  [8_000_000_000_000_000, 8_421_052_631_578_948, 1],
] as const)
  it(`${plannedBytes} bytes need ${neededBytes}: ${warnings === 0 ? 'no warning' : 'a warning'}`, () => {
    const { result } = summariseSpec({
      spec: planning(plannedBytes),
      monitoring: builtInMonitoring,
      file: '/etc/jts/hot-storage.yaml',
    });
    assert.deepEqual(
      [result.plannedBytes, result.neededBytes, result.warnings.length, result.file],
      [plannedBytes, neededBytes, warnings, '/etc/jts/hot-storage.yaml'],
    );
  });
