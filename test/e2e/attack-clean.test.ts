// clickhouse keeps swapping what root cleans in its directory for links, other directories and hard links: nothing outside goes,
// and nothing young does, however often it is swapped in. 200 rounds each, all of them deleting.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { attacker, type Variant } from './attacker.ts';
import { describe, runJtsHot } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const ROUNDS = 200;
const DRIVER = `${REPOSITORY}/test/e2e/clean-rounds.ts`;
const BASE = '/data/jts/hot';
const TMP = `${BASE}/clickhouse/tmp`;
const OUTSIDE = '/srv/outside';
/** On the same disk: a hard link leads to no other. */
const SECRET = `${BASE}/redis/secret.tmp`;
const LAYOUT = '/etc/jts/hot-storage.yaml';

interface Attack {
  readonly variant: Variant;
  readonly path: string;
  readonly target: string;
}

const ATTACKS: readonly Attack[] = [
  { variant: 'link', path: `${TMP}/d`, target: OUTSIDE },
  { variant: 'link', path: TMP, target: OUTSIDE },
  { variant: 'directory', path: `${TMP}/d`, target: OUTSIDE },
  { variant: 'missing', path: `${TMP}/d`, target: OUTSIDE },
  { variant: 'hard-link', path: `${TMP}/f.tmp`, target: SECRET },
];

/** Directories as a whole, and files in them: what is swapped is a thing, and has things in it. */
const RULES = `clean:
  whole: { service: clickhouse, directory: tmp, pattern: "d*", older: 1d, thing: directory }
`;

for (const { variant, path, target } of ATTACKS)
  it(`clickhouse swaps ${path.slice(BASE.length + 1)} for ${variant}: nothing outside goes, and nothing young`, async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
    const prepare = `mkdir -p ${OUTSIDE} /etc/jts; echo '${RULES}' > ${LAYOUT}
      for name in x.tmp y.tmp; do echo precious > ${OUTSIDE}/$name; done
      touch -d '30 days ago' ${OUTSIDE}/*; chmod 1777 ${OUTSIDE}`;
    using host = startHost({ freshAccounts: true, prepare, disks: [{ at: BASE, size: '64m' }] });
    runJtsHot(host, ['setup']);
    // Every rule has taken something before: from now on what they take is deleted at once.
    sh(host, `cd ${TMP}; mkdir d; echo x > d/x; echo x > f.tmp; touch -d '3 days ago' d/x d f.tmp`);
    runJtsHot(host, ['clean']);
    sh(host, `umask 077; echo precious > ${SECRET}; touch -d '30 days ago' ${SECRET}`);
    assert.equal(host.run(['mkdir', `${TMP}/d`], { asUser: 'clickhouse' }).status, 0);
    const running = host.spawn(attacker({ variant, user: 'clickhouse', path, target }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    if (variant === 'directory') {
      const young = `for at in ${path} ${path}.other; do echo young > $at/young 2>/dev/null && break; done; sleep 0.1`;
      assert.equal(host.run(['sh', '-c', young], { asUser: 'clickhouse' }).status, 0);
    }
    const before = outside(host);
    const result = host.run([process.execPath, DRIVER, LAYOUT, `${ROUNDS}`], {
      cwd: REPOSITORY,
      timeoutMs: 400_000,
    });
    running.kill('SIGTERM');
    const ended = await running.ended;
    assert.equal(result.status, 0, describe(result));
    t.diagnostic(`${ended.stdout.trim().replace('\n', ' ')}; ${result.stdout}`);
    const answers = JSON.parse(result.stdout) as Record<string, number>;
    assert.ok((answers['things were planned'] ?? 0) > 0, 'nothing was ever planned');
    assert.ok(!Object.keys(answers).some((answer) => answer.includes('E_UNEXPECTED')));
    assert.equal(outside(host), before);
    assert.equal(sh(host, `cat ${SECRET}`), 'precious\n');
    if (variant === 'directory')
      assert.match(sh(host, `find ${BASE} -name young`), /young/, 'what is young was deleted');
  });

function sh(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

/** Names, contents and times of change: what was taken back shows in the last. */
function outside(host: ThrowawayHost): string {
  return sh(host, `cd ${OUTSIDE}; stat -c '%n %Z' . x.tmp y.tmp; ls -A; cat *.tmp`);
}
