// validate from outside: which findings make it fail, and that it needs root.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost, MemoryInitial } from '../../test/memory-host/memory-host.ts';
import { Problem } from '../messages/diagnostic.ts';
import type { Entry } from '../port/entry.ts';
import { setupCommand } from '../setup/setup.ts';
import { validateCommand } from './validate.ts';
import type { ValidateResult } from './validate-document.ts';

const LAYOUT = smallLayout('kafka');
const KAFKA = `${LAYOUT.base}/kafka`;

async function converged(initial: MemoryInitial = {}): Promise<MemoryHost> {
  const host = createHost(initial);
  await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
  return host;
}

/** exit status, passed, failed, warnings, skipped */
async function counts(host: MemoryHost): Promise<readonly number[]> {
  const { exitCode, result } = await validateCommand(contextOf(host, LAYOUT));
  const { passed, failed, warnings, skipped, checks } = result as ValidateResult;
  assert.equal(passed + failed + warnings + skipped, checks.length);
  return [exitCode, passed, failed, warnings, skipped];
}

describe('validate', () => {
  it('all passed: exit 0', async () => assert.deepEqual(await counts(await converged()), [0, 20, 0, 0, 0]));

  it('warnings do not fail', async () => {
    const host = await converged({ fileSystem: { ...NVME, device: null, sizeBytes: 1e12 } });
    assert.deepEqual(await counts(host), [0, 18, 0, 2, 0]);
  });

  it('an error fails', async () => {
    const host = await converged();
    host.prepare.chmod(`${KAFKA}/data`, '0755');
    assert.deepEqual(await counts(host), [1, 19, 1, 0, 0]);
  });

  it('what could not be tried fails, also alone: it is not proved', async () => {
    const host = await converged();
    const hidden: Entry = { type: 'hidden' };
    const blind: MemoryHost = {
      ...host,
      entry: (path) => (path === `${KAFKA}/logs` ? hidden : host.entry(path)),
    };
    const [exitCode, , failed, , skipped] = await counts(blind);
    // The directory itself fails: what even root cannot see is not proved either.
    assert.deepEqual([exitCode, failed, skipped], [1, 1, 1]);
  });

  it('a fresh host fails in every check but those of the disk', async () => {
    const { exitCode, result } = await validateCommand(contextOf(createHost(), LAYOUT));
    assert.equal(exitCode, 1);
    assert.deepEqual(
      result?.checks.filter((check) => check.status === 'pass').map(({ id }) => id),
      ['disk.base', 'space.writable', 'space.device', 'space.size', 'space.planned'],
    );
  });

  it('needs root, for only root can be each service user in turn', async () => {
    await assert.rejects(
      () =>
        validateCommand(contextOf(createHost({ effectiveUid: 1000 }), LAYOUT, { invocation: 'validate -v' })),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.deepEqual(
          [error.exitCode, error.diagnostics[0]?.code, error.diagnostics[0]?.fix],
          [3, 'E_NOT_ROOT', 'sudo jts-hot validate -v'],
        );
        return true;
      },
    );
  });
});
