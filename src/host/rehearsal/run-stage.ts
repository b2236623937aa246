// Owns running a program on a stage of its own, and taking all of that away: the disks without names, and volumes that stayed active
// because somebody was killed. Must not touch a volume or a loop device that stands on anything else.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { errnoOf, errnoText } from '../../values/errno.ts';
import { parseMounts } from '../disk.ts';
import { isInstalled, run, SEARCH_PATH } from '../process.ts';
import { readBlockDevices } from '../storage/block-devices.ts';
import { SystemError } from '../syscalls.ts';
import { backingOf, isNameless, loopDevices, type NamelessDisk, openNamelessDisk } from './nameless-disk.ts';
import type { RehearsedDisk } from './rehearsed-disk.ts';
import { stageArgv, stageEnvironment, whyNot } from './stage.ts';

/** Of the host: where files without a name may grow. */
export const PLACE = '/var/tmp';
const LOOPS_TO_COME = 32;
const DM_NODES = 64;
const GROUP = 'jts-hot-rehearsal-';
const POLL_MS = 100;
const GOES_WITHIN_MS = 10_000;

export interface Staged {
  readonly base: string;
  /** Whether what is mounted at the base and below it is to be seen. */
  readonly showsBase: boolean;
  /** What is written besides has room for so much. */
  readonly layersBytes: number;
  /** null: there is no disk but this host's file systems. */
  readonly disk: { readonly sizeBytes: number; readonly sectorBytes: number } | null;
  /** Name of the variable by which the program on the stage knows its disk. */
  readonly variable: string;
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Each line of its standard error. */
  readonly onLine: (line: string) => void;
  readonly stopRequested: () => boolean;
}

export interface StageEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** What could not be taken away: `loop3`, `volume jts-hot-rehearsal-7/base`. */
  readonly left: readonly string[];
}

/** Device mapper is there, and LVM to make use of it. */
export function hasVolumes(): boolean {
  if (!isInstalled('lvm')) return false;
  try {
    // The kernel loads it then.
    closeSync(openSync('/dev/mapper/control', 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** Throws a Problem where this kernel cannot build it. */
export async function runStage(staged: Staged): Promise<StageEnd> {
  requirePrograms();
  takeAwayLeft();
  const disks: NamelessDisk[] = [];
  try {
    const layers = open(disks, { sizeBytes: staged.layersBytes, sectorBytes: 512 });
    // Each of its tables is written when it is first used: it takes no room.
    run([
      ...(['mke2fs', '-q', '-F', '-t', 'ext4', '-m', '0', '-i', '1048576'] as const),
      ...['-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard', `/dev/${layers.name}`],
    ]);
    const disk = staged.disk === null ? null : open(disks, staged.disk);
    const ended = await play(staged, layers, disk);
    return { ...ended, left: await takenAway(disks) };
  } finally {
    for (const disk of disks) disk.close();
  }
}

function open(disks: NamelessDisk[], asked: NonNullable<Staged['disk']>): NamelessDisk {
  try {
    const disk = openNamelessDisk(PLACE, asked);
    disks.push(disk);
    return disk;
  } catch (error) {
    const errno = error instanceof SystemError ? error.code : errnoOf(error);
    if (errno === undefined) throw error;
    throw cannot('a sparse file behind a loop device', `${PLACE}: ${errnoText(errno)}`);
  }
}

function requirePrograms(): void {
  const missing = ['unshare', 'setpriv', 'chroot', 'mke2fs'].filter((one) => !isInstalled(one));
  if (missing.length > 0) throw cannot('programs of util-linux, coreutils and e2fsprogs', missing.join(', '));
}

function cannot(want: string, found: string): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_NO_STAGE', 'cannot rehearse on this host', {
      detail: [`want ${want}`, `found: ${found}`],
      hint: 'nothing was changed; what setup would do without trying it: sudo jts-hot plan',
    }),
  ]);
}

async function play(
  staged: Staged,
  layers: NamelessDisk,
  disk: NamelessDisk | null,
): Promise<Omit<StageEnd, 'left'>> {
  const { base, showsBase, argv, environment, cwd, variable } = staged;
  const nodes = loopDevices(LOOPS_TO_COME).map(({ name, number }) => `${name} b ${number.replace(':', ' ')}`);
  const request = {
    layers: `/dev/${layers.name}`,
    disk: disk === null ? '' : `/dev/${disk.name}`,
    mounts: mountsToSee(base, showsBase),
    nodes: [...nodes, 'loop-control c 10 237', ...mapperNodes()],
    base,
    argv,
  };
  const about: RehearsedDisk = {
    disk: disk === null ? null : { name: disk.name, number: disk.number },
    group: `${GROUP}${process.pid}`,
  };
  const [program, ...words] = stageArgv(request);
  const child = spawn(program, words, {
    env: {
      ...environment,
      PATH: SEARCH_PATH,
      ...stageEnvironment(request, cwd),
      [variable]: JSON.stringify(about),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C at the terminal is for us: we end it.
    detached: true,
  });
  let [stdout, stderr, line] = ['', '', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    const lines = (line + text).split('\n');
    line = lines.pop() ?? '';
    for (const one of lines) staged.onLine(one);
  });
  const ended = new Promise<void>((resolve) => {
    child.on('error', ({ message }) => {
      stderr += `${message}\n`;
      resolve();
    });
    child.on('close', () => resolve());
  });
  const watch = setInterval(() => {
    if (staged.stopRequested()) child.kill('SIGKILL');
  }, POLL_MS);
  try {
    await ended;
  } finally {
    clearInterval(watch);
  }
  if (stdout === '' && !staged.stopRequested()) {
    const { at, said } = whyNot(stderr);
    throw cannot(at, said);
  }
  return { stdout, stderr };
}

