// `doctor` on the memory host: what it asks, of which services it tells, and what it ends with. Real servers: test/servers/doctor.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import { setupCommand } from '../setup/setup.ts';
import { doctorCommand } from './doctor.ts';
import type { DoctorResult } from './doctor-document.ts';
import { renderDoctor } from './doctor-text.ts';

const LAYOUT = smallLayout('kafka', 'redis');

async function doctor(
  host: MemoryHost,
  service: string | null = null,
): Promise<DoctorResult & { readonly exitCode: number }> {
  const { exitCode, result } = await doctorCommand(contextOf(host, LAYOUT), service);
  assert.ok(result !== null);
  return { exitCode, ...result };
}

async function setUp(): Promise<MemoryHost> {
  const host = createHost();
  await setupCommand(contextOf(host, LAYOUT), { adopt: [], saved: null, strict: false });
  return host;
}

describe('doctor', () => {
  it('tells of installed services only, and ends with 0 where there is none', async () => {
    const result = await doctor(await setUp());
    assert.deepEqual([result.exitCode, result.services], [0, []]);
    assert.equal(renderDoctor(result, createPaint(false)), 'No service of the layout is installed here.');
  });

  it('of one that is named tells what a check found, with its fix, and of others nothing', async () => {
    const host = await setUp();
    host.prepare.remove('/data/jts/hot/kafka/data');
    const result = await doctor(host, 'kafka');
    assert.equal(result.exitCode, 1);
    const [patient] = result.services;
    assert.deepEqual([result.services.length, patient?.service], [1, 'kafka']);
    const [first] = patient?.causes ?? [];
    assert.deepEqual([first?.check, first?.fix], ['directory.kafka/data', 'sudo jts-hot setup']);
    for (const line of renderDoctor(result, createPaint(false)).split('\n'))
      assert.ok(line.length <= WIDTH, line);
  });

  it('is root’s, and knows no service that the layout has not', async () => {
    const host = await setUp();
    await assert.rejects(doctorCommand(contextOf(host.as(1000) as MemoryHost, LAYOUT), null));
    await assert.rejects(doctorCommand(contextOf(host, LAYOUT), 'nobody'));
  });
});
