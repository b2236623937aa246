// Kills clean with SIGKILL before system calls of its own of every kind, with CRASH=full before each. From wherever that leaves
// the host, the same command completes, and rollback brings everything back; where it deletes, the same command ends in the
// same place.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { distinct, type KillPoint, killPoints, runKilled } from './crash.ts';
import { chosen, NEEDS } from './crash-matrix.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const STAGING = `${BASE}/backup/staging`;
const TRASH = `${BASE}/.jts-hot-trash`;

function sh(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

/** As if clean had never run but for what the history knows of it. */
function fill(host: ThrowawayHost): void {
  sh(
    host,
    `rm -rf ${TRASH} ${STAGING}/*; find /var/lib/jts-hot/journal -type f ! -name 000001.jsonl -delete
    cd ${STAGING}; echo 1 > old; echo 2 > x.tmp; mkdir -p tree/deep; echo 3 > tree/deep/file; echo 4 > newest
    touch -d '20 days ago' old x.tmp tree/deep/file tree/deep tree; touch -d '9 days ago' newest`,
  );
}

const LOOK = `cd ${BASE}; find . -mindepth 1 ! -path ./backup/staging -printf '%P %i %u:%g %m %T@\\n' | sort`;

function started(): ThrowawayHost {
  const host = startHost({ freshAccounts: true, disks: [{ at: BASE, size: '16m' }] });
  runJtsHot(host, ['setup']);
  // Its rules have taken something: with --delete they delete at once.
  fill(host);
  runJtsHot(host, ['clean']);
  fill(host);
  return host;
}

function pointsOf(host: ThrowawayHost, argv: readonly string[]): readonly KillPoint[] {
  const { result, points } = killPoints(host, argv);
  assert.equal(result.status, 0, describe(result));
  // The history is a database's own to keep whole.
  return chosen(distinct(points, ['getent'])).filter(({ path, call }) => !/history/.test(path ?? call));
}

it('killed at system calls of every kind, clean completes or is rolled back', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started();
  const points = pointsOf(host, jtsHot('clean'));
  const kinds = new Set(points.map(({ syscall }) => syscall));
  for (const kind of ['mkdirat', 'renameat2', 'write'])
    assert.ok(kinds.has(kind), `no ${kind} in ${[...kinds].join()}`);
  for (const [i, point] of points.entries()) {
    const at = point.call.slice(0, 120);
    fill(host);
    const before = sh(host, LOOK);
    runKilled(host, jtsHot('clean'), point);
    if (i % 2 === 0) {
      runJtsHot(host, ['clean']);
      assert.equal(sh(host, `ls ${STAGING}; ls ${TRASH} | wc -l`), 'newest\n3\n', at);
    }
    // Before its record is there, nothing was done: the newest run is that of setup.
    if (sh(host, 'ls /var/lib/jts-hot/journal').includes('000002.jsonl'))
      runJtsHot(host, ['rollback', '--yes']);
    assert.equal(sh(host, LOOK), before, at);
  }
  t.diagnostic(`${points.length} points`);
});

it('killed while it deletes, the same command ends in the same place', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started();
  const points = pointsOf(host, jtsHot('clean', '--delete'));
  assert.ok(points.some(({ syscall }) => syscall === 'unlinkat'));
  for (const point of points) {
    fill(host);
    runKilled(host, jtsHot('clean', '--delete'), point);
    runJtsHot(host, ['clean', '--delete']);
    assert.equal(sh(host, `ls ${STAGING}; ls ${TRASH} | wc -l`), 'newest\n0\n', point.call.slice(0, 120));
  }
  t.diagnostic(`${points.length} points`);
});
