// When setup says where the program is, and when it leaves that alone.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { recordingLauncher } from './launcher.ts';
import { setupCommand } from './setup.ts';

const LAYOUT = smallLayout('kafka');

async function setUp(host: MemoryHost, launcher: string, isDry = false) {
  const options = { adopt: [], strict: false, saved: null, isDry };
  return recordingLauncher(await setupCommand(contextOf(host, LAYOUT), options), { host, launcher });
}

it('is put on record by a setup that is done, and by one that finds nothing to do', async () => {
  const host = createHost();
  await setUp(host, '/a/bin/jts-hot', true);
  assert.equal(host.launcher(), null);
  assert.equal((await setUp(host, '/a/bin/jts-hot')).result?.outcome, 'applied');
  assert.equal(host.launcher(), '/a/bin/jts-hot');
  assert.equal((await setUp(host, '/b/bin/jts-hot')).result?.outcome, 'unchanged');
  assert.equal(host.launcher(), '/b/bin/jts-hot');
});

it('is left as it is by one that was refused', async () => {
  const host = createHost();
  host.prepare.directory('/data/jts/hot/kafka/data', { uid: 4711 });
  host.prepare.file('/data/jts/hot/kafka/data/x', { uid: 4711 });
  assert.equal((await setUp(host, '/a/bin/jts-hot')).exitCode, 3);
  assert.equal(host.launcher(), null);
});
