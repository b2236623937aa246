// The size of one disk in every report, in text, JSON and metrics: size, used and available, as df says them.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkSpace } from '../src/checks/preflight.ts';
import { createPaint } from '../src/messages/paint.ts';
import { monitorCommand } from '../src/monitor/monitor.ts';
import { renderMonitor, renderMonitorSummary } from '../src/monitor/monitor-text.ts';
import { renderNagios } from '../src/monitor/nagios.ts';
import { renderPrometheus } from '../src/monitor/prometheus.ts';
import { usageCommand } from '../src/monitor/usage.ts';
import { renderUsage } from '../src/monitor/usage-text.ts';
import { contextOf, createHost, NVME, smallLayout } from './cases/host.ts';

const BASE = '/data/jts/hot';
const AT = '2026-01-01T00:00:00Z';

/** ext4 on a disk that is larger than it, with a reserve for root: 200 MB, 150 used, 40 for services. */
const FS = { ...NVME, sizeBytes: 200e6, freeBytes: 50e6, availableBytes: 40e6 };

it('one disk has one size, one use, one rest in every report', async () => {
  const layout = smallLayout('kafka');
  const host = createHost({ fileSystem: FS });
  host.prepare.directory(`${BASE}/kafka/data`);
  const context = contextOf(host, layout);
  const paint = createPaint(false);
  const { result } = await monitorCommand(context, { thresholds: null, record: false, timeoutMs: null });
  const options = { service: null, top: 1, depth: 1, timeoutSeconds: null };
  const lists = { filesOverBytes: null, logsOverBytes: null, temporaryOlderThanSeconds: null };
  const { result: usage } = await usageCommand(context, { ...options, ...lists });
  assert.ok(result !== null && usage?.fileSystem != null);

  const [said] = checkSpace(layout, host).filter(({ id }) => id === 'space.size');
  assert.equal(said?.found, 'size 200 MB, used 150 MB, 40.0 MB available to services');
  const line = 'size 200 MB   used 150 MB   available 40.0 MB   78.9 %';
  assert.ok(renderMonitor(result, AT, paint).includes(line));
  assert.ok(renderUsage(usage, paint).includes(line));
  const short = '78.9 % used, 40.0 MB of 200 MB available';
  assert.ok(renderMonitorSummary(result, AT).includes(short));
  assert.ok(renderNagios(result, context.monitoring).includes(`disk ${short}`));
  for (const { sizeBytes, usedBytes, freeBytes, usableBytes } of [result.fileSystem, usage.fileSystem])
    assert.deepEqual([sizeBytes, usedBytes, freeBytes, usableBytes], [200e6, 150e6, 40e6, 190e6]);
  const metrics = renderPrometheus(result, AT, '0');
  for (const [name, value] of [
    ['size', 200e6],
    ['used', 150e6],
    ['avail', 40e6],
    ['usable', 190e6],
  ])
    assert.ok(metrics.includes(`jts_hot_filesystem_${name}_bytes{base="${BASE}"} ${value}\n`), `${name}`);
});

it('plans that exceed it are the same sum in validate and in the report', async () => {
  const layout = smallLayout('kafka', 'redis');
  const host = createHost({ fileSystem: FS });
  const { result } = await monitorCommand(contextOf(host, layout), {
    thresholds: null,
    record: false,
    timeoutMs: null,
  });
  const [said] = checkSpace(layout, host).filter(({ id }) => id === 'space.planned');
  assert.ok(result !== null && said !== undefined);
  assert.deepEqual(
    [said.status, said.expected, said.found],
    [
      'fail',
      '2.00 GB planned for the services',
      '190 MB that the disk can give them: size 200 MB, 5 % kept free',
    ],
  );
  const text = renderMonitor(result, AT, createPaint(false));
  assert.match(text, /the plans together, 2\.00 GB, exceed the 190 MB that the disk can give them/);
});
