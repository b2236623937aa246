// Services that have file systems of their own in every report: room, level and forecast of each, and whose room a service has.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { eventText } from '../alerts/text.ts';
import type { Context } from '../command/context.ts';
import { OWN_FILE_SYSTEM } from '../history/history.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { createPaint } from '../messages/paint.ts';
import type { FileSystem } from '../port/file-system.ts';
import { historyCommand } from './history.ts';
import { lookCommand } from './look.ts';
import { monitorCommand } from './monitor.ts';
import { renderMonitor, renderMonitorSummary } from './monitor-text.ts';
import { renderNagios } from './nagios.ts';
import { renderPrometheus } from './prometheus.ts';
import { usageCommand } from './usage.ts';

const LAYOUT = smallLayout('kafka', 'redis');
const { base } = LAYOUT;
const KAFKA = `${base}/kafka`;
const UUID = '0a1b2c3d-0000-8000-8000-00000000000a';
const AT = '2026-01-01T00:00:00Z';
const KILL = { name: 'test', type: 'command', argv: ['/bin/true'], events: [] };

function made(): MemoryHost {
  const host = createHost({ mounts: [{ service: 'kafka', path: KAFKA, uuid: UUID }] });
  host.prepare.directory(base);
  host.prepare.directory(KAFKA);
  host.prepare.mount(KAFKA, 'ext4', UUID);
  host.prepare.file(`${KAFKA}/data/segment`, { bytes: 4096 });
  host.prepare.file(`${base}/redis/data/dump.rdb`, { bytes: 8192 });
  return host;
}

/** The same host with a file system of this size below Kafka. */
function with10GB(host: MemoryHost, availableBytes: number): MemoryHost {
  const room = { sizeBytes: 10e9, freeBytes: availableBytes, availableBytes };
  const own = (fs: FileSystem): FileSystem => (fs.mountPoint === KAFKA ? { ...fs, ...room } : fs);
  return {
    ...host,
    fileSystem: (path) => own(host.fileSystem(path)),
    askFileSystem: (path) => ({
      within: async (ms) => {
        const answer = await host.askFileSystem(path).within(ms);
        return answer === null || 'error' in answer || answer.mountPoint !== KAFKA
          ? answer
          : { ...answer, ...room };
      },
    }),
  };
}

async function monitor(host: MemoryHost, more: Partial<Context> = {}, record = false) {
  const options = { thresholds: null, record, timeoutMs: null };
  const answer = await monitorCommand(contextOf(host, LAYOUT, more), options);
  assert.ok(answer.result !== null);
  return { ...answer, result: answer.result };
}

