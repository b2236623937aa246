// Access lists as text: what is read is written again, who gets in by them, and which of that is grave.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listBytes, listText } from '../host/access-list.ts';
import { formatList, letsIn, letsIntoTop, listOfMode, modeOfList, parseList } from './access-lists.ts';

const OWN = { uid: 900, gid: 901 };
const SERVICES = { uids: [900, 910], gids: [901, 911] };

describe('access lists', () => {
  const lists = [
    'user::rwx,group::r-x,other::---',
    'user::rw-,user:910:r--,user:4294967294:rwx,group::---,group:911:-w-,mask::rw-,other::r--',
  ];
  for (const list of lists)
    it(`${list}: the same after it was read, and as the kernel has it`, () => {
      assert.equal(formatList(parseList(list)), list);
      assert.equal(listText(listBytes(list)), list);
    });

  it('are a mode where nobody is named, and leave one behind', () => {
    for (const mode of [0, 0o640, 0o777, 0o751]) assert.equal(modeOfList(listOfMode(mode)), mode);
    assert.equal(modeOfList(lists[1] ?? ''), 0o604);
  });

  it('of another version, cut short or with unknown entries are not understood', () => {
    const good = listBytes(lists[0] ?? '');
    for (const spoil of [
      (bytes: Buffer) => bytes.writeUInt32LE(3),
      (bytes: Buffer) => bytes.writeUInt16LE(0x40, 4),
    ]) {
      const bytes = Buffer.from(good);
      spoil(bytes);
      assert.equal(listText(bytes), null);
    }
    assert.equal(listText(good.subarray(0, 8)), null);
    assert.equal(listText(null), null);
  });
});

describe('access lists: who gets in', () => {
  const withUser = (id: number, letters: string, mask = 'rwx') =>
    `user::rwx,user:${id}:${letters},group::r-x,mask::${mask},other::---`;
  const inherited = (list: string) => ({ access: null, inherited: list });
  const table: readonly (readonly [
    string,
    { readonly access: string | null; readonly inherited: string | null },
    string | null,
    boolean,
  ])[] = [
    ['no list', { access: null, inherited: null }, null, false],
    ['a stranger who reads', { access: withUser(5, 'r-x'), inherited: null }, 'user 5 r-x', false],
    ['a stranger who writes', { access: withUser(5, 'rw-'), inherited: null }, 'user 5 rw-', true],
    ['another service', { access: withUser(910, 'r--'), inherited: null }, 'user 910 r--', true],
    ['the service itself', { access: withUser(900, 'rwx'), inherited: null }, null, false],
    ['one that the mask shuts out', { access: withUser(910, 'rwx', '---'), inherited: null }, null, false],
    [
      'one that the mask keeps from writing',
      { access: withUser(5, 'rwx', 'r-x'), inherited: null },
      'user 5 r-x',
      false,
    ],
    [
      'inherited, nobody named',
      inherited('user::rwx,group::r-x,other::---'),
      'inherited by what is made in it',
      false,
    ],
    [
      'inherited, all may write',
      inherited('user::rwx,group::r-x,other::rwx'),
      'inherited by what is made in it',
      true,
    ],
    [
      'inherited by a service',
      inherited(withUser(910, 'r-x')),
      'user 910 r-x, inherited by what is made in it',
      true,
    ],
  ];
  for (const [what, lists, found, grave] of table)
    it(`${what}: ${found ?? 'nobody'}${grave ? ', and that is grave' : ''}`, () => {
      assert.deepEqual(letsIn(lists, OWN, SERVICES), found === null ? null : { grave, found });
    });

  it('names the first, and how many more', () => {
    const many = `user::rwx,${[1, 2, 3, 4].map((id) => `user:${id}:r--`).join()},group::---,mask::r--,other::---`;
    assert.equal(
      letsIn({ access: many, inherited: null }, OWN, SERVICES)?.found,
      'user 1 r--, user 2 r--, 2 more',
    );
  });

  it('into the tree itself: services are the proof of isolation’s, and strangers are told', () => {
    const lists = (id: number) => ({ access: withUser(id, 'r-x'), inherited: null });
    assert.equal(letsIntoTop(lists(910), OWN, SERVICES), null);
    assert.equal(letsIntoTop(lists(5), OWN, SERVICES)?.found, 'user 5 r-x');
  });
});
