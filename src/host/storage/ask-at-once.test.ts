// Asking several programs at once, which may say much, fail, or never end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askAtOnce } from './ask-at-once.ts';

const sh = (script: string) => ['sh', '-c', script] as const;

describe('askAtOnce', () => {
  it('gives what each says and how it ended, in order', () => {
    const all = askAtOnce([sh('echo one'), sh('echo no >&2; exit 3'), sh('kill -9 $$')], 20_000);
    assert.deepEqual(
      all.map((one) => (one.ended === 'exit' ? [one.status, `${one.output}`, one.error] : one.ended)),
      [
        [0, 'one\n', ''],
        [3, '', 'no\n'],
        [137, '', ''],
      ],
    );
  });

  it('reads much: nothing waits for a pipe', () => {
    const [one] = askAtOnce([sh('head -c 3000000 /dev/zero')], 20_000);
    assert.ok(one?.ended === 'exit' && one.output.length === 3_000_000);
  });

  it('gives up what does not end, and what it started, and waits for no other', () => {
    const started = performance.now();
    const all = askAtOnce([sh('trap "" TERM; sleep 1000 & wait'), sh('echo there')], 1000);
    assert.deepEqual(
      all.map(({ ended }) => ended),
      ['no answer', 'exit'],
    );
    assert.ok(performance.now() - started < 15_000);
  });

  it('knows a program that is not there', () => {
    assert.deepEqual(askAtOnce([['jts-hot-no-such-program']], 1000), [
      { ended: 'not started', why: 'jts-hot-no-such-program is not installed' },
    ]);
  });

  it('of nothing is nothing', () => assert.deepEqual(askAtOnce([], 1000), []));
});
