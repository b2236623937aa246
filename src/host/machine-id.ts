// Owns which machine this is, by machine-id(5). Reads only.
import { readFileSync } from 'node:fs';
import { readTextBelow } from './trusted/file.ts';

/** machine-id(5): of an image that was never started there is none. */
export function machineId(root: string): string {
  const reading = { what: 'machine id', maxBytes: 64 };
  const text = orNull(() =>
    root === '/' ? readFileSync('/etc/machine-id', 'utf8') : readTextBelow(root, '/etc/machine-id', reading),
  );
  return /^([0-9a-f]{32})\n?$/.exec(text ?? '')?.[1] ?? '';
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
