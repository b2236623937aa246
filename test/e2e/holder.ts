// Owns what hosts need of the process that holds them: what it says, whether it has ended, waiting without the event loop.
// Must not start any.
import { fstatSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file without a name, for its standard output: a pipe would be read by the event loop only. */
export function openLog(): number {
  const directory = mkdtempSync(join(tmpdir(), 'holder-'));
  const log = openSync(join(directory, 'log'), 'w+');
  rmSync(directory, { recursive: true });
  return log;
}

/** All of it. */
export function readLog(log: number): string {
  const buffer = Buffer.alloc(fstatSync(log).size);
  return buffer.toString('utf8', 0, readSync(log, buffer, 0, buffer.length, 0));
}

/** True of one that never started, too. */
export function hasEnded(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return 'ZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
