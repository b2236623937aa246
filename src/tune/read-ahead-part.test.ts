// How far is read ahead on each file system, on the host in memory: by the wishes of those that share it, now and by a rule.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { ReadAhead } from '../port/read-ahead.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { tuneHost } from './tune-host.ts';

const ALONE = smallLayout('mongodb');
const SHARED = smallLayout('mongodb', 'clickhouse');
const RULE = '/etc/udev/rules.d/99-jts-hot-readahead-S1.rules';
const NVME: ReadAhead = { device: 'nvme0n1', known: { by: 'serial', value: 'S1' }, kib: 128, isFixed: false };

function host(device: ReadAhead = NVME, tools: readonly string[] = ['udevadm']): MemoryHost {
  return createHost({ runsSystemd: true, hasSwap: true, readAheads: [device], tools });
}

async function tune(on: MemoryHost, act: 'check' | 'apply' = 'apply', layout = ALONE) {
  const options = { act, isDry: false, replace: false } as const;
  const { result, problems } = await tuneHost(contextOf(on, layout), options);
  assert.ok(result !== null);
  const row = result.rows.find(({ setting }) => setting.startsWith('readahead'));
  return { row, result, problems };
}

const kibOf = (on: MemoryHost) => on.readAheads(['nvme0n1p1'])[0]?.kib;

describe('readahead', () => {
  it('of one service that wants little is set now and by a rule that knows the disk, and taken back', async () => {
    const on = host();
    const { row } = await tune(on, 'check');
    assert.deepEqual(
      [row?.setting, row?.required, row?.now, row?.isNow, row?.forGood, row?.isForGood],
      ['readahead', '4 to 16', '128', false, 'no udev rule', false],
    );
    assert.equal((await tune(on)).row?.forGood, 'udev rule');
    assert.equal(kibOf(on), 16);
    assert.match(
      on.text(RULE) ?? '',
      /^ACTION!="remove", SUBSYSTEM=="block", ENV\{DEVTYPE\}=="disk", KERNEL=="nvme\*", ATTRS\{serial\}=="S1", ATTR\{queue\/read_ahead_kb\}="16"$/m,
    );
    assert.deepEqual((await tune(on, 'check')).result.steps, []);
    const { result } = await rollbackCommand(contextOf(on, ALONE), null);
    assert.equal(result?.outcome, 'applied');
    assert.deepEqual([kibOf(on), on.entry(RULE).type], [128, 'missing']);
  });

  it('of services that contradict each other stays as the kernel has it; the rule goes, and who loses is said', async () => {
    const on = host();
    await tune(on);
    const { row } = await tune(on, 'apply', SHARED);
    assert.deepEqual([row?.required, row?.forGood], ['at least 128', 'by default']);
    assert.deepEqual(
      row?.wishes.map(({ service, isMet }) => [service, isMet]),
      [
        ['clickhouse', true],
        ['mongodb', false],
      ],
    );
    assert.deepEqual([kibOf(on), on.entry(RULE).type], [128, 'missing']);
  });

  it('each file system by the wishes of those that are on it', async () => {
    const at = '/data/jts/hot/mongodb';
    const uuid = '0a1b2c3d-0000-8000-8000-00000000000a';
    const on = createHost({
      runsSystemd: true,
      readAheads: [NVME],
      mounts: [{ service: 'mongodb', path: at, uuid }],
    });
    on.prepare.directory(at);
    on.prepare.mount(at, 'ext4', uuid);
    const { result } = await tune(on, 'check', SHARED);
    // One without a device below it has none.
    const rows = result.rows.filter(({ setting }) => setting.startsWith('readahead'));
    assert.ok(rows.every(({ wishes }) => wishes.every(({ service }) => service === 'clickhouse')));
    assert.equal(rows.length, 1);
  });

  it('a volume is known by its UUID', async () => {
    const known = { by: 'dm uuid', value: 'LVM-abc' } as const;
    const on = createHost({
      runsSystemd: true,
      readAheads: [{ ...NVME, known }],
      tools: ['udevadm'],
    });
    await tune(on);
    assert.match(
      on.text('/etc/udev/rules.d/99-jts-hot-readahead-LVM-abc.rules') ?? '',
      /ATTR\{dm\/uuid\}=="LVM-abc"/,
    );
  });

  for (const [what, device, tools] of [
    ['a device that is not to be known again', { ...NVME, known: null }, ['udevadm']],
    ['a serial number with signs of udev', { ...NVME, known: { by: 'serial', value: 'S"*' } }, ['udevadm']],
    ['a host without udev', NVME, []],
  ] as const)
    it(`${what} is set now, and is told as not kept`, async () => {
      const on = host(device, tools);
      const { row, problems } = await tune(on);
      assert.deepEqual([row?.isNow, row?.isForGood], [true, false]);
      assert.equal(kibOf(on), 16);
      assert.ok(!problems.some(({ at }) => at?.includes('readahead')), 'a hint does not count');
      assert.deepEqual(on.names('/etc/udev/rules.d'), []);
    });

  it('in a container nothing is done, and why is said', async () => {
    const on = host({ ...NVME, isFixed: true });
    const { row, result } = await tune(on);
    assert.deepEqual([row?.isNow, row?.isForGood], [false, false]);
    assert.match(row?.note ?? '', /read-only, as in a container/);
    assert.equal(result.outcome, 'unchanged');
    assert.equal(on.entry(RULE).type, 'missing');
  });

  it('of another disk under the same name rollback leaves it', async () => {
    const on = host();
    await tune(on);
    const other = createHost({ readAheads: [{ ...NVME, known: { by: 'serial', value: 'S2' }, kib: 16 }] });
    const set = { type: 'setReadAhead', device: 'nvme0n1', known: 'serial S1', from: 16, to: 128 } as const;
    assert.throws(() => other.perform(set));
    assert.equal(kibOf(other), 16);
  });

  it('killed anywhere, the same command completes it', async () => {
    const start = host();
    const whole = start.clone();
    await tune(whole);
    for await (const { host: on, at } of killedAnywhere(start, whole, (one) => tune(one))) {
      await tune(on);
      assert.equal(kibOf(on), 16, at);
      assert.equal(on.text(RULE), whole.text(RULE), at);
    }
  });
});
