// What `device restore` puts back, and when it does not, on a host in memory.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { nvmeDisk } from '../../test/memory-host/block-devices.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { Problem } from '../messages/diagnostic.ts';
import { createPaint } from '../messages/paint.ts';
import type { DeviceContents } from '../port/block-device.ts';
import { plannedDisk } from '../resources/storage/disk.ts';
import { deviceRestoreCommand, type RestoreRequest } from './restore.ts';
import { renderRestore } from './restore-text.ts';

const SERIAL = 'S5GXNX0T1234';
const DISK = nvmeDisk({ name: 'nvme0n1', serial: SERIAL });
const planned = plannedDisk(DISK);
assert.ok(planned !== null);

const signed = (type: string): Partial<DeviceContents> => ({
  signatures: [{ type, offset: 0, uuid: null, label: null }],
  edges: null,
});

/** Its ext4 was saved and erased. */
function hostAfterErasing(): { readonly host: MemoryHost; readonly saved: string } {
  const host = createHost({ devices: [DISK] });
  host.prepareDisk.put('nvme0n1', signed('ext4'));
  const { hash = '' } = host.diskEnds(planned as never) ?? {};
  host.perform({ type: 'saveDisk', disk: planned as never, ends: hash });
  host.perform({ type: 'eraseDisk', disk: planned as never, ends: hash });
  return { host, saved: hash };
}

function restore(host: MemoryHost, request: Partial<RestoreRequest>) {
  const context = contextOf(host, smallLayout('kafka'));
  return deviceRestoreCommand(context, {
    serial: null,
    saved: null,
    confirmed: null,
    replaceLive: false,
    isDry: false,
    ...request,
  });
}

const onIt = (host: MemoryHost) => host.deviceContents(['nvme0n1'])[0]?.signatures.map(({ type }) => type);

describe('device restore', () => {
  it('lists what is kept where no saved state is named', async () => {
    const { host, saved } = hostAfterErasing();
    for (const serial of [null, SERIAL]) {
      const { exitCode, result } = await restore(host, { serial });
      assert.equal(exitCode, 0);
      assert.ok(result !== null);
      const text = renderRestore(result, createPaint(false));
      for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
      assert.match(
        text,
        new RegExp(`^${SERIAL}  1   1970-01-01T00:00:00Z  ${saved.slice(0, 12)}  ext4$`, 'm'),
      );
    }
    assert.deepEqual(onIt(host), []);
    await assert.rejects(restore(host, { serial: 'OTHER' }), { name: 'Problem', exitCode: 1 });
  });

  it('puts it back, says so once, and rollback takes that back', async () => {
    const { host, saved } = hostAfterErasing();
    const request = { serial: SERIAL, saved: saved.slice(0, 12), confirmed: SERIAL };
    const dry = await restore(host, { ...request, isDry: true });
    assert.equal(dry.result?.did === 'restore' && dry.result.outcome, 'planned');
    assert.deepEqual(onIt(host), []);
    const { exitCode, result } = await restore(host, request);
    assert.equal(exitCode, 0);
    assert.ok(result?.did === 'restore' && result.outcome === 'applied');
    assert.match(
      renderRestore(result, createPaint(false)),
      /Put back .* compared them\.\nTo take that back: sudo jts-hot rollback 1$/,
    );
    assert.deepEqual(onIt(host), ['ext4']);
    const again = await restore(host, request);
    assert.equal(again.result?.did === 'restore' && again.result.outcome, 'unchanged');
    const [, undone] = result.steps;
    assert.ok(undone?.undo);
    host.perform(undone.undo);
    assert.deepEqual(onIt(host), []);
  });

  const refusals: readonly (readonly [
    why: string,
    code: string,
    now: Partial<DeviceContents> | null,
    request: Partial<RestoreRequest>,
  ])[] = [
    ['it was not confirmed', 'E_NOT_CONFIRMED', null, {}],
    ['another was confirmed', 'E_NOT_CONFIRMED', null, { confirmed: 'OTHER' }],
    ['it holds something newer', 'E_NEWER_DATA', signed('xfs'), { confirmed: SERIAL }],
    ['it holds data that nothing is known of', 'E_NEWER_DATA', { edges: 'data' }, { confirmed: SERIAL }],
    [
      'it is mounted',
      'E_DISK_MOUNTED',
      {
        ...signed('xfs'),
        isHeld: true,
        mounts: [{ device: 'nvme0n1', mountPoint: '/srv', isElsewhere: false }],
      },
      { confirmed: SERIAL, replaceLive: true },
    ],
    [
      'a volume group on it is active',
      'E_DISK_MEMBER',
      { ...signed('LVM2_member'), isHeld: true, memberOf: [{ of: 'lvm', name: 'hot' }] },
      { confirmed: SERIAL, replaceLive: true },
    ],
  ];
  for (const [why, code, now, request] of refusals)
    it(`refuses where ${why}: ${code}`, async () => {
      const { host, saved } = hostAfterErasing();
      if (now !== null) host.prepareDisk.put('nvme0n1', now);
      const before = host.diskEnds(planned as never)?.hash;
      const { exitCode, problems, result } = await restore(host, { serial: SERIAL, saved, ...request });
      assert.deepEqual([exitCode, problems.map((one) => one.code)], [3, [code]]);
      assert.equal(result?.did === 'restore' && result.outcome, 'refused');
      assert.equal(host.diskEnds(planned as never)?.hash, before);
      assert.equal(host.savedDisks().length, 1);
    });

  it('puts it over something newer where that was agreed to, which is saved first', async () => {
    const { host, saved } = hostAfterErasing();
    host.prepareDisk.put('nvme0n1', signed('xfs'));
    const { exitCode } = await restore(host, { serial: SERIAL, saved, confirmed: SERIAL, replaceLive: true });
    assert.equal(exitCode, 0);
    assert.deepEqual(onIt(host), ['ext4']);
    assert.deepEqual(
      host.savedDisks().map(({ held }) => held),
      [['xfs'], ['ext4']],
    );
  });

  it('refuses a name that means nothing, and a disk that is gone', async () => {
    const { host } = hostAfterErasing();
    await assert.rejects(restore(host, { serial: SERIAL, saved: 'zz' }), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.diagnostics[0]?.code, 'E_NO_SUCH_STATE');
      return true;
    });
  });
});
