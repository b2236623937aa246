// Owns disks that are files without a name, behind loop devices that go with the last process that has them open: nothing of one
// stays, also after `kill -9`. Must not put anything on one. Structures: linux/loop.h.
import { closeSync, constants, ftruncateSync, openSync, readdirSync } from 'node:fs';
import koffi from 'koffi';
import { O_RDWR, O_TMPFILE, openAt, RESOLVE, SystemError } from '../syscalls.ts';
import { sysfsText } from '../sysfs.ts';

const libc = koffi.load(null);
const c = {
  ioctl: libc.func('int ioctl(int fd, ulong request, void *argument)'),
};

const GET_FREE = 0x4c82;
/** LOOP_CONFIGURE, since Linux 5.8: all at once, so that there is no time in which it would stay. */
const CONFIGURE = 0x4c0a;
const CONFIG = { bytes: 304, fdAt: 0, blockSizeAt: 4, flagsAt: 60, nameAt: 64 } as const;
/** LO_FLAGS_AUTOCLEAR */
const GOES_WITH_LAST_USER = 4;
const CONTROL = '/dev/loop-control';
const TRIES = 20;

export interface NamelessDisk {
  /** What the kernel calls its loop device: `loop3`. */
  readonly name: string;
  /** `major:minor`. */
  readonly number: string;
  /** Lets go of it: it is gone once nobody else has it open. */
  close(): void;
}

/** Of `sizeBytes`, all of them zeros that take no room in `directory`. Throws SystemError, or an errno of Node's. */
export function openNamelessDisk(
  directory: string,
  { sizeBytes, sectorBytes }: { readonly sizeBytes: number; readonly sectorBytes: number },
): NamelessDisk {
  const file = openFile(directory, sizeBytes);
  try {
    for (let tries = 1; ; tries += 1) {
      const name = `loop${freeNumber()}`;
      const device = openSync(`/dev/${name}`, O_RDWR);
      try {
        configure(device, file, sectorBytes);
        const number = sysfsText(`/sys/class/block/${name}/dev`);
        if (number === null) throw new SystemError('sysfs', 2);
        return { name, number, close: () => closeSync(device) };
      } catch (error) {
        closeSync(device);
        // Somebody else was faster.
        if (!(error instanceof SystemError && error.code === 'EBUSY' && tries < TRIES)) throw error;
      }
    }
  } finally {
    // The loop device has it by now.
    closeSync(file);
  }
}

function openFile(directory: string, sizeBytes: number): number {
  const at = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const fd = openAt(at, '.', { flags: O_TMPFILE | O_RDWR, mode: 0o600, resolve: RESOLVE.beneath });
    try {
      ftruncateSync(fd, sizeBytes);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } finally {
    closeSync(at);
  }
}

function freeNumber(): number {
  const control = openSync(CONTROL, O_RDWR);
  try {
    const number = c.ioctl(control, GET_FREE, null);
    if (number < 0) throw new SystemError('ioctl', koffi.errno());
    return number;
  } finally {
    closeSync(control);
  }
}

function configure(device: number, file: number, sectorBytes: number): void {
  const config = Buffer.alloc(CONFIG.bytes);
  config.writeUInt32LE(file, CONFIG.fdAt);
  config.writeUInt32LE(sectorBytes, CONFIG.blockSizeAt);
  config.writeUInt32LE(GOES_WITH_LAST_USER, CONFIG.flagsAt);
  config.write('jts-hot rehearsal', CONFIG.nameAt, 'latin1');
  if (c.ioctl(device, CONFIGURE, config) !== 0) throw new SystemError('ioctl', koffi.errno());
}

/** The file that it shows; null: none. That of a file without a name ends with ` (deleted)`. */
export function backingOf(name: string): string | null {
  return sysfsText(`/sys/class/block/${name}/loop/backing_file`);
}

/** Whether a file without a name is behind it. */
export function isNameless(backing: string): boolean {
  return /\/#\d+ \(deleted\)$/.test(backing);
}

/**
 * All loop devices that there are, and `more` that may come: a trial on the kernel takes one that is free by then, which may be one
 * that somebody has just let go of.
 */
export function loopDevices(more: number): readonly Pick<NamelessDisk, 'name' | 'number'>[] {
  const there = readdirSync('/sys/class/block').flatMap((name) => {
    const [, number] = /^loop(\d+)$/.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  const most = Number(sysfsText('/sys/module/loop/parameters/max_part') ?? 0);
  const shift = most === 0 ? 0 : 32 - Math.clz32(most);
  return Array.from({ length: Math.max(-1, ...there) + 1 + more }, (_, i) => ({
    name: `loop${i}`,
    number: `7:${i << shift}`,
  }));
}
