// Owns putting what is moved in the place of the empty directory that the layout has there, and taking it away again: a verified
// copy, or the old place itself. Each half is looked for on the host first, so that it can be done again after a kill between any two.
import type { Context } from '../command/context.ts';
import { othersIn } from '../configure/present.ts';
import { EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host, HostReader } from '../port/host.ts';
import type { KnownDirectory } from '../port/tree-moving.ts';
import { serviceNamed } from './named.ts';
import { notEmpty } from './obstacles.ts';
import { stagingOf } from './places.ts';
import type { MoveRecord } from './record.ts';

/** null: no directory is there. */
export function knownAt(host: HostReader, path: string): KnownDirectory | null {
  const entry = host.entry(path);
  return entry.type === 'directory' ? { path, inode: entry.inode, born: entry.born } : null;
}

export function isSame(
  one: Pick<KnownDirectory, 'inode' | 'born'> | null,
  other: Pick<KnownDirectory, 'inode' | 'born'> | null,
): boolean {
  return one !== null && other !== null && one.inode === other.inode && one.born === other.born;
}

/** Where what is moved lies until it is in its place. */
export function sourceOf(record: MoveRecord): string {
  return record.how === 'rename' ? record.from.path : stagingOf(record).copy;
}

/** It is in its place afterwards, with the mode of the layout. Throws a Problem where something else is there. */
export function putInPlace(context: Context, record: MoveRecord): void {
  const { host, layout } = context;
  const { copy, to } = record;
  if (copy === null) throw new Error('there is no copy');
  const { directory, empty } = stagingOf(record);
  const there = knownAt(host, to);
  if (!isSame(there, copy)) {
    if (there !== null) {
      const others = othersIn(layout, host, { service: serviceNamed(layout, record.service), to });
      if (others.length > 0) throw new Problem(EXIT.refused, [notEmpty(to, others)]);
      makeStaging(host, directory);
      // Of a call that was killed after it had put another empty one aside.
      removeEmpty(host, empty);
      host.renameDirectory(there, empty);
    }
    host.renameDirectory({ ...copy, path: sourceOf(record) }, to);
  }
  asLayout(context, record);
}

/** It lies where it was before it was put in place, and an empty directory where it was. */
export function takeOutOfPlace({ host }: Pick<Context, 'host'>, record: MoveRecord): void {
  const { copy, to } = record;
  const there = knownAt(host, to);
  const source = sourceOf(record);
  if (copy !== null && there !== null && isSame(there, copy)) {
    // Somebody may have set the old layout up anew meanwhile.
    if (record.how === 'rename') removeEmpty(host, source);
    host.renameDirectory(there, source);
  }
  const empty = knownAt(host, stagingOf(record).empty);
  if (empty !== null && host.entry(to).type === 'missing') host.renameDirectory(empty, to);
}

export function makeStaging(host: Host, directory: string): void {
  if (host.entry(directory).type !== 'missing') return;
  const owner = { user: 'root', group: 'root' };
  host.perform({ type: 'makeDirectory', path: directory, owner, mode: '0700' });
}

/** It has the mode of the old place, which the layout may not take. */
function asLayout({ host, layout }: Context, { service: name, to }: MoveRecord): void {
  const service = serviceNamed(layout, name);
  const own = `${layout.base}/${service.path}`;
  const wanted = to === own ? service : service.directories.find((one) => `${own}/${one.name}` === to);
  const entry = host.entry(to);
  if (wanted === undefined || entry.type !== 'directory') return;
  if ([wanted.mode, ...wanted.accept].includes(entry.mode)) return;
  host.perform({
    type: 'changeMode',
    path: to,
    inode: entry.inode,
    ...(entry.born === null ? {} : { born: entry.born }),
    from: entry.mode,
    to: wanted.mode,
  });
}

/** Takes away the directory for copies, once no copy is in it, nor anything in the empty directory that the copy took the place of. */
export async function clearStaging(host: Host, record: Pick<MoveRecord, 'service' | 'to'>): Promise<void> {
  const { directory, copy, empty } = stagingOf(record);
  removeEmpty(host, empty);
  const known = knownAt(host, directory);
  if (known === null || host.entry(empty).type !== 'missing' || host.entry(copy).type !== 'missing') return;
  // What the copier had noted is left.
  await host.emptyDirectory({ ...known, signal: new AbortController().signal, onProgress: () => {} });
  host.perform({ type: 'removeDirectory', path: directory, owner: { user: 'root', group: 'root' } });
}

/** Directories only, and nothing in them. What holds anything stays. */
export function removeEmpty(host: Host, path: string): void {
  const entry = host.entry(path);
  if (entry.type !== 'directory') return;
  for (const name of host.names(path)) removeEmpty(host, `${path}/${name}`);
  const left = host.entry(path);
  if (left.type !== 'directory' || left.entries !== 0) return;
  host.perform({ type: 'removeDirectory', path, owner: { user: left.uid, group: left.gid } });
}
