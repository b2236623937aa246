// Owns what a host tells of a place, in the words of the decision. Reads only, holds no more than one thing at a time.

import type { HostReader } from '../port/host.ts';
import type { Met } from '../port/host-reader.ts';
import { millisecondsOf, type OpenBy, type Whole, wholeOf } from '../port/whole.ts';
import type { Listed, Thing } from './decide.ts';

export interface FoundThing extends Thing {
  readonly whole: Whole;
}

export interface Surroundings {
  /** Of the file system that all of it must be on. */
  readonly device: string;
  /** What processes have open there, by inode. */
  readonly open: ReadonlyMap<string, OpenBy>;
}

/** The file system of a directory, as `major:minor`; null: it cannot be looked at. */
export function deviceOf(host: HostReader, path: string): string | null {
  for (const met of host.walk(path, 'here')) return 'device' in met ? met.device : null;
  return null;
}

export function* listPlace(host: HostReader, path: string, all: Surroundings): Generator<Listed<FoundThing>> {
  for (const met of host.walk(path, 'here')) {
    if (met.path === '') continue;
    const name = met.path;
    // Only until the next one is asked for does what was met stay what it is.
    const isDirectory = met.type === 'directory';
    const isPrivate = met.type === 'directory' && met.uid === 0 && met.mode === '0700';
    const isOfBackups = isPrivate && holdsBackups(host, `${path}/${name}`);
    if (isOfBackups)
      yield {
        name,
        isDirectory: true,
        whole: () => ({ ...thing(name, host.walk(`${path}/${name}`), all), obstacle: OF_BACKUPS }),
        files: () => [],
      };
    else if (!isDirectory)
      yield {
        name,
        isDirectory: met.type === 'mount point',
        whole: () => thing(name, [met], all),
        files: () => [],
      };
    else
      yield {
        name,
        isDirectory: true,
        whole: () => thing(name, host.walk(`${path}/${name}`), all),
        files: () => filesBelow(host, { path, name }, all),
      };
  }
}

const OF_BACKUPS = 'backups of `jts-hot backup`, which `jts-hot backup prune` deletes';

/** A file that is old may be what a young backup needs: prune alone knows. */
function holdsBackups(host: HostReader, path: string): boolean {
  for (const met of host.walk(path, 'here'))
    if (met.type === 'directory' && /^\d{8}T\d{6}Z$/.test(met.path)) return true;
  return false;
}

function* filesBelow(
  host: HostReader,
  { path, name }: { readonly path: string; readonly name: string },
  all: Surroundings,
): Generator<FoundThing> {
  for (const met of host.walk(`${path}/${name}`))
    if (met.type === 'file' || met.type === 'link' || met.type === 'special')
      yield thing(`${name}/${met.path}`, [met], all);
}

function thing(path: string, mets: Iterable<Met>, all: Surroundings): FoundThing {
  const whole = wholeOf(mets, all);
  const { kind, bytes, obstacle } = whole;
  return { path, kind, changedMs: millisecondsOf(whole.writtenAt), bytes, obstacle, whole };
}