/** Those of the host's own volumes are not among them. */
function mapperNodes(): readonly string[] {
  const major = /^ *(\d+) device-mapper$/m.exec(textOf('/proc/devices'))?.[1];
  const minor = /^ *(\d+) device-mapper$/m.exec(textOf('/proc/misc'))?.[1];
  if (major === undefined || minor === undefined) return [];
  const free = Array.from({ length: DM_NODES }, (_, i) => i).filter(
    (i) => !existsSync(`/sys/class/block/dm-${i}`),
  );
  return [`mapper/control c 10 ${minor}`, ...free.map((i) => `dm-${i} b ${major} ${i}`)];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Kernel interfaces, and what may not answer. */
const NOT_SEEN =
  /^(?:proc|sysfs|devtmpfs|devpts|cgroup2?|autofs|mqueue|hugetlbfs|debugfs|tracefs|securityfs|bpf|pstore|efivarfs|configfs|binfmt_misc|nsfs|rpc_pipefs|fusectl|fuse.*|nfs.*|cifs|smb3|9p|ceph|afs|swap)$/;
const ELSEWHERE = /^\/(?:proc|sys|dev|run)(?:\/|$)/;

function mountsToSee(base: string, showsBase: boolean): readonly string[] {
  const isOfBase = (at: string) => at === base || at.startsWith(`${base}/`);
  const seen = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
    .filter(({ type, mountPoint }) => !NOT_SEEN.test(type) && !ELSEWHERE.test(mountPoint))
    .map(({ mountPoint }) => mountPoint)
    // Words of the options of an overlay have `,` and `:` between them.
    .filter((at) => /^[\w/.@+-]+$/.test(at) && (showsBase || !isOfBase(at)));
  return [...new Set(seen)].toSorted((a, b) => a.length - b.length);
}

async function takenAway(disks: NamelessDisk[]): Promise<readonly string[]> {
  const backing = new Map(disks.map(({ name }) => [name, backingOf(name)]));
  takeAwayLeft(process.pid);
  for (const disk of disks.splice(0)) disk.close();
  const left = () => [...backing].filter(([name, file]) => file !== null && backingOf(name) === file);
  for (let waited = 0; left().length > 0 && waited < GOES_WITHIN_MS; waited += POLL_MS)
    await setTimeout(POLL_MS);
  return left().map(([name]) => name);
}

/**
 * Volumes of a rehearsal that was killed, which hold its disk: only those that stand on a loop device with a file without a name; and
 * what LVM wrote down of them. `of`: also those of this process.
 */
function takeAwayLeft(of?: number): void {
  const all = readBlockDevices();
  for (const { mapper, slaves } of all) {
    const [, pid] = /^jts--hot--rehearsal--(\d+)-/.exec(mapper?.name ?? '') ?? [];
    if (mapper === null || pid === undefined || !mapper.uuid.startsWith('LVM-')) continue;
    if (Number(pid) !== of && existsSync(`/proc/${pid}`)) continue;
    const below = slaves.map((name) => all.find((one) => one.name === name)?.backing ?? '');
    if (below.length === 0 || !below.every(isNameless)) continue;
    try {
      run(['dmsetup', 'remove', '--retry', mapper.name]);
    } catch (error) {
      // What still has it open goes with its last process, and is told of as left.
      if (!(error instanceof Problem)) throw error;
    }
  }
  takeAwayBackups(of);
}

const LVM_KEEPS = ['/etc/lvm/backup', '/etc/lvm/archive'];

/** LVM writes down what each volume group is made of that it is asked to list: that of a killed one, too. */
function takeAwayBackups(of?: number): void {
  for (const directory of LVM_KEEPS)
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      const [, pid] = /^jts-hot-rehearsal-(\d+)(?:_.*\.vg)?$/.exec(name) ?? [];
      if (pid !== undefined && (Number(pid) === of || !existsSync(`/proc/${pid}`)))
        rmSync(`${directory}/${name}`, { force: true });
    }
}
