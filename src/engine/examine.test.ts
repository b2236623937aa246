// What holds for any kind of resource, on one made up for it: what cannot be undone needs the flag that the kind names.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import type { Operation, OperationType } from '../port/operation.ts';
import { wanted } from './examine.ts';
import { NO_CONSENT, planFor } from './plan.ts';
import type { Flag, Resource, Step } from './resource.ts';

interface Final {
  readonly undo: Operation | null;
  readonly type: OperationType;
}

function stepOf(name: string, { undo = null, type = 'removeDirectory' }: Partial<Final>): Step {
  const path = `/data/${name}`;
  return {
    address: `old ${path}`,
    action: '-',
    summary: `${path}  removed`,
    reason: 'test',
    do: { type, path, owner: { user: 'root', group: 'root' }, hash: '' } as Operation,
    undo,
    needs: [],
  };
}

function kindOf(irreversible: Flag | null, final: Partial<Final> = {}) {
  const kind: Resource<string, null> = {
    kind: 'old directory',
    role: 'data',
    creates: [],
    tools: {},
    isRepaired: false,
    irreversible,
    address: (name) => `old /data/${name}`,
    checkId: (name) => `old.${name}`,
    service: () => null,
    observe: (_host, wants) => wants.map(() => null),
    diff: (name) => ({ steps: [stepOf(name, final)], refusals: [], warnings: [] }),
    expected: () => 'none',
    found: () => 'one',
  };
  return wanted(kind, ['a', 'b']);
}

describe('what cannot be undone', () => {
  const ERASE = { ...NO_CONSENT, flags: new Set(['--erase'] as const) };

  it('is planned and refused, each step by name, and says which flag agrees to it', () => {
    const { steps, refusals } = planFor(createHost(), [kindOf('--erase')], NO_CONSENT);
    assert.deepEqual(
      steps.map(({ summary }) => summary),
      ['/data/a  removed', '/data/b  removed'],
    );
    assert.deepEqual(refusals, [
      ...['a', 'b'].map((name) => ({
        code: 'E_IRREVERSIBLE',
        summary: 'refusing to do what cannot be undone',
        at: `old /data/${name}`,
        detail: [`want --erase for this step, found no such flag: /data/${name}  removed`],
        fix: null,
        hint: 'if nothing of it is needed any more, run the same command with --erase',
      })),
    ]);
  });

  it('is not refused with that flag, and is with another', () => {
    assert.deepEqual(planFor(createHost(), [kindOf('--erase')], ERASE).refusals, []);
    assert.equal(planFor(createHost(), [kindOf('--wipe')], ERASE).refusals.length, 2);
  });

  it('needs none where nothing is lost, or there is an undo', () => {
    for (const final of [
      { type: 'removeProgram' },
      { undo: { type: 'deleteGroup', name: 'x' } },
    ] as const satisfies readonly Partial<Final>[])
      for (const flag of ['--erase', null] as const)
        assert.deepEqual(planFor(createHost(), [kindOf(flag, final)], NO_CONSENT).refusals, []);
  });

  it('comes from no kind that does not say so', () => {
    assert.throws(() => planFor(createHost(), [kindOf(null)], ERASE), /no flag that agrees to it/);
  });
});
