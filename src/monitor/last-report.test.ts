// What those are answered who may not measure: the last report with its age, its levels held against other thresholds, and
// nothing where it is not for them to read.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { createPaint } from '../messages/paint.ts';
import { monitorCommand, recordCommand } from './monitor.ts';
import { renderMonitor, renderMonitorSummary } from './monitor-text.ts';
import { renderNagios } from './nagios.ts';
import type { MonitorResult, Thresholds } from './report-document.ts';
import { usageCommand } from './usage.ts';
import { renderUsage } from './usage-text.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');
const AT = '2026-01-01T00:00:00Z';
const HOUR = 3_600_000;

/** What root measured at AT: kafka at 85 % of its plan, a stray file, a mount point and a file that could not be read. */
async function recordedHost(group: string | null = 'adm'): Promise<MemoryHost> {
  const host = createHost();
  host.prepare.addGroup('adm', 1000);
  for (const name of ['kafka', 'redis']) host.prepare.directory(`${BASE}/${name}/data`);
  host.prepare.file(`${BASE}/kafka/data/secret-topic-0`, { bytes: 850_001_920 });
  host.prepare.directory(`${BASE}/kafka/secret-mount`);
  host.prepare.mount(`${BASE}/kafka/secret-mount`);
  host.prepare.file(`${BASE}/stray`, { bytes: 4096 });
  for (const name of ['kafka', 'redis']) host.prepare.chmod(`${BASE}/${name}`, '0700');
  const monitoring = { ...builtInMonitoring, group };
  const { exitCode } = await recordCommand(contextOf(host, LAYOUT, { monitoring }), { timeoutMs: null });
  assert.equal(exitCode, 0);
  return host;
}

function laterAs(host: MemoryHost, uid: number, hours: number) {
  const now = () => new Date(Date.parse(AT) + hours * HOUR).toISOString();
  return contextOf(host.as(uid) as MemoryHost, LAYOUT, {
    monitoring: { ...builtInMonitoring, group: 'adm' },
    now,
  });
}

async function monitorAs(
  host: MemoryHost,
  {
    uid = 1000,
    hours = 3,
    thresholds = null,
  }: { uid?: number; hours?: number; thresholds?: Thresholds | null } = {},
): Promise<MonitorResult & { readonly exitCode: number }> {
  const options = { thresholds, record: true, timeoutMs: null, orReport: true } as const;
  const { exitCode, result } = await monitorCommand(laterAs(host, uid, hours), options);
  assert.ok(result !== null);
  return { exitCode, ...result };
}

describe('monitor without root', () => {
  it('answers from the last report, and says how old it is', async () => {
    const host = await recordedHost();
    const result = await monitorAs(host);
    assert.deepEqual(result.reported, { at: '2026-01-01T00:00:00.000Z', ageSeconds: 3 * 3600 });
    assert.deepEqual(
      result.services.map(({ service, usedPercent, status }) => [service, usedPercent, status]),
      [
        ['kafka', 85, 'WARNING'],
        ['redis', 0, 'OK'],
      ],
    );
    assert.equal(result.other?.usedBytes, 4096);
    assert.deepEqual([result.status, result.exitCode, result.history.recorded], ['WARNING', 1, false]);
    const text = renderMonitor(result, AT, createPaint(false));
    assert.match(text, /\n {2}measured 3 h ago; without root nothing is measured: sudo jts-hot monitor\n/);
    assert.match(renderMonitorSummary(result, AT), /; measured 3 h ago$/);
    assert.match(renderNagios(result, builtInMonitoring), /; measured 3 h ago \|/);
  });

  it('holds it against the thresholds of the call', async () => {
    const host = await recordedHost();
    const levelAt = async (warningPercent: number, criticalPercent: number) => {
      const result = await monitorAs(host, { thresholds: { warningPercent, criticalPercent } });
      return [result.status, result.services[0]?.status, result.thresholds.warningPercent];
    };
    assert.deepEqual(await levelAt(86, 90), ['OK', 'OK', 86]);
    assert.deepEqual(await levelAt(50, 85), ['CRITICAL', 'CRITICAL', 50]);
  });

  it('an old OK is no all-clear: unknown from when another was due', async () => {
    const host = await recordedHost();
    const thresholds = { warningPercent: 95, criticalPercent: 99 };
    const at = async (hours: number) => {
      const { status, exitCode, history } = await monitorAs(host, { hours, thresholds });
      return [status, exitCode, history.notes.length];
    };
    assert.deepEqual(await at(12.9), ['OK', 0, 0]);
    assert.deepEqual(await at(13), ['UNKNOWN', 3, 1]);
  });

  it('measures as root, in a live view, and where there is no report that it may read', async () => {
    const host = await recordedHost();
    const root = await monitorAs(host, { uid: 0 });
    assert.equal(root.reported, null);
    const live = { thresholds: null, record: false, timeoutMs: null };
    assert.equal((await monitorCommand(laterAs(host, 1000, 3), live)).result?.reported, null);
    for (const other of [await recordedHost(null), createHost()]) {
      const result = await monitorAs(other);
      assert.deepEqual([result.reported, result.status], [null, 'UNKNOWN']);
    }
  });

  it('the report holds no name from inside a service', async () => {
    const host = await recordedHost();
    const result = await monitorAs(host);
    assert.deepEqual(result.services[0]?.mountPoints, ['…']);
    assert.doesNotMatch(JSON.stringify(result), /secret/);
  });

  it('is not answered from what another version wrote', async () => {
    const host = await recordedHost();
    const history = host.history({ mode: 'write', group: 'adm' });
    history?.setReport(Date.parse(AT), '{"services":[]}');
    history?.close();
    assert.equal((await monitorAs(host)).reported, null);
  });
});

describe('usage without root', () => {
  const options = {
    top: 10,
    depth: 3,
    filesOverBytes: null,
    logsOverBytes: null,
    temporaryOlderThanSeconds: null,
    timeoutSeconds: null,
  };

  it('answers from the last report what is in it, and says what is not', async () => {
    const context = laterAs(await recordedHost(), 1000, 3);
    const { result, exitCode } = await usageCommand(context, { ...options, service: null });
    assert.ok(result !== null);
    assert.equal(exitCode, 0);
    assert.equal(result.total.usedBytes, 850_001_920);
    assert.deepEqual(
      result.directories.listed.map(({ path, usedBytes }) => [path, usedBytes]),
      [[`${BASE}/kafka/data`, 850_001_920]],
    );
    const text = renderUsage(result, createPaint(false));
    assert.match(text, /measured 3 h ago; without root nothing is measured: sudo jts-hot usage/);
    assert.doesNotMatch(text, /Files of|Logs|Temporary|secret/);
    const one = await usageCommand(context, { ...options, service: 'redis' });
    assert.deepEqual(
      one.result?.services.map(({ service }) => service),
      ['redis'],
    );
    assert.deepEqual([one.result?.other, one.result?.unaccountedBytes], [null, null]);
  });
});
