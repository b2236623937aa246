// Owns which machine this is, by machine-id(5). Reads only.
import { readFileSync } from 'node:fs';
import { readTextBelow } from './trusted/file.ts';

/** machine-id(5): of an image that was never started there is none. */
export function machineId(root: string): string {
  return /^([0-9a-f]{32})\n?$/.exec(readId(root) ?? '')?.[1] ?? '';
}

function readId(root: string): string | null {
  try {
    if (root === '/') return readFileSync('/etc/machine-id', 'utf8');
    return readTextBelow(root, '/etc/machine-id', { what: 'machine id', maxBytes: 64 });
  } catch {
    return null;
  }
}
