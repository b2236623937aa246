// A place to mount on: want and have → steps and undo, what is refused and what is only told.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_CONSENT } from '../../engine/plan.ts';
import type { MountPlace } from '../../port/mount-point.ts';
import { mountPoint } from './mount-point.ts';

const AT = '/data/jts/hot';
const WANT = { mountPoint: AT, needs: ['mount /data'] };
const DIRECTORY = {
  type: 'directory',
  uid: 0,
  gid: 0,
  mode: '0755',
  inode: '7',
  born: '1',
  isClosed: false,
  isCovered: false,
  holds: [],
} as const;

function diff(place: MountPlace) {
  const { steps, refusals, warnings } = mountPoint.diff(WANT, place, NO_CONSENT);
  return {
    steps: steps.map((step) => [step.do, step.undo, step.needs]),
    codes: [...refusals, ...warnings].map(({ code }) => code),
  };
}

describe('a place to mount on', () => {
  const make = [
    { type: 'makeMountPoint', mountPoint: AT },
    { type: 'removeMountPoint', mountPoint: AT },
    ['directory /data/jts', 'mount /data'],
  ];
  const close = [
    { type: 'closeMountPoint', mountPoint: AT, inode: '7', born: '1' },
    { type: 'openMountPoint', mountPoint: AT, inode: '7', born: '1' },
    ['mount /data'],
  ];
  const table: readonly (readonly [string, MountPlace, readonly unknown[], readonly string[]])[] = [
    ['missing', { type: 'missing' }, [make], []],
    ['its parent is missing', { type: 'unreachable', why: 'a directory on the way is missing' }, [make], []],
    ['empty', DIRECTORY, [close], []],
    ['as wanted', { ...DIRECTORY, isClosed: true }, [], []],
    ['as wanted, and mounted on', { ...DIRECTORY, isClosed: true, isCovered: true }, [], []],
    ['mounted on, and open below', { ...DIRECTORY, isCovered: true }, [close], []],
    ['holds data', { ...DIRECTORY, holds: ['a', 'b'] }, [], ['E_WOULD_HIDE']],
    ['hides data already', { ...DIRECTORY, holds: ['a'], isCovered: true }, [close], ['W_HIDDEN_BELOW']],
    ['a link', { type: 'other', what: 'link' }, [], ['E_NOT_A_DIRECTORY']],
    ['hidden', { type: 'hidden' }, [], ['W_HIDDEN']],
  ];
  for (const [what, place, steps, codes] of table)
    it(what, () => assert.deepEqual(diff(place), { steps, codes }));

  it('that holds something says what, and how it goes away', () => {
    const [refusal] = mountPoint.diff(WANT, { ...DIRECTORY, holds: ['a', 'b'] }, NO_CONSENT).refusals;
    assert.match(refusal?.detail.at(-1) ?? '', /^found in it: a, b$/);
    assert.equal(refusal?.fix, 'sudo mv -nT /data/jts/hot /data/jts/hot.before');
    const service = { name: 'kafka', path: 'kafka' };
    const [ofService] = mountPoint.diff(
      { ...WANT, service },
      { ...DIRECTORY, holds: ['a'] },
      NO_CONSENT,
    ).refusals;
    assert.equal(ofService?.fix, 'sudo jts-hot move kafka --to kafka-volume');
  });
});
