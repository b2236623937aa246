// The history opened while threads measure: only where there is one, handed over once, closed where nobody takes it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from '../command/context.ts';
import type { History, HistoryAccess } from '../history/history.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { historyAhead } from './history-ahead.ts';

const FILE = '/var/lib/jts-hot/history/history.db';

function host({ uid = 0, there = true, fails = false } = {}) {
  const said: string[] = [];
  const host = {
    surroundings: () => ({ effectiveUid: uid }),
    entry: (path: string) => ({ type: there && path === FILE ? 'file' : 'missing' }),
  };
  const history = ({ mode }: HistoryAccess) => {
    said.push(`open ${mode}`);
    if (fails) throw new Problem(EXIT.failed, [diagnostic('E_HISTORY_BUSY', 'cannot open it', {})]);
    return { close: () => said.push('close') } as unknown as History;
  };
  const context = { host, history, monitoring: { group: null } } as unknown as Context;
  return { said, ahead: historyAhead(context) };
}

const WRITE = { mode: 'write', group: null } as const;

describe('the history ahead', () => {
  it('is handed over once to who writes it, who then closes it', () => {
    const { said, ahead } = host();
    ahead.open();
    ahead.context.history({ mode: 'read', group: null });
    const taken = ahead.context.history(WRITE);
    ahead.close();
    assert.deepEqual(said, ['open write', 'open read']);
    taken?.close();
    ahead.context.history(WRITE);
    assert.deepEqual(said, ['open write', 'open read', 'close', 'open write']);
  });

  it('is closed where nobody takes it', () => {
    const { said, ahead } = host();
    ahead.open();
    ahead.close();
    ahead.close();
    assert.deepEqual(said, ['open write', 'close']);
  });

  it('is closed where measuring takes long, and opened anew', async () => {
    const { said, ahead } = host();
    ahead.open();
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.deepEqual(said, ['open write', 'close']);
    ahead.context.history(WRITE);
    assert.deepEqual(said, ['open write', 'close', 'open write']);
  });

  for (const [what, of] of [
    ['there is none', { there: false }],
    ['nobody may write it', { uid: 1000 }],
  ] as const)
    it(`is not opened where ${what}`, () => {
      const { said, ahead } = host(of);
      ahead.open();
      ahead.close();
      assert.deepEqual(said, []);
    });

  it('that cannot be opened is no failure yet', () => {
    const { said, ahead } = host({ fails: true });
    ahead.open();
    assert.throws(() => ahead.context.history(WRITE), Problem);
    assert.deepEqual(said, ['open write', 'open write']);
  });
});
