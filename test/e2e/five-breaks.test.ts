// A layout that somebody broke by hand in five ways, none of which touches data: validate names each, setup mends them
// all without being asked twice, and going back leads to the start, but for the user whose directory was removed. Must not build on how a plan is made.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { describe, runJtsHot, traces } from './product.ts';
import { startHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';

/** What is typed, and the checks that must fail by it. */
const BREAKS = [
  { script: `chmod 777 ${BASE}/redis`, checks: ['directory.redis'] },
  {
    script: `chown root ${BASE}/kafka; chown 1234 ${BASE}/postgresql/logs`,
    checks: ['directory.kafka', 'directory.postgresql/logs'],
  },
  { script: `rmdir ${BASE}/clickhouse/tmp`, checks: ['directory.clickhouse/tmp'] },
  // userdel takes the group of the same name along.
  { script: 'userdel redis', checks: ['group.redis', 'user.redis'] },
  { script: `chmod 0 ${BASE}/mongodb/data`, checks: ['directory.mongodb/data'] },
] as const;

interface Checked {
  readonly id: string;
  readonly status: string;
  readonly fix: string | null;
  readonly because: string | null;
}

it('five breaks: validate names each with a fix, setup mends them all, two rollbacks lead to the start', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
  using host = startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
  const start = traces(host);
  const validate = (expected: number): readonly Checked[] =>
    JSON.parse(runJtsHot(host, ['validate', '--json'], expected).stdout).result.checks;

  runJtsHot(host, ['setup']);
  runJtsHot(host, ['validate']);
  const look = () => host.run(['find', BASE, '-printf', '%p %u:%g %m\\n']).stdout.split('\n').toSorted();
  const whole = look();
  for (const { script } of BREAKS) {
    const broken = host.run(['sh', '-ec', script]);
    assert.equal(broken.status, 0, `${script}\n${describe(broken)}`);
  }
  assert.notDeepEqual(look(), whole);

  const found = new Map(validate(1).map((check) => [check.id, check]));
  const text = runJtsHot(host, ['validate'], 1).stdout;
  for (const id of BREAKS.flatMap(({ checks }) => checks)) {
    assert.equal(found.get(id)?.status, 'fail', id);
    assert.match(found.get(id)?.fix ?? '', /jts-hot (setup|repair)|groupadd|useradd/, id);
    if (found.get(id)?.because === null)
      assert.match(text, new RegExp(`^ {2}FAIL {2}${id}\\n(?: {8}.*\\n)*? {8}fix: `, 'm'), id);
  }

  const mended = runJtsHot(host, ['setup']);
  assert.match(mended.stdout, /^Verified: /m, describe(mended));
  assert.deepEqual(
    validate(0).filter(({ status }) => status === 'skip'),
    [],
  );
  assert.deepEqual(look(), whole);
  assert.match(runJtsHot(host, ['setup']).stdout, /^Nothing to do/m);

  for (const run of [2, 1]) {
    const back = runJtsHot(host, ['rollback']);
    assert.match(back.stdout, new RegExp(`^Run ${run} undone`, 'm'), describe(back));
  }
  // Where the directory went that somebody removed is not known: its user is left to the administrator, who is told how.
  const { result } = JSON.parse(runJtsHot(host, ['rollback', '1', '--json']).stdout);
  const [first] = result.left;
  assert.match(first.why, /clickhouse\/tmp is missing, .* if it is gone for good: userdel clickhouse$/);
  host.run(['userdel', 'clickhouse']);
  runJtsHot(host, ['rollback', '1']);
  assert.deepEqual(traces(host), start);
  assert.equal(host.run(['getent', 'passwd', 'redis', 'kafka', 'postgres']).stdout, '');
});
