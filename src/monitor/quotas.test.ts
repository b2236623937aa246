// Services that the kernel counts, in reports: what is shown, that nothing is walked through, and what their limits are worth.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring, type Monitoring, OFF } from '../layout/monitoring.ts';
import { createPaint } from '../messages/paint.ts';
import { projectsOf } from '../services/projects.ts';
import { monitorCommand, recordCommand } from './monitor.ts';
import { renderMonitor } from './monitor-text.ts';
import type { MonitorResult } from './report-document.ts';

const BASE = '/data/jts/hot';
/** Each plans 1 GB. */
const LAYOUT: Layout = {
  ...smallLayout('kafka', 'redis'),
  quota: { mode: 'enforce', softPercent: 90, hardPercent: 100 },
};
const MB = 1_000_000;

const projectOf = (name: string) =>
  projectsOf(LAYOUT).find(({ service }) => service.name === name)?.project ?? 0;

/** All of it cannot be walked through. */
function host(options: readonly string[] = ['prjquota']): MemoryHost {
  const made = createHost({ fileSystem: { ...NVME, type: 'xfs', options } });
  for (const { name, directories } of LAYOUT.services) {
    for (const part of directories) made.prepare.directory(`${BASE}/${name}/${part.name}`);
    made.prepareProject.put(`${BASE}/${name}`, projectOf(name));
  }
  return made;
}

function withoutWalks(made: MemoryHost): MemoryHost {
  return {
    ...made,
    measure: () => assert.fail('walked through trees'),
    walk: () => assert.fail('walked through a tree'),
  };
}

async function report(
  made: MemoryHost,
  { layout = LAYOUT, monitoring = builtInMonitoring }: { layout?: Layout; monitoring?: Monitoring } = {},
): Promise<MonitorResult> {
  const context = { ...contextOf(made, layout), monitoring };
  const options = { thresholds: null, record: false, timeoutMs: null };
  const { result } = await monitorCommand(context, options);
  assert.ok(result !== null);
  return result;
}

function service(result: MonitorResult, name: string) {
  const found = result.services.find((one) => one.service === name);
  assert.ok(found !== undefined);
  return found;
}

const ALL_ON: Monitoring = { ...builtInMonitoring, disk: { warning: OFF, critical: OFF } };
/** By limits alone. */
const BY_LIMITS: Monitoring = {
  ...ALL_ON,
  eachService: { warning: { ...OFF, softLimit: true }, critical: { ...OFF, hardLimit: true } },
};

describe('a service that the kernel counts', () => {
  it('is reported and recorded without a walk', async () => {
    const made = host();
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 500 * MB });
    const result = await report(withoutWalks(made));
    const kafka = service(result, 'kafka');
    assert.equal(kafka.usedBytes, 500_002_816);
    assert.equal(kafka.usedPercent, 50);
    assert.deepEqual([kafka.files, kafka.apparentBytes, kafka.directories], [null, null, []]);
    assert.deepEqual(kafka.source, {
      by: 'project quota',
      reason: `the kernel counts project ${projectOf('kafka')}`,
    });
    assert.deepEqual(kafka.quota, {
      project: projectOf('kafka'),
      enforced: true,
      usedBytes: 500_002_816,
      softBytes: null,
      hardBytes: null,
      graceEndsAt: null,
    });
    assert.deepEqual([result.entries, result.other, result.unaccountedBytes], [0, null, null]);
    const recorded = await recordCommand(contextOf(withoutWalks(made), LAYOUT), { timeoutMs: null });
    assert.equal(recorded.exitCode, 0);
    assert.equal(recorded.result?.history.recorded, true);
  });

  it('says so in a word in the table', async () => {
    const text = (result: MonitorResult) =>
      renderMonitor(result, '2026-01-01T00:00:00.000Z', createPaint(false)).split('\n');
    const made = host();
    const all = text(await report(made));
    assert.ok(all.some((line) => /^ {2}SERVICE +USED +PLANNED +OF PLAN +FROM +STATUS$/.test(line)));
    assert.ok(all.some((line) => /^ {2}kafka +.* quota +OK$/.test(line)));
    assert.ok(
      all.join(' ').includes('numbers from project quotas, since the kernel counts the project of each'),
    );
    made.prepareProject.put(`${BASE}/redis`, 0);
    const mixed = text(await report(made));
    assert.ok(mixed.some((line) => /^ {2}redis +.* scan +OK$/.test(line)));
    assert.match(
      mixed.join('\n'),
      /numbers from project quotas and a scan of \d+ entries, since\s+redis: no/,
    );
    assert.ok(mixed.every((line) => line.length <= 80));
    // Nobody asked for quotas: the table is as ever.
    const { quota: _, ...layout } = LAYOUT;
    assert.ok(!text(await report(made, { layout })).some((line) => line.includes('FROM')));
  });
});

