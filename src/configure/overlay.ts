// Owns a host as it would be with some more files, or other texts in them: what would come of a plan can be looked at as what is
// there is. Reads only.
import type { HostReader } from '../port/host.ts';
import { parentOf } from './paths.ts';

export function withTexts(host: HostReader, texts: ReadonlyMap<string, string>): HostReader {
  const folders = new Set([...texts.keys()].flatMap(parents));
  return {
    ...host,
    entry(path) {
      const found = host.entry(path);
      if (found.type !== 'missing') return found;
      const like = { uid: 0, gid: 0, inode: '0', born: null } as const;
      if (texts.has(path)) return { type: 'file', mode: '0644', ...like };
      return folders.has(path) ? { type: 'directory', mode: '0755', entries: null, ...like } : found;
    },
    text: (path) => texts.get(path) ?? host.text(path),
    names(path) {
      const added = [...texts.keys()]
        .filter((one) => parentOf(one) === path)
        .map((one) => one.slice(path.length + 1));
      return [...new Set([...host.names(path), ...added])].sort();
    },
  };
}

function parents(path: string): readonly string[] {
  const parent = parentOf(path);
  return parent === '/' ? [] : [parent, ...parents(parent)];
}
