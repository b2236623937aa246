// Owns how much room this process's garbage collector takes. Must not be asked for by what has much to remember.
import { setFlagsFromString } from 'node:v8';

/**
 * For work that goes through millions of small things and keeps none of them: the part of the heap for what is new stays as
 * small as it starts. Left alone it grows to 100 MB, most of it things that nobody wants any more.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
