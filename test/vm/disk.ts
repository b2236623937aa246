// Owns NVMe disks of virtual machines: files without a name that take room only where something is written, which outlive
// the machine that they are plugged into, and are gone with the test. Must not know what is on them.
import { spawnSync } from 'node:child_process';
import { fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface NvmeDisk {
  /** Of a namespace: a name of its own, its controller's serial with its number. */
  readonly serial: string;
  /** Where the machine finds it: by its serial, and a namespace's number, since names of disks are given in no order. */
  readonly path: string;
  /** Where QEMU finds it, while this process lives. */
  readonly file: string;
  /** What it takes here. */
  usedBytes(): number;
  /** Of all that is on it: the same as long as nobody writes anything else to it. */
  fingerprint(): string;
}

export interface DiskOptions {
  /** Capitals and digits. */
  readonly serial: string;
  /** 4 TiB, if left out. */
  readonly sizeBytes?: number;
}

/** What one controller has: `machine.ts` starts with it. */
export interface Namespaces {
  readonly serial: string;
  /** The first one is number 1. */
  readonly disks: readonly NvmeDisk[];
}

const TIB = 1024 ** 4;
/** On a disk: a tmpfs would count against memory. */
const PLACE = '/var/tmp';

export function makeDisk({ serial, sizeBytes = 4 * TIB }: DiskOptions): NvmeDisk {
  const fd = nameless(serial);
  ftruncateSync(fd, sizeBytes);
  return diskOf(serial, fd, serial);
}

/** Namespaces of one controller, of these sizes. */
export function makeNamespaces(serial: string, sizesBytes: readonly number[]): Namespaces {
  const disks = sizesBytes.map((sizeBytes, i) => {
    const name = `${serial}n${i + 1}`;
    const fd = nameless(name);
    ftruncateSync(fd, sizeBytes);
    return diskOf(name, fd, `${serial}_${i + 1}`);
  });
  return { serial, disks };
}

/** As it is now, with what has reached it: a machine that writes to it must stand still (`copyDisk` of the machine). */
export function copyOf(disk: NvmeDisk, serial = disk.serial): NvmeDisk {
  const fd = nameless(serial);
  const to = `/proc/${process.pid}/fd/${fd}`;
  copySparse(disk.file, to);
  return diskOf(serial, fd, serial);
}

export function copySparse(from: string, to: string): void {
  run('cp', '--sparse=always', '--reflink=auto', from, to);
}

/** Each block of it that is not zero, with its place; holes are passed over. */
const WHAT_IS_ON_IT = `open(my $disk, '<:raw', $ARGV[0]) or die $!;
  for (my $end = 0; defined(my $at = sysseek($disk, $end, 3)); ) {
    $end = sysseek($disk, $at, 4); sysseek($disk, $at, 0);
    for (; $at < $end && sysread($disk, my $block, 4096); $at += 4096) { print "$at\\n$block" if $block =~ /[^\\0]/ }
  }`;

function diskOf(serial: string, fd: number, link: string): NvmeDisk {
  const file = `/proc/${process.pid}/fd/${fd}`;
  return {
    serial,
    path: `/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_${link}`,
    file,
    usedBytes: () => fstatSync(fd).blocks * 512,
    fingerprint: () =>
      run('sh', '-c', 'perl -e "$1" "$2" | sha256sum', 'sh', WHAT_IS_ON_IT, file).slice(0, 64),
  };
}

/** Gone with the process that has it open. */
export function namelessFile(name: string): { readonly fd: number; readonly file: string } {
  const fd = nameless(name);
  return { fd, file: `/proc/${process.pid}/fd/${fd}` };
}

function nameless(name: string): number {
  const directory = mkdtempSync(join(PLACE, 'machine-disk-'));
  const fd = openSync(join(directory, name), 'w+', 0o600);
  rmSync(directory, { recursive: true });
  return fd;
}

function run(...[program = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: exit status ${status}: ${stderr}`);
  return stdout.trim();
}
