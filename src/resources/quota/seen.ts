// Owns looking at the project of a directory without a failure where it cannot be looked at: what is in the way there is told of by the
// directory itself. Reads only.
import type { HostReader } from '../../port/host.ts';
import type { ProjectsAt } from '../../port/project-quota.ts';

/** null: no directory can be there. `hidden`: root alone may look. */
export type QuotaSeen = ProjectsAt | 'hidden' | null;

export function seeProjects(host: HostReader, path: string): QuotaSeen {
  // Of an image nothing is mounted: what counts is the kernel that will run.
  if (host.root !== '/') return null;
  const { type } = host.entry(path);
  if (type === 'missing') return host.projectsAt(path);
  if (type === 'hidden') return 'hidden';
  if (type !== 'directory') return null;
  const entry = host.entry(path);
  // Not even its names may be read.
  return entry.type === 'directory' && entry.entries === null ? 'hidden' : host.projectsAt(path);
}
