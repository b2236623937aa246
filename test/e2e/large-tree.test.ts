// repair --recursive and its rollback in a tree with many entries: memory does not grow with their number. The heap that
// they are given here is a third of what holding the steps would take.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost } from './throwaway-host.ts';

const DATA = '/data/jts/hot/kafka/data';
const COUNT = 40_000;
const SMALL_HEAP = ['--max-old-space-size=32', '--max-semi-space-size=1'];

test(`a repair of ${COUNT} entries and its rollback, in a heap that cannot hold them`, (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
  using host = startHost({ freshAccounts: true });
  runJtsHot(host, ['setup']);
  const fill = `cd ${DATA} && seq 1 ${COUNT} | xargs touch`;
  assert.equal(host.run(['sh', '-c', fill]).status, 0);
  const owners = () => host.run(['sh', '-c', `find ${DATA} -mindepth 1 -printf '%u\\n' | sort | uniq -c`]);
  const inSmallHeap = (...args: readonly string[]) => {
    const [node = '', ...program] = jtsHot(...args, '--json');
    const result = host.run([node, ...SMALL_HEAP, ...program], { timeoutMs: 300_000 });
    assert.equal(result.status, 0, describe(result));
    return JSON.parse(result.stdout).result;
  };
  const repaired = inSmallHeap('repair', 'kafka', '--recursive');
  assert.deepEqual([repaired.outcome, repaired.done, repaired.steps.length], ['applied', COUNT, 1000]);
  assert.equal(owners().stdout.trim(), `${COUNT} kafka`);
  const undone = inSmallHeap('rollback');
  assert.deepEqual([undone.outcome, undone.stepCount, undone.leftCount], ['applied', COUNT, 0]);
  assert.equal(owners().stdout.trim(), `${COUNT} root`);
});
