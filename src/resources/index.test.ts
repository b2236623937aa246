// That each kind says of itself what its steps then do: what it makes, and whether that can be undone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { TOOLS } from '../checks/preflight.ts';
import { examine } from '../engine/examine.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import { builtInLayout } from '../services/index.ts';
import { layoutKinds, wantedBy } from './index.ts';

const LAYOUT = {
  ...builtInLayout,
  quota: { mode: 'enforce', softPercent: 90, hardPercent: 100 },
} as const;

describe('the kinds of a layout', () => {
  const host = createHost({
    tools: [...TOOLS, 'semanage'],
    selinux: { enforcing: true, policy: 'default', types: ['var_lib_t'], kept: [], denials: [], rules: [] },
  });
  const findings = examine(host, wantedBy(LAYOUT), NO_CONSENT);

  it('come in the order of work: who owns, then what is owned', () => {
    assert.deepEqual(
      [...new Set(findings.map(({ kind }) => kind.kind))],
      layoutKinds.map(({ kind }) => kind),
    );
    const roles = layoutKinds.map(({ role }) => role);
    assert.ok(roles.lastIndexOf('account') < roles.indexOf('data'), roles.join(', '));
  });

  it('make new just what they say they create, each with its undo', () => {
    const steps = findings.flatMap(({ kind, difference }) =>
      difference.steps.map((step) => ({ kind, step })),
    );
    assert.ok(steps.length > layoutKinds.length);
    for (const { kind, step } of steps) {
      if (step.action === '+') assert.ok(kind.creates.includes(step.do.type), step.summary);
      assert.notEqual(step.undo, null, step.summary);
    }
    for (const { kind, creates } of layoutKinds)
      for (const type of creates)
        assert.ok(
          steps.some(({ step }) => step.action === '+' && step.do.type === type),
          `${kind}: ${type}`,
        );
  });
});
