// The rules for labels, which restorecon(8) goes by, also after a backup is restored. Those that are for just our paths are ours, or an
// administrator's choice, which is kept. Nothing where SELinux is off.
import { type LayoutResource, NO_DIFFERENCE } from '../../engine/resource.ts';
import type { Layout } from '../../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import { ANY_TYPE } from '../../services/labels.ts';
import { type Region, type RegionOnHost, regionsOf, regionsOn } from './regions.ts';

export interface RulesWant {
  readonly regions: readonly Region[];
}

export interface RulesHave {
  readonly regions: readonly RegionOnHost[];
  readonly isHidden: boolean;
  /** semanage(8) is not there. */
  readonly isWithoutTool: boolean;
}

const SEMANAGE = 'semanage';
export const RULES = 'rules for labels';

export const rules: LayoutResource<RulesWant, RulesHave> = {
  kind: 'label rules',
  role: 'setting',
  creates: ['setFileContexts'],
  // Asked for where SELinux is on alone, by a refusal.
  tools: {},
  isRepaired: true,
  applies: (host) => host.selinux() !== null,
  irreversible: null,
  desire: (layout: Layout) => {
    const regions = regionsOf(layout);
    return regions.length === 0 ? [] : [{ regions }];
  },
  address: () => RULES,
  checkId: () => 'selinux.rules',
  service: () => null,
  observe: (host, wants) =>
    wants.map((want) => {
      const regions = regionsOn(host, want.regions);
      const isOpen = regions.some(isToRecord);
      return {
        regions,
        isHidden: host.selinux()?.rules === null,
        isWithoutTool: isOpen && host.missingTools([SEMANAGE]).length > 0,
      };
    }),
  diff(_want, { regions, isHidden, isWithoutTool }) {
    if (isHidden) return { ...NO_DIFFERENCE, warnings: [hidden()] };
    const open = regions.filter(isToRecord);
    if (open.length === 0) return NO_DIFFERENCE;
    if (isWithoutTool) return { ...NO_DIFFERENCE, refusals: [withoutTool()] };
    const changes = open.flatMap(({ rule, ruled, to }) =>
      rule === null ? [] : [{ ...rule, from: ruled, to }],
    );
    const isNew = changes.every(({ from }) => from === null);
    const undo = changes.map((one) => ({ ...one, from: one.to, to: one.from })).toReversed();
    const step = {
      address: RULES,
      action: isNew ? '+' : '~',
      summary: `${open.length} ${open.length === 1 ? 'rule' : 'rules'} for labels`,
      reason: 'restorecon and backups give the same labels',
      do: { type: 'setFileContexts', rules: changes },
      undo: { type: 'setFileContexts', rules: undo },
      needs: [],
    } as const;
    const unknown = open.filter(({ isAny }) => isAny).flatMap(({ service }) => service ?? []);
    return { ...NO_DIFFERENCE, steps: [step], warnings: unknown.length === 0 ? [] : [noType(unknown)] };
  },
  expected: () => 'a rule for each directory with a label of its own',
  found(_want, { regions, isHidden }) {
    if (isHidden) return 'hidden without root';
    const open = regions.filter(isToRecord);
    if (open.length === 0) return 'all recorded';
    return open.map(({ path, ruled }) => `${path}: ${ruled ?? 'no rule'}`).join('; ');
  },
};

function isToRecord({ rule, to, ruled }: RegionOnHost): boolean {
  return rule !== null && to !== null && to !== ruled;
}

function noType(services: readonly string[]): Diagnostic {
  return diagnostic('W_NO_TYPE', 'the SELinux policy has no type for some services', {
    at: RULES,
    detail: [
      `of ${[...new Set(services)].join(', ')}: their files get ${ANY_TYPE}`,
      'a process without a domain of its own may use them; one with a domain may be refused',
    ],
    hint: 'see docs/selinux.md, for a type of your own',
  });
}

function withoutTool(): Diagnostic {
  return diagnostic('E_NO_SEMANAGE', 'cannot record rules for labels without semanage', {
    at: RULES,
    detail: 'want semanage, since SELinux is on; found none',
    fix: 'sudo apt-get install policycoreutils-python-utils',
    hint: 'or say `selinux: off` in the layout: labels are left alone then',
  });
}

function hidden(): Diagnostic {
  return diagnostic('W_HIDDEN', 'cannot look without root', {
    at: RULES,
    detail: 'which rules there are is unknown; setup, run as root, decides then',
    fix: 'sudo jts-hot plan',
  });
}
