// Owns finding files on a host by pattern, through links that only root could have made. Reads only.
import { posix } from 'node:path';
import type { HostReader } from '../port/host.ts';
import { isRoots } from '../resources/root-directory.ts';
import { parentOf } from './paths.ts';

/** As many as Linux follows. */
const MOST_LINKS = 40;

/** Files that are there, in the order of the patterns, each without links and once. `*` stands for any part of one name. */
export function filesMatching(host: HostReader, patterns: readonly string[]): readonly string[] {
  const found = patterns.flatMap((pattern) => matching(host, pattern));
  return [...new Set(found)].filter((path) => host.entry(path).type === 'file');
}

/** The same of directories. */
export function directoriesMatching(host: HostReader, patterns: readonly string[]): readonly string[] {
  const found = patterns.flatMap((pattern) => matching(host, pattern));
  return [...new Set(found)].filter((path) => host.entry(path).type === 'directory');
}

/**
 * The first of these programs that is there, as it is called: some are one file, and do what their name says. Of a pattern the
 * last that fits.
 */
export function programAmong(host: HostReader, patterns: readonly string[]): string | null {
  for (const pattern of patterns) {
    const name = pattern.slice(pattern.lastIndexOf('/') + 1);
    const directories = matching(host, parentOf(pattern));
    const found = directories.findLast(
      (directory) => filesMatching(host, [`${directory}/${name}`]).length > 0,
    );
    if (found !== undefined) return `${found}/${name}`;
  }
  return null;
}

/** Links are resolved before a directory is listed, and at the end. */
function matching(host: HostReader, pattern: string): readonly string[] {
  let reached: readonly string[] = [''];
  for (const part of pattern.split('/').slice(1)) {
    const fits = fitting(part);
    reached = reached.flatMap((directory) =>
      part.includes('*')
        ? resolved(host, directory || '/').flatMap((real) =>
            host
              .names(real)
              .filter(fits)
              .map((name) => `${real === '/' ? '' : real}/${name}`),
          )
        : [`${directory}/${part}`],
    );
  }
  return reached.flatMap((path) => resolved(host, path));
}

function fitting(part: string): (name: string) => boolean {
  const words = part.split('*').map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const whole = new RegExp(`^${words.join('.*')}$`, 's');
  // As a shell: what is hidden must be asked for.
  return (name) => whole.test(name) && (part.startsWith('.') || !name.startsWith('.'));
}

/** Nothing where there is nothing. A link that others could have made stays one, so that opening it is refused. */
export function resolved(host: HostReader, path: string): readonly string[] {
  let at = path;
  for (let followed = 0; followed <= MOST_LINKS; followed += 1) {
    const entry = host.entry(at);
    if (entry.type === 'missing' || entry.type === 'hidden') return [];
    const link = entry.type === 'link' ? at : entry.type === 'blocked' ? entry.at : null;
    const target = link === null || !isRootsWay(host, parentOf(link)) ? null : host.link(link);
    if (link === null || target === null) return [at];
    at = posix.resolve(parentOf(link), target) + at.slice(link.length);
  }
  return [];
}

function isRootsWay(host: HostReader, directory: string): boolean {
  const entry = host.entry(directory);
  if (entry.type !== 'directory' || !isRoots(entry)) return false;
  return directory === '/' || isRootsWay(host, parentOf(directory));
}
