import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countsIn, createControl, createPace, requestStop, Stopped } from './pace.ts';

describe('the pace of a copy', () => {
  it('holds a limit by pauses, and saves up nothing', async () => {
    const control = createControl();
    const pace = createPace(control, 10_000_000);
    assert.equal(pace.piece, 2 ** 19);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const begun = performance.now();
    for (let i = 0; i < 40; i += 1) pace.spend(50_000);
    const took = performance.now() - begun;
    // On a busy machine it may take longer.
    assert.ok(took > 180, `${took} ms`);
    assert.equal(countsIn(control).readBytes, 2_000_000);
  });

  it('reads small pieces where the limit is low', () => {
    assert.equal(createPace(createControl(), 1000).piece, 65_536);
    assert.equal(createPace(createControl(), 1e12).piece, 2 ** 20);
    assert.equal(createPace(createControl(), null).piece, 2 ** 20);
  });

  it('stops where it is asked to, also in a pause', () => {
    const control = createControl();
    const pace = createPace(control, 1);
    pace.check();
    requestStop(control);
    assert.throws(() => pace.check(), Stopped);
    assert.throws(() => pace.spend(1_000_000), Stopped);
  });
});
