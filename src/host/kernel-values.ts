// Owns reading and setting what the running kernel has in /proc/sys and /sys/kernel/mm. proc(5).
import { accessSync, closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { type KernelValue, kernelPath, kernelValueIn } from '../port/kernel-value.ts';
import { describeOperation, type OperationOf } from '../port/operation.ts';
import { changedSince } from './changed-since.ts';

/** null: this kernel has none of that name, or does not tell. */
export function kernelValueOf(setting: string): KernelValue | null {
  const path = kernelPath(setting);
  if (path === null) return null;
  try {
    return { ...kernelValueIn(readFileSync(path, 'latin1')), fixed: fixedAt(path) };
  } catch {
    return null;
  }
}

/** Of root alone: nobody else may set any of them. */
function fixedAt(path: string): KernelValue['fixed'] {
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') return 'read-only';
    return process.geteuid?.() === 0 ? 'not permitted' : null;
  }
}

/** `isLive`: an image has no kernel that runs. */
export function setKernelValue(operation: OperationOf<'setKernelValue'>, isLive: boolean): void {
  const { setting, from, to } = operation;
  const path = kernelPath(setting);
  const now = isLive ? kernelValueOf(setting)?.now : undefined;
  if (path === null || (now !== from && now !== to))
    throw changedSince(`kernel setting ${setting}`, [
      `want: ${describeOperation(operation)}`,
      `found: ${now ?? 'no such setting'}`,
    ]);
  // The kernel takes one write as a whole.
  const fd = openSync(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    writeSync(fd, `${to}\n`);
  } finally {
    closeSync(fd);
  }
}

/** proc(5): a line of heads, then one for each. null: it does not tell. */
export function hasSwap(): boolean | null {
  try {
    return readFileSync('/proc/swaps', 'latin1').trim().split('\n').length > 1;
  } catch {
    return null;
  }
}
