// Owns which tests of machines run each time, and which only with VM=full: emulated, all of them take three quarters of an hour.
import type { TestContext } from 'node:test';

export const IS_FULL = process.env['VM'] === 'full';

/** False: not this time, and the report says so. */
export function isForFull(t: TestContext): boolean {
  if (!IS_FULL) t.diagnostic('with VM=full only');
  return IS_FULL;
}
