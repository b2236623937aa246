// Owns the list of checks that prove a layout: every wanted thing, each service's writing, their isolation, the space.

import type { Judgement } from '../disk/judge.ts';
import { examine, type Finding } from '../engine/examine.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import type { Layout } from '../layout/layout.ts';
import type { Entry } from '../port/entry.ts';
import type { HostReader, Prober } from '../port/host.ts';
import { wantedBy } from '../resources/index.ts';
import { checkAccounts } from './accounts.ts';
import type { Check } from './check.ts';
import { withDisk, withoutBase } from './disk.ts';
import { type Draft, follow } from './follow.ts';
import { type Ground, tenantsOf } from './ground.ts';
import { checkInside, type Inside } from './inside.ts';
import { checkIsolation } from './isolation.ts';
import { checkSpace } from './preflight.ts';
import { checkWrites } from './writes.ts';

/**
 * `judgement`: of the disk below the base; null: an image's, which is not compared. `inside`: what was found in services'
 * trees; null: nobody looked.
 */
export function validate(
  layout: Layout,
  onHost: HostReader & Prober,
  judgement: Judgement | null = null,
  inside: Inside | null = null,
): readonly Check[] {
  const host = (judgement?.wrong ?? null) === null ? onHost : withoutBase(onHost, layout.base);
  const findings = examine(host, wantedBy(layout), NO_CONSENT);
  const withoutAccount = new Set(
    findings
      .filter((finding) => finding.kind.role === 'account' && finding.difference.steps.length > 0)
      .flatMap((finding) => finding.service ?? []),
  );
  const tenants = tenantsOf(layout, host);
  const ground = { layout, host, tenants, look: lookOnce(host) };
  const drafts = [
    ...findings.flatMap((finding) => checksOf(finding, withoutAccount)),
    ...checkAccounts(layout, host, tenants),
    ...checkWrites(ground),
    ...checkIsolation(ground),
    ...(inside === null ? [] : checkInside(layout, inside)),
    ...checkSpace(layout, host).map((check) => ({ ...check, causes: [] })),
  ];
  return follow(judgement === null ? drafts : withDisk(drafts, judgement, layout.base));
}

/** Several checks are about one directory. */
function lookOnce(host: HostReader): Ground['look'] {
  const seen = new Map<string, Entry>();
  return (path) => {
    const entry = seen.get(path) ?? host.entry(path);
    seen.set(path, entry);
    return entry;
  };
}

/** Another check does this: one that knows all accounts. */
const CHECKED_BELOW = 'W_SHARED_UID';

function checksOf(finding: Finding, withoutAccount: ReadonlySet<string>): readonly Draft[] {
  const { steps, refusals, warnings } = finding.difference;
  const { checkId: id, address: at, service, expected, found } = finding;
  const holds = steps.length === 0 && refusals.length === 0;
  const belowBase = finding.kind.role === 'data';
  const check: Draft = {
    id,
    at,
    service,
    severity: 'error',
    status: holds ? 'pass' : 'fail',
    expected,
    found,
    ...(holds ? {} : waysOut(finding, withoutAccount)),
    causes: [],
    belowBase,
  };
  const kept = warnings
    .filter(({ code }) => code !== CHECKED_BELOW)
    .map(
      (warning): Draft => ({
        id: `${id}.${warning.code.slice(2).toLowerCase().replaceAll('_', '-')}`,
        at,
        service,
        severity: 'warning',
        status: 'fail',
        expected,
        found: warning.detail.join('; '),
        fix: warning.fix,
        hint: warning.hint,
        causes: [],
        belowBase,
      }),
    );
  return [check, ...kept];
}

function waysOut(finding: Finding, withoutAccount: ReadonlySet<string>): Pick<Draft, 'fix' | 'hint'> {
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
  if (refusal?.code === 'E_FOREIGN_OWNER')
    return {
      fix: `sudo jts-hot repair ${finding.service}`,
      hint: `see first that its data is meant to be ${finding.service}'s`,
    };
  if (refusal === undefined) return { hint: 'for what is to be done: sudo jts-hot plan' };
  return { fix: refusal.fix, hint: refusal.hint };
}
