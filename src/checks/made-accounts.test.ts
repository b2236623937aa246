// Users that this program made, held against what somebody did to them since; and users that were there before.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { User } from '../port/host.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { setupCommand } from '../setup/setup.ts';
import { usersMadeOn } from './made-accounts.ts';
import { validateCommand } from './validate.ts';

const LAYOUT = smallLayout('kafka', 'redis');
const HOME = `${LAYOUT.base}/kafka`;

async function setUp(host: MemoryHost): Promise<MemoryHost> {
  await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
  return host;
}

/** As usermod leaves it. */
function change(host: MemoryHost, what: Partial<User>): void {
  const user = host.users(['kafka']).get('kafka');
  assert.ok(user !== undefined);
  host.prepare.addUser({ ...user, ...what });
}

async function told(host: MemoryHost): Promise<readonly string[]> {
  const { exitCode, result } = await validateCommand(contextOf(host, LAYOUT));
  const bad = (result?.checks ?? []).filter(({ status, id }) => status === 'fail' && id.startsWith('user.'));
  return [`exit ${exitCode}`, ...bad.map(({ id, severity, fix }) => `${severity} ${id}: ${fix}`)];
}

describe('a user of a service', () => {
  const table: readonly (readonly [string, Partial<User>, string, string])[] = [
    ['a login shell', { shell: '/bin/bash' }, 'login-shell', 'sudo usermod --shell /bin/false kafka'],
    ['a home elsewhere', { home: '/home/kafka' }, 'other-home', `sudo usermod --home ${HOME} kafka`],
    ['a home where all may write', { home: '/tmp' }, 'other-home', `sudo usermod --home ${HOME} kafka`],
  ];
  for (const [name, what, cause, fix] of table)
    it(`that setup made: ${name} is an error`, async () => {
      const host = await setUp(createHost());
      assert.deepEqual(await told(host), ['exit 0']);
      change(host, what);
      assert.deepEqual(await told(host), ['exit 1', `error user.kafka.${cause}: ${fix}`]);
    });

  it('that was there before: a package may want it so, and it is a warning', async () => {
    const host = createHost();
    host.prepare.addGroup('kafka', 996);
    host.prepare.addUser({ name: 'kafka', uid: 997, gid: 996, home: '/var/lib/kafka', shell: '/bin/bash' });
    await setUp(host);
    assert.deepEqual(await told(host), [
      'exit 0',
      'warning user.kafka.login-shell: sudo usermod --shell /bin/false kafka',
    ]);
  });

  it('that somebody made anew with another number is none of ours; nor is one that was rolled back', async () => {
    const host = await setUp(createHost());
    assert.deepEqual(usersMadeOn(host)('kafka')?.home, HOME);
    change(host, { uid: 4711 });
    assert.equal(usersMadeOn(host)('kafka'), null);
    assert.notEqual(usersMadeOn(host)('redis'), null);
    await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.equal(usersMadeOn(host)('redis'), null);
  });
});
