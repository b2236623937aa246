// The scheduler of the disks below the base, on the host in memory: which get none, what the rule says, what is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { schedulerIn } from '../host/block-queue.ts';
import type { BlockQueue } from '../port/block-queue.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { verifyRules } from './scheduler.ts';
import { tuneDisk } from './tune-disk.ts';

const BASE = '/data/jts/hot';
const RULE = '/etc/udev/rules.d/99-jts-hot-scheduler-S4EVNX0N.rules';
const TOOLS = ['findmnt', 'mount', 'systemctl', 'udevadm'];

const DISK: BlockQueue = {
  name: 'nvme0n1',
  serial: 'S4EVNX0N',
  wwid: 'eui.0025385b01',
  scheduler: { now: 'mq-deadline', offered: ['none', 'mq-deadline'] },
  discardBytes: 2 ** 40,
};

function host(queues: readonly BlockQueue[], tools = TOOLS): MemoryHost {
  const disks = queues.map(({ name }) => name);
  const device = { name: disks.length === 1 ? `${disks[0]}p1` : 'dm-0', sizeBytes: 4e12, nvme: true, disks };
  const on = createHost({
    runsSystemd: true,
    tools,
    queues,
    fileSystem: { ...NVME, device, options: ['rw', 'noatime'] },
  });
  on.prepare.directory(BASE);
  on.prepare.mount(BASE);
  on.prepare.file('/etc/fstab', { text: `/dev/nvme0n1p1 ${BASE} xfs noatime 0 2\n` });
  on.prepare.directory('/etc/udev/rules.d');
  return on;
}

async function tune(on: MemoryHost, act: 'check' | 'apply' = 'apply') {
  const { exitCode, problems, result } = await tuneDisk(contextOf(on, smallLayout('kafka')), {
    act,
    isDry: false,
    replace: false,
  });
  assert.ok(result !== null);
  const rows = result.rows.filter(({ part }) => part === 'scheduler');
  return { exitCode, codes: problems.map(({ code }) => code), rows, result };
}

const now = (on: MemoryHost) => on.blockQueues(['nvme0n1', 'nvme1n1']).map((queue) => queue?.scheduler?.now);

