// Does to a disk what the kind `disk` plans, a step at a time, inside the machine of disk.test.ts: PHASE says which.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { openLinuxHost } from '../../src/host/linux.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import { effectOf, type Operation } from '../../src/port/operation.ts';
import type { PlannedDisk } from '../../src/port/storage.ts';
import { plannedDisk } from '../../src/resources/storage/disk.ts';

const { PHASE = '', DISK_SERIAL = '' } = process.env;
/** What was planned, for the phases after it. */
const PLAN = `/root/plan-${DISK_SERIAL}`;
const host = openLinuxHost({ root: '/', base: '/data/jts/hot' });

interface Plan {
  readonly disk: PlannedDisk;
  readonly ends: string;
}

function plan(): Plan {
  const device = host.blockDevices().find(({ serial }) => serial === DISK_SERIAL);
  const disk = device === undefined ? null : plannedDisk(device);
  assert.ok(disk !== null);
  const ends = host.diskEnds(disk)?.hash ?? '';
  writeFileSync(PLAN, JSON.stringify({ disk, ends }));
  return { disk, ends };
}

const planned = (): Plan => JSON.parse(readFileSync(PLAN, 'utf8'));

function codeOf(operation: Operation): string {
  try {
    host.perform(operation);
    return 'done';
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return error.diagnostics[0]?.code ?? '';
  }
}

const PHASES: { readonly [phase: string]: () => void | Promise<void> } = {
  save() {
    const save = { type: 'saveDisk', ...plan() } as const;
    assert.equal(effectOf(save, host).state, 'open');
    host.perform(save);
    assert.equal(effectOf(save, host).state, 'done');
  },
  erase() {
    const erase = { type: 'eraseDisk', ...planned() } as const;
    assert.equal(effectOf(erase, host).state, 'open');
    host.perform(erase);
    assert.equal(effectOf(erase, host).state, 'done');
  },
  undo() {
    const restore = { type: 'restoreDisk', ...planned(), over: null } as const;
    assert.equal(effectOf(restore, host).state, 'open');
    host.perform(restore);
    assert.equal(effectOf(restore, host).state, 'done');
  },
  async image() {
    const { disk, ends } = plan();
    const request = {
      disk,
      file: '/root/disk.img',
      signal: new AbortController().signal,
    };
    const image = await host.imageDisk(request);
    assert.deepEqual([image?.bytes, image?.ends], [disk.sizeBytes, ends]);
    await assert.rejects(host.imageDisk(request), Problem);
  },
  refused() {
    for (const operation of [
      { type: 'eraseDisk', ...planned() },
      { type: 'restoreDisk', ...planned(), over: null },
    ] as const)
      assert.equal(codeOf(operation), process.env['CODE'], operation.type);
  },
  /** Holds it while the machine loses it, and another one comes. */
  async hold() {
    const { disk, ends } = planned();
    const release = host.holdDisk(disk);
    writeFileSync('/run/held', '');
    while (!existsSync('/run/go-on')) await new Promise((resolve) => setTimeout(resolve, 50));
    const devices = host.blockDevices().map(({ name, number, serial }) => ({ name, number, serial }));
    const found = codeOf({ type: 'eraseDisk', disk, ends });
    release();
    writeFileSync('/run/result', JSON.stringify({ found, devices }));
  },
};

it(`${PHASE} of ${DISK_SERIAL}`, async () => {
  const act = PHASES[PHASE];
  assert.ok(act !== undefined, `no phase ${PHASE}`);
  await act();
});
