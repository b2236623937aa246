// Holds the Linux host to the contract of all hosts, and the memory host to the Linux one: real kernel, real useradd, on
// a throwaway host.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { bringBackCoverage, COUNTED, REPOSITORY, startHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';

/** Half a minute on a quiet machine. */
const PATIENCE_MS = 540_000;

function runInside(t: TestContext, file: string): string | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'loop device', 'setfacl'))
    return null;
  using host = startHost({ freshAccounts: true });
  const argv = [process.execPath, '--test', '--test-reporter=spec', `${REPOSITORY}/test/contract/${file}`];
  const { status, stdout, stderr } = host.run(argv, {
    env: { THROWAWAY_HOST: 'yes', ...COUNTED },
    timeoutMs: PATIENCE_MS,
  });
  bringBackCoverage(host);
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^ℹ skipped 0$/m);
  return stdout;
}

it('keeps the contract, on the live root and on an alternate one', (t) => {
  const output = runInside(t, 'linux-inside.ts');
  if (output !== null) assert.match(output, /✔ linux, alternate root: lock/);
});

it('does what the memory host does, side by side', (t) => {
  const output = runInside(t, 'side-by-side-inside.ts');
  if (output !== null) assert.match(output, /✔ the memory host answers as the Linux host does/);
});
