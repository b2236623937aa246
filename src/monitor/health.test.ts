// The health of disks in reports: asked with each sample, kept by serial number, told when its level changes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { builtInMonitoring, type Monitoring } from '../layout/monitoring.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import type { DiskHealthSaid } from '../port/disk-health.ts';
import { monitorCommand } from './monitor.ts';
import type { MonitorResult } from './report-document.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka');
const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;

const log = (more: Readonly<Record<string, number>> = {}): DiskHealthSaid['log'] => ({
  text: JSON.stringify({
    critical_warning: 0,
    avail_spare: 100,
    spare_thresh: 10,
    percent_used: 3,
    media_errors: 4,
    ...more,
  }),
});
const SILENT: DiskHealthSaid['log'] = { none: 'no answer', why: 'nvme had no answer in time' };

/** A host whose disk says in each sample what comes next. */
function startHost(): { readonly made: MemoryHost; says(next: DiskHealthSaid['log']): void } {
  const plain = createHost({
    fileSystem: NVME,
    disks: [{ name: 'nvme0n1', serial: 'S1', model: 'A disk', busyMs: null }],
  });
  plain.prepare.directory(`${BASE}/kafka/data`);
  let now = log();
  const diskHealth = async () => [{ name: 'nvme0n1', controller: 'live', readOnly: false, log: now }];
  return {
    made: { ...plain, diskHealth },
    says(next) {
      now = next;
    },
  };
}

const MONITORING: Monitoring = {
  ...builtInMonitoring,
  alerts: {
    ...builtInMonitoring.alerts,
    channels: [{ name: 'pager', from: 'WARNING', type: 'command', argv: ['/bin/true'] }],
  },
};

async function monitor(made: MemoryHost, hours: number, record = true): Promise<MonitorResult> {
  const now = () => new Date(START + hours * HOUR_MS).toISOString();
  const context = contextOf(made, LAYOUT, { monitoring: MONITORING, now });
  const { result } = await monitorCommand(context, { thresholds: null, record, timeoutMs: null });
  assert.ok(result !== null);
  return result;
}

const historyOf = (made: MemoryHost) => made.history({ mode: 'read', group: null });
const told = (made: MemoryHost) =>
  (historyOf(made)?.deliveries(99) ?? [])
    .map(({ event }) => event)
    .filter(({ subject }) => subject !== '/')
    .map(({ subject, level, health }) => [subject, level, health?.causes ?? null])
    .toReversed();

describe('the health of the disk', () => {
  it('is in the report, and kept by the serial number', async () => {
    const { made } = startHost();
    const { health, status } = await monitor(made, 0);
    assert.deepEqual(
      health.map(({ serial, level, wearPercent, mediaErrors }) => [serial, level, wearPercent, mediaErrors]),
      [['S1', 'OK', 3, 4]],
    );
    assert.equal(status, 'OK');
    const kept = historyOf(made)?.kept({ kind: 'health', subject: 'S1' }) ?? [];
    assert.deepEqual(
      kept.map(({ json }) => JSON.parse(json)),
      health,
    );
    assert.deepEqual(told(made), []);
  });

  it('counts in the level of all, and is told when it changes', async () => {
    const { made, says } = startHost();
    await monitor(made, 0);
    says(log({ critical_warning: 8 }));
    assert.equal((await monitor(made, 6)).status, 'CRITICAL');
    assert.equal((await monitor(made, 12)).status, 'CRITICAL');
    says(log({ percent_used: 85 }));
    assert.equal((await monitor(made, 18)).status, 'WARNING');
    says(log());
    assert.equal((await monitor(made, 24)).status, 'OK');
    assert.deepEqual(told(made), [
      ['/disk/S1', 'CRITICAL', ['it takes no writes any more']],
      ['/disk/S1', 'WARNING', ['85 % of its endurance used']],
      ['/disk/S1', 'OK', []],
    ]);
  });

  it('is WARNING while media errors have grown within the last week', async () => {
    const { made, says } = startHost();
    assert.equal((await monitor(made, 0)).status, 'OK');
    says(log({ media_errors: 6 }));
    for (const hours of [6, 24, 6 * 24]) assert.equal((await monitor(made, hours)).status, 'WARNING');
    assert.equal((await monitor(made, 8 * 24)).status, 'OK');
    assert.deepEqual(told(made)[0], ['/disk/S1', 'WARNING', ['2 more media errors within a week, 6 in all']]);
  });

  it('is UNKNOWN of one that does not answer; told when that lasts', async () => {
    const { made, says } = startHost();
    await monitor(made, 0);
    says(SILENT);
    assert.equal((await monitor(made, 6)).status, 'UNKNOWN');
    assert.deepEqual(told(made), []);
    await monitor(made, 12);
    assert.deepEqual(told(made), [['/disk/S1', 'UNKNOWN', null]]);
    says(log());
    assert.equal((await monitor(made, 18)).status, 'OK');
  });

  it('is told where the history cannot be written, too', async () => {
    const { made, says } = startHost();
    await monitor(made, 0);
    says(log({ critical_warning: 8 }));
    const full = new Problem(1, [diagnostic('E_HISTORY', 'cannot write the history', { detail: 'full' })]);
    const onFullDisk: MemoryHost = {
      ...made,
      history(access) {
        if (access.mode === 'write') throw full;
        return made.history(access);
      },
    };
    assert.equal((await monitor(onFullDisk, 6)).alerts.delivered, 1);
  });

  it('is as it was last where nobody may ask, and nothing of disks that are no NVMe', async () => {
    const { made, says } = startHost();
    await monitor(made, 0);
    says(log({ critical_warning: 8 }));
    assert.deepEqual(
      (await monitor(made, 6, false)).health.map(({ level }) => level),
      ['OK'],
    );
    const loop = createHost({
      fileSystem: { ...NVME, device: { name: 'loop0', sizeBytes: 4e12, nvme: false, disks: ['loop0'] } },
    });
    loop.prepare.directory(`${BASE}/kafka/data`);
    assert.deepEqual((await monitor(loop, 0)).health, []);
  });
});