describe('scheduler', () => {
  it('none now, and by a rule that knows the disk by its serial number; and back', async () => {
    const on = host([DISK]);
    assert.equal((await tune(on, 'check')).exitCode, 1);
    assert.equal((await tune(on)).exitCode, 0);
    assert.deepEqual(now(on), ['none', undefined]);
    assert.match(
      on.text(RULE) ?? '',
      /^ACTION!="remove", SUBSYSTEM=="block", ENV\{DEVTYPE\}=="disk", KERNEL=="nvme\*", ATTRS\{serial\}=="S4EVNX0N", ATTR\{queue\/scheduler\}="none"$/m,
    );
    assert.equal((await tune(on, 'check')).exitCode, 0);
    await rollbackCommand(contextOf(on, smallLayout('kafka')), null);
    assert.deepEqual(now(on), ['mq-deadline', undefined]);
    assert.equal(on.entry(RULE).type, 'missing');
  });

  it('through LVM and RAID each disk below has its own', async () => {
    const on = host([DISK, { ...DISK, name: 'nvme1n1', serial: 'OTHER 7', wwid: null }]);
    assert.equal((await tune(on)).exitCode, 0);
    assert.deepEqual(now(on), ['none', 'none']);
    assert.match(on.text('/etc/udev/rules.d/99-jts-hot-scheduler-OTHER_7.rules') ?? '', /=="OTHER 7"/);
  });

  for (const [what, queue, match] of [
    ['a number with signs of udev', { ...DISK, serial: 'A*"$x{y}' }, 'ATTR{wwid}=="eui.0025385b01"'],
    ['no number', { ...DISK, serial: null }, 'ATTR{wwid}=="eui.0025385b01"'],
  ] as const)
    it(`${what}: known by its WWID`, async () => {
      const on = host([queue]);
      assert.equal((await tune(on)).exitCode, 0);
      assert.ok(on.text('/etc/udev/rules.d/99-jts-hot-scheduler-eui.0025385b01.rules')?.includes(match));
    });

  it('neither: now it is set, and for good it is said what is missing', async () => {
    const on = host([{ ...DISK, serial: 'a\nb', wwid: null }]);
    const { exitCode, codes } = await tune(on);
    assert.deepEqual([exitCode, codes, now(on)[0]], [1, ['E_NO_SERIAL'], 'none']);
  });

  it('no udev: likewise', async () => {
    const on = host([DISK], ['findmnt', 'mount', 'systemctl']);
    const { exitCode, codes } = await tune(on);
    assert.deepEqual([exitCode, codes, now(on)[0]], [1, ['E_NO_UDEV'], 'none']);
    assert.equal(on.entry(RULE).type, 'missing');
  });

  it('a disk that has no choice needs nothing', async () => {
    const on = host([{ ...DISK, scheduler: null }]);
    const { exitCode, rows, result } = await tune(on);
    assert.deepEqual([exitCode, result.steps.length], [0, 0]);
    assert.equal(rows[0]?.isForGood, true);
  });

  it('other disks keep theirs, and it is said why', async () => {
    const on = host([{ ...DISK, name: 'sda', serial: null, wwid: null }]);
    const { exitCode, rows, result } = await tune(on);
    assert.deepEqual([exitCode, result.steps.length], [0, 0]);
    assert.match(rows[0]?.note ?? '', /sda is no NVMe disk/);
  });

  it("somebody's own rule in the place of ours is refused", async () => {
    const on = host([DISK]);
    on.prepare.file(RULE, { text: '# mine\n' });
    assert.deepEqual((await tune(on)).codes, ['E_FOREIGN_FILE']);
    assert.deepEqual(now(on), ['mq-deadline', undefined]);
  });

  it('after a start the name is of another disk: rollback leaves that one alone', async () => {
    const on = host([DISK]);
    await tune(on);
    const operation = { type: 'setScheduler', disk: 'nvme0n1', known: DISK.wwid, to: 'none' } as const;
    assert.throws(() => on.perform({ ...operation, known: 'eui.other', from: 'none', to: 'mq-deadline' }));
    assert.deepEqual(now(on), ['none', undefined]);
  });

  it('killed anywhere, the same command completes it, and rollback gives all back', async () => {
    const start = host([DISK]);
    const whole = start.clone();
    await tune(whole);
    for await (const { host: on, at } of killedAnywhere(start, whole, (one) => tune(one))) {
      assert.equal((await tune(on)).exitCode, 0, at);
      await rollbackCommand(contextOf(on, smallLayout('kafka')), null);
      assert.deepEqual(now(on), ['mq-deadline', undefined], at);
      assert.equal(on.entry(RULE).type, 'missing', at);
    }
  });

  it('what sysfs says is read', () => {
    assert.deepEqual(schedulerIn('[none] mq-deadline kyber bfq '), {
      now: 'none',
      offered: ['none', 'mq-deadline', 'kyber', 'bfq'],
    });
    for (const text of [null, '', 'none', '[none]', 'mq-deadline kyber'])
      assert.equal(schedulerIn(text), null);
  });

  it('udev judges the rule where it can', async () => {
    const rules = [{ path: RULE, text: 'x\n', unit: null, purpose: '', isOurs: () => true }];
    const answer = (status: number, output: string) => ({ tryOut: async () => ({ status, output }) });
    assert.equal(await verifyRules(answer(0, ''), rules), null);
    assert.equal(await verifyRules(answer(1, 'Unknown command verb verify.'), rules), null);
    const said = await verifyRules(answer(1, `${RULE}:1 Invalid key\n`), rules);
    assert.equal(said?.code, 'E_UDEV_VERIFY');
  });
});
