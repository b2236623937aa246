// Owns the one way to a disk for whatever writes to one: found by what it says of itself, never by a link; held; looked at again
// directly before and directly after. Must not decide whether it may be written to.
//
// What a name means does not change under us: the kernel frees the number of a disk that was pulled out, and the driver its name, when
// the last descriptor of it is closed, and the one that holds the lock is open all the time. Both are compared before and after all the
// same. So a tool is given the plain path of the device, which LVM too takes; a path below /proc/self/fd or a node of our own is none that it would find.
//
// Between two tools the lock is a shared one: udev takes that too, and so looks at what was made; a program that would write
// to the disk takes an exclusive one, and is shut out all the time.

import { closeSync, constants, openSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { findDisk } from '../../port/find-disk.ts';
import { describeDisk, type PlannedDisk } from '../../port/storage.ts';
import { pause } from '../pause.ts';
import { isInstalled, run } from '../process.ts';
import { O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, tryLock } from '../syscalls.ts';
import { readBlockDevices } from './block-devices.ts';
import { readDeviceContents } from './device-contents.ts';
import { numberOf } from './device-users.ts';

export interface RightDisk {
  /** What the kernel calls it today: `nvme0n1`. */
  readonly name: string;
  readonly path: string;
  /** `major:minor`. */
  readonly numbers: string;
  /** The kernel takes no writes for it. */
  readonly isReadOnly: boolean;
}

interface Held {
  readonly fd: number;
  readonly disk: RightDisk;
  users: number;
}

const held = new Map<string, Held>();
/** udev holds it for as long as it looks at a disk. */
const LOCK_PATIENCE_MS = 10_000;
const LOCK_POLL_MS = 20;
const SETTLE_SECONDS = 10;

/** As it is now. Throws a Problem unless there is exactly one, with the size that was planned for. */
export function requireDisk(disk: PlannedDisk, devices = readBlockDevices()): RightDisk {
  const found = findDisk(devices, disk);
  if ('refusal' in found) throw new Problem(EXIT.failed, [found.refusal]);
  const { name, path, number, sizeBytes, isReadOnly } = found.disk;
  if (sizeBytes !== disk.sizeBytes)
    throw another(disk, `${disk.sizeBytes} bytes`, `${sizeBytes} bytes: ${path}`);
  const there = numberOf(path);
  if (there !== number) throw another(disk, `${path} to be device ${number}`, there ?? 'none there');
  return { name, path, numbers: number, isReadOnly };
}

/** Takes the lock for a whole run, or joins who has it in this process. Returns the release. */
export function holdDisk(disk: PlannedDisk): () => void {
  const key = keyOf(disk);
  const one = held.get(key) ?? takeHold(disk);
  held.set(key, one);
  one.users += 1;
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    one.users -= 1;
    if (one.users > 0) return;
    held.delete(key);
    closeSync(one.fd);
  };
}

