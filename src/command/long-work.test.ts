// Long work: in order, told, and ended by a signal between two parts and within one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Part, workThrough } from './long-work.ts';

function stage() {
  const told: string[] = [];
  const done: [string, number][] = [];
  let stop = false;
  let at = 0;
  return {
    told,
    done,
    stop: () => {
      stop = true;
    },
    pass: (seconds: number) => {
      at += seconds * 1000;
    },
    context: {
      stopRequested: () => stop,
      progress: (text: string) => {
        told.push(text);
      },
      now: () => new Date(at).toISOString(),
    },
    onDone: (result: string, i: number) => {
      done.push([result, i]);
    },
  };
}

function part(says: string, act: (signal: AbortSignal) => void | Promise<void> = () => {}): Part<string> {
  return {
    says,
    expectedSeconds: 10,
    run: async (signal) => {
      await act(signal);
      return says;
    },
  };
}

describe('workThrough', () => {
  it('does part after part, hands over each at once, and tells how far it is', async () => {
    const { context, onDone, done, told, pass } = stage();
    const two = part('two', () => assert.deepEqual(done, [['one', 0]]));
    const outcome = await workThrough([part('one', () => pass(10)), two], context, onDone);
    assert.equal(outcome, 'done');
    assert.deepEqual(done, [
      ['one', 0],
      ['two', 1],
    ]);
    assert.deepEqual(told, ['1/2 one, about 20 s left', '2/2 two, about 10 s left', '']);
  });

  it('ends between two parts', async () => {
    const { context, onDone, done, stop } = stage();
    const parts = [part('one'), part('two', stop), part('three')];
    // The second is told in the middle, and what it answers then does not count.
    assert.equal(await workThrough(parts, context, onDone), 'stopped');
    assert.deepEqual(done.length >= 1 && done[0], ['one', 0]);
    assert.ok(!done.some(([name]) => name === 'three'));
  });

  it('ends a part within itself, and does not count it', async () => {
    const { context, onDone, done, stop } = stage();
    const long = part('long', async (signal) => {
      stop();
      await setTimeout(60_000, null, { signal }).catch(() => {});
    });
    assert.equal(await workThrough([long, part('two')], context, onDone), 'stopped');
    assert.deepEqual(done, []);
  });

  it('begins nothing where a signal came before', async () => {
    const { context, onDone, done, stop } = stage();
    stop();
    assert.equal(await workThrough([part('one')], context, onDone), 'stopped');
    assert.deepEqual(done, []);
  });

  it('goes on where it stopped, given what is left', async () => {
    const { context, onDone, done } = stage();
    const parts = ['one', 'two', 'three'].map((name) => part(name));
    await workThrough(parts.slice(0, 1), context, onDone);
    await workThrough(parts.slice(done.length), context, onDone);
    assert.deepEqual(
      done.map(([name]) => name),
      ['one', 'two', 'three'],
    );
  });

  it('ends with what a part throws, and tells nothing any more', async () => {
    const { context, onDone, told } = stage();
    const broken = part('broken', () => {
      throw new Error('no');
    });
    await assert.rejects(workThrough([broken, part('two')], context, onDone), /no/);
    const count = told.length;
    await setTimeout(1100);
    assert.equal(told.length, count);
  });
});
