// Whether a file system counts projects, and holds their limits, as the layout wants: nothing turns it on but its mount, and with ext4
// how it was made. What else changes with it is said once, before there is any project on it. Has no steps.
import { type Difference, type LayoutResource, NO_DIFFERENCE } from '../../engine/resource.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import { type ProjectsAt, WITHOUT_QUOTA } from '../../port/project-quota.ts';
import { type QuotaWant, quotaWants } from './quota-wants.ts';
import { type QuotaSeen, seeProjects } from './seen.ts';

export interface QuotaHave {
  readonly seen: QuotaSeen;
  readonly mountPoint: string;
  readonly source: string;
  /** No service has its project yet, or not each. */
  readonly isBegun: boolean;
}

export function quotaAddress(path: string): string {
  return `project quotas of ${path}`;
}

export const quota: LayoutResource<QuotaWant, QuotaHave> = {
  kind: 'project quotas',
  role: 'data',
  creates: [],
  tools: {},
  isRepaired: false,
  irreversible: null,
  desire: quotaWants,
  address: ({ path }) => quotaAddress(path),
  checkId: ({ service }) => `quota.on${service === null ? '' : `.${service}`}`,
  service: ({ service }) => service,
  observe: (host, wants) =>
    wants.map(({ path, projects }) => {
      const seen = seeProjects(host, path);
      const { mountPoint, source } = host.fileSystem(path);
      const isBegun = !projects.every((one) => {
        const own = seeProjects(host, one.path);
        return own === null || own === 'hidden' || own.state === 'off' || own.own?.project === one.project;
      });
      return { seen, mountPoint, source, isBegun };
    }),
  diff(want, have) {
    const { seen } = have;
    // Something else is in the way, and told of.
    if (seen === null || seen === 'hidden') return NO_DIFFERENCE;
    if (seen.state === 'off') return refused(off(want, have, seen));
    if (seen.state === 'accounted' && want.mode === 'enforce')
      return refused(notEnforced(want, have, seen.type));
    return have.isBegun ? { ...NO_DIFFERENCE, warnings: [whatChanges(want, seen.type)] } : NO_DIFFERENCE;
  },
  expected: ({ mode }) => (mode === 'enforce' ? 'projects counted, limits held' : 'projects counted'),
  found: (_want, { seen }) => stateText(seen),
};

function stateText(seen: QuotaSeen): string {
  if (seen === null) return 'no directory';
  if (seen === 'hidden') return 'hidden without root';
  if (seen.state === 'off') return seen.reason;
  return seen.state === 'enforced' ? 'projects counted, limits held' : 'projects counted, limits not held';
}

function refused(refusal: Diagnostic): Difference {
  return { ...NO_DIFFERENCE, refusals: [refusal] };
}

function off(
  want: QuotaWant,
  have: QuotaHave,
  { reason, type }: Extract<ProjectsAt, { state: 'off' }>,
): Diagnostic {
  const isMountedSo = reason === WITHOUT_QUOTA.notMountedSo;
  return diagnostic('E_QUOTA_OFF', 'refusing to plan projects that the kernel does not count', {
    at: quotaAddress(want.path),
    detail: [`want ${have.mountPoint} mounted with prjquota`, `found: ${reason}`],
    ...(isMountedSo
      ? mountAnew(want, have, type)
      : {
          hint: 'leave `quota:` out of the layout: use is measured then; or have the base on XFS or ext4, on a kernel with quotas',
        }),
  });
}

function notEnforced(want: QuotaWant, have: QuotaHave, type: string): Diagnostic {
  return diagnostic('E_QUOTA_NOT_HELD', 'refusing to set limits that the kernel does not hold', {
    at: quotaAddress(want.path),
    detail: [
      `want ${have.mountPoint} mounted with prjquota`,
      'found: projects are counted, and no limit holds',
    ],
    ...mountAnew(want, have, type),
  });
}

/** The line in fstab is written by the part of setup that comes before, where the layout describes storage. */
function mountAnew({ isOurs }: QuotaWant, { mountPoint, source }: QuotaHave, type: string) {
  const at = shellWord(mountPoint);
  const umount = `sudo umount ${at}`;
  const mount = `sudo mount ${at}`;
  const line = isOurs ? '' : `add prjquota to its line in /etc/fstab; `;
  const stop = 'stop what uses it first';
  if (type === 'ext4')
    return {
      hint: `${line}${stop}; then: ${umount} && sudo tune2fs -O project,quota -Q prjquota ${shellWord(source)} && ${mount}`,
    };
  // The kernel refuses it on a remount, or says nothing and does nothing.
  return {
    hint: `${line}XFS turns it on when it is mounted, and not by a remount: ${stop}; then: ${umount} && ${mount}`,
  };
}

/** Of what services and people are used to. */
function whatChanges(want: QuotaWant, type: string): Diagnostic {
  const isHeld = want.mode === 'enforce';
  return diagnostic('W_QUOTA_CHANGES', 'project quotas change what programs are told', {
    at: quotaAddress(want.path),
    detail: [
      'to rename or link a file into the directory of another service fails with EXDEV: mv copies it then',
      ...(isHeld
        ? [
            type === 'ext4'
              ? 'at its hard limit a service gets EDQUOT; root is not limited by ext4'
              : 'at its hard limit a service gets ENOSPC, as if the disk were full; root does, too',
            'for longer than the grace time (7 days) above its soft limit, it gets the same',
            'df in the directory of a service shows its limit as the size: the soft one, until the grace time is over',
          ]
        : []),
    ],
    hint: 'see docs/quotas.md',
  });
}
