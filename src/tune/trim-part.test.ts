// Whether the hot mount is trimmed regularly, on the host in memory: what fstrim.service covers, what of ours is installed where it
// does not, and what is said where nothing can be.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { BlockQueue } from '../port/block-queue.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { covers, ourUnits } from './fstrim-units.ts';
import { tuneDisk } from './tune-disk.ts';

const BASE = '/data/jts/hot';
const SERVICE = '/usr/lib/systemd/system/fstrim.service';
const TIMER = '/usr/lib/systemd/system/fstrim.timer';
const OURS = '/etc/systemd/system/jts-hot-trim.timer';
const EXEC = '/sbin/fstrim --listed-in /etc/fstab:/proc/self/mountinfo --verbose --quiet-unsupported';
const LINE = `/dev/nvme0n1p1 ${BASE} xfs noatime 0 2\n`;
const UNIT = `[Mount]\nWhat=/dev/nvme0n1p1\nWhere=${BASE}\nOptions=noatime\n`;

const QUEUE: BlockQueue = {
  name: 'nvme0n1',
  serial: null,
  wwid: null,
  scheduler: null,
  discardBytes: 2 ** 31,
};

interface Seen {
  readonly fstab?: string;
  readonly unit?: string;
  readonly exec?: string;
  readonly timer?: string | null;
  readonly options?: readonly string[];
  readonly queues?: readonly BlockQueue[];
  readonly runsSystemd?: boolean;
  readonly container?: string;
  readonly hasFstrim?: boolean;
}

function host({
  fstab = '# none\n',
  unit,
  exec = EXEC,
  timer = '',
  options = ['rw', 'noatime'],
  ...more
}: Seen): MemoryHost {
  const { queues = [{ ...QUEUE, name: 'nvme0n1p1' }, QUEUE], runsSystemd = true, hasFstrim = true } = more;
  const on = createHost({
    runsSystemd,
    container: more.container ?? null,
    tools: ['findmnt', 'mount', 'systemctl', 'udevadm'],
    queues,
    fileSystem: { ...NVME, options },
  });
  on.prepare.directory(BASE);
  on.prepare.mount(BASE);
  on.prepare.file('/etc/fstab', { text: fstab });
  on.prepare.directory('/etc/systemd/system');
  if (unit !== undefined) on.prepare.file('/etc/systemd/system/data-jts-hot.mount', { text: unit });
  if (timer !== null) {
    on.prepare.file(SERVICE, { text: `[Service]\nExecStart=${exec}\n` });
    on.prepare.file(TIMER, { text: `[Unit]\nConditionVirtualization=!container\n${timer}` });
  }
  if (hasFstrim) on.prepare.file('/usr/sbin/fstrim', { mode: '0755', text: '' });
  return on;
}

async function tune(on: MemoryHost, act: 'check' | 'apply' = 'apply') {
  const { exitCode, problems, result } = await tuneDisk(contextOf(on, smallLayout('kafka')), {
    act,
    isDry: false,
    replace: false,
  });
  assert.ok(result !== null);
  const [row] = result.rows.filter(({ part }) => part === 'trim');
  return { exitCode, codes: problems.map(({ code }) => code), row, result };
}

function timers(on: MemoryHost): readonly string[] {
  const isOn = (unit: string) =>
    on.units([unit]).get(unit)?.active === true &&
    on.entry(`/etc/systemd/system/timers.target.wants/${unit}`).type === 'link';
  return ['fstrim.timer', 'jts-hot-trim.timer'].filter(isOn);
}

describe('trimmed by a timer', () => {
  const table: readonly (readonly [what: string, seen: Seen, timers: readonly string[]])[] = [
    ['listed in fstab: the one of the system', { fstab: LINE }, ['fstrim.timer']],
    ['by a unit, and fstab lists nothing: it goes by what is mounted', { unit: UNIT }, ['fstrim.timer']],
    [
      'by a unit, and fstab lists others: it is passed by',
      { unit: UNIT, fstab: 'UUID=r / ext4 rw 0 1\n' },
      ['fstrim.timer', 'jts-hot-trim.timer'],
    ],
    [
      'listed, and to be left out',
      { fstab: LINE.replace('noatime', 'noatime,X-fstrim.notrim') },
      ['fstrim.timer', 'jts-hot-trim.timer'],
    ],
    [
      'all that is mounted',
      { unit: UNIT, fstab: 'UUID=r / ext4 rw 0 1\n', exec: '/sbin/fstrim -av' },
      ['fstrim.timer'],
    ],
    ['no such timer', { fstab: LINE, timer: null }, ['jts-hot-trim.timer']],
    [
      'in a container, where that of the system does not run',
      { fstab: LINE, container: 'lxc' },
      ['jts-hot-trim.timer'],
    ],
  ];
  for (const [what, seen, wanted] of table)
    it(what, async () => {
      const on = host(seen);
      const before = on.snapshot().replace(/ inode \d+ born \d+/g, '');
      assert.equal((await tune(on, 'check')).exitCode, 1);
      const { exitCode, row } = await tune(on);
      assert.equal(exitCode, 0);
      assert.deepEqual(timers(on), wanted);
      assert.deepEqual([row?.now, row?.forGood], ['weekly', wanted.at(-1)]);
      assert.equal((await tune(on, 'check')).exitCode, 0);
      await rollbackCommand(contextOf(on, smallLayout('kafka')), null);
      assert.deepEqual(timers(on), []);
      assert.equal(on.snapshot().replace(/ inode \d+ born \d+/g, ''), before);
    });

  it('one that somebody has masked is left so, and ours is installed', async () => {
    const on = host({ fstab: LINE });
    on.prepare.link('/etc/systemd/system/fstrim.timer', '/dev/null');
    assert.equal((await tune(on)).exitCode, 0);
    assert.deepEqual(timers(on), ['jts-hot-trim.timer']);
  });

  it('killed anywhere, the same command completes it, and rollback takes it away', async () => {
    const start = host({ unit: UNIT, fstab: 'UUID=r / ext4 rw 0 1\n' });
    const whole = start.clone();
    await tune(whole);
    for await (const { host: on, at } of killedAnywhere(start, whole, (one) => tune(one))) {
      assert.equal((await tune(on)).exitCode, 0, at);
      assert.deepEqual(timers(on), ['fstrim.timer', 'jts-hot-trim.timer'], at);
      await rollbackCommand(contextOf(on, smallLayout('kafka')), null);
      assert.deepEqual(timers(on), [], at);
      assert.equal(on.entry(OURS).type, 'missing', at);
    }
  });
});