describe('the limits of a service', () => {
  const limited = (usedMb: number, limits: Parameters<MemoryHost['prepareProject']['limit']>[2]) => {
    const made = host();
    made.prepare.file(`${BASE}/redis/data/a`, { bytes: usedMb * MB });
    made.prepareProject.limit(BASE, projectOf('redis'), limits);
    return made;
  };

  for (const [what, usedMb, limits, level] of [
    ['below both', 80, { softBytes: 100 * MB, hardBytes: 200 * MB }, 'OK'],
    ['above the soft one', 101, { softBytes: 100 * MB, hardBytes: 200 * MB }, 'WARNING soft-limit'],
    ['at the hard one', 200, { softBytes: 100 * MB, hardBytes: 200 * MB }, 'CRITICAL hard-limit'],
    ['at a hard one without a soft one', 200, { hardBytes: 200 * MB }, 'CRITICAL hard-limit'],
    [
      'above the soft one for too long',
      101,
      { softBytes: 100 * MB, hardBytes: 200 * MB, graceEndsAt: Date.UTC(2020, 0), isGraceOver: true },
      'CRITICAL hard-limit',
    ],
    [
      'above the soft one, not for too long yet',
      101,
      { softBytes: 100 * MB, hardBytes: 200 * MB, graceEndsAt: Date.UTC(2100, 0) },
      'WARNING soft-limit',
    ],
  ] as const)
    it(`${what}: ${level}`, async () => {
      const result = await report(withoutWalks(limited(usedMb, limits)), { monitoring: BY_LIMITS });
      const { status, fired, quota } = service(result, 'redis');
      assert.equal([status, ...(fired === null ? [] : [fired.rule])].join(' '), level);
      assert.equal(result.status, level.split(' ')[0]);
      assert.equal(quota?.hardBytes, limits.hardBytes);
      assert.equal(service(result, 'kafka').status, 'OK');
    });

  it('hold whatever is planned and by whichever way it is measured, and are none where the kernel only counts', async () => {
    const limits = { softBytes: 100 * MB, hardBytes: 200 * MB };
    const made = limited(200, limits);
    made.prepareProject.put(`${BASE}/redis/data`, projectOf('redis'), 'files');
    const walked = service(await report(made), 'redis');
    assert.equal(walked.source?.by, 'scan');
    // By its plan, which is five times as much, it would be OK.
    assert.deepEqual([walked.status, walked.fired?.rule], ['CRITICAL', 'hard-limit']);
    assert.equal(walked.usedPercent, 20);
    const counted = host(['pqnoenforce']);
    counted.prepare.file(`${BASE}/redis/data/a`, { bytes: 200 * MB });
    counted.prepareProject.limit(BASE, projectOf('redis'), limits);
    const { status, quota } = service(await report(counted), 'redis');
    assert.deepEqual([status, quota?.enforced], ['OK', false]);
  });

  it('are said with what to do', async () => {
    const shown = async (made: MemoryHost) =>
      renderMonitor(await report(made), '2026-01-01T00:00:00.000Z', createPaint(false)).replace(/\s+/g, ' ');
    const limits = { softBytes: 100 * MB, hardBytes: 200 * MB };
    const full = await shown(limited(200, limits));
    assert.match(full, / redis: 200 MB used, its quota lets it write no more, critical at 200 MB /);
    assert.match(full, / redis: free some space: sudo jts-hot usage redis, or raise its limit /);
    const graceEndsAt = Date.UTC(2100, 0);
    assert.match(
      await shown(limited(101, { ...limits, graceEndsAt })),
      / redis: 101 MB used, over the soft limit of its quota, warning from 100 MB redis: above its soft limit, so it can write no more from 2100-01-01T00:00:00.000Z on /,
    );
  });
});
