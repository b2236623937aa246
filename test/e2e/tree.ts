// Owns what a directory tree looked like, byte for byte, and saying what differs between two looks.
// Must not follow links: what they point to is all that counts.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Path below the directory (`.` for itself) to `type mode uid gid`, then a file's size and hash or a link's target. */
export type Snapshot = ReadonlyMap<string, string>;

export interface SnapshotOptions {
  /** Paths below the directory, left out with all that is in them. */
  readonly exclude?: readonly string[];
}

/** `directory` may be missing: an empty snapshot. Names that are no UTF-8 are kept apart by their bytes. */
export function snapshot(directory: string, { exclude = [] }: SnapshotOptions = {}): Snapshot {
  const found = new Map<string, string>();
  const excluded = new Set(exclude);
  const visit = (path: string, at: Buffer): void => {
    if (excluded.has(path)) return;
    const line = describe(at);
    if (line === null) return;
    found.set(path, line);
    if (!line.startsWith('directory ')) return;
    const names = readdirSync(at, { encoding: 'buffer' }).sort(Buffer.compare);
    for (const name of names) {
      const text = name.equals(Buffer.from(name.toString())) ? name.toString() : name.toString('latin1');
      visit(path === '.' ? text : `${path}/${text}`, Buffer.concat([at, Buffer.from('/'), name]));
    }
  };
  visit('.', Buffer.from(directory));
  return found;
}

function describe(at: Buffer): string | null {
  const stats = lstatSync(at, { throwIfNoEntry: false });
  if (!stats) return null;
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  const rights = `${mode} ${stats.uid} ${stats.gid}`;
  if (stats.isDirectory()) return `directory ${rights}`;
  if (stats.isSymbolicLink()) return `link ${rights} -> ${readlinkSync(at)}`;
  if (stats.isFile()) return `file ${rights} ${stats.size} ${hash(at)}`;
  return `special ${stats.mode.toString(8)} ${rights} ${stats.rdev}`;
}

function hash(file: Buffer): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}

/** One line a difference, sorted by path: `+ path: now`, `- path: before`, `~ path: before => now`. Empty: the same. */
export function difference(before: Snapshot, now: Snapshot): readonly string[] {
  const lines: { readonly path: string; readonly line: string }[] = [];
  for (const path of new Set([...before.keys(), ...now.keys()])) {
    const [old, fresh] = [before.get(path), now.get(path)];
    if (old === fresh) continue;
    if (old === undefined) lines.push({ path, line: `+ ${path}: ${fresh}` });
    else if (fresh === undefined) lines.push({ path, line: `- ${path}: ${old}` });
    else lines.push({ path, line: `~ ${path}: ${old} => ${fresh}` });
  }
  lines.sort((a, b) => (a.path < b.path ? -1 : 1));
  return lines.map(({ line }) => line);
}