describe('trimmed otherwise, or not', () => {
  it('the mount option discard, now and for good, needs no timer', async () => {
    const on = host({
      fstab: LINE.replace('noatime', 'noatime,discard'),
      options: ['rw', 'noatime', 'discard'],
    });
    const { exitCode, row, result } = await tune(on);
    assert.deepEqual(
      [exitCode, row?.now, row?.forGood, result.steps.length],
      [0, 'at once', 'option discard', 0],
    );
    assert.match(row?.note ?? '', /less work/);
  });

  it('discard now alone is gone at the next mount: a timer all the same', async () => {
    const on = host({ fstab: LINE, options: ['rw', 'noatime', 'discard=async'] });
    await tune(on);
    assert.deepEqual(timers(on), ['fstrim.timer']);
  });

  it('a disk that takes no discards: nothing to install, and all is well', async () => {
    const none = [
      { ...QUEUE, name: 'nvme0n1p1', discardBytes: 0 },
      { ...QUEUE, discardBytes: 0 },
    ];
    const { exitCode, row, result } = await tune(host({ fstab: LINE, queues: none }));
    assert.deepEqual([exitCode, row?.now, result.steps.length], [0, 'no discards', 0]);
    assert.match(row?.note ?? '', /nvme0n1 takes no discards/);
  });

  it('a layer that passes none on is named', async () => {
    const queues = [{ ...QUEUE, name: 'nvme0n1p1', discardBytes: 0 }, QUEUE];
    const { exitCode, codes, result } = await tune(host({ fstab: LINE, queues }), 'check');
    assert.deepEqual([exitCode, codes, result.steps.length], [1, ['E_DISCARD_STOPPED'], 0]);
  });

  it('on no block device there is nothing to be said', async () => {
    assert.equal((await tune(host({ fstab: LINE, queues: [] }))).row, undefined);
  });

  for (const [what, seen, code] of [
    ['no systemd', { runsSystemd: false }, 'E_NO_SYSTEMD'],
    ['no fstrim', { hasFstrim: false }, 'E_NO_TOOL'],
  ] as const)
    it(`${what}: it is said what to do`, async () => {
      const { exitCode, codes } = await tune(host({ fstab: LINE, ...seen }), 'check');
      assert.deepEqual([exitCode, codes], [1, [code]]);
    });
});

describe('what a command of fstrim.service covers', () => {
  const listed = { mountPoint: BASE, isListed: true, isFstabEmpty: false };
  const other = { ...listed, isListed: false };
  const table: readonly (readonly [string, Parameters<typeof covers>[1], boolean])[] = [
    [EXEC, listed, true],
    [EXEC, other, false],
    [EXEC, { ...other, isFstabEmpty: true }, true],
    ['/sbin/fstrim --fstab --verbose', other, false],
    ['/sbin/fstrim -Av', listed, true],
    ['/sbin/fstrim -av', other, true],
    ['/sbin/fstrim --all', other, true],
    [`/sbin/fstrim -v ${BASE}`, other, true],
    [`/sbin/fstrim -v "${BASE}"`, other, true],
    ['/sbin/fstrim -v /srv', listed, false],
    ['/sbin/fstrim --listed-in=/etc/fstab', { ...other, isFstabEmpty: true }, false],
    ['/sbin/fstrim -I', listed, false],
  ];
  for (const [command, listing, is] of table)
    it(`${command}: ${is}`, () => assert.equal(covers(command, listing), is));
});

it('a mount point with signs of systemd is quoted', () => {
  const [service] = ourUnits('/data/50% "hot" $HOME', '/sbin/fstrim');
  assert.match(
    service?.text ?? '',
    /^ExecStart=\/sbin\/fstrim --verbose --quiet-unsupported "\/data\/50%% \\"hot\\" \$\$HOME"$/m,
  );
  assert.match(service?.text ?? '', /^ConditionPathIsMountPoint=\/data\/50%% "hot" \$HOME$/m);
});
