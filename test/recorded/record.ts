// Records anew what the tools of Debian 12 and 13 print of disks, in a machine with a kernel of its own: node
// test/recorded/record.ts [--release debian-12] [--scene NAME]… Half an hour when the machine is busy. What a parser reads is tested against these
// files. Must not judge what it records.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeDisk } from '../vm/disk.ts';
import { type Machine, mustRun, startMachine } from '../vm/machine.ts';
import { RELEASES, type Release } from './output.ts';
import { OF_EVERY_DISK, SCENES, type Scene, VERSIONS } from './scenes.ts';

/** The userland of Debian 13 in the machine: its tools, the machine's kernel. */
const TRIXIE = '/run/trixie';
const PACKAGES = [
  'util-linux,mount,fdisk,udev,kmod,lvm2,thin-provisioning-tools,xfsprogs,e2fsprogs,nvme-cli,mdadm',
  'bcache-tools,cryptsetup-bin,btrfs-progs',
].join(',');
const SIZE_BYTES = 2 ** 37;

type Shell = (script: string, ...words: readonly string[]) => ReturnType<Machine['run']>;

function record(release: Release, scenes: readonly Scene[]): void {
  const trixie = release === 'debian-12' ? null : trixieImage();
  using machine = startMachine();
  const shell = trixie === null ? shellOf(machine) : trixieOf(machine, trixie);
  const versions = Object.entries(VERSIONS).map(([name, ask]) => {
    const { stdout, stderr } = shell(ask);
    return [name, (stdout + stderr).trim().split('\n')];
  });
  write(release, '', 'versions.json', `${JSON.stringify(Object.fromEntries(versions), null, 2)}\n`);
  for (const scene of scenes) recordScene(machine, release, scene, shell);
}

function recordScene(machine: Machine, release: Release, scene: Scene, shell: Shell): void {
  const { name, disks: count = 1, sectorBytes = 512, make, undo, loseSecond = false, asks = {} } = scene;
  const disks = Array.from({ length: count }, (_, i) =>
    makeDisk({ serial: `${name.replace(/[^a-z0-9]/g, '').toUpperCase()}${i + 1}`, sizeBytes: SIZE_BYTES }),
  );
  for (const disk of disks) machine.plug(disk, { sectorBytes });
  const names = disks.map(({ path }) => mustRun(machine, ['readlink', '-f', path]).trim());
  const made = shell(`set -eu; ${make}`, ...names);
  if (made.status !== 0) throw new Error(`${release} ${name}: ${made.stdout}${made.stderr}`);
  mustRun(machine, ['udevadm', 'settle']);
  const [first, second] = disks;
  if (loseSecond && second !== undefined) machine.unplug(second);
  rmSync(join(import.meta.dirname, release, name), { recursive: true, force: true });
  const outputs = Object.entries({ ...OF_EVERY_DISK, ...asks }).map(([file, command]) => {
    const { status, stdout, stderr } = shell(command, ...names);
    write(release, name, file, stdout);
    return [file, { command: command.replaceAll('"$1"', names[0] ?? ''), status, stderr }];
  });
  write(release, name, 'commands.json', `${JSON.stringify(Object.fromEntries(outputs), null, 2)}\n`);
  shell(undo ?? ':', ...names);
  for (const disk of loseSecond && first !== undefined ? [first] : disks) machine.unplug(disk);
  console.log(`${release} ${name}: ${outputs.length} outputs`);
}

function write(release: Release, scene: string, file: string, text: string): void {
  const directory = join(import.meta.dirname, release, scene);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, file), text);
}

const shellOf =
  (machine: Machine): Shell =>
  (script, ...words) =>
    machine.run(['sh', '-c', script, 'sh', ...words]);

function trixieOf(machine: Machine, image: string): Shell {
  const device = machine.plugImage(image, 'trixie');
  const script = `mkdir -p /run/lower /run/over "$2" && mount -o ro "$1" /run/lower && mount -t tmpfs tmpfs /run/over
    mkdir /run/over/up /run/over/work
    mount -t overlay -o lowerdir=/run/lower,upperdir=/run/over/up,workdir=/run/over/work overlay "$2"
    for one in dev proc sys run; do mount --rbind "/$one" "$2/$one"; done
    # Its own tools find none.
    modprobe -a dm-snapshot dm-thin-pool dm-crypt raid1 bcache btrfs`;
  mustRun(machine, ['sh', '-euc', script, 'sh', device, TRIXIE]);
  return (ask, ...words) => machine.run(['chroot', TRIXIE, 'sh', '-c', ask, 'sh', ...words]);
}

/** A file that is left for the process to end. */
function trixieImage(): string {
  const scratch = mkdtempSync('/var/tmp/machine-trixie-');
  process.on('exit', () => rmSync(scratch, { recursive: true }));
  const tree = join(scratch, 'tree');
  const image = join(scratch, 'image');
  const options = ['--quiet', '--mode=root', '--variant=minbase', '--dpkgopt=force-unsafe-io'];
  host('mmdebstrap', ...options, `--include=${PACKAGES}`, 'trixie', tree);
  host('truncate', '-s', '2G', image);
  host('mke2fs', '-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', tree, image);
  rmSync(tree, { recursive: true });
  return image;
}

function host(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  if (status !== 0) throw new Error(`${program}: exit status ${status}: ${stderr}`);
}

const { values } = parseArgs({
  options: { release: { type: 'string' }, scene: { type: 'string', multiple: true } },
});
const chosen = SCENES.filter(({ name }) => values.scene?.includes(name) ?? true);
for (const release of RELEASES) if ((values.release ?? release) === release) record(release, chosen);
