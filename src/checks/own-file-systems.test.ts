// Services that have file systems of their own, on a host in memory: set up, proved, one unmounted or another one in its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { requireRightDisk } from '../command/right-disk.ts';
import { BASE_MODE } from '../layout/layout.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { setupCommand } from '../setup/setup.ts';
import { preflight } from './preflight.ts';
import { validateCommand } from './validate.ts';

const LAYOUT = smallLayout('kafka', 'redis');
const { base } = LAYOUT;
const KAFKA = `${base}/kafka`;
const UUID = '0a1b2c3d-0000-8000-8000-00000000000a';
const MOUNTS = [{ service: 'kafka', path: KAFKA, uuid: UUID }];

/** With Kafka's file system as mkfs makes it, mounted. */
function mounted(): MemoryHost {
  const host = createHost({ mounts: MOUNTS });
  host.prepare.directory(base, { mode: BASE_MODE });
  host.prepare.directory(KAFKA, { mode: '0000' });
  host.prepare.mount(KAFKA, 'ext4', UUID);
  host.prepare.directory(`${KAFKA}/lost+found`, { mode: '0700' });
  return host;
}

const SETUP = { adopt: [], strict: false, saved: null };

async function setUp(host: MemoryHost) {
  const { context, problems } = await requireRightDisk(contextOf(host, LAYOUT), 'setup');
  return { ...(await setupCommand(context, SETUP)), said: problems };
}

async function notHeld(host: MemoryHost) {
  const { result } = await validateCommand(contextOf(host, LAYOUT));
  return (result?.checks ?? []).filter(({ status, because }) => status !== 'pass' && because === null);
}

describe('a service with a file system of its own', () => {
  it('is set up there, recorded, proved, and undone again', async () => {
    const host = mounted();
    const before = host.snapshot();
    assert.equal((await setUp(host)).exitCode, 0);
    assert.equal(host.entry(`${KAFKA}/data`).type, 'directory');
    assert.deepEqual(await notHeld(host), []);
    const record = JSON.parse(host.bases() ?? '{}');
    assert.equal(record.schemaVersion, 2);
    assert.equal(record.bases[base].services.kafka.fileSystem.uuid, UUID);
    assert.equal((await setUp(host)).result?.outcome, 'unchanged');
    assert.equal((await rollbackCommand(contextOf(host, LAYOUT), null)).exitCode, 0);
    assert.equal(host.snapshot(), before);
  });

  for (const [what, spoil] of [
    ['not mounted', () => {}],
    ['another one in its place', (host: MemoryHost) => host.prepare.mount(KAFKA, 'ext4')],
  ] as const)
    it(`${what}: nothing is done there, it is said once, and the other service goes on`, async () => {
      const host = mounted();
      const again = host.prepare.unmount(KAFKA);
      spoil(host);
      const before = host
        .snapshot()
        .split('\n')
        .filter((line) => line.includes('/kafka'));
      const { said, result } = await setUp(host);
      const code = what === 'not mounted' ? 'E_NOT_MOUNTED' : 'E_OTHER_DISK';
      assert.deepEqual(
        said.map((one) => [one.code, one.at]),
        [[code, KAFKA]],
      );
      assert.equal(result?.outcome, 'applied');
      assert.equal(host.entry(`${base}/redis/data`).type, 'directory');
      const after = host
        .snapshot()
        .split('\n')
        .filter((line) => line.includes('/kafka'));
      assert.deepEqual(after, before);
      const failed = await notHeld(host);
      assert.deepEqual(
        failed.map(({ id, status }) => [id, status]).filter(([id]) => !/^(user|group)\./.test(id ?? '')),
        [['disk.service.kafka', 'fail']],
      );
      if (what !== 'not mounted') host.prepare.unmount(KAFKA);
      again();
      assert.equal((await setUp(host)).exitCode, 0);
      assert.deepEqual(await notHeld(host), []);
    });

  it('named by a command, it is refused', async () => {
    const host = mounted();
    host.prepare.unmount(KAFKA);
    const context = contextOf(host, LAYOUT);
    await assert.rejects(requireRightDisk(context, 'repair', { named: ['kafka'] }), { exitCode: 3 });
    const other = await requireRightDisk(context, 'repair', { named: ['redis'] });
    assert.deepEqual(
      other.context.layout.services.map(({ name }) => name),
      ['redis'],
    );
  });

  it('rollback is refused while it is away: its accounts would go without its data', async () => {
    const host = mounted();
    await setUp(host);
    const again = host.prepare.unmount(KAFKA);
    const before = host.snapshot();
    await assert.rejects(rollbackCommand(contextOf(host, LAYOUT), null), { exitCode: 3 });
    assert.equal(host.snapshot(), before);
    again();
  });

  it('full, it is the cause of writes that fail for its service alone', async () => {
    const host = mounted();
    await setUp(host);
    const none = { ...host.fileSystem(KAFKA), freeBytes: 0, availableBytes: 0 };
    const full = {
      ...host,
      fileSystem: (path: string) => (path.startsWith(KAFKA) ? none : host.fileSystem(path)),
    };
    assert.deepEqual(
      (await notHeld(full)).map(({ id, service }) => [id, service]),
      [['space.free.kafka', 'kafka']],
    );
  });

  it('has a plan of its own: none can take from another', () => {
    const host = createHost({ mounts: MOUNTS, fileSystem: { ...NVME, sizeBytes: 5e12 } });
    host.prepare.directory(KAFKA);
    host.prepare.mount(KAFKA, 'ext4', UUID);
    const small = { ...host.fileSystem(KAFKA), sizeBytes: 10, freeBytes: 10, availableBytes: 10 };
    const seen = { ...host, fileSystem: (path: string) => (path === KAFKA ? small : host.fileSystem(path)) };
    const failed = preflight(LAYOUT, seen).filter(({ status }) => status === 'fail');
    assert.deepEqual(
      failed.map(({ id, service }) => [id, service]),
      [['space.planned.kafka', 'kafka']],
    );
  });
});
