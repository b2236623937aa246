// Which exit status a run that got a signal ends with.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EXIT, exitStatus } from './diagnostic.ts';

describe('exitStatus', () => {
  it('says the signal that stopped the run', () => {
    const stopped = { exitCode: EXIT.failed, result: { outcome: 'stopped' } };
    assert.equal(exitStatus(stopped, 'SIGINT'), 130);
    assert.equal(exitStatus(stopped, 'SIGTERM'), 143);
    assert.equal(exitStatus(stopped, null), 1);
  });

  it('is the own one of a run that came to its end all the same', () => {
    for (const [exitCode, result] of [
      [EXIT.ok, { outcome: 'applied' }],
      [EXIT.failed, { outcome: 'applied' }],
      [EXIT.failed, { outcome: 'failed' }],
      [EXIT.refused, { outcome: 'refused' }],
      [EXIT.failed, { failed: 1 }],
      [EXIT.failed, null],
    ] as const)
      assert.equal(exitStatus({ exitCode, result }, 'SIGTERM'), exitCode);
  });
});
