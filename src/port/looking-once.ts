// Owns a host at which each path and file system is looked at once, for what is asked of it by several in a moment. Must not be
// kept while somebody waits: what was seen before is old then.
import type { HostReader } from './host.ts';

export function lookingOnce<H extends HostReader>(host: H): H {
  return { ...host, entry: once(host.entry), fileSystem: once(host.fileSystem) };
}

function once<Answer>(ask: (path: string) => Answer): (path: string) => Answer {
  const known = new Map<string, { readonly answer: Answer }>();
  return (path) => {
    const one = known.get(path) ?? { answer: ask(path) };
    known.set(path, one);
    return one.answer;
  };
}
