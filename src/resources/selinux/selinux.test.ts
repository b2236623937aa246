// Labels and their rules on a host in memory: planned, made, taken back; what is somebody's choice, and what is not there.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../../test/cases/host.ts';
import type { MemoryHost } from '../../../test/memory-host/memory-host.ts';
import type { MemorySelinux } from '../../../test/memory-host/state.ts';
import { TOOLS } from '../../checks/preflight.ts';
import type { Layout } from '../../layout/layout.ts';
import { builtInLayout } from '../../services/index.ts';
import { repairCommand } from '../../setup/repair.ts';
import { rollbackCommand } from '../../setup/rollback.ts';
import { setupCommand } from '../../setup/setup.ts';
import { makePlan } from '../index.ts';

const BASE = '/data/jts/hot';
const LAYOUT: Layout = smallLayout('kafka', 'redis');
const TYPES = ['var_lib_t', 'redis_var_lib_t', 'redis_log_t', 'default_t', 'var_t', 'own_t'];

function on(selinux: Partial<MemorySelinux> = {}): MemorySelinux {
  return { enforcing: true, policy: 'default', types: TYPES, kept: [], denials: [], rules: [], ...selinux };
}

const hostWith = (selinux: MemorySelinux | undefined, tools = [...TOOLS, 'semanage']): MemoryHost =>
  createHost({ ...(selinux !== undefined && { selinux }), tools });

const labels = (host: MemoryHost, ...paths: readonly string[]) =>
  paths.map((path) => host.labelsAt(path)?.own?.split(':')[2] ?? null);
const rulesOf = (host: MemoryHost) =>
  Object.fromEntries(
    (host.selinux()?.rules ?? []).map(({ pattern, context }) => [pattern, context?.split(':')[2]]),
  );
const kinds = (host: MemoryHost, layout = LAYOUT) =>
  makePlan(layout, host).steps.filter(
    ({ do: { type } }) => type === 'setLabels' || type === 'setFileContexts',
  );

const setup = (host: MemoryHost, layout = LAYOUT) =>
  setupCommand(contextOf(host, layout), { adopt: [], strict: false, saved: null });

describe('labels', () => {
  it('are left alone where SELinux is off, and where the layout says so', () => {
    assert.deepEqual(kinds(hostWith(undefined)), []);
    assert.deepEqual(kinds(hostWith(on()), { ...LAYOUT, selinux: 'off' }), []);
  });

  it('are those that the policy has for a service, with rules for them, once', async () => {
    const host = hostWith(on());
    await setup(host);
    assert.deepEqual(labels(host, '/data', BASE, `${BASE}/redis`, `${BASE}/redis/data`, `${BASE}/kafka`), [
      ...['var_lib_t', 'var_lib_t', 'redis_var_lib_t', 'redis_var_lib_t', 'var_lib_t'],
    ]);
    assert.deepEqual(rulesOf(host), {
      '/data': 'var_lib_t',
      '/data/jts': 'var_lib_t',
      [BASE]: 'var_lib_t',
      [`${BASE}/kafka(/.*)?`]: 'var_lib_t',
      [`${BASE}/redis(/.*)?`]: 'redis_var_lib_t',
      [`${BASE}/redis/logs(/.*)?`]: 'redis_log_t',
    });
    assert.deepEqual(makePlan(LAYOUT, host).steps, []);
    assert.deepEqual(makePlan(LAYOUT, host).warnings, []);
  });

  it('of logs are their own', async () => {
    const host = hostWith(on());
    const layout = {
      ...builtInLayout,
      services: builtInLayout.services.filter(({ name }) => name === 'redis'),
    };
    await setup(host, layout);
    assert.deepEqual(labels(host, `${BASE}/redis/data`, `${BASE}/redis/logs`), [
      'redis_var_lib_t',
      'redis_log_t',
    ]);
    assert.equal(rulesOf(host)[`${BASE}/redis/logs(/.*)?`], 'redis_log_t');
  });

  it('of what no policy knows are told of while there is something to do', () => {
    const { warnings } = makePlan(LAYOUT, hostWith(on({ types: ['var_lib_t'] })));
    const [warning] = warnings.filter(({ code }) => code === 'W_NO_TYPE');
    assert.match(warning?.detail.join() ?? '', /of kafka, redis: their files get var_lib_t/);
  });

  it('need semanage', () => {
    const { refusals } = makePlan(LAYOUT, hostWith(on(), [...TOOLS]));
    assert.deepEqual(
      refusals.map(({ code, fix }) => [code, fix]),
      [['E_NO_SEMANAGE', 'sudo apt-get install policycoreutils-python-utils']],
    );
  });

  it('that an administrator has a rule for are kept, and a way that has one', async () => {
    const context = 'system_u:object_r:own_t:s0';
    const host = hostWith(on({ rules: [{ pattern: `${BASE}/redis(/.*)?`, files: 'any', context }] }));
    host.prepare.directory('/data');
    host.prepareLabel('/data', 'var_t');
    await setup(host);
    assert.deepEqual(labels(host, '/data', `${BASE}/redis`), ['var_t', 'own_t']);
    assert.equal(rulesOf(host)[`${BASE}/redis(/.*)?`], 'own_t');
    assert.equal(rulesOf(host)['/data'], undefined);
    assert.deepEqual(kinds(host), []);
  });

  it('that the policy leaves to others are theirs', async () => {
    const host = hostWith(on({ kept: ['own_t'] }));
    await setup(host);
    host.prepareLabel(`${BASE}/redis`, 'own_t');
    assert.deepEqual(kinds(host), []);
  });
});

