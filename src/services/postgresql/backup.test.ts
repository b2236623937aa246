// What is decided of a backup of PostgreSQL without a server: which counts may be compared, which stanza is meant.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compared, type Seen } from './backup-counts.ts';
import { lsnOf } from './backup-server.ts';
import { stanzaIn } from './pgbackrest.ts';

const table = { oid: '16385', name: 'public.orders', file: '16385', deleted: 7, guess: 10, rows: 10 };
const seen = (change: Partial<typeof table> = {}, more: Partial<Seen> = {}): Seen => ({
  version: 150_020,
  at: '2026-11-27 10:00:00+00',
  transactions: 1000,
  databases: [{ name: 'shop', relations: 1, dropped: 3, unlogged: 0, tables: [{ ...table, ...change }] }],
  ...more,
});
const orders = ({ before, after }: ReturnType<typeof compared>) =>
  [before, after].map((counts) => counts.find(({ what }) => what === 'table shop.public.orders'));

describe('what is counted before and after', () => {
  it('is exact of a table that has only grown', () => {
    const [before, after] = orders(compared(seen(), seen({ rows: 12 }), true));
    assert.deepEqual(before, { what: 'table shop.public.orders', count: 10, isExact: true });
    assert.deepEqual(after, { what: 'table shop.public.orders', count: 12, isExact: true });
  });

  it('is a guess where rows were deleted, the table was written anew, or somebody may not have told yet', () => {
    for (const [then, isTold] of [
      [seen({ deleted: 8 }), true],
      [seen({ file: '16400' }), true],
      [seen(), false],
    ] as const)
      assert.deepEqual(
        orders(compared(seen(), then, isTold)).map((one) => one?.isExact),
        [false, false],
      );
    const old = seen({}, { version: 140_010 });
    assert.equal(orders(compared(old, old, true))[0]?.isExact, false);
  });

  it('has nothing of a table that came, went or has another name', () => {
    assert.deepEqual(orders(compared(seen(), seen({ oid: '16500' }), true)), [undefined, undefined]);
    assert.deepEqual(orders(compared(seen(), seen({ name: 'public.bills' }), true)), [undefined, undefined]);
    assert.deepEqual(orders(compared(seen(), seen({}, { databases: [] }), true)), [undefined, undefined]);
  });

  it('has always how many transactions there were, but of a standby', () => {
    const { before, after } = compared(seen(), seen({}, { transactions: 1200 }), false);
    const first = { what: 'transactions of the cluster', isExact: true };
    assert.deepEqual(
      [before[0], after[0]],
      [
        { ...first, count: 1000 },
        { ...first, count: 1200 },
      ],
    );
    const standby = seen({}, { transactions: null });
    assert.equal(compared(standby, standby, true).before[0]?.what, 'tables of shop');
  });
});

it('positions in the log are compared as numbers', () => {
  assert.ok(lsnOf('10/2') > lsnOf('F/FFFFFFFF'));
  assert.throws(() => lsnOf('0/'));
});

it('the stanza of pgBackRest is the one that has this directory', () => {
  const lines = '[global]\n[a]\npg1-path = /data/a/\n[b:backup]\n[b]\npg1-path=/data/b\npg2-path=/data/c\n';
  assert.equal(stanzaIn(lines, '/data/a'), 'a');
  assert.equal(stanzaIn(lines, '/data/b'), 'b');
  assert.equal(stanzaIn(lines, '/data/c'), 'b');
  assert.equal(stanzaIn(lines, '/data'), null);
  assert.equal(stanzaIn('[global]\npg1-path=/data/a\n', '/data/a'), null);
});
