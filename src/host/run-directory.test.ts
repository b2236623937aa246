// What is left in /run by a process that was killed goes with the next call; what is in use, or not empty below a mount, stays.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { requires } from '../../test/requirement.ts';
import { makeRunDirectory, removeRunDirectory } from './run-directory.ts';

/** No process has it: the kernel gives no larger one. */
const DEAD = 4_194_305;

it('takes away what a dead process left, and nothing else', (t) => {
  if (!requires(t, 'root')) return;
  const [left, living, full] = [
    `/run/jts-hot-volume-group-${DEAD}-abcdef`,
    `/run/jts-hot-volume-group-${process.pid}-abcdef`,
    `/run/jts-hot-mount-${DEAD}-abcdef`,
  ];
  for (const path of [left, living, full]) {
    mkdirSync(path, { recursive: true });
    writeFileSync(`${path}/file`, 'x');
  }
  try {
    const made = [makeRunDirectory('volume-group'), makeRunDirectory('mount')] as const;
    assert.deepEqual([left, living, full, ...made].map(existsSync), [false, true, true, true, true]);
    removeRunDirectory('volume-group', made[0]);
    removeRunDirectory('mount', made[1]);
    assert.deepEqual(made.map(existsSync), [false, false]);
  } finally {
    for (const path of [left, living, full]) removeRunDirectory('volume-group', path);
  }
});
