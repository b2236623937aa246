// The one driver, with a kind made up for it whose steps cannot be undone: a dry run, a refusal, consent, and what a
// rollback then says.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Applied } from '../engine/apply.ts';
import { wanted } from '../engine/examine.ts';
import { NO_CONSENT, type Plan, planFor } from '../engine/plan.ts';
import type { Flag, Resource } from '../engine/resource.ts';
import { createPaint } from '../messages/paint.ts';
import type { Entry } from '../port/entry.ts';
import { renderPlan } from '../setup/plan-text.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { dryRun, runRecorded, taking, type Work } from './recorded-run.ts';

const LAYOUT = smallLayout('kafka');
const OLD = '/data/jts/hot/old';

/** Empty directories that are not wanted any more. */
const leftover: Resource<string, Entry> = {
  kind: 'leftover',
  role: 'data',
  creates: [],
  tools: {},
  isRepaired: false,
  irreversible: '--erase',
  address: (path) => `leftover ${path}`,
  checkId: (path) => `leftover.${path}`,
  service: () => null,
  observe: (host, paths) => paths.map((path) => host.entry(path)),
  diff: (path, { type }) => ({
    steps:
      type === 'missing'
        ? []
        : [
            {
              address: `leftover ${path}`,
              action: '-',
              summary: `${path}  removed`,
              reason: 'nothing uses it',
              do: { type: 'removeDirectory', path, owner: { user: 0, group: 0 } },
              undo: null,
              needs: [],
            },
          ],
    refusals: [],
    warnings: [],
  }),
  expected: () => 'none',
  found: (_path, { type }) => type,
};

function workOn(host: MemoryHost, flags: readonly Flag[]) {
  const plan = (): Plan => ({
    root: host.root,
    spec: LAYOUT,
    adopt: [],
    ...planFor(host, [wanted(leftover, [OLD])], { ...NO_CONSENT, flags: new Set(flags) }),
  });
  return {
    command: 'setup',
    scope: '',
    looksFirst: true,
    plan,
    decisions: () => [...flags],
    act: taking(({ steps }: Plan) => steps),
    again: () => 'setup',
  } satisfies Work<Plan, Applied>;
}

function hostWithOld(): MemoryHost {
  const host = createHost();
  host.prepare.directory('/data/jts/hot');
  host.prepare.directory(OLD);
  return host;
}

describe('steps that cannot be undone', () => {
  it('are named by a dry run, which refuses with 3, takes no lock and changes nothing', async () => {
    const host = hostWithOld();
    host.lock('another');
    const before = host.snapshot();
    const { planned, exitCode, problems } = await dryRun(workOn(host, []));
    assert.equal(exitCode, 3);
    assert.deepEqual(
      problems.map(({ code, at }) => [code, at]),
      [['E_IRREVERSIBLE', `leftover ${OLD}`]],
    );
    const text = renderPlan({ ...planned, preflight: [], storage: null }, createPaint(false));
    assert.match(text, /nothing uses it\n {6}cannot be undone\n/);
    assert.match(text, /^1 step cannot be undone\.$/m);
    assert.deepEqual([host.snapshot(), host.journal.runs()], [before, []]);
  });

  it('are refused without the flag that the kind names: nothing is done or recorded', async () => {
    const host = hostWithOld();
    const before = host.snapshot();
    const { exitCode, outcome } = await runRecorded(contextOf(host, LAYOUT), workOn(host, []));
    assert.deepEqual([exitCode, outcome], [3, 'refused']);
    assert.deepEqual([host.snapshot(), host.journal.runs()], [before, []]);
  });

  it('are done and recorded with it; a second time there is nothing to do; rollback says what stays', async () => {
    const host = hostWithOld();
    const context = contextOf(host, LAYOUT);
    const ran = await runRecorded(context, workOn(host, ['--erase']));
    assert.deepEqual([ran.exitCode, ran.outcome, ran.run, ran.done], [0, 'applied', 1, 1]);
    assert.equal(host.entry(OLD).type, 'missing');
    const again = await runRecorded(context, workOn(host, ['--erase']));
    assert.deepEqual([again.outcome, again.run], ['unchanged', null]);
    const { result } = await rollbackCommand(context, null);
    assert.ok(result !== null && result.outcome !== 'listed');
    assert.deepEqual(result.left, [{ address: `leftover ${OLD}`, why: 'it cannot be undone' }]);
  });
});
