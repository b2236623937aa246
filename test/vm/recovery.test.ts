// Each disaster of docs/recovery.md, played in a machine with a kernel of its own, and mended by the commands that stand there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { REPOSITORY } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { BASE, mountsOf, writeLayout } from './bare-disk.ts';
import { makeDisk, type NvmeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const SIZE_BYTES = 4_000_787_030_016;
const PATIENCE = { timeoutMs: 900_000 };
const LAYOUT = `services:
  postgresql: false
  clickhouse: false
  kafka: { planned: 500GB }
  mongodb: false
  redis: { planned: 5GB }
  docker: false
  backup: false
storage:
  device: { serial: HOT1 }
  allowFormat: HOT1
  filesystem: xfs
`;
const FILE = `${BASE}/kafka/data/segment`;

interface Block {
  readonly exit: number;
  readonly lines: readonly string[];
}

/** What is to be typed below a heading. */
function commandsOf(heading: string): readonly Block[] {
  const text = readFileSync(join(REPOSITORY, 'docs/recovery.md'), 'utf8');
  const [, section] = text.split(`\n## ${heading}\n`);
  assert.ok(section !== undefined, heading);
  const blocks = [
    ...(section.split('\n## ')[0] ?? '').matchAll(/^```sh recovery(?: exit=(\d))?\n(.*?)^```/gms),
  ];
  assert.ok(blocks.length > 0, heading);
  return blocks.map(([, exit = '0', lines = '']) => ({
    exit: Number(exit),
    lines: lines.trimEnd().split('\n'),
  }));
}

/** As root, who needs no sudo; a disk is called by another name each time. */
function typeIn(machine: Machine, heading: string, disk: NvmeDisk): string {
  let said = '';
  for (const { exit, lines } of commandsOf(heading))
    for (const line of lines) {
      const typed = line.replace(/^sudo /, '').replaceAll('/dev/nvme1n1', disk.path);
      const { status, stdout, stderr } = machine.run(['sh', '-c', `export NO_COLOR=1; ${typed}`], PATIENCE);
      assert.equal(status, exit, `${heading}: ${line}: ${stdout}${stderr}`);
      said += stdout + stderr;
    }
  return said;
}

function requireWhole(machine: Machine, about: string): void {
  assert.equal(mustRun(machine, ['cat', FILE]), 'segment\n', about);
  jtsHot(machine, ['validate', '-q'], 0, PATIENCE);
  mustRun(machine, ['findmnt', '--verify']);
  assert.match(jtsHot(machine, ['setup'], 0, PATIENCE).stdout, /^Nothing to do:/m, about);
}

const isMounted = (machine: Machine) => mountsOf(machine).some(({ target }) => target === BASE);

it('each disaster is mended by the commands that the document names', (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  const disk = makeDisk({ serial: 'HOT1', sizeBytes: SIZE_BYTES });
  const other = makeDisk({ serial: 'HOT2', sizeBytes: SIZE_BYTES });
  {
    using machine = startMachine();
    machine.plug(disk);
    putProduct(machine);
    writeLayout(machine, LAYOUT);
    jtsHot(machine, ['setup', '--confirm', 'HOT1'], 0, PATIENCE);
    const asKafka = ['setpriv', '--reuid=kafka', '--regid=kafka', '--clear-groups'];
    mustRun(machine, [...asKafka, 'sh', '-c', `echo segment >${FILE}`]);
    const fstab = mustRun(machine, ['cat', '/etc/fstab']);

    mustRun(machine, ['rm', '/etc/jts/hot-storage.yaml']);
    typeIn(machine, 'The layout file is lost', disk);
    assert.equal(mustRun(machine, ['cat', '/etc/jts/hot-storage.yaml']), LAYOUT);
    requireWhole(machine, 'layout');

    mustRun(machine, ['rm', '/etc/fstab']);
    assert.match(jtsHot(machine, ['setup'], 3).stderr, /E_FSTAB_LOST/);
    typeIn(machine, 'fstab is lost', disk);
    assert.equal(mustRun(machine, ['cat', '/etc/fstab']), fstab);
    requireWhole(machine, 'fstab');

    mustRun(machine, ['rm', '-r', '/var/lib/jts-hot']);
    typeIn(machine, 'The record of runs is lost', disk);
    requireWhole(machine, 'record');

    // Without a record, too, nothing makes it anew.
    mustRun(machine, ['sh', '-c', `umount ${BASE} && wipefs --all ${disk.path}`]);
    const damaged = disk.fingerprint();
    const refused = jtsHot(machine, ['setup', '--confirm', 'HOT1', '--no-backup', 'HOT1'], 3).stderr;
    assert.match(refused, /E_DISK_SET_UP/);
    assert.match(refused, /fix: (?:sudo )?xfs_repair -n/);
    assert.equal(disk.fingerprint(), damaged);
    typeIn(machine, 'What the disk begins with is damaged', disk);
    requireWhole(machine, 'superblock');

    mustRun(machine, [
      'sh',
      '-c',
      `umount ${BASE}; echo 'label: gpt' | sfdisk --wipe never --force ${disk.path}`,
    ]);
    assert.match(jtsHot(machine, ['setup'], 1, PATIENCE).stderr, /E_DAMAGED|E_COMMAND|E_DISK/);
    mustRun(machine, ['wipefs', '--all', '--types', 'gpt,PMBR,dos', disk.path]);
    typeIn(machine, 'What the disk begins with is damaged', disk);
    requireWhole(machine, 'partition table');

    machine.plug(other);
    machine.reboot({ without: [disk] });
    assert.equal(isMounted(machine), false);
    assert.equal(jtsHot(machine, ['validate'], 1, PATIENCE).status, 1);
    assert.match(jtsHot(machine, ['setup'], 3, PATIENCE).stderr, /E_NO_DISK/);
    assert.notEqual(machine.run(['touch', `${BASE}/anything`]).status, 0);
    machine.plug(disk);
    typeIn(machine, 'Another disk is plugged in', disk);
    requireWhole(machine, 'another disk');
    mustRun(machine, ['sync']);

    machine.unplug(disk);
    typeIn(machine, 'The disk is dead', other);
    assert.equal(isMounted(machine), true);
    assert.notEqual(machine.run(['cat', FILE]).status, 0);
    mustRun(machine, ['findmnt', '--verify']);
  }
  using machine = startMachine();
  machine.plug(disk);
  putProduct(machine);
  writeLayout(machine, LAYOUT);
  // Numbers of users are others here.
  mustRun(machine, ['useradd', '--system', 'somebody']);
  const said = typeIn(machine, 'The host was made anew', disk);
  assert.match(said, /HOT1.*ours/);
  assert.match(said, /E_FOREIGN_OWNER/);
  requireWhole(machine, 'new host');
});
