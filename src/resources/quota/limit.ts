// How far each service's project may grow: the limits that follow from its planned size. Where use is counted alone, none.
import { type LayoutResource, NO_DIFFERENCE } from '../../engine/resource.ts';
import { limitExceeded, limitsText } from '../../port/operations/project.ts';
import type { ProjectLimits } from '../../port/project-quota.ts';
import { projectAddress } from './project.ts';
import { type ProjectWant, projectWants } from './quota-wants.ts';
import { type QuotaSeen, seeProjects } from './seen.ts';

export interface LimitHave {
  readonly seen: QuotaSeen;
  /** null: not for us to know. */
  readonly limits: ProjectLimits | null;
  /** As far as it is counted: nothing, where the directory has another project. */
  readonly usedBytes: number;
}

export const limit: LayoutResource<ProjectWant, LimitHave> = {
  kind: 'project limit',
  role: 'data',
  creates: [],
  tools: {},
  isRepaired: false,
  irreversible: null,
  desire: projectWants,
  address: ({ path }) => `limits of ${path}`,
  checkId: ({ service }) => `quota.limit.${service}`,
  service: ({ service }) => service,
  observe: (host, wants) =>
    wants.map(({ path, project }) => {
      const seen = seeProjects(host, path);
      const isCounted = seen !== null && seen !== 'hidden' && seen.state !== 'off';
      const isOwn = isCounted && seen.own?.project === project;
      const counted = isOwn ? host.projectQuota(path) : null;
      const usedBytes = counted === null || counted.state === 'off' ? 0 : counted.quota.usedBytes;
      return { seen, limits: isCounted ? host.projectLimits(path, project) : null, usedBytes };
    }),
  diff(want, { seen, limits: from, usedBytes }) {
    const { limits: to } = want;
    if (from === null || seen === null || seen === 'hidden' || isSame(from, to)) return NO_DIFFERENCE;
    // Told once, of the file system.
    if (seen.state !== 'enforced' && to.hardBytes !== null) return NO_DIFFERENCE;
    const exceeded = limitExceeded(`limits of ${want.path}`, usedBytes, to.hardBytes);
    if (exceeded !== null) return { ...NO_DIFFERENCE, refusals: [exceeded] };
    const of = { path: want.path, project: want.project } as const;
    const step = {
      address: `limits of ${want.path}`,
      action: '~',
      summary: `${want.path}  limits ${limitsText(from)} -> ${limitsText(to)}`,
      reason:
        to.hardBytes === null
          ? 'the layout wants it counted, and no limit'
          : 'no service takes the room of another',
      do: { type: 'setProjectLimits', ...of, from, to },
      undo: { type: 'setProjectLimits', ...of, from: to, to: from },
      needs: [projectAddress(want.path)],
    } as const;
    return { ...NO_DIFFERENCE, steps: [step] };
  },
  expected: ({ limits }) => `limits ${limitsText(limits)}`,
  found(_want, { seen, limits }) {
    if (limits !== null) return `limits ${limitsText(limits)}`;
    return seen !== null && seen !== 'hidden' && seen.state === 'off' ? seen.reason : 'hidden without root';
  },
};

function isSame(one: ProjectLimits, other: ProjectLimits): boolean {
  return one.softBytes === other.softBytes && one.hardBytes === other.hardBytes;
}
