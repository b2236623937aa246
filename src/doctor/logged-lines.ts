// Owns the last lines of a service's own logs: of the files that were written since it was last started. However large they are, only
// their ends are read.
import type { Context } from '../command/context.ts';
import { filesMatching } from '../configure/find.ts';
import { type Service, servicePath } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import type { DiagnosisFacet } from '../services/diagnosing.ts';

const END_BYTES = 64 * 1024;
/** Newest files of a directory, and lines of each. */
const FILES = 3;
const LINES = 200;
const LONGEST = 2000;
/** Clocks of files are the kernel's, which is behind by as much at most. */
const A_MOMENT_MS = 1000;

export function loggedLines(
  { layout, host }: Pick<Context, 'layout' | 'host'>,
  {
    service,
    diagnosis,
    since,
  }: { readonly service: Service; readonly diagnosis: DiagnosisFacet | null; readonly since: number | null },
): readonly string[] {
  const packages = new Set(filesMatching(host, diagnosis?.logs ?? []));
  const directories = new Set([...packages].map((path) => path.slice(0, path.lastIndexOf('/'))));
  const own = service.directories
    .filter(({ role }) => role === 'log')
    .map(({ name }) => `${servicePath(layout, service)}/${name}`);
  return [
    ...[...directories].flatMap((one) => newestIn(host, one, { since, isLog: (path) => packages.has(path) })),
    ...own.flatMap((one) => newestIn(host, one, { since, isLog: () => true })),
  ].flatMap((path) => lastLines(host, path));
}

/** The newest last. */
function newestIn(
  host: Context['host'],
  directory: string,
  { since, isLog }: { readonly since: number | null; readonly isLog: (path: string) => boolean },
): readonly string[] {
  if (host.entry(directory).type !== 'directory') return [];
  const found: { readonly path: string; readonly at: number }[] = [];
  for (const met of host.walk(directory, 'here')) {
    const path = `${directory}/${met.path}`;
    if (met.type === 'file' && isLog(path))
      found.push({ path, at: Number(BigInt(met.writtenAt) / 1_000_000n) });
  }
  return found
    .filter(({ at }) => since === null || at >= since - A_MOMENT_MS)
    .toSorted((a, b) => a.at - b.at)
    .slice(-FILES)
    .map(({ path }) => path);
}

/** One that was rotated away in between has none. */
function lastLines(host: Context['host'], path: string): readonly string[] {
  try {
    const text = host.textEnd(path, END_BYTES) ?? '';
    return text
      .split('\n')
      .slice(-LINES)
      .filter((line) => line !== '')
      .map((line) => line.slice(0, LONGEST));
  } catch (error) {
    if (error instanceof Problem) return [];
    throw error;
  }
}
