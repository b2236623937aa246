// Owns trimming a range of a mounted file system with fstrim(8), by a descriptor of the very mount that was looked at; and how XFS
// divides its disk. A range that was begun is done before anything else is heard.
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Trimmed, TrimRange } from '../port/trim.ts';
import { readDeviceNumber } from './disk.ts';
import { SEARCH_PATH } from './process.ts';
import { ioctlRead, O_DIRECTORY, O_RDONLY, openAt, RESOLVE, SystemError } from './syscalls.ts';

/** Where the child finds the descriptor. */
const HANDED = 3;
const KEPT = 2000;

/** `device`: `major:minor` of what was mounted there when it was looked at. */
export function trimRange(mountPoint: string, device: string, range: TrimRange): Promise<Trimmed> {
  let fd: number;
  try {
    fd = openAt(-100, mountPoint, { flags: O_RDONLY | O_DIRECTORY, resolve: RESOLVE.noLinks });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return Promise.resolve({ failed: 'E_MOUNT_CHANGED', said: error.code });
  }
  if (readDeviceNumber('/', mountPoint) !== device) {
    closeSync(fd);
    return Promise.resolve({ failed: 'E_MOUNT_CHANGED', said: 'another one is mounted there' });
  }
  const length = range.length === null ? [] : ['-l', `${range.length}`];
  const child = spawn('fstrim', ['-v', '-o', `${range.offset}`, ...length, `/proc/self/fd/${HANDED}`], {
    env: { PATH: SEARCH_PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe', fd],
    // In a session of its own: Ctrl-C at the terminal ends us between two ranges.
    detached: true,
  });
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out = (out + text).slice(-KEPT);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err = (err + text).slice(-KEPT);
  });
  return new Promise((resolve) => {
    const end = (answer: Trimmed) => {
      closeSync(fd);
      resolve(answer);
    };
    child.on('error', ({ message }) => end({ failed: 'E_FSTRIM', said: message }));
    child.on('close', (status) => {
      const bytes = trimmedIn(out);
      end(
        status === 0 && bytes !== null
          ? { bytes }
          : { failed: 'E_FSTRIM', said: (err || out).trim().split('\n')[0] || `exit status ${status}` },
      );
    });
  });
}

/** `/data: 1.2 GiB (1288490188 bytes) trimmed` */
export function trimmedIn(text: string): number | null {
  const [, bytes] = /\((\d+) bytes\) trimmed/.exec(text) ?? [];
  return bytes === undefined ? null : Number(bytes);
}

/** XFS_IOC_FSGEOMETRY_V1 of xfs_fs.h: block size at 0, blocks of an allocation group at 8. null: it is no XFS. */
export function allocationGroupBytes(mountPoint: string): number | null {
  try {
    const fd = openAt(-100, mountPoint, { flags: O_RDONLY | O_DIRECTORY, resolve: RESOLVE.noLinks });
    try {
      const answer = ioctlRead(fd, FSGEOMETRY_V1, FSGEOMETRY_BYTES);
      return answer === null ? null : answer.readUInt32LE(0) * answer.readUInt32LE(8);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}

const FSGEOMETRY_V1 = 0x80705864;
const FSGEOMETRY_BYTES = 112;