function takeHold(disk: PlannedDisk): Held {
  const found = requireDisk(disk);
  const fd = openDevice(disk, found, O_RDONLY);
  try {
    lock(fd, disk, 'shared');
    // From here on the number is its own: what it says of itself now is said of what the descriptor stands for.
    requireSame(disk, found, fd);
    return { fd, disk: found, users: 0 };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Runs what writes to a disk, given its path and the descriptor that a program must keep open (`keepOpen`), so that the lock
 * outlives us. Throws a Problem where it is another disk, or in use by anybody.
 */
export function withRightDevice<T>(disk: PlannedDisk, act: (path: string, keepOpen: number) => T): T {
  return withDisk(disk, (one) => {
    requireWritable(disk, one.disk);
    closeSync(openDevice(disk, one.disk, O_RDONLY | O_EXCL));
    return act(one.disk.path, one.fd);
  });
}

/** As withRightDevice, for what is done within the volume group on it: the group's own volumes hold the disk. */
export function withDiskInUse<T>(disk: PlannedDisk, act: (path: string, keepOpen: number) => T): T {
  return withDisk(disk, (one) => act(one.disk.path, one.fd));
}

/** As withRightDevice, for what is read or written here: nobody else can open it for themselves meanwhile. */
export function withOpenDisk<T>(
  disk: PlannedDisk,
  to: 'read' | 'write',
  act: (fd: number, found: RightDisk) => T,
): T {
  return withDisk(disk, (one) => {
    if (to === 'write') requireWritable(disk, one.disk);
    const fd = openDevice(disk, one.disk, (to === 'read' ? O_RDONLY : O_RDWR) | O_EXCL);
    try {
      requireSame(disk, one.disk, fd);
      return act(fd, one.disk);
    } finally {
      closeSync(fd);
    }
  });
}

/** As withOpenDisk, for what takes hours: until it is closed nobody else can open it for themselves. */
export function openAlone(disk: PlannedDisk, to: 'read' | 'write'): { readonly fd: number; close(): void } {
  const release = holdDisk(disk);
  try {
    const one = held.get(keyOf(disk)) as Held;
    const fd = openDevice(disk, one.disk, (to === 'read' ? O_RDONLY : O_RDWR) | O_EXCL);
    requireSame(disk, one.disk, fd);
    return {
      fd,
      close() {
        closeSync(fd);
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function withDisk<T>(disk: PlannedDisk, act: (one: Held) => T): T {
  const release = holdDisk(disk);
  try {
    const one = held.get(keyOf(disk)) as Held;
    try {
      lock(one.fd, disk, 'alone');
      requireSame(disk, one.disk, one.fd);
      const result = act(one);
      requireSame(disk, one.disk, one.fd);
      return result;
    } finally {
      tryLock(one.fd, true);
      letUdevLook();
    }
  } finally {
    release();
  }
}

/** The kernel lets root open a disk for writing that is set read-only, and refuses each write. */
function requireWritable(disk: PlannedDisk, { path, isReadOnly }: RightDisk): void {
  if (isReadOnly) throw takesNoWrites(disk, path);
}

function takesNoWrites(disk: PlannedDisk, path: string): Problem {
  return refused('E_DISK_READ_ONLY', 'refusing to write to a disk that takes no writes', disk, [
    `want ${path} for writing, found it read-only`,
  ]);
}

/** Opens it and makes sure that it is the device that was found. */
function openDevice(disk: PlannedDisk, { path, numbers }: RightDisk, flags: number): number {
  let fd: number;
  try {
    fd = openSync(path, flags | O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EBUSY') throw inUse(disk, path);
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') throw takesNoWrites(disk, path);
    // It was there a moment ago.
    if (code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV')
      throw another(disk, path, `${code}: it is gone`);
    throw error;
  }
  if (numbersOf(fd) === numbers) return fd;
  const found = numbersOf(fd);
  closeSync(fd);
  throw another(disk, `${path} to be device ${numbers}`, found);
}

function requireSame(disk: PlannedDisk, before: RightDisk, fd: number): void {
  const now = requireDisk(disk);
  if (now.numbers === before.numbers && now.path === before.path && numbersOf(fd) === before.numbers) return;
  throw another(disk, `${before.path}, device ${before.numbers}`, `${now.path}, device ${now.numbers}`);
}

function numbersOf(fd: number): string {
  return numberOf(`/proc/self/fd/${fd}`) ?? 'no block device';
}

function lock(fd: number, disk: PlannedDisk, how: 'alone' | 'shared'): void {
  for (let waited = 0; !tryLock(fd, how === 'shared'); waited += LOCK_POLL_MS) {
    if (waited >= LOCK_PATIENCE_MS)
      throw refused('E_DISK_LOCKED', 'refusing to write to a disk that another program holds', disk, [
        `want the lock of it (flock) within ${LOCK_PATIENCE_MS / 1000} s, found it taken`,
      ]);
    pause(LOCK_POLL_MS);
  }
}

/** It puts off what it was told of while the lock was not shared. What it makes of it is others' business. */
function letUdevLook(): void {
  if (!isInstalled('udevadm')) return;
  try {
    run(['udevadm', 'settle', `--timeout=${SETTLE_SECONDS}`], { answers: [0, 1, 2] });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

function keyOf({ serial, namespace }: PlannedDisk): string {
  return `${namespace} ${serial}`;
}

function another(disk: PlannedDisk, want: string, found: string): Problem {
  return refused('E_DISK_CHANGED', 'refusing to write to another disk than was planned for', disk, [
    `want ${want}`,
    `found ${found}`,
  ]);
}

function inUse(disk: PlannedDisk, path: string): Problem {
  const [contents] = readDeviceContents([path.slice('/dev/'.length)]);
  const by = [
    ...(contents?.mounts ?? []).map(({ device, mountPoint }) => `${device} is mounted at ${mountPoint}`),
    ...(contents?.swap ?? []).map((device) => `${device} is swap`),
    ...(contents?.memberOf ?? []).map(({ of, name }) =>
      name === null ? `used by ${of}` : `used by ${of} ${name}`,
    ),
    ...(contents?.open ?? []).map(({ command, pid }) => `open: ${command}, process ${pid}`),
  ];
  return refused('E_IN_USE', 'refusing to write to a disk that is in use', disk, [
    `want ${path} for us alone, found it taken (EBUSY)`,
    ...by.slice(0, 5),
  ]);
}

function refused(code: string, summary: string, disk: PlannedDisk, detail: readonly string[]): Problem {
  return new Problem(EXIT.failed, [
    diagnostic(code, summary, {
      at: describeDisk(disk),
      detail,
      hint: 'see what there is: sudo jts-hot device list',
    }),
  ]);
}
