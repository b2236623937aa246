// kafka keeps swapping what is deep in its tree while root takes flags and access lists away and gives modes back there:
// nothing outside may change, not for a moment, and what cannot be mended is passed over.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import type { Answers } from './attack-rounds.ts';
import { attacker, type Variant } from './attacker.ts';
import { DEEP, KAFKA, REPAIR_INSIDE, roundsInside, SECRET, SHARED, SPOILED } from './attacks.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

/** Of the rounds of an attack, so many with the program started each time, as a person does; the others in one process. */
const [ROUNDS, STARTED] = [15, 3];
/** Of all rounds: seconds on a quiet machine. */
const PATIENCE_MS = 540_000;
const SPOILER = `${REPOSITORY}/test/e2e/inside-spoiler.ts`;

interface Attack {
  readonly variant: Variant;
  readonly path: string;
  readonly target: string;
}

const ATTACKS: readonly Attack[] = [
  { variant: 'link', path: DEEP, target: '/etc' },
  { variant: 'link', path: DEEP, target: SHARED },
  { variant: 'directory', path: DEEP, target: '/etc' },
  { variant: 'hard-link', path: `${DEEP}/file`, target: SECRET },
];

for (const { variant, path, target } of ATTACKS)
  it(`kafka swaps what is mended of ${variant} and ${target}: nothing outside changes`, async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'setfacl')) return;
    const prepare = `mkdir -m 1777 ${SHARED}; umask 077; echo secret > ${SECRET}`;
    using host = startHost({ freshAccounts: true, prepare });
    runJtsHot(host, ['setup']);
    const fill = `umask 027; mkdir -p ${DEEP}; cd ${DEEP}; touch 1 2 3`;
    assert.equal(host.run(['sh', '-ec', fill], { asUser: 'kafka' }).status, 0);
    const running = host.spawn(attacker({ variant, user: 'kafka', path, target }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const before = outside(host);

    const answers = new Map<string, number>();
    const count = (answer: string, times: number) => answers.set(answer, (answers.get(answer) ?? 0) + times);
    for (let round = 0; round < STARTED; round += 1) {
      if (host.run([process.execPath, SPOILER, path], { cwd: REPOSITORY }).status === 0) count(SPOILED, 1);
      const result = host.run(jtsHot(...REPAIR_INSIDE));
      const codes = new Set(result.stderr.match(/(?<=\[)E_\w+(?=\]$)/gm));
      count([...REPAIR_INSIDE, result.status, ...codes].join(' '), 1);
    }
    const driven = host.run(roundsInside('inside', path, ROUNDS - STARTED), {
      cwd: REPOSITORY,
      timeoutMs: PATIENCE_MS,
    });
    assert.equal(driven.status, 0, describe(driven));
    for (const [answer, times] of Object.entries(JSON.parse(driven.stdout) as Answers)) count(answer, times);
    const { [SPOILED]: spoiled = 0, ...others } = Object.fromEntries(answers);
    for (const answer of Object.keys(others)) {
      assert.match(answer, /^[a-z -]+ [013]( E_\w+)*$/);
      assert.doesNotMatch(answer, /E_UNEXPECTED/);
    }
    running.kill('SIGTERM');
    const ended = await running.ended;
    assert.equal(ended.status, 0, describe(ended));
    t.diagnostic(`${ended.stdout.trim()}; spoiled ${spoiled}; ${JSON.stringify([...answers])}`);
    assert.ok(spoiled > 0, 'nothing was ever wrong');
    assert.equal(outside(host), before);
    assert.equal(host.run(['cat', SECRET]).stdout, 'secret\n');

    // Once the attacker is gone, one command mends what is the service's, and the proof holds.
    const other = `${path}.other`;
    const clean = `for one in ${path} ${other}; do
      [ -e $one ] || [ -L $one ] || continue
      if [ -L $one ]; then rm $one; else lsattr -d $one >/dev/null; chattr -ia $one; fi
    done; ${variant === 'hard-link' ? `rm -f ${path} ${other}` : `rm -rf ${other}`}`;
    const cleaned = host.run(['sh', '-ec', clean]);
    assert.equal(cleaned.status, 0, describe(cleaned));
    runJtsHot(host, REPAIR_INSIDE);
    assert.equal(host.run(['find', KAFKA, '!', '-user', 'kafka']).stdout, '');
    assert.equal(
      host.run(['sh', '-c', `getfacl -Rsp ${KAFKA}; lsattr -R ${KAFKA} | grep -E '^-{4}(i|.a)'`]).stdout,
      '',
    );
  });

/** Owner, mode, lists, flags and time of change: a change that was taken back shows in the last. */
function outside(host: ThrowawayHost): string {
  const others = `/ /data/jts/hot /data/jts/hot/redis /etc /etc/passwd /root ${SHARED}`;
  const look = `stat -c '%n %U:%G %a %Z' ${others}; stat -c '%n %U:%G %a %s' ${SECRET}
    getfacl -p ${others} ${SECRET}; lsattr -d ${others} ${SECRET}`;
  return host.run(['sh', '-c', look]).stdout;
}
