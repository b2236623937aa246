// Backups in reports: what the history has of them counts in the level, and is told when it changes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { eventText } from '../alerts/text.ts';
import { builtInMonitoring, type Monitoring } from '../layout/monitoring.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import { createPaint } from '../messages/paint.ts';
import { monitorCommand } from './monitor.ts';
import { renderMonitor, renderMonitorSummary } from './monitor-text.ts';
import { renderNagios } from './nagios.ts';
import { renderPrometheus } from './prometheus.ts';
import type { MonitorResult } from './report-document.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');
const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const MONITORING: Monitoring = {
  ...builtInMonitoring,
  alerts: {
    ...builtInMonitoring.alerts,
    channels: [{ name: 'pager', from: 'WARNING', type: 'command', argv: ['/bin/true'] }],
  },
};

const startHost = () => {
  const host = createHost();
  for (const name of ['kafka', 'redis']) host.prepare.directory(`${BASE}/${name}/data`);
  return host;
};
const atHour = (hours: number) => START + hours * HOUR_MS;
const nameAt = (hours: number) => new Date(atHour(hours)).toISOString().replace(/[-:]|\.\d+/g, '');

function keep(host: MemoryHost, hours: number, of: { readonly outcome?: string; readonly isGood?: boolean }) {
  const history = host.history({ mode: 'write', group: null });
  assert.ok(history !== null);
  const known = { name: nameAt(hours), bytes: 12_300_000, seconds: 42, why: null };
  history.transaction(() =>
    history.keep({
      kind: of.outcome === undefined ? 'verify' : 'backup',
      subject: 'redis',
      at: atHour(hours),
      json: JSON.stringify({ ...known, ...of }),
    }),
  );
  history.close();
}

async function monitor(host: MemoryHost, hours: number, record = true): Promise<MonitorResult> {
  const now = () => new Date(atHour(hours)).toISOString();
  const context = contextOf(host, LAYOUT, { monitoring: MONITORING, now });
  const { result } = await monitorCommand(context, { thresholds: null, record, timeoutMs: null });
  assert.ok(result !== null);
  return result;
}

const told = (host: MemoryHost) =>
  (host.history({ mode: 'read', group: null })?.deliveries(99) ?? [])
    .map(({ event }) => event)
    .filter(({ subject }) => subject.startsWith('/backup/'))
    .map(eventText)
    .toReversed();

describe('backups in reports', () => {
  it('are none where nothing was ever backed up', async () => {
    const result = await monitor(startHost(), 0);
    assert.deepEqual([result.backups, result.status], [[], 'OK']);
    assert.doesNotMatch(
      renderMonitor(result, new Date(atHour(0)).toISOString(), createPaint(false)),
      /BACKUP/,
    );
  });

  it('count in the level of all, and are told when it changes', async () => {
    const host = startHost();
    keep(host, 1, { outcome: 'begun' });
    keep(host, 1, { outcome: 'done' });
    assert.equal((await monitor(host, 2)).status, 'WARNING');
    keep(host, 3, { isGood: true });
    assert.equal((await monitor(host, 8)).status, 'OK');
    const old = await monitor(host, 38);
    assert.equal(old.status, 'CRITICAL');
    assert.equal((await monitor(host, 44)).status, 'CRITICAL');
    keep(host, 45, { outcome: 'done' });
    assert.equal((await monitor(host, 50)).status, 'OK');
    assert.deepEqual(told(host), [
      'WARNING trader1 /data/jts/hot backups of redis: none was ever restored to prove it',
      'OK trader1 /data/jts/hot backups of redis: nothing is wrong with them any more (was WARNING for 6 h)',
      'CRITICAL trader1 /data/jts/hot backups of redis: the last good backup is 37 h old, more than 36 h',
      'OK trader1 /data/jts/hot backups of redis: nothing is wrong with them any more (was CRITICAL for 12 h)',
    ]);
  });

  it('say the same in every form', async () => {
    const host = startHost();
    keep(host, 1, { outcome: 'done' });
    keep(host, 3, { isGood: true });
    const result = await monitor(host, 42);
    const at = new Date(atHour(42)).toISOString();
    assert.deepEqual(result.backups[0]?.lastGood, {
      name: nameAt(1),
      at: '2026-01-01T01:00:00.000Z',
      bytes: 12_300_000,
      seconds: 42,
    });
    const text = renderMonitor(result, at, createPaint(false));
    assert.match(text, /^ {2}BACKUP OF {2}LAST GOOD {5}SIZE {2}PROVED {4}STATUS$/m);
    assert.match(text, /^ {2}redis {6}41 h ago {3}12\.3 MB {2}39 h ago {2}CRITICAL$/m);
    assert.match(text, /^ {2}redis: the last good backup is 41 h old, more than 36 h$/m);
    const wrong = 'backups of redis CRITICAL: the last good backup is 41 h old, more than 36 h';
    assert.ok(renderMonitorSummary(result, at).includes(wrong));
    assert.ok(renderNagios(result, MONITORING).includes(wrong));
    const metrics = renderPrometheus(result, at, '0');
    const labels = `{base="${BASE}",service="redis"}`;
    for (const line of [
      `jts_hot_backup_timestamp_seconds${labels} ${atHour(1) / 1000}`,
      `jts_hot_backup_bytes${labels} 12300000`,
      `jts_hot_backup_duration_seconds${labels} 42`,
      `jts_hot_backup_verified_timestamp_seconds${labels} ${atHour(3) / 1000}`,
      `jts_hot_backup_level{base="${BASE}",service="redis",level="critical"} 1`,
    ])
      assert.ok(metrics.includes(`${line}\n`), line);
  });

  it('are judged where nothing is recorded, and nobody is told then', async () => {
    const host = startHost();
    keep(host, 1, { outcome: 'failed' });
    const { backups, status } = await monitor(host, 2, false);
    assert.deepEqual([backups[0]?.level, status], ['CRITICAL', 'CRITICAL']);
    assert.deepEqual(told(host), []);
  });

  it('are told of where the history cannot be written, too', async () => {
    const host = startHost();
    keep(host, 1, { outcome: 'failed' });
    const full = new Problem(1, [diagnostic('E_HISTORY', 'cannot write the history', { detail: 'full' })]);
    const onFullDisk: MemoryHost = {
      ...host,
      history(access) {
        if (access.mode === 'write') throw full;
        return host.history(access);
      },
    };
    assert.equal((await monitor(onFullDisk, 2)).alerts.delivered, 1);
  });
});
