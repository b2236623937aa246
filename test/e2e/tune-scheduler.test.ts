// `tune disk` and the scheduler of a real disk (a loop device, whose scheduler the kernel lets one choose): set, taken back, after
// a kill, and two runs at once.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { schedulerIn } from '../../src/host/block-queue.ts';
import { requires } from '../requirement.ts';
import { jtsHot, runJtsHot } from './product.ts';
import { AT, NEEDS, startTunedHost, type TunedHost, tracesOf, tuneDisk } from './tuned-host.ts';

const OTHER = 'mq-deadline';

function queueOf({ name }: TunedHost): string {
  return `/sys/block/${name}/queue/scheduler`;
}

function now(on: TunedHost): string | undefined {
  return schedulerIn(readFileSync(queueOf(on), 'utf8'))?.now;
}

function start(format: 'ext4' | 'xfs'): TunedHost {
  const on = startTunedHost({
    format,
    fstab: ({ uuid }) => `UUID=${uuid} ${AT} ${format} noatime 0 2\n`,
    options: 'noatime',
  });
  writeFileSync(queueOf(on), OTHER);
  return on;
}

for (const format of ['ext4', 'xfs'] as const)
  it(`${format}: the scheduler of the disk is set, and taken back`, (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = start(format);
    const row = tuneDisk(on).rows.find(({ part }) => part === 'scheduler');
    assert.deepEqual([row?.subject, row?.now, row?.isNow], [on.name, OTHER, false]);
    assert.equal(now(on), OTHER);
    assert.equal(tuneDisk(on, '--apply').isRight, true);
    assert.equal(now(on), 'none');
    assert.equal(tuneDisk(on, '--check').isRight, true);
    runJtsHot(on.host, ['rollback', '--yes']);
    assert.equal(now(on), OTHER);
    assert.deepEqual(tracesOf(on), ['changed /etc/fstab']);
  });

it('a scheduler that somebody has chosen since is left, and said', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = start('ext4');
  assert.equal(tuneDisk(on, '--apply').isRight, true);
  // Somebody has chosen another one since.
  writeFileSync(queueOf(on), 'kyber');
  assert.match(runJtsHot(on.host, ['rollback', '--yes']).stdout, /left as it is/);
  assert.equal(now(on), 'kyber');
});

it('two runs at once: one does it, the other refuses or finds nothing to do', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = start('ext4');
  on.sh(`mount -o remount,bind,relatime ${on.device} ${AT}`);
  on.setFstab(on.fstab().replace('noatime', 'defaults'));
  const was = on.fstab();
  for (let round = 0; round < 5; round++) {
    const both = [1, 2].map(() => on.host.spawn(jtsHot('tune', 'disk', '--apply')).ended);
    const ended = await Promise.all(both);
    for (const { stderr } of ended) assert.match(stderr, /E_NO_SYSTEMD|E_LOCKED|E_CHANGED/);
    assert.equal(tuneDisk(on).isRight, true);
    runJtsHot(on.host, ['rollback', '--yes']);
    assert.deepEqual([on.fstab(), now(on), on.options().includes('relatime')], [was, OTHER, true]);
  }
});
