// What validate says of where services keep their data: of those that are installed only, and what fails and what is a warning.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInLayout, builtInServices } from '../services/index.ts';
import { setupCommand } from '../setup/setup.ts';
import type { Check } from './check.ts';
import { validateCommand } from './validate.ts';

const LAYOUT: Layout = {
  ...builtInLayout,
  services: builtInServices.filter(({ name }) => name === 'redis' || name === 'kafka'),
};
const REDIS = `${LAYOUT.base}/redis`;
const MAIN = '/etc/redis/redis.conf';

let host: MemoryHost;
beforeEach(async () => {
  host = createHost();
  await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
});

async function validated() {
  const { exitCode, result } = await validateCommand(contextOf(host, LAYOUT));
  assert.ok(result !== null);
  const checks = result.checks.filter(({ id }) => id.startsWith('service.'));
  return { exitCode, checks, services: result.services };
}

async function redis(): Promise<{ exitCode: number; check: Check }> {
  const { exitCode, checks } = await validated();
  const [check, ...more] = checks;
  assert.ok(check?.id === 'service.redis.place' && more.length === 0);
  return { exitCode, check };
}

function write(text: string): void {
  if (host.entry(MAIN).type === 'file') host.prepare.remove(MAIN);
  host.prepare.file(MAIN, { text });
}

const WIRED = `dir ${REDIS}/data\nlogfile ${REDIS}/logs/redis-server.log\n`;

describe('the place of a service', () => {
  it('is no matter where it is not installed', async () => {
    assert.deepEqual(await validated(), { exitCode: 0, checks: [], services: [] });
  });

  it('is a warning where it was never configured, running or not, with what does it', async () => {
    write('dir /var/lib/redis\n');
    const installed = await redis();
    assert.deepEqual(
      [installed.exitCode, installed.check.severity, installed.check.status],
      [0, 'warning', 'fail'],
    );
    assert.equal(installed.check.fix, 'sudo jts-hot config redis --install');
    assert.equal(
      installed.check.found,
      `installed, its data in /var/lib/redis; ${MAIN}:1: found /var/lib/redis`,
    );
    host.prepare.directory('/var/lib/redis');
    host.prepare.start({ command: 'redis-server', directory: '/var/lib/redis' });
    const runs = await redis();
    assert.deepEqual([runs.exitCode, runs.check.severity], [0, 'warning']);
    assert.match(runs.check.found, /^running, its data in \/var\/lib\/redis; found process \d+ /);
    assert.deepEqual((await validated()).services, [{ service: 'redis', state: 'running' }]);
  });

  it('is a warning where it is configured and does not run', async () => {
    write(WIRED);
    const { exitCode, check } = await redis();
    assert.deepEqual([exitCode, check.severity, check.status], [0, 'warning', 'fail']);
  });

  it('holds where it runs with its data there', async () => {
    write(WIRED);
    host.prepare.start({ command: 'redis-server', directory: `${REDIS}/data` });
    const { exitCode, check } = await redis();
    assert.deepEqual([exitCode, check.status], [0, 'pass']);
    assert.equal(check.found, `running on the hot tier, its data in ${REDIS}/data`);
  });

  it('is an error where it is configured and runs as before', async () => {
    write(WIRED);
    host.prepare.directory('/var/lib/redis');
    host.prepare.start({ command: 'redis-server', directory: '/var/lib/redis', unit: 'redis.service' });
    const { exitCode, check } = await redis();
    assert.deepEqual([exitCode, check.severity, check.status], [1, 'error', 'fail']);
    assert.equal(check.fix, 'sudo systemctl restart redis.service');
  });

  it('is a warning where the layout has no place for it', async () => {
    const bare = LAYOUT.services.map((service) => ({ ...service, directories: [] }));
    write('dir /var/lib/redis\n');
    const { result } = await validateCommand(contextOf(host, { ...LAYOUT, services: bare }));
    const check = result?.checks.find(({ id }) => id === 'service.redis.place');
    assert.deepEqual([check?.severity, check?.status], ['warning', 'fail']);
    assert.match(check?.found ?? '', /want a directory data|found none/);
  });
});
