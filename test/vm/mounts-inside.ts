// Runs inside a virtual machine: does the steps of mounts, or takes them back, as a recorded run. mounts.test.ts starts it, and looks
// at what became of it with the machine's own tools.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { apply } from '../../src/engine/apply.ts';
import { openRun, readRuns } from '../../src/engine/journal/journal.ts';
import type { RunHeader } from '../../src/engine/journal/record.ts';
import { NO_CONSENT, planFor } from '../../src/engine/plan.ts';
import { rollback } from '../../src/engine/rollback.ts';
import { openLinuxHost } from '../../src/host/linux.ts';
import { readBlockDevices } from '../../src/host/storage/block-devices.ts';
import { wantedFileSystems } from '../../src/layout/storage.ts';
import { parseLayoutFile } from '../../src/layout-file/layout-file.ts';
import { mountsWanted } from '../../src/resources/storage/mounts.ts';

const { LAYOUT = '', DISKS = '', WHAT = '' } = process.env;
const layout = parseLayoutFile(LAYOUT, 'layout.yaml').layout;
const host = openLinuxHost({ root: '/', base: layout.base });
const now = () => new Date().toISOString();
const HEADER: RunHeader = {
  command: 'setup',
  scope: '',
  program: 'test',
  root: '/',
  base: layout.base,
  decisions: [],
  continues: null,
  mountPoint: '/',
  undoes: [],
};

function plan() {
  const serials = DISKS.split(' ');
  const all = wantedFileSystems(layout).map((fileSystem, i) => {
    const disk = readBlockDevices().find(({ serial }) => serial === serials[i]);
    assert.ok(disk !== undefined, `no disk ${serials[i]}`);
    const { serial, namespace, wwid, sizeBytes } = disk;
    const place = { disk: { serial: serial ?? '', namespace, wwid, sizeBytes }, volume: null };
    return { fileSystem, place, options: ['noatime'], needs: [] };
  });
  return planFor(host, mountsWanted(host, layout, { all, today: now().slice(0, 10) }), NO_CONSENT);
}

it(WHAT, async () => {
  const release = host.lock('test');
  try {
    if (WHAT === 'rollback') {
      const runs = readRuns(host.journal).filter(({ command }) => command === 'setup');
      const undoes = runs.map(({ run }) => run);
      const run = openRun(host.journal, { ...HEADER, command: 'rollback', undoes }, now);
      const search = { base: layout.base, limitMs: 10_000, onProgress: () => {} };
      const { failure, left } = await rollback(runs, host, { run, stopRequested: () => false, search });
      assert.deepEqual([failure, left.map(({ address, why }) => `${address}: ${why}`)], [null, []]);
      return;
    }
    const { steps, refusals } = plan();
    assert.deepEqual(refusals, []);
    const run = openRun(host.journal, HEADER, now);
    const { failure, outcome } = await apply(steps, host, { run, stopRequested: () => false });
    assert.deepEqual([failure, outcome], [null, 'applied']);
    assert.deepEqual(plan().steps, []);
  } finally {
    release();
  }
});
