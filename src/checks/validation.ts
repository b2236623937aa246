// Owns the list of checks that prove a layout: every wanted thing, each service's writing, their isolation, the space.

import { type ServiceJudgement, without } from '../command/service-disks.ts';
import type { Judgement } from '../disk/judge.ts';
import { examine, type Finding, type Wanted } from '../engine/examine.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import { isAsWanted } from '../engine/resource.ts';
import type { Layout } from '../layout/layout.ts';
import type { HostReader, Prober } from '../port/host.ts';
import { lookingOnce } from '../port/looking-once.ts';
import { wantedBy } from '../resources/index.ts';
import { checkAccounts } from './accounts.ts';
import type { Check } from './check.ts';
import { checkDenials } from './denials.ts';
import { withDisk, withoutPlaces, withServiceDisks } from './disk.ts';
import { explain } from './explain.ts';
import type { Explanation } from './explanation.ts';
import { type Draft, follow } from './follow.ts';
import { type Ground, tenantsOf } from './ground.ts';
import { behindHindrances, checkHindrances } from './hindrances.ts';
import { checkHomes } from './homes.ts';
import { checkInside, type Inside } from './inside.ts';
import { checkIsolation } from './isolation.ts';
import { type MadeUsers, NOBODY_MADE } from './made-accounts.ts';
import { mendTogether } from './mend-together.ts';
import { checkSpace } from './preflight.ts';
import { checkRoom } from './room.ts';
import { checkWrites } from './writes.ts';

/**
 * `judgement`: of the disk below the base; null: an image's, which is not compared. `inside`: what was found in services'
 * trees; null: nobody looked. `kept`: what was found of what the program itself keeps on the host. `made`: which users it made.
 * `services`: of their own file systems. `storage`: what is wanted from the disk to the mounts.
 */
export function validate(
  layout: Layout,
  onHost: HostReader & Prober,
  judgement: Judgement | null = null,
  inside: Inside | null = null,
  kept: readonly Draft[] = [],
  made: MadeUsers = NOBODY_MADE,
  services: readonly ServiceJudgement[] = [],
  storage: readonly Wanted[] = [],
): readonly Check[] {
  const wrong = services.filter((one) => one.wrong !== null).map(({ mount }) => mount);
  const places = (judgement?.wrong ?? null) === null ? wrong.map(({ path }) => path) : [layout.base];
  const host = lookingOnce(withoutPlaces(onHost, places));
  const right = without({ layout }, wrong).layout;
  const findings = [...examine(onHost, storage, NO_CONSENT), ...examine(host, wantedBy(layout), NO_CONSENT)];
  const withoutAccount = new Set(
    findings
      .filter((finding) => finding.kind.role === 'account' && finding.difference.steps.length > 0)
      .flatMap((finding) => finding.service ?? []),
  );
  const tenants = tenantsOf(layout, host);
  const ground = { layout, host, tenants, look: host.entry };
  const explained = explain(ground, findings);
  const held = new Set(findings.filter(holds).map(({ checkId }) => checkId));
  const drafts = [
    ...findings.flatMap((finding) => checksOf(finding, { ground, withoutAccount, explained, made })),
    ...(made === NOBODY_MADE ? [] : checkHomes(ground, made)),
    ...checkHindrances(ground, (id) => held.has(id)),
    ...checkAccounts(ground),
    ...checkWrites(ground),
    ...checkIsolation(ground),
    ...(inside === null ? [] : checkInside(layout, inside, mountedAtBoot(host))),
    ...kept,
    ...checkDenials(right, host),
    ...(judgement?.wrong == null ? checkRoom(right, host) : []),
    ...checkSpace(right, host).map((check) => ({ ...check, causes: [] })),
  ];
  const tied = withServiceDisks(mendTogether(behindHindrances(drafts)), services);
  return follow(judgement === null ? tied : withDisk(tied, judgement, layout.base));
}

function mountedAtBoot(host: HostReader): (path: string) => boolean {
  // What an image wants to be mounted is not this host's.
  return (path) => host.root !== '/' || host.disk(path).wanted.some(({ mountPoint }) => mountPoint === path);
}

/** Another check does this: one that knows all accounts. */
const CHECKED_BELOW = 'W_SHARED_UID';

function holds({ difference }: Finding): boolean {
  return isAsWanted(difference);
}

function checksOf(
  finding: Finding,
  {
    ground,
    withoutAccount,
    explained,
    made,
  }: {
    readonly ground: Ground;
    readonly withoutAccount: ReadonlySet<string>;
    readonly explained: ReadonlyMap<string, Explanation>;
    readonly made: MadeUsers;
  },
): readonly Draft[] {
  const { warnings } = finding.difference;
  const { checkId: id, address: at, service, expected, found } = finding;
  const belowBase = finding.kind.role === 'data';
  const check: Draft = {
    id,
    at,
    service,
    severity: 'error',
    status: holds(finding) ? 'pass' : 'fail',
    expected,
    found,
    ...(holds(finding) ? {} : waysOut(finding, { withoutAccount, look: ground.look })),
    causes: [],
    belowBase,
    ...explained.get(id),
  };
  const kept = warnings
    .filter(({ code }) => code !== CHECKED_BELOW)
    .map(
      (warning): Draft => ({
        id: warningId(id, warning.code),
        at,
        service,
        // A package's user may be meant to be so. One that we made is no longer as it was made.
        severity:
          (finding.kind.role === 'account' && made(id.slice(id.indexOf('.') + 1)) !== null) ||
          [...explained.values()].some(({ causes = [] }) => causes.includes(warningId(id, warning.code)))
            ? 'error'
            : 'warning',
        status: 'fail',
        expected,
        found: warning.detail.join('; '),
        fix: warning.fix,
        hint: warning.hint,
        // Both say that it is in a wrong group, and one command ends both.
        causes: warning.code === 'W_OTHER_GROUP' ? [`${id}.groups`] : [],
        belowBase,
      }),
    );
  return [check, ...kept];
}

function warningId(id: string, code: string): string {
  return `${id}.${code.slice(2).toLowerCase().replaceAll('_', '-')}`;
}

function waysOut(
  finding: Finding,
  { withoutAccount, look }: { readonly withoutAccount: ReadonlySet<string>; readonly look: Ground['look'] },
): Pick<Draft, 'fix' | 'hint' | 'consents'> {
  const [step] = finding.difference.steps;
  // Repair gives nothing to an account that is not there.
  const isForSetup =
    step?.action === '+' || !finding.kind.isRepaired || withoutAccount.has(finding.service ?? '');
  if (step !== undefined)
    return {
      fix: isForSetup ? 'sudo jts-hot setup' : `sudo jts-hot repair ${finding.service ?? ''}`.trimEnd(),
    };
  const [refusal] = finding.difference.refusals;
  // Naming the service is the whole consent, so the operator must think before typing it.
  if (refusal?.code === 'E_FOREIGN_OWNER') {
    // What is root's is given back by any repair.
    const entry = look(finding.address.slice('directory '.length));
    const isRoots = entry.type === 'directory' && entry.uid === 0;
    return {
      fix: `sudo jts-hot repair ${finding.service}`,
      hint: `see first that its data is meant to be ${finding.service}'s`,
      ...(!isRoots && { consents: true }),
    };
  }
  if (refusal === undefined) return { hint: 'for what is to be done: sudo jts-hot plan' };
  return { fix: refusal.fix, hint: refusal.hint };
}
