// redis keeps swapping what is in its own directory of configuration while root installs settings there and takes them back:
// nothing outside may change or be shown, and once the attacker is gone one command makes it good.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { attacker, type Variant } from './attacker.ts';
import { SECRET } from './attacks.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const ROUNDS = 12;
const INSTALL = ['config', 'redis', '--install', '--replace'];
const PLACE = '/etc/redis';
const FILE = `${PLACE}/redis.conf`;
const TEXT = 'dir /var/lib/redis\nsave 3600 1\n';
const PREPARE = `umask 077; echo secret > ${SECRET}`;
/** As Debian's package has it. */
const PACKAGE = `install -d -o redis -g redis -m 2770 ${PLACE}
printf '${TEXT.replaceAll('\n', '\\n')}' > ${FILE}; chown redis:redis ${FILE}; chmod 0640 ${FILE}`;

const ATTACKS: readonly { readonly variant: Variant; readonly path: string; readonly target: string }[] = [
  { variant: 'link', path: FILE, target: '/etc/shadow' },
  { variant: 'link', path: `${PLACE}/jts-hot.conf`, target: '/etc/passwd' },
  { variant: 'hard-link', path: FILE, target: SECRET },
];

for (const { variant, path, target } of ATTACKS)
  it(`redis swaps ${path} for a ${variant} to ${target}: nothing outside changes`, async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
    using host = startHost({ freshAccounts: true, prepare: PREPARE });
    runJtsHot(host, ['setup']);
    assert.equal(host.run(['sh', '-ec', PACKAGE]).status, 0);
    const running = host.spawn(attacker({ variant, user: 'redis', path, target }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const before = outside(host);

    const answers = new Map<string, number>();
    const type = (words: readonly string[]) => {
      const result = host.run(jtsHot(...words));
      const codes = new Set(result.stderr.match(/(?<=\[)E_\w+(?=\]$)/gm));
      const answer = [words[0], result.status, ...codes].join(' ');
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      assert.match(answer, /^\w+ [013]( E_\w+)*$/, describe(result));
      assert.doesNotMatch(answer, /E_UNEXPECTED/, describe(result));
      assert.doesNotMatch(`${result.stdout}${result.stderr}`, /secret|root:[*x!]/);
      return result;
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      const { stdout } = type(INSTALL);
      // Only what it did: the set-up stays.
      const run = /recorded as run (\d+)/.exec(stdout)?.[1];
      if (run !== undefined) type(['rollback', run]);
    }
    running.kill('SIGTERM');
    const ended = await running.ended;
    assert.equal(ended.status, 0, describe(ended));
    t.diagnostic(`${ended.stdout.trim()}; ${JSON.stringify([...answers])}`);
    assert.equal(outside(host), before);
    assert.equal(host.run(['cat', SECRET]).stdout, 'secret\n');

    assert.equal(host.run(['sh', '-ec', `rm -rf ${PLACE}; ${PACKAGE}`]).status, 0);
    runJtsHot(host, ['setup']);
    runJtsHot(host, INSTALL);
    assert.match(host.run(['tail', '-1', FILE]).stdout, /^include /);
  });

/** Owner, mode and time of change: a change that was taken back shows in the last. */
function outside(host: ThrowawayHost): string {
  const others = '/etc/passwd /etc/shadow /etc/group /root';
  const look = `stat -c '%n %U:%G %a %Z' ${others}; stat -c '%n %U:%G %a %s' ${SECRET}`;
  return host.run(['sh', '-c', look]).stdout;
}
