// The labels of directories, and with them of all that is in them. The directory itself is looked at, and what is in it where that is
// wrong: a second run does not go through the data. Nothing where SELinux is off.
import { type Difference, type LayoutResource, NO_DIFFERENCE } from '../../engine/resource.ts';
import { diagnostic } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import type { HostReader } from '../../port/host.ts';
import type { OperationOf } from '../../port/operation.ts';
import { typeIn } from '../../port/selinux.ts';
import { ANY_TYPE } from '../../services/labels.ts';
import { directoryAddress } from '../directory.ts';
import { type Region, type RegionOnHost, regionsOf, regionsOn } from './regions.ts';

export interface LabelHave {
  /** null: it has no label of its own. */
  readonly region: RegionOnHost | null;
  /** Below it, with labels of their own. */
  readonly except: readonly string[];
  /** What is in it and has another type than the directory; none where that is right. */
  readonly others: OperationOf<'setLabels'>['also'];
  /** There is more of that than is named. */
  readonly isMixed: boolean;
  /** The policy leaves its type to who gave it. */
  readonly isKept: boolean;
}

/** More are not written into a plan. */
const MOST_OTHERS = 1000;

export const label: LayoutResource<Region, LabelHave> = {
  kind: 'label',
  role: 'data',
  creates: [],
  tools: {},
  isRepaired: true,
  applies: (host) => host.selinux() !== null,
  irreversible: null,
  desire: regionsOf,
  address: ({ path }) => labelAddress(path),
  checkId: ({ checkId }) => `selinux.label.${checkId}`,
  service: ({ service }) => service,
  observe(host, wants) {
    const found = regionsOn(host, wants);
    const kept = host.typesKept();
    return wants.map((want) => {
      const own = found.find(({ path }) => path === want.path) ?? null;
      // Covered by what it lies in where that is to change, too.
      const outer = found.findLast(({ path, scope }) => scope === 'tree' && want.path.startsWith(`${path}/`));
      const isCovered = own?.rule === null && outer !== undefined && wrongType(outer) !== null;
      const region = isCovered ? null : own;
      const except = found.flatMap(({ path, scope, rule }) =>
        scope === 'tree' && rule !== null && path.startsWith(`${want.path}/`)
          ? [path.slice(want.path.length + 1)]
          : [],
      );
      return { region, except, ...inside({ host, region, except, kept }) };
    });
  },
  diff: (_want, have) => diffLabel(have),
  expected: ({ type }) => `label ${type ?? ANY_TYPE}`,
  found(_want, { region }) {
    if (region === null) return 'as the directory that it is in';
    const { seen } = region;
    if (seen === null) return 'no directory';
    if (seen === 'hidden') return 'hidden without root';
    if (seen.own === null) return 'missing';
    const is = typeIn(seen.own);
    const isOther = is === region.to && is !== (region.type ?? ANY_TYPE);
    return isOther ? `label ${is}, as its rule says` : `label ${is}`;
  },
};

export function labelAddress(path: string): string {
  return `label of ${path}`;
}

interface Inside {
  readonly host: HostReader;
  readonly region: RegionOnHost | null;
  readonly except: readonly string[];
  readonly kept: ReadonlySet<string>;
}

function inside({ host, region, except, kept }: Inside): Pick<LabelHave, 'others' | 'isMixed' | 'isKept'> {
  const nothing = { others: [], isMixed: false, isKept: false };
  const wrong = region === null ? null : wrongType(region);
  if (region === null || wrong === null) return nothing;
  const { from, to, isComing } = wrong;
  // Of one that is to be made, too: it is judged alike once it is there.
  if (kept.has(from)) return { ...nothing, isKept: true };
  if (isComing || region.scope === 'directory') return nothing;
  const { first, isAll } = host.otherLabels(region.path, { type: from, except, most: MOST_OTHERS });
  // Those that are right stay so, also when it is undone.
  const others = first
    .filter(({ type }) => !kept.has(type))
    .map(({ path, type }) => ({ path, from: type, to }));
  return { others, isMixed: !isAll, isKept: false };
}

/** null: it is right, or not for us to change. `isComing`: it is not there yet. */
function wrongType({
  seen,
  to,
  isServices,
}: RegionOnHost): { readonly from: string; readonly to: string; readonly isComing: boolean } | null {
  if (to === null || seen === null || seen === 'hidden') return null;
  if (seen.own === null && isServices) return null;
  const from = typeIn(seen.own ?? seen.made);
  return from === to ? null : { from, to, isComing: seen.own === null };
}

function diffLabel({ region, except, others, isMixed, isKept }: LabelHave): Difference {
  if (region === null || isKept) return NO_DIFFERENCE;
  const { path, seen, scope, service } = region;
  const at = labelAddress(path);
  if (seen === 'hidden')
    return {
      ...NO_DIFFERENCE,
      warnings: [
        diagnostic('W_HIDDEN', 'cannot look without root', {
          at,
          detail: 'which label it has is unknown; setup, run as root, decides then',
          fix: 'sudo jts-hot plan',
        }),
      ],
    };
  const wrong = wrongType(region);
  if (wrong === null) return NO_DIFFERENCE;
  const { from, to } = wrong;
  const step = {
    // With the directory that it is of: one that we made goes as a whole, or stays with the label that its data can be used by.
    address: directoryAddress(path),
    action: '~',
    summary: `${path}  label ${from} -> ${to}`,
    reason:
      service === null
        ? 'services may pass through it'
        : `SELinux lets ${service} use it, with all that is there already`,
    do: { type: 'setLabels', path, from, to, scope, except, also: others },
    undo: {
      type: 'setLabels',
      ...{ path, from: to, to: from, scope, except },
      also: others.map((one) => ({ path: one.path, from: one.to, to: one.from })),
    },
    needs: [],
  } as const;
  return { ...NO_DIFFERENCE, steps: [step], warnings: isMixed ? [mixed(region)] : [] };
}

function mixed({ path }: RegionOnHost) {
  return diagnostic('W_LABELS_MIXED', 'more labels differ than a plan holds', {
    at: labelAddress(path),
    detail: `the first ${MOST_OTHERS} that differ from that of the directory are changed, others stay`,
    hint: `once setup is done: sudo restorecon -R ${shellWord(path)}`,
  });
}
