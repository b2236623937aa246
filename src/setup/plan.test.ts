// plan from outside: exit status, and that it neither changes anything nor needs root.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { preflight } from '../checks/preflight.ts';
import { Problem } from '../messages/diagnostic.ts';
import { makePlan } from '../resources/index.ts';
import { planCommand } from './plan.ts';

const LAYOUT = smallLayout('kafka');
const KAFKA = `${LAYOUT.base}/kafka`;

describe('plan', () => {
  it('is what setup would do, with what preflight says; exit 0', async () => {
    const host = createHost();
    const { exitCode, problems, result } = await planCommand(contextOf(host, LAYOUT), { adopt: [] });
    assert.deepEqual([exitCode, problems], [0, []]);
    assert.deepEqual(result, {
      ...makePlan(LAYOUT, host),
      preflight: preflight(LAYOUT, host),
      storage: null,
    });
    assert.equal(result?.steps.length, 8);
  });

  it('with something in the way: exit 3, and still the whole plan', async () => {
    const host = createHost();
    host.prepare.link(KAFKA, '/etc');
    const { exitCode, problems, result } = await planCommand(contextOf(host, LAYOUT), { adopt: [] });
    assert.deepEqual([exitCode, problems.map(({ code }) => code)], [3, ['E_NOT_A_DIRECTORY']]);
    assert.deepEqual(result?.refusals, problems);
    assert.equal(result?.steps.length, 2);
  });

  it('without root: says what it cannot see, plans the rest, changes nothing', async () => {
    const host = createHost({ effectiveUid: 1000 });
    host.prepare.directory(KAFKA);
    host.prepare.chmod(KAFKA, '0700');
    host.lock('another');
    const before = host.snapshot();
    const { exitCode, result } = await planCommand(contextOf(host, LAYOUT), { adopt: ['kafka'] });
    assert.equal(exitCode, 0);
    assert.deepEqual(
      result?.warnings.map(({ code, at }) => [code, at]),
      ['/data', '/logs'].map((part) => ['W_HIDDEN', `directory ${KAFKA}${part}`]),
    );
    assert.deepEqual(
      result?.steps.map((step) => step.do.type),
      ['createGroup', 'createUser', 'changeOwner', 'changeMode'],
    );
    assert.equal(host.snapshot(), before);
    assert.equal(host.faults.events(), 0);
  });

  it('of a service that is not in the layout: bad input', async () => {
    await assert.rejects(
      () => planCommand(contextOf(createHost(), LAYOUT), { adopt: ['kafak'] }),
      (error) => error instanceof Problem && error.exitCode === 2,
    );
  });
});