describe('a file system of its own', () => {
  it('has its room, and its service is judged by it: full, it is CRITICAL for that one alone', async () => {
    const { result, exitCode } = await monitor(with10GB(made(), 0));
    assert.equal(exitCode, 2);
    assert.equal(result.fileSystem.status, 'OK');
    assert.deepEqual(
      result.fileSystems?.map((one) => [
        one.service,
        one.services,
        one.mountPoint,
        one.usedPercent,
        one.status,
      ]),
      [
        [null, ['redis'], '/', result.fileSystem.usedPercent, 'OK'],
        ['kafka', ['kafka'], KAFKA, 100, 'CRITICAL'],
      ],
    );
    assert.deepEqual(result.services.map((one) => [one.service, one.status, one.fired?.rule]).sort(), [
      ['kafka', 'CRITICAL', 'of-disk'],
      ['redis', 'OK', undefined],
    ]);
    const usedBytes = NVME.sizeBytes - NVME.freeBytes;
    assert.equal(result.unaccountedBytes, usedBytes - 8192 - (result.other?.usedBytes ?? 0));
    assert.match(renderMonitorSummary(result, AT), /; disk of kafka 100 % used, critical from 90 %/);
    const text = renderMonitor(result, AT, createPaint(false));
    assert.match(text, /kafka: ext4 on \S+, mounted at \/data\/jts\/hot\/kafka/);
    assert.match(text, /disk\/kafka: used 100\.0 %, critical from 90 %/);
    const nagios = renderNagios(result, builtInMonitoring);
    assert.match(nagios, /disk of kafka 100 % used/);
    assert.match(nagios, / '\/data\/jts\/hot\/kafka'=10000000000B;8000000000;9000000000;0;10000000000/);
    const metrics = renderPrometheus(result, AT, '1');
    assert.match(
      metrics,
      /^jts_hot_service_filesystem_used_ratio\{base="\/data\/jts\/hot",service="kafka"\} 1$/m,
    );
    assert.equal(metrics.match(/^jts_hot_filesystem_used_ratio\{/gm)?.length, 1);
  });

  it('is not said of a layout without one', async () => {
    const host = createHost();
    host.prepare.file(`${base}/kafka/data/a`, { bytes: 4096 });
    const { result } = await monitor(host);
    assert.equal(result.fileSystems, undefined);
    assert.doesNotMatch(renderPrometheus(result, AT, '1'), /service_filesystem/);
  });

  it('away or another one: the service is UNKNOWN, said once, nothing of it is recorded; the other one is', async () => {
    const host = made();
    const again = host.prepare.unmount(KAFKA);
    const { result, problems } = await monitor(host, {}, true);
    assert.deepEqual(
      problems.map(({ code, at }) => [code, at]),
      [['E_NOT_MOUNTED', KAFKA]],
    );
    assert.deepEqual(
      result.services.map(({ service, usedBytes }) => [service, usedBytes]),
      [
        ['redis', result.services[0]?.usedBytes],
        ['kafka', null],
      ],
    );
    assert.deepEqual(
      result.fileSystems?.map(({ service }) => service),
      [null],
    );
    const history = host.history({ mode: 'read', group: null });
    const [sample] = history?.samples({ since: 0 }) ?? [];
    assert.deepEqual([...(sample?.uses.keys() ?? [])].sort(), ['/', 'redis']);
    history?.close();
    again();
    await monitor(host, {}, true);
    const after = host.history({ mode: 'read', group: null });
    const subjects = [...(after?.samples({ since: 0 }).at(-1)?.uses.keys() ?? [])].sort();
    after?.close();
    assert.deepEqual(subjects, ['/', `${OWN_FILE_SYSTEM}kafka`, 'kafka', 'redis']);
  });

  it('has a history, which is asked for by disk/SERVICE', async () => {
    const host = made();
    await monitor(host, {}, true);
    const asked = { service: 'disk/kafka', sinceSeconds: null };
    const { result } = historyCommand(contextOf(host, LAYOUT), asked);
    assert.deepEqual(
      result?.subjects.map(({ subject }) => subject),
      [`${OWN_FILE_SYSTEM}kafka`],
    );
  });

  it('is looked at every five minutes: full, its alert is told within one look', async () => {
    const host = made();
    const alerts = { ...builtInMonitoring.alerts, channels: [KILL] } as never;
    const monitoring = { ...builtInMonitoring, samples: 1, alerts };
    await monitor(host, {}, true);
    const full = with10GB(host, 0);
    await lookCommand(contextOf(full, LAYOUT, { monitoring }));
    const history = host.history({ mode: 'read', group: null });
    const told = history?.deliveries(10) ?? [];
    assert.equal(history?.levels().get(`${OWN_FILE_SYSTEM}kafka`)?.level, 'CRITICAL');
    assert.equal(history?.levels().get('/')?.level, 'OK');
    history?.close();
    assert.deepEqual(
      told.map(({ event }) => eventText(event)),
      ['CRITICAL trader1 /data/jts/hot disk of kafka: 100.0 % of 10.0 GB used (critical from 90 %)'],
    );
  });

  it('is said by usage, and what is not found of the base is counted without it', async () => {
    const options = {
      service: null,
      top: 5,
      depth: 2,
      filesOverBytes: null,
      logsOverBytes: null,
      temporaryOlderThanSeconds: null,
      timeoutSeconds: null,
    };
    const { result } = await usageCommand(contextOf(with10GB(made(), 1e9), LAYOUT), options);
    assert.deepEqual(
      result?.fileSystems?.map(({ service, sizeBytes, freeBytes }) => [service, sizeBytes, freeBytes]),
      [['kafka', 10e9, 1e9]],
    );
    assert.equal(result?.elsewhereBytes, NVME.sizeBytes - NVME.freeBytes - 8192);
  });
});
