// Which denials of SELinux validate tells of, by which cause, with which way out.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemorySelinux } from '../../test/memory-host/state.ts';
import type { Denial } from '../port/selinux.ts';
import { setupCommand } from '../setup/setup.ts';
import { checkDenials } from './denials.ts';
import { TOOLS } from './preflight.ts';

const REDIS = '/data/jts/hot/redis';
const LAYOUT = smallLayout('kafka', 'redis');
const CONTEXT = (type: string) => `system_u:object_r:${type}:s0`;

async function checked(
  given: Partial<Denial> & { readonly on?: string },
  { enforcing = true, label = null }: { readonly enforcing?: boolean; readonly label?: string | null } = {},
) {
  const types = ['var_lib_t', 'redis_var_lib_t', 'redis_log_t', 'default_t'];
  const selinux: MemorySelinux = { enforcing, policy: 'default', types, kept: [], denials: [], rules: [] };
  const host = createHost({ tools: [...TOOLS, 'semanage'], selinux });
  await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
  host.prepare.file(`${REDIS}/data/dump.rdb`);
  const { on = `${REDIS}/data`, ...denial } = given;
  if (label !== null) host.prepareLabel(on, label);
  const entry = host.entry(on);
  const denials: Denial[] = [
    {
      at: Date.now(),
      permissions: ['write', 'add_name'],
      command: 'redis-server',
      name: on.slice(on.lastIndexOf('/') + 1),
      inode: 'inode' in entry ? entry.inode : null,
      source: 'system_u:system_r:redis_t:s0',
      target: CONTEXT('default_t'),
      type: 'dir',
      permissive: false,
      ...denial,
    },
  ];
  return checkDenials(LAYOUT, { ...host, denials: () => denials });
}

describe('a denial', () => {
  it('of a wrong label is told with it, and follows from it where that is looked at', async () => {
    const [one, ...others] = await checked({}, { label: 'default_t' });
    assert.deepEqual(others, []);
    assert.equal(one?.id, 'selinux.denied.redis');
    assert.equal(one?.severity, 'error');
    assert.match(
      one?.found ?? '',
      /^redis-server \(redis_t\) was denied write, add_name of \/data\/jts\/hot\/redis\/data, label default_t, at /,
    );
    assert.equal(one?.fix, `sudo restorecon -R ${REDIS}/data`);
    assert.ok(one?.causes.includes('selinux.label.redis/data'));
  });

  it('of a file, the same', async () => {
    const on = `${REDIS}/data/dump.rdb`;
    const [one] = await checked({ on, type: 'file' }, { label: 'default_t' });
    assert.match(one?.found ?? '', /of \/data\/jts\/hot\/redis\/data\/dump\.rdb, label default_t/);
    assert.equal(one?.fix, `sudo restorecon -R ${on}`);
  });

  it('that was mended is over', async () => assert.deepEqual(await checked({}), []));

  it('of a right label is the policy’s', async () => {
    const [one] = await checked({ target: CONTEXT('redis_var_lib_t'), permissions: ['execute'] });
    assert.equal(one?.fix, undefined);
    assert.match(one?.hint ?? '', /the policy does not let redis_t do this: .*audit2why/);
  });

  it('of what is not there any more is told of for an hour', async () => {
    const gone = { name: 'temp-1.rdb', inode: '999999', type: 'file' };
    assert.equal((await checked(gone)).length, 1);
    assert.deepEqual(await checked({ ...gone, at: Date.now() - 3_700_000 }), []);
  });

  it('is a warning where SELinux is permissive', async () => {
    const [one] = await checked({ permissive: true }, { enforcing: false, label: 'default_t' });
    assert.equal(one?.severity, 'warning');
  });

  for (const [what, denial] of [
    ['of another domain', { source: 'system_u:system_r:cron_t:s0' }],
    ['of a port', { type: 'tcp_socket', name: null, inode: null }],
    ['of a path elsewhere', { name: '/etc/shadow', type: 'file' }],
  ] as const)
    it(`${what} is not ours`, async () =>
      assert.deepEqual(await checked(denial, { label: 'default_t' }), []));

  it('is nobody’s where SELinux is off', () => {
    assert.deepEqual(checkDenials(LAYOUT, createHost()), []);
  });
});
