// A running Redis that has its data in the file system of the base is given a volume in the layout: storage refuses to mount over its
// directory and names a command; that is typed, and makes the volume, mounts it and takes the data along. On a kernel of its own,
// over a start of the machine.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { BASE, mountsOf, writeLayout } from './bare-disk.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const layout = (volumes: string) => `services:
  postgresql: false
  clickhouse: false
  kafka: false
  mongodb: false
  docker: false
  backup: false
  redis: { planned: 2GB }
storage:
  device: { serial: HOT1 }
  allowFormat: HOT1
  filesystem: xfs
  volumes: { base: 20GB${volumes} }
`;

it('a service gets a volume of its own while it runs, by the command that the refusal names', (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  const disk = makeDisk({ serial: 'HOT1', sizeBytes: 64 * 1000 ** 3 });
  using machine = startMachine({ disks: [disk] });
  putProduct(machine);
  const sh = (script: string) => mustRun(machine, ['sh', '-ec', script]).trim();
  const redis = (words: string) => sh(`redis-cli -e ${words}`);
  const answers = 'for i in $(seq 100); do redis-cli -e ping >/dev/null 2>&1 && break; sleep 0.3; done';
  writeLayout(machine, layout(''));
  jtsHot(machine, ['setup', '--confirm', 'HOT1'], 0, { timeoutMs: 900_000 });
  jtsHot(machine, ['config', 'redis', '--install', '--start-empty', 'redis'], 0, { timeoutMs: 400_000 });
  sh(`systemctl start redis-server; ${answers}`);
  redis('set kept always');
  redis('save');

  writeLayout(machine, layout(', services: { redis: { filesystem: ext4 } }'));
  const before = sh('findmnt -rno TARGET,SOURCE; lvs --noheadings -o name; cat /etc/fstab');
  const refused = jtsHot(machine, ['storage', '--apply'], 3, { timeoutMs: 400_000 }).stderr;
  assert.match(refused, /E_WOULD_HIDE/);
  const [, fix = ''] = /fix: sudo jts-hot (move redis --to \S+)/.exec(refused) ?? [];
  assert.equal(fix, 'move redis --to redis-volume');
  assert.equal(sh('findmnt -rno TARGET,SOURCE; lvs --noheadings -o name; cat /etc/fstab'), before);
  const shown = jtsHot(machine, [...fix.split(' '), '--dry-run'], 0, { timeoutMs: 400_000 });
  assert.match(shown.stderr, /would make its volume/);
  assert.equal(sh('findmnt -rno TARGET,SOURCE; lvs --noheadings -o name; cat /etc/fstab'), before);

  const { stdout } = jtsHot(machine, [...fix.split(' '), '--json'], 0, { timeoutMs: 900_000 });
  const { result } = JSON.parse(stdout);
  t.diagnostic(`stopped for ${result.stopSeconds} s: ${JSON.stringify(result.stopParts)}`);
  const THERE = `${BASE}/redis-volume`;
  assert.deepEqual(
    mountsOf(machine).map(({ target, fstype }) => [target, fstype]),
    [
      [BASE, 'xfs'],
      [THERE, 'ext4'],
    ],
  );
  assert.equal(redis('config get dir').split('\n')[1], `${THERE}/data`);
  assert.equal(redis('get kept'), 'always');
  redis('set since moved');
  redis('save');
  jtsHot(machine, ['storage'], 0, { timeoutMs: 400_000 });
  jtsHot(machine, ['move', 'redis', '--finish'], 0, { timeoutMs: 400_000 });

  // Without its disk mounted it would not start; with it, it is where it was.
  sh('systemctl stop redis-server');
  machine.reboot();
  sh(`systemctl start redis-server; ${answers}`);
  assert.deepEqual([redis('get kept'), redis('get since')], ['always', 'moved']);
  jtsHot(machine, ['validate'], 0, { timeoutMs: 400_000 });
});
