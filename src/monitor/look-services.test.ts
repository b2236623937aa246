// Looks at services that the kernel counts: their levels begin and end between two samples, and nothing is walked through.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring, type Monitoring } from '../layout/monitoring.ts';
import { projectsOf } from '../services/projects.ts';
import { lookCommand } from './look.ts';
import { recordCommand } from './monitor.ts';

const BASE = '/data/jts/hot';
/** Each plans 1 GB. */
const LAYOUT: Layout = {
  ...smallLayout('kafka', 'redis'),
  quota: { mode: 'enforce', softPercent: 90, hardPercent: 100 },
};
const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const MB = 1_000_000;

const TOLD: Monitoring = {
  ...builtInMonitoring,
  alerts: {
    ...builtInMonitoring.alerts,
    channels: [{ name: 'pager', from: 'WARNING', type: 'command', argv: ['/bin/true'] }],
  },
};

const projectOf = (name: string) =>
  projectsOf(LAYOUT).find(({ service }) => service.name === name)?.project ?? 0;

function watched(layout: Layout = LAYOUT) {
  const made = createHost({ fileSystem: { ...NVME, type: 'xfs', options: ['prjquota'] } });
  for (const { name, directories } of LAYOUT.services) {
    for (const part of directories) made.prepare.directory(`${BASE}/${name}/${part.name}`);
    made.prepareProject.put(`${BASE}/${name}`, projectOf(name));
  }
  const context = (minutes: number) =>
    contextOf({ ...made, measure: () => assert.fail('walked through trees') }, layout, {
      monitoring: TOLD,
      now: () => new Date(START + minutes * MINUTE).toISOString(),
    });
  const told = () => {
    const history = made.history({ mode: 'read', group: null });
    try {
      return (history?.deliveries(100) ?? [])
        .map(({ event }) => `${event.subject} ${event.level} ${event.fired?.rule ?? ''}`.trim())
        .toReversed();
    } finally {
      history?.close();
    }
  };
  return { host: made, look: async (minutes: number) => lookCommand(context(minutes)), context, told };
}

describe('look at services that the kernel counts', () => {
  it('tells of a service at its hard limit, and of its end, within five minutes', async () => {
    const { host, look, context, told } = watched();
    host.prepareProject.limit(BASE, projectOf('redis'), { softBytes: 300 * MB, hardBytes: 400 * MB });
    assert.equal((await recordCommand(context(0), { timeoutMs: null })).exitCode, 0);
    const { exitCode, result } = await look(5);
    assert.equal(exitCode, 0);
    assert.deepEqual(result?.services, [
      { service: 'kafka', status: 'OK', usedBytes: 0 },
      { service: 'redis', status: 'OK', usedBytes: 0 },
    ]);
    host.prepare.file(`${BASE}/redis/data/a`, { bytes: 400 * MB });
    assert.equal((await look(10)).result?.services?.[1]?.status, 'CRITICAL');
    await look(15);
    host.prepare.remove(`${BASE}/redis/data/a`);
    assert.equal((await look(20)).result?.services?.[1]?.status, 'OK');
    assert.deepEqual(told(), ['redis CRITICAL hard-limit', 'redis OK']);
  });

  it('judges by the forecast of the last sample', async () => {
    const { look, context, host } = watched();
    await recordCommand(context(0), { timeoutMs: null });
    const history = host.history({ mode: 'read', group: null });
    assert.deepEqual(Object.keys(history?.lookMemory().measured?.counted ?? {}), ['kafka', 'redis']);
    history?.close();
    assert.equal((await look(5)).exitCode, 0);
  });

  it('is none of those that are not counted, and of none where the layout wants no quotas', async () => {
    const { host, look } = watched();
    host.prepareProject.put(`${BASE}/redis`, 0);
    const { result } = await look(5);
    assert.deepEqual(
      result?.services?.map(({ service }) => service),
      ['kafka'],
    );
    const { quota: _, ...without } = LAYOUT;
    assert.equal((await watched(without).look(5)).result?.services, undefined);
  });
});
