// The directories that root's files are in: those made, and those refused.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { wanted } from '../engine/examine.ts';
import { NO_CONSENT, planFor } from '../engine/plan.ts';
import type { Difference } from '../engine/resource.ts';
import type { HostReader } from '../port/host.ts';
import { directoriesOf, rootDirectory } from './root-directory.ts';

const ROOT = { user: 'root', group: 'root' };

function planned(host: HostReader, files: readonly string[]): Difference {
  return planFor(host, [wanted(rootDirectory, directoriesOf(files, 'test'))], NO_CONSENT);
}

it('are made where they are missing, from the top', () => {
  const { steps, refusals } = planned(createHost(), ['/etc/a/f', '/etc/b/c/f']);
  assert.deepEqual(refusals, []);
  assert.deepEqual(
    steps.map((step) => step.do),
    ['/etc', '/etc/a', '/etc/b', '/etc/b/c'].map((path) => ({
      type: 'makeDirectory',
      path,
      owner: ROOT,
      mode: '0755',
    })),
  );
  assert.deepEqual(steps.at(-1)?.undo, { type: 'removeDirectory', path: '/etc/b/c', owner: ROOT });
  assert.deepEqual(steps.at(-1)?.needs, ['directory /etc/b']);
});

it('may be closed to others, but not changed by them', () => {
  for (const [mode, uid, refused] of [
    ['0700', 0, false],
    ['0755', 0, false],
    ['0775', 0, true],
    ['1777', 0, true],
    ['0755', 7, true],
  ] as const) {
    const made = createHost();
    made.prepare.directory('/etc/cron.d', { mode, uid });
    const { refusals } = planned(made, ['/etc/cron.d/jts-hot']);
    assert.deepEqual(
      refusals.map(({ code, at }) => [code, at]),
      refused ? [['E_WAY_OPEN', 'directory /etc/cron.d']] : [],
      `${mode} ${uid}`,
    );
  }
});
