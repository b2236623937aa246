// Owns the machine's own clock, which nobody sets.
import koffi from 'koffi';

const CLOCK_BOOTTIME = 7;
const clockBuffer = Buffer.alloc(16);
const clockGettime = koffi.load(null).func('int clock_gettime(int clock, void *time)');

/** clock_gettime(2): milliseconds since the machine was started, sleep included. */
export function boottimeMs(): number {
  if (clockGettime(CLOCK_BOOTTIME, clockBuffer) !== 0) throw new Error('clock_gettime failed');
  return Number(clockBuffer.readBigInt64LE(0)) * 1000 + Number(clockBuffer.readBigInt64LE(8)) / 1e6;
}
