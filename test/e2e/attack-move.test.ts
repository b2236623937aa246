// A service user keeps swapping its old place, what is in it, and the place where its copy goes, for links, other directories and
// hard links while root empties the one and puts a copy in the other: nothing outside changes, and the copy is never lost. 200
// rounds each.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { attacker, type Variant } from './attacker.ts';
import { describe, runJtsHot } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const ROUNDS = 200;
const DRIVER = `${REPOSITORY}/test/e2e/move-rounds.ts`;
const BASE = '/data/jts/hot';
const OLD = `${BASE}/redis/old`;
const TO = `${BASE}/redis/data`;
/** On the same disk, where the user can write, so that root alone is what is in the way. */
const OUTSIDE = `${BASE}/outside`;

interface Attack {
  readonly what: 'empty' | 'place';
  readonly variant: Variant;
  readonly path: string;
  readonly target: string;
}

const ATTACKS: readonly Attack[] = [
  { what: 'empty', variant: 'link', path: `${OLD}/d`, target: OUTSIDE },
  { what: 'empty', variant: 'link', path: OLD, target: OUTSIDE },
  { what: 'empty', variant: 'hard-link', path: `${OLD}/f`, target: `${OUTSIDE}/secret` },
  { what: 'place', variant: 'link', path: TO, target: OUTSIDE },
  { what: 'place', variant: 'missing', path: TO, target: OUTSIDE },
];

for (const { what, variant, path, target } of ATTACKS)
  it(`${what}: redis swaps ${path.slice(BASE.length + 1)} for ${variant}, and nothing outside changes`, async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'loop device')) return;
    using host = startHost({ freshAccounts: true, disks: [{ at: BASE, size: '64m' }] });
    runJtsHot(host, ['setup']);
    sh(
      host,
      `mkdir -p ${OUTSIDE} ${OLD}/d; chown -R redis: ${OLD}; for name in f 1 2 secret; do echo precious > ${OUTSIDE}/$name; done
      chmod 1777 ${OUTSIDE}; touch ${OLD}/f; chown redis: ${OLD}/f`,
    );
    const running = host.spawn(attacker({ variant, user: 'redis', path, target }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const before = outside(host);
    const result = host.run([process.execPath, DRIVER, what, `${ROUNDS}`], {
      cwd: REPOSITORY,
      timeoutMs: 120_000,
    });
    running.kill('SIGTERM');
    const ended = await running.ended;
    assert.equal(result.status, 0, describe(result));
    t.diagnostic(`${ended.stdout.trim().replace('\n', ' ')}; ${result.stdout}`);
    const answers = JSON.parse(result.stdout) as Record<string, number>;
    const worked = what === 'empty' ? 'emptied' : 'put in place';
    assert.ok((answers[worked] ?? 0) > 0, `never ${worked}`);
    assert.equal(outside(host), before);
  });

function sh(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

/** Names, contents, owners, and numbers that tell whether anything was replaced. */
function outside(host: ThrowawayHost): string {
  return sh(host, `cd ${OUTSIDE}; stat -c '%n %i %U %a %Y' . f 1 2 secret; cat f 1 2 secret`);
}
