// Kills a first setup with SIGKILL before state-changing system calls of its own, and in the middle of the programs it
// starts: once for each operation and system call, with CRASH=full at every one. From wherever that leaves the host, the same
// command must complete, and rollback must leave no trace: names, owners, modes and contents of the whole root.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { type KillPoint, killPoints, runKilled, sabotage } from './crash.ts';
import {
  BUILT_IN,
  chosen,
  chosenOfProgram,
  completeAndRollBack,
  FULL,
  forEachPoint,
  NEEDS,
  pointsOf,
  removeLitter,
  requireAsNew,
  SMALL,
} from './crash-matrix.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

it('killed at system calls of every operation of a first setup: setup completes and rollback leaves no trace, or rollback at once', (t) => {
  if (!requires(t, ...NEEDS)) return;
  const points = chosen(pointsOf(SMALL, jtsHot('setup')));
  const kinds = new Set(points.map((point) => `${point.syscall} ${point.program ?? ''}`.trim()));
  for (const kind of [
    'mkdirat',
    'fchownat',
    'chmod',
    'write',
    'clone /usr/sbin/groupadd',
    'close /usr/sbin/useradd',
  ])
    assert.ok(kinds.has(kind), `no ${kind} in ${[...kinds].join(', ')}`);
  forEachPoint(t, SMALL, points, (host, point, ways) => {
    for (const way of ways) {
      runKilled(host, jtsHot('setup'), point);
      if (way === 'on') completeAndRollBack(host);
      else runJtsHot(host, ['rollback']);
      requireAsNew(host);
    }
  });
});

it('killed in operations of a first setup of the built-in layout: setup completes, rollback leaves no trace', (t) => {
  if (!requires(t, ...NEEDS)) return;
  const points = pointsOf(BUILT_IN, jtsHot('setup'));
  forEachPoint(t, BUILT_IN, FULL ? oneAStep(points, stepsOfSetup()) : withinSteps(points), (host, point) => {
    runKilled(host, jtsHot('setup'), point);
    completeAndRollBack(host);
  });
});

for (const program of ['groupadd', 'useradd'] as const)
  it(`killed in the middle of ${program}, alone or with setup: setup completes, rollback leaves no trace`, (t) => {
    if (!requires(t, ...NEEDS)) return;
    const crash = (host: ThrowawayHost, point: KillPoint, parentToo: boolean) => {
      using _sabotaged = sabotage(host, program, { point, parentToo });
      const result = host.run(jtsHot('setup'));
      if (parentToo) assert.equal(result.signal, 'SIGKILL', describe(result));
      else {
        assert.equal(result.status, 1, describe(result));
        assert.match(result.stderr, /killed by SIGKILL/);
        assert.match(result.stderr, /fix: sudo jts-hot setup\n +hint: to go back: sudo jts-hot rollback/);
      }
    };
    forEachPoint(t, SMALL, changesOfFiles(program), (host, point) => {
      crash(host, point, true);
      completeAndRollBack(host);
      removeLitter(host);
      requireAsNew(host);
      crash(host, point, false);
      runJtsHot(host, ['rollback']);
      removeLitter(host);
    });
  });

/** Where locks come and go and the new files take their places: all that the next program can tell. */
function changesOfFiles(program: 'groupadd' | 'useradd'): readonly KillPoint[] {
  using trial = startHost(SMALL);
  const group = program === 'useradd' ? ['--gid', 'root'] : [];
  const { result, points } = killPoints(trial, [program, '--system', ...group, 'kafka']);
  assert.equal(result.status, 0, describe(result));
  return chosenOfProgram(points.filter((point) => ['link', 'unlink', 'rename'].includes(point.syscall)));
}

function stepsOfSetup(): number {
  using host = startHost(BUILT_IN);
  return JSON.parse(runJtsHot(host, ['plan', '--json']).stdout).result.steps.length;
}

/** Before the first step it is as on the small host. */
function withinSteps(points: readonly KillPoint[]): readonly KillPoint[] {
  const first = points.find(({ call }) => call.includes('{\\"type\\":\\"doing\\"'));
  const within = chosen(points).filter(
    (point) => first !== undefined && points.indexOf(point) >= points.indexOf(first),
  );
  assert.ok(within.length > 10);
  return within;
}

/**
 * One point within each recorded step, between the record that it is begun and the one that it is done; which one
 * changes from step to step, so that all stages of an operation have their turn. All of those on the way to the base,
 * which is not the small host's.
 */
function oneAStep(points: readonly KillPoint[], wanted: number): readonly KillPoint[] {
  const steps: KillPoint[][] = [];
  let inStep: KillPoint[] | null = null;
  for (const point of points) {
    if (point.call.includes('{\\"type\\":\\"doing\\"')) {
      inStep = [];
      steps.push(inStep);
    } else if (point.call.includes('{\\"type\\":\\"done\\"')) {
      inStep?.push(point);
      inStep = null;
    } else inStep?.push(point);
  }
  assert.equal(steps.length, wanted);
  const way = steps.filter((step) => step.some((point) => point.syscall === 'mkdirat')).slice(0, 2);
  return steps.flatMap((step, i) => (way.includes(step) ? step : (step[i % step.length] ?? [])));
}
