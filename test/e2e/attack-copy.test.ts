// kafka keeps swapping what is copied for links, other directories and hard links: nothing outside is read or changed, and what is
// secret there is never in the copy. 200 passes in all.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { attacker, type Variant } from './attacker.ts';
import { AGAIN, COMPARE, comparedIn, copiedIn, drive, FIRST, FROM, requireEqual, sh, TO } from './copied.ts';
import { AT, NEEDS, startTunedHost } from './tuned-host.ts';

const AT_ONCE = 20;
/** On the same file system: neither a mount nor a clone keeps it away. */
const OUTSIDE = `${AT}/outside`;
const SECRET = `${OUTSIDE}/d/secret`;

interface Attack {
  readonly variant: Variant;
  readonly path: string;
  readonly target: string;
  readonly rounds: number;
}

const ATTACKS: readonly Attack[] = [
  { variant: 'link', path: `${FROM}/d`, target: `${OUTSIDE}/d`, rounds: 60 },
  { variant: 'link', path: `${FROM}/deep/er/d`, target: `${OUTSIDE}/d`, rounds: 40 },
  { variant: 'link', path: `${FROM}/file`, target: SECRET, rounds: 40 },
  { variant: 'link', path: `${FROM}/pipe`, target: `${OUTSIDE}/pipe`, rounds: 20 },
  { variant: 'directory', path: `${FROM}/d`, target: '', rounds: 20 },
  { variant: 'missing', path: `${FROM}/d`, target: '', rounds: 20 },
];

it('makes 200 passes under attack', () => {
  assert.equal(
    ATTACKS.reduce((all, { rounds }) => all + rounds, 0),
    200,
  );
});

for (const { variant, path, target, rounds } of ATTACKS)
  it(`kafka swaps ${path.slice(AT.length + 1)} for ${variant}: nothing outside is read or changed`, async (t) => {
    if (!requires(t, ...NEEDS, 'useradd')) return;
    using on = startTunedHost({
      ...{ format: 'ext4', fstab: null, size: '300M', freshAccounts: true },
      prepare: 'groupadd kafka; useradd -g kafka kafka',
    });
    const { host } = on;
    sh(
      host,
      `mkdir -p ${FROM}/d ${FROM}/deep/er/d ${OUTSIDE}/d; mkdir -m 0700 ${AT}/staging; cd ${FROM}; mkfifo pipe ${OUTSIDE}/pipe
      for i in $(seq 1 40); do echo mine > d/$i; echo mine > deep/er/d/$i; done; echo mine > file; chown -R kafka: .
      echo THE-SECRET > ${SECRET}; for i in $(seq 1 40); do echo THE-SECRET > ${OUTSIDE}/d/$i; done; chmod -R go= ${OUTSIDE}`,
    );
    const outside = () => sh(host, `find ${OUTSIDE} -printf '%p %i %m %u %C@ %T@ %s\\n' | sort`);
    const before = outside();
    const running = host.spawn(attacker({ variant, user: 'kafka', path, target }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    let [vanished, links] = [0, 0];
    for (let round = 0; round < rounds; round += AT_ONCE) {
      // Both passes, whatever is swapped: nothing keeps the service user from it while its server is stopped.
      const asks = Array.from({ length: AT_ONCE }, (_, i) =>
        i % 2 === 0 ? FIRST : { ...AGAIN, suspects: 'all' as const },
      );
      for (const told of drive(host, [...asks, COMPARE]).slice(0, -1)) {
        const { outcome, vanished: gone } = copiedIn(told);
        assert.equal(outcome, 'done');
        vanished += gone;
      }
      const found = host.run(['grep', '-r', 'THE-SECRET', `${AT}/staging`]);
      assert.equal(found.status, 1, found.stdout);
      links += Number(sh(host, `find ${TO} -type l | wc -l`));
    }
    running.kill('SIGTERM');
    const { stdout } = await running.ended;
    t.diagnostic(
      `${stdout.trim().replace('\n', ' ')}; ${vanished} vanished, ${links} times a link was copied as such`,
    );
    assert.equal(outside(), before);
    // A process less: the copy becomes what is there.
    requireEqual(host, { suspects: 'all' });
    assert.equal(comparedIn(drive(host, [COMPARE])[0]).outcome, 'equal');
  });
