// Who called, and whose files are believed for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Caller, callerOf } from './caller.ts';

type Row = readonly [
  what: string,
  given: { readonly uid: number; readonly sudoUid?: string; readonly terminal?: true },
  caller: Caller,
];

const root = (attended: boolean, ...owners: readonly number[]): Caller => ({
  owners,
  isRoot: true,
  attended,
});

const TABLE: readonly Row[] = [
  ['alice through sudo', { uid: 0, sudoUid: '1000', terminal: true }, root(true, 0, 1000)],
  ['alice through sudo, from a script', { uid: 0, sudoUid: '1000' }, root(true, 0, 1000)],
  ['root, logged in', { uid: 0, terminal: true }, root(true, 0)],
  ['root through sudo', { uid: 0, sudoUid: '0' }, root(false, 0)],
  ['a timer, or cron', { uid: 0 }, root(false, 0)],
  ['an empty SUDO_UID', { uid: 0, sudoUid: '' }, root(false, 0)],
  ['a SUDO_UID that is none', { uid: 0, sudoUid: '1000 1001' }, root(false, 0)],
  ['alice herself', { uid: 1000, terminal: true }, { owners: [0, 1000], isRoot: false, attended: true }],
  [
    'a user made by sudo -u',
    { uid: 33, sudoUid: '1000' },
    { owners: [0, 33], isRoot: false, attended: true },
  ],
];

describe('the caller', () => {
  for (const [what, { uid, sudoUid, terminal = false }, caller] of TABLE)
    it(what, () => assert.deepEqual(callerOf({ uid, sudoUid, hasTerminal: () => terminal }), caller));
});
