// Owns running the tests of a file in a namespace of mounts of its own, where programs of the test's own stand before those of the
// machine, /run is empty, and what is mounted is seen by nobody else. Must not be used by a test that a namespace means nothing to.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { COUNTED_BESIDE } from './e2e/throwaway-host.ts';
import { type Requirement, requires } from './requirement.ts';

const INSIDE = 'TEST_IN_OWN_NAMESPACE';
/** The first of the places where the product looks for programs. */
const PROGRAMS = '/usr/local/sbin';

/** `file`: that of the test, `import.meta.filename`. `tests` are registered inside only. */
export function inOwnNamespace(file: string, needs: readonly Requirement[], tests: () => void): void {
  if (process.env[INSIDE] === file) {
    for (const place of [PROGRAMS, '/run']) execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', place]);
    tests();
    return;
  }
  it('in a namespace of its own', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', ...needs)) return;
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const argv = ['--mount', '--propagation', 'private', process.execPath, '--test-reporter=spec', file];
    const { status, stdout, stderr } = spawnSync('unshare', argv, {
      encoding: 'utf8',
      env: { ...env, ...COUNTED_BESIDE, [INSIDE]: file },
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /^ℹ skipped 0$/m);
  });
}

/** A program of shell, found before the one of that name of the machine. It is given nothing of ours but its words. */
export function putProgram(name: string, script: string): void {
  mkdirSync(PROGRAMS, { recursive: true });
  writeFileSync(`${PROGRAMS}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
