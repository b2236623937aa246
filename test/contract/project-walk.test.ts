// Files that are there get the project of their service: all of them, nothing else, whatever stops it or swaps things meanwhile. On a
// real XFS, which keeps the ids also where its kernel counts nothing.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { attacker } from '../e2e/attacker.ts';
import { describe } from '../e2e/product.ts';
import { bringBackCoverage, COUNTED, REPOSITORY, type ThrowawayHost } from '../e2e/throwaway-host.ts';
import { AT, NEEDS, startTunedHost, type TunedHost } from '../e2e/tuned-host.ts';
import { requires } from '../requirement.ts';
import type { ProjectAsk, ProjectTold } from './project-driver.ts';

const TOP = `${AT}/kafka`;
const NONE = { project: 0, inherits: false } as const;
const OWN = { project: 1_699_683, inherits: true } as const;
const GIVE = { path: TOP, from: NONE, to: OWN } as const;
const TAKE = { path: TOP, from: OWN, to: NONE } as const;
/** As Docker numbers. */
const OTHER = { project: 2_000_007, inherits: true } as const;

function begin(t: TestContext, script: string): TunedHost | null {
  if (!requires(t, ...NEEDS, 'useradd')) return null;
  const on = startTunedHost({
    ...{ format: 'xfs', fstab: null, freshAccounts: true },
    prepare: 'groupadd kafka; useradd -g kafka kafka',
  });
  on.sh(`mkdir ${TOP} ${AT}/outside; cd ${TOP}; ${script}`);
  return on;
}

const driver = (asks: readonly ProjectAsk[]) => [
  process.execPath,
  `${REPOSITORY}/test/contract/project-driver.ts`,
  JSON.stringify(asks),
];

function drive(host: ThrowawayHost, ...asks: readonly ProjectAsk[]): readonly ProjectTold[] {
  const result = host.run(driver(asks), { cwd: REPOSITORY, env: COUNTED, timeoutMs: 300_000 });
  bringBackCoverage(host);
  assert.equal(result.status, 0, describe(result));
  return JSON.parse(result.stdout);
}

function listed(host: ThrowawayHost, path = AT): Record<string, { project: number; inherits: boolean }> {
  const [told] = drive(host, { listed: path });
  assert.ok(told !== undefined && 'listed' in told, JSON.stringify(told));
  return told.listed;
}

function endedAs(ended: string, ...told: readonly (ProjectTold | undefined)[]): void {
  for (const one of told)
    assert.equal(one !== undefined && 'ended' in one && one.ended, ended, JSON.stringify(told));
}

const file = { project: OWN.project, inherits: false };

it('each file and directory gets it, and nothing that a link leads to; it is taken back', (t) => {
  using on = begin(
    t,
    `mkdir -p a/b/c other; echo x >a/b/c/file; ln -s ${AT}/outside link; ln -s ../outside/file a/link; mkfifo a/pipe
    echo x >${AT}/outside/file; echo x >a/twice; ln a/twice a/again; touch "a/odd
name" "a/$(printf 'not\\377utf8')"; echo x >other/file`,
  );
  if (on === null) return;
  const { host } = on;
  endedAs('done', ...drive(host, { path: `${TOP}/other`, from: NONE, to: OTHER }, GIVE));
  const all = listed(host);
  assert.deepEqual(Object.fromEntries(Object.entries(all).filter(([path]) => !path.includes('not'))), {
    kafka: OWN,
    'kafka/a': OWN,
    'kafka/a/again': file,
    'kafka/a/b': OWN,
    'kafka/a/b/c': OWN,
    'kafka/a/b/c/file': file,
    'kafka/a/odd\nname': file,
    'kafka/a/twice': file,
    // Somebody else's stays theirs.
    'kafka/other': OTHER,
    'kafka/other/file': { ...OTHER, inherits: false },
  });
  assert.equal(Object.keys(all).length, 11, 'and the name that is no UTF-8');
  on.sh(`echo x >${TOP}/a/new`);
  assert.deepEqual(listed(host)['kafka/a/new'], file, 'what is made gets it by itself');
  endedAs('done', ...drive(host, TAKE));
  assert.deepEqual(Object.keys(listed(host)), ['kafka/other', 'kafka/other/file']);
});

