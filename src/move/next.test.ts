// What an open move goes on with, for each phase that it can have been killed in and each place that its service can be in then.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Next, nextOf } from './next.ts';
import { PHASES, type Phase } from './record.ts';
import type { RunsAt } from './where.ts';

const TABLE: Readonly<Record<Phase, Readonly<Record<'old place' | 'nowhere' | 'hot tier', Next>>>> = {
  copying: { 'old place': 'copy', nowhere: 'copy', 'hot tier': 'refuse' },
  stopping: { 'old place': 'copy', nowhere: 'compare', 'hot tier': 'refuse' },
  comparing: { 'old place': 'copy', nowhere: 'compare', 'hot tier': 'refuse' },
  switching: { 'old place': 'go back', nowhere: 'switch', 'hot tier': 'moved' },
  starting: { 'old place': 'go back', nowhere: 'start', 'hot tier': 'moved' },
  'going back': { 'old place': 'go back', nowhere: 'go back', 'hot tier': 'moved' },
  moved: { 'old place': 'anew', nowhere: 'moved', 'hot tier': 'moved' },
  deleting: { 'old place': 'refuse', nowhere: 'moved', 'hot tier': 'moved' },
};

for (const phase of PHASES)
  it(`${phase}: by where it runs`, () => {
    const found = (['old place', 'nowhere', 'hot tier'] as const).map((at) => [at, nextOf(phase, at)]);
    assert.deepEqual(Object.fromEntries(found), TABLE[phase]);
  });

it('where nobody knows what it is, nothing is done', () => {
  for (const at of ['elsewhere', 'unseen'] as readonly RunsAt[])
    for (const phase of PHASES) assert.equal(nextOf(phase, at), 'refuse', `${phase}, ${at}`);
});

it('never copies over what it has been started on', () => {
  for (const at of ['nowhere', 'hot tier'] as const)
    assert.ok(!['copy', 'compare'].includes(nextOf('starting', at)), at);
});
