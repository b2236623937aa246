// Owns reading the small files of sysfs, each with one value.
import { readFileSync } from 'node:fs';

/** null: there is none, it is empty, or the device does not answer. */
export function sysfsText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim() || null;
  } catch {
    return null;
  }
}
