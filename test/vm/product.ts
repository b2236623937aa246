// Owns how the program is put into a virtual machine: the build of this checkout with its Node.js, as a disk that is only read
// where it is needed, since copying it would take seconds. Must not build it: npm test does.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { REPOSITORY, type RunResult } from '../e2e/throwaway-host.ts';
import { type Machine, type MachineRunOptions, mustRun } from './machine.ts';

export const PLACE = '/opt/jts-hot';
/** As `jts-hot schedule` copies itself: complete, and without sources that it would compare itself with. */
const PARTS = ['bin', 'dist', 'package.json', 'node_modules/@koromix'];
const IMAGE_BYTES = 256 * 1024 ** 2;

let image: string | undefined;

/** Type `jts-hot` in it from then on, also after a restart. */
export function putProduct(machine: Machine): void {
  image ??= makeImage();
  const device = machine.plugImage(image, 'product');
  mustRun(machine, ['sh', '-euc', PUT, 'sh', device, PLACE]);
}

const PUT = `mkdir "$2"
echo "$1 $2 ext4 ro 0 0" >>/etc/fstab
mount "$2"
ln -s "$2/bin/jts-hot" /usr/local/bin/jts-hot`;

/** A file without a name, by which QEMU finds it while this process lives. */
function makeImage(): string {
  const scratch = mkdtempSync('/var/tmp/machine-product-');
  try {
    const tree = join(scratch, 'tree');
    const needed = builtFiles();
    for (const part of PARTS)
      cpSync(join(REPOSITORY, part), join(tree, part), {
        recursive: true,
        filter: (from) => dirname(from) !== DIST || needed.has(basename(from)),
      });
    mkdirSync(join(tree, 'bin'), { recursive: true });
    cpSync(process.execPath, join(tree, 'bin/node'));
    const file = join(scratch, 'image');
    run('chown', '-R', '0:0', tree);
    run('truncate', '-s', `${IMAGE_BYTES}`, file);
    run('mke2fs', '-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', tree, file);
    const fd = openSync(file, 'r');
    process.on('exit', () => closeSync(fd));
    return `/proc/${process.pid}/fd/${fd}`;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const DIST = join(REPOSITORY, 'dist');

/** The entry and what it names, and what that names: those of earlier builds lie beside them. */
function builtFiles(): ReadonlySet<string> {
  const there = readdirSync(DIST);
  const needed = new Set(['jts-hot.js']);
  // A set is walked in the order of what is added, also while it is.
  for (const name of needed) {
    const text = readFileSync(join(DIST, name), 'latin1');
    for (const other of there) if (text.includes(`./${other}`)) needed.add(other);
  }
  return needed;
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  if (status !== 0) throw new Error(`${program}: exit status ${status}: ${stderr}`);
}

/** Runs it and expects this exit status, and that whatever went wrong was foreseen. */
export function jtsHot(
  machine: Machine,
  args: readonly string[],
  expected = 0,
  options: MachineRunOptions = {},
): RunResult {
  const result = machine.run(['env', 'NO_COLOR=1', 'jts-hot', ...args], options);
  const { status, stdout, stderr } = result;
  if (status !== expected || stderr.includes('E_UNEXPECTED'))
    throw new Error(`jts-hot ${args.join(' ')}: want ${expected}, found ${status}\n${stdout}${stderr}`);
  return result;
}