describe('what is there already', () => {
  function prepared(): MemoryHost {
    const host = hostWith(on({ kept: ['own_t'] }));
    host.prepare.addGroup('redis', 500);
    host.prepare.addUser({
      name: 'redis',
      uid: 500,
      gid: 500,
      home: `${BASE}/redis`,
      shell: '/usr/sbin/nologin',
    });
    for (const path of [`${BASE}/redis`, `${BASE}/redis/data`, `${BASE}/redis/data/a`])
      host.prepare.directory(path, { uid: 500, gid: 500 });
    for (const name of ['plain', 'other', 'right', 'kept']) host.prepare.file(`${BASE}/redis/data/a/${name}`);
    host.prepare.link(`${BASE}/redis/data/link`, '/data');
    host.prepareLabel(`${BASE}/redis/data/a/other`, 'var_t');
    host.prepareLabel(`${BASE}/redis/data/a/right`, 'redis_var_lib_t');
    host.prepareLabel(`${BASE}/redis/data/a/kept`, 'own_t');
    return host;
  }
  const snapshot = (host: MemoryHost) =>
    host
      .snapshot()
      .split('\n')
      .flatMap((line) => {
        const [, path, type] = /^(\S*redis\/data\/\S*) .* label \S*?:\S*?:(\w+):/.exec(line) ?? [];
        return path === undefined ? [] : [[path.slice(`${BASE}/redis/data/`.length), type]];
      });

  it('gets the same, what has another label too, and has it back', async () => {
    const host = prepared();
    const before = snapshot(host);
    await setup(host);
    const right = 'redis_var_lib_t';
    assert.deepEqual(snapshot(host), [
      ['a', right],
      ...[
        ['a/kept', 'own_t'],
        ['a/other', right],
        ['a/plain', right],
        ['a/right', right],
      ],
      ['link', right],
    ]);
    await rollbackCommand(contextOf(host, LAYOUT), null, {});
    assert.deepEqual(snapshot(host), before);
    assert.deepEqual(rulesOf(host), {});
  });

  it('is looked at where the directory is wrong, and a wrong part of it is mended alone', async () => {
    const host = prepared();
    await setup(host);
    host.prepareLabel(`${BASE}/redis/data`, 'default_t');
    assert.deepEqual(
      kinds(host).map(({ summary }) => summary),
      [`${BASE}/redis/data  label default_t -> redis_var_lib_t`],
    );
    await repairCommand(contextOf(host, LAYOUT), {
      ...{ service: 'redis', recursive: false, allowInUse: false },
      ...{ acl: 'none', flags: 'none' },
    } as never);
    assert.deepEqual(labels(host, `${BASE}/redis/data`), ['redis_var_lib_t']);
    assert.deepEqual(kinds(host), []);
  });
});
