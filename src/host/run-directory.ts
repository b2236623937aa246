// Owns directories below /run that are needed for the time of one call: what a process that was killed left there, the next call
// takes away. Only root can change what is in /run.
import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PLACE = '/run';

/** `mount`: something is mounted on it in another mount namespace. It is removed only where it is empty. */
export type Purpose = 'trial' | 'mount' | 'volume-group';

/** Who calls it removes it. */
export function makeRunDirectory(purpose: Purpose): string {
  const name = `jts-hot-${purpose}-`;
  removeLeft(purpose, name);
  return mkdtempSync(join(PLACE, `${name}${process.pid}-`));
}

export function removeRunDirectory(purpose: Purpose, directory: string): void {
  if (purpose === 'mount') rmdirSync(directory);
  else rmSync(directory, { recursive: true, force: true });
}

function removeLeft(purpose: Purpose, name: string): void {
  for (const found of readdirSync(PLACE)) {
    const pid = found.startsWith(name) ? Number.parseInt(found.slice(name.length), 10) : 0;
    if (!(pid > 0) || existsSync(`/proc/${pid}`)) continue;
    try {
      removeRunDirectory(purpose, join(PLACE, found));
    } catch {
      // Another process was faster, or something is in it: it stays.
    }
  }
}
