// The project of each service's directory, and with it of all that is in it. One that somebody else gave is left alone.
import { type LayoutResource, NO_DIFFERENCE } from '../../engine/resource.ts';
import { diagnostic } from '../../messages/diagnostic.ts';
import { projectText } from '../../port/operations/project.ts';
import type { DirectoryProject } from '../../port/project-quota.ts';
import { directoryAddress } from '../directory.ts';
import { type ProjectWant, projectWants } from './quota-wants.ts';
import { type QuotaSeen, seeProjects } from './seen.ts';

export function projectAddress(path: string): string {
  return `project of ${path}`;
}

export const project: LayoutResource<ProjectWant, QuotaSeen> = {
  kind: 'project',
  role: 'data',
  creates: [],
  tools: {},
  isRepaired: false,
  irreversible: null,
  desire: projectWants,
  address: ({ path }) => projectAddress(path),
  checkId: ({ service }) => `quota.project.${service}`,
  service: ({ service }) => service,
  observe: (host, wants) => wants.map(({ path }) => seeProjects(host, path)),
  diff(want, seen, { adopt }) {
    const address = projectAddress(want.path);
    if (seen === 'hidden')
      return {
        ...NO_DIFFERENCE,
        warnings: [
          diagnostic('W_HIDDEN', 'cannot look without root', {
            at: address,
            detail: 'which project it has is unknown; setup, run as root, decides then',
            fix: 'sudo jts-hot plan',
          }),
        ],
      };
    // Why nothing is counted is told once, of the file system.
    if (seen === null || seen.state === 'off') return NO_DIFFERENCE;
    const from = seen.own ?? seen.made;
    const to: DirectoryProject = { project: want.project, inherits: true };
    if (from.project === to.project && from.inherits) return NO_DIFFERENCE;
    const isSomebodys = seen.own !== null && from.project !== 0 && from.project !== to.project;
    if (isSomebodys && !adopt.has(want.service))
      return {
        ...NO_DIFFERENCE,
        refusals: [
          diagnostic('E_FOREIGN_PROJECT', 'refusing to replace a project that somebody else gave', {
            at: address,
            detail: `want project ${want.project}, found ${projectText(from)}`,
            fix: `sudo jts-hot setup --adopt ${want.service}`,
            hint: 'only if nobody needs the limits of that project any more: see who gave it in /etc/projects',
          }),
        ],
      };
    const step = {
      address,
      action: '~',
      summary: `${want.path}  project ${projectText(from)} -> ${projectText(to)}`,
      reason: `what ${want.service} uses is counted by it, with all that is there already`,
      do: { type: 'setProject', path: want.path, from, to },
      undo: { type: 'setProject', path: want.path, from: to, to: from },
      needs: [directoryAddress(want.path)],
    } as const;
    return { ...NO_DIFFERENCE, steps: [step] };
  },
  expected: (want) => `project ${want.project}`,
  found(_want, seen) {
    if (seen === null) return 'no directory';
    if (seen === 'hidden') return 'hidden without root';
    if (seen.state === 'off') return seen.reason;
    return seen.own === null ? 'missing' : `project ${projectText(seen.own)}`;
  },
};