it('is stopped and killed anywhere, and goes on where it was', async (t) => {
  using on = begin(t, 'for d in $(seq 10); do mkdir d$d; (cd d$d; seq 1000 | xargs touch); done');
  if (on === null) return;
  const { host } = on;
  const [stopped, ...rest] = drive(host, { ...GIVE, stopAfter: 3 }, GIVE, GIVE);
  endedAs('stopped', stopped);
  endedAs('done', ...rest);
  const [whole, nothing] = rest.map((one) => ('last' in one ? one.last : null));
  assert.ok((whole?.changed ?? 0) < 10_000, 'what was done is not done again');
  assert.equal(nothing?.changed, 0);
  assert.equal(Object.keys(listed(host)).length, 10_011);
  // Until it is done the directory itself does not say that it is.
  let kills = 0;
  for (let delayMs = 400; ; delayMs += 300) {
    const running = host.spawn(driver([TAKE]));
    const over = running.ended.then(() => 'ended' as const);
    const first = await Promise.race([over, new Promise((resolve) => setTimeout(resolve, delayMs, 'later'))]);
    if (first === 'ended') break;
    running.kill('SIGKILL');
    await running.ended;
    kills += 1;
    const left = kills > 3 ? {} : listed(host);
    if (Object.keys(left).length > 1)
      assert.equal(left['kafka']?.project, OWN.project, 'the last one to change');
  }
  assert.ok(kills > 0);
  assert.deepEqual(listed(host), {});
});

it('what cannot be reached is named, and the directory is not done', (t) => {
  using on = begin(
    t,
    'mkdir deep; (cd deep; for d in $(seq 203); do mkdir d; cd d; done; touch file); touch free',
  );
  if (on === null) return;
  const { host } = on;
  const [told] = drive(host, GIVE);
  assert.ok(told !== undefined && 'problem' in told, JSON.stringify(told));
  assert.deepEqual(told.problem.slice(0, 2), [
    'E_PROJECT_LEFT',
    'want all of them, found 1 that cannot be changed',
  ]);
  assert.match(told.problem[2] ?? '', /^deep\/d\/.*: deeper than 200 directories$/);
  assert.deepEqual([listed(host)['kafka'], listed(host)['kafka/free']], [undefined, file]);
  on.sh(`rm -r ${TOP}/deep/d`);
  endedAs('done', ...drive(host, GIVE));
  assert.deepEqual(listed(host)['kafka'], OWN);
});

it('what is moved from one project into another gets the other, as the kernel wants it', (t) => {
  using on = begin(t, `mkdir -p ${AT}/backup/made/deep; echo x >${AT}/backup/made/deep/file`);
  if (on === null) return;
  const { host } = on;
  endedAs('done', ...drive(host, GIVE, { path: `${AT}/backup`, from: NONE, to: OTHER }));
  const move = { renamed: `${AT}/backup/made`, to: `${TOP}/restored` };
  // mv(1) copies it then: this must stay the same directory.
  assert.equal(
    host.run(['python3', '-c', `import os; os.rename('${move.renamed}', '${move.to}')`]).status,
    1,
  );
  assert.deepEqual(drive(host, move), [{ renamed: true }]);
  assert.deepEqual(listed(host, `${TOP}/restored`), { '': OWN, deep: OWN, 'deep/file': file });
  assert.deepEqual(drive(host, { renamed: move.to, to: move.renamed }), [{ renamed: true }]);
  assert.deepEqual(listed(host, move.renamed), {
    '': OTHER,
    deep: OTHER,
    'deep/file': { ...OTHER, inherits: false },
  });
});

for (const [variant, path, target] of [
  ['link', `${TOP}/d`, `${AT}/outside/d`],
  ['link', `${TOP}/file`, `${AT}/outside/file`],
  ['directory', `${TOP}/d`, ''],
  ['missing', `${TOP}/d`, ''],
] as const)
  it(`kafka swaps ${path.slice(TOP.length + 1)} for ${variant}: nothing outside is changed`, async (t) => {
    using on = begin(
      t,
      `mkdir d; (cd d; seq 200 | xargs touch); touch file; chown -R kafka: ${TOP}
      mkdir ${AT}/outside/d; (cd ${AT}/outside/d; seq 200 | xargs touch); touch ${AT}/outside/file`,
    );
    if (on === null) return;
    const { host } = on;
    const outside = () => on.sh(`find ${AT}/outside -printf '%p %i %m %u %C@\\n' | sort`);
    const before = outside();
    const running = host.spawn(attacker({ variant, user: 'kafka', path, target }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const told = drive(host, ...Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? GIVE : TAKE)));
    running.kill('SIGTERM');
    const { stdout } = await running.ended;
    t.diagnostic(stdout.trim().replace('\n', ' '));
    endedAs('done', ...told);
    assert.equal(outside(), before);
    assert.ok(!Object.keys(listed(host)).some((name) => name.startsWith('outside')));
    endedAs('done', ...drive(host, { ...TAKE, from: NONE, to: OWN }));
    const all = on.sh(`find ${TOP} -type f -o -type d`).trim().split('\n').length;
    assert.equal(Object.keys(listed(host)).length, all, 'a process less, all of it has it');
  });
