// Owns writing to standard output and standard error: each text is written whole, or the caller is told why not.
// Written synchronously, so that nothing waits in memory for a reader who is gone. Must not decide what that means.
import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

export type Output = 'stdout' | 'stderr';

/** Of the kernel's answer: `ENOSPC`, `EIO`, `EPIPE` … */
export class OutputError extends Error {
  readonly output: Output;
  readonly code: string;
  constructor(output: Output, code: string) {
    super(`${output}: ${code}`);
    this.name = 'OutputError';
    this.output = output;
    this.code = code;
  }
}

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const satisfies Record<Output, number>;

/** A reader of a pipe that does not block (O_NONBLOCK) may be slow; one that takes nothing for this long is gone. */
const PATIENCE_MS = 30_000;
const POLL_MS = 10;

/** Does not touch process.stdout: Node.js would make its pipe non-blocking. */
export function isTerminal(output: Output): boolean {
  const fd = DESCRIPTORS[output];
  // To ask loads what Node.js has for networks: only where it can be one.
  return isCharacterDevice(fd) && isatty(fd);
}

function isCharacterDevice(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    return status.isCharacterDevice() && status.rdev >> 8 !== MEMORY_DEVICES;
  } catch {
    // The caller's shell can start us without it.
    return false;
  }
}

/** Major number of /dev/null and the like (Linux, admin-guide/devices.txt). */
const MEMORY_DEVICES = 1;

/** Throws an OutputError. */
export function writeOut(output: Output, text: string, patienceMs = PATIENCE_MS): void {
  const bytes = Buffer.from(text);
  let waitedMs = 0;
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(DESCRIPTORS[output], bytes, written);
      waitedMs = 0;
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN' || waitedMs >= patienceMs) throw new OutputError(output, code);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
      waitedMs += POLL_MS;
    }
  }
}
