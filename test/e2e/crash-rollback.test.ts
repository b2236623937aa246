// Kills a rollback with SIGKILL before state-changing system calls of its own, and in the middle of the programs it starts:
// once for each operation and system call, with CRASH=full at every one. From wherever that leaves the host, rollback again
// leaves no trace, and setup again completes.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { type KillPoint, killPoints, runKilled, sabotage } from './crash.ts';
import { chosen, forEachPoint, NEEDS, pointsOf, removeLitter, requireAsNew, SMALL } from './crash-matrix.ts';
import { describe, jtsHot, runJtsHot, traces } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const setUp = (host: ThrowawayHost) => {
  runJtsHot(host, ['setup']);
};

it('killed at system calls of every operation of a rollback: rollback again leaves no trace, or setup completes again or says what to finish first, and can be rolled back run by run', (t) => {
  if (!requires(t, ...NEEDS)) return;
  forEachPoint(t, SMALL, chosen(pointsOf(SMALL, jtsHot('rollback'), setUp)), (host, point, ways) => {
    for (const way of ways) {
      setUp(host);
      runKilled(host, jtsHot('rollback'), point);
      if (way === 'back') runJtsHot(host, ['rollback']);
      else {
        setUpAgain(host);
        runJtsHot(host, ['validate', '--quiet']);
        for (let runs = 0; runs < 3; runs++) runJtsHot(host, ['rollback']);
      }
      requireAsNew(host);
    }
  });
});

/** A user that is half deleted is not taken for one: the rollback has to end first. */
function setUpAgain(host: ThrowawayHost): void {
  const result = host.run(jtsHot('setup'));
  if (result.status === 0) return;
  assert.equal(result.status, 3, describe(result));
  assert.match(result.stderr, /E_HALF_DELETED.*finish what was begun:\s+sudo jts-hot rollback/s);
  runJtsHot(host, ['rollback']);
  setUp(host);
}

for (const [program, argv, before] of [
  ['usermod', ['usermod', '--gid', '0', '--home', '/nonexistent', 'kafka'], null],
  ['userdel', ['userdel', 'kafka'], ['usermod', '--gid', '0', 'kafka']],
  ['groupdel', ['groupdel', 'docker'], null],
] as const)
  it(`killed in the middle of ${program}, alone or with the rollback: rollback again leaves no trace`, (t) => {
    if (!requires(t, ...NEEDS)) return;
    const crash = (host: ThrowawayHost, point: KillPoint, parentToo: boolean) => {
      using _sabotaged = sabotage(host, program, { point, parentToo });
      const result = host.run(jtsHot('rollback'));
      if (parentToo) assert.equal(result.signal, 'SIGKILL', describe(result));
      else {
        assert.equal(result.status, 1, describe(result));
        assert.match(result.stderr, /killed by SIGKILL/);
      }
    };
    forEachPoint(t, SMALL, changesOfFiles(argv, before), (host, point) => {
      for (const parentToo of [true, false]) {
        setUp(host);
        crash(host, point, parentToo);
        runJtsHot(host, ['rollback']);
        removeLitter(host);
        takeUpOrphans(host);
        requireAsNew(host);
      }
    });
  });

/** Where the new files take their places: between two of these, account files differ only in locks. */
function changesOfFiles(argv: readonly string[], before: readonly string[] | null): readonly KillPoint[] {
  using trial = startHost(SMALL);
  setUp(trial);
  if (before !== null) trial.run(before);
  const { result, points } = killPoints(trial, argv);
  assert.equal(result.status, 0, describe(result));
  const last = points.findLast((point) => point.syscall === 'unlink');
  return points.filter((point) => point.syscall === 'rename' || point === last);
}

/**
 * userdel and groupdel, killed between their two files, leave a line in shadow or gshadow that no account has any more:
 * nobody can use it, and the next account of that name takes it up.
 */
function takeUpOrphans(host: ThrowawayHost): void {
  const changed = traces(host);
  if (changed.length === 0) return;
  const [line = '', ...more] = changed;
  assert.ok(/^changed \/etc\/g?shadow$/.test(line) && more.length === 0, changed.join('\n'));
  const orphans = host.run(['sh', '-c', 'grep -hE "^(kafka|docker):" /etc/shadow /etc/gshadow']).stdout;
  assert.match(orphans, /^(kafka|docker):!:.*\n$/);
  setUp(host);
  runJtsHot(host, ['rollback']);
}
