// Attacks: kafka keeps swapping what is below its directory for something else while setup, validate and repair run, 200
// times each in total, ten of them as programs of their own and the others in one process. Nothing outside may ever change:
// not in content, owner or mode, and not for a moment (ctime). Each attack must really have come between look and act.
import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import type { Answers } from './attack-rounds.ts';
import { attacker } from './attacker.ts';
import { ATTACKS, type Attack, COMMANDS, DEEP, KAFKA, MET, roundsInside, SECRET, SHARED } from './attacks.ts';
import { describe, jtsHot, runJtsHot, traces } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';
import { difference, type Snapshot } from './tree.ts';

/** Of all rounds of an attack: ten seconds on a quiet machine. */
const PATIENCE_MS = 540_000;

it('runs every command 200 times under attack, ten times as a program of its own', () => {
  const sum = (of: 'rounds' | 'startedRounds') => ATTACKS.reduce((all, attack) => all + attack[of], 0);
  assert.deepEqual([sum('rounds'), sum('startedRounds')], [200, 10]);
});

for (const [index, attack] of ATTACKS.entries())
  it(`kafka swaps ${attack.name}: nothing outside changes`, async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
    const prepare = `mkdir -m 1777 ${SHARED}; umask 077; echo secret > ${SECRET}`;
    using host = startHost({ freshAccounts: true, prepare });
    const { variant, path, target, rounds, startedRounds } = attack;
    runJtsHot(host, ['setup']);
    if (path.startsWith(DEEP)) {
      const fill = `umask 027; mkdir -p ${DEEP}; cd ${DEEP}; touch 1 2 3`;
      assert.equal(host.run(['sh', '-ec', fill], { asUser: 'kafka' }).status, 0);
    }
    const tracesBefore = tracesOutside(host);
    const running = host.spawn(attacker({ variant, user: 'kafka', path, target }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const before = outside(host);

    const answers = new Map<string, number>();
    const count = (answer: string, times: number) => answers.set(answer, (answers.get(answer) ?? 0) + times);
    for (let round = 0; round < startedRounds; round++)
      for (const command of COMMANDS) {
        attack.spoil(host.path, command[0]);
        const result = host.run(jtsHot(...command));
        const codes = new Set(result.stderr.match(/(?<=\[)E_\w+(?=\]$)/gm));
        count([command.join(' '), result.status, ...codes].join(' '), 1);
      }
    const inside = roundsInside('attack', String(index), rounds - startedRounds);
    const driven = host.run(inside, { cwd: REPOSITORY, timeoutMs: PATIENCE_MS });
    assert.equal(driven.status, 0, describe(driven));
    for (const [answer, times] of Object.entries(JSON.parse(driven.stdout) as Answers)) count(answer, times);
    for (const answer of answers.keys()) {
      assert.match(answer, /^[a-z -]+ [013]( |$)/);
      assert.doesNotMatch(answer, /E_UNEXPECTED/);
    }
    assert.ok(
      [...answers.keys()].some((answer) => MET.test(answer)),
      'no command met a swap',
    );
    running.kill('SIGTERM');
    const ended = await running.ended;
    assert.equal(ended.status, 0, describe(ended));
    const swaps = Number(/swaps (\d+)/.exec(ended.stdout)?.[1]);
    t.diagnostic(`${swaps} swaps; ${[...answers].map(([what, count]) => `${what}: ${count}`).join(', ')}`);
    assert.ok(swaps > 500 * rounds, `${swaps} swaps`);
    assert.deepEqual(difference(before, outside(host)), []);
    assert.deepEqual(tracesOutside(host), tracesBefore);
    assert.equal(host.run(['cat', SECRET]).stdout, 'secret\n');
    requireMendable(host, attack);
  });

/** Once the attacker is gone and what it put in the way is removed, two commands put the rest right. */
function requireMendable(host: ThrowawayHost, { variant, path }: Attack): void {
  const other = `${path}.other`;
  const clean =
    variant === 'hard-link'
      ? `rm ${path} ${other}`
      : `if [ -L ${path} ] || [ ! -e ${path} ]; then rm -f ${path}; [ -L ${other} ] || mv -T ${other} ${path}; fi
         if [ -L ${other} ]; then rm ${other}; else rm -rf ${other}; fi`;
  const cleaned = host.run(['sh', '-ec', clean]);
  assert.equal(cleaned.status, 0, describe(cleaned));
  runJtsHot(host, ['setup', '--adopt', 'kafka']);
  runJtsHot(host, ['repair', 'kafka', '--recursive']);
  runJtsHot(host, ['validate', '--quiet']);
  assert.deepEqual(readdirSync(host.path(KAFKA)).sort(), ['data', 'logs']);
  assert.equal(host.run(['find', KAFKA, '!', '-user', 'kafka']).stdout, '');
}

/** What lies outside kafka's tree: a change of owner or mode that was taken back shows in the time of change. */
function outside(host: ThrowawayHost): Snapshot {
  const found = new Map<string, string>();
  const look = (path: string) => {
    const { mode, uid, gid, size, ctimeNs } = lstatSync(host.path(path), { bigint: true });
    // Renaming a hard link to it is the attacker's own change.
    const time = path === SECRET ? '' : ` ctime ${ctimeNs}`;
    found.set(path, `${mode.toString(8)} ${uid} ${gid} ${size}${time}`);
  };
  for (const path of ['/', SHARED, '/data', '/data/jts', '/data/jts/hot', '/root', '/etc']) look(path);
  for (const name of readdirSync(host.path('/etc'))) look(`/etc/${name}`);
  for (const service of readdirSync(host.path('/data/jts/hot')).filter((name) => name !== 'kafka')) {
    look(`/data/jts/hot/${service}`);
    for (const name of readdirSync(host.path(`/data/jts/hot/${service}`)))
      look(`/data/jts/hot/${service}/${name}`);
  }
  return found;
}

function tracesOutside(host: ThrowawayHost): readonly string[] {
  // A hard link brings the secret into the upper directory, the same as it was.
  return traces(host).filter((change) => !change.includes(` ${KAFKA}/`) && change !== `rewritten ${SECRET}`);
}
