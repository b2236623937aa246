import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openRecord, type RecordOpening } from './record.ts';

const directory = mkdtempSync(join(tmpdir(), 'record-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;

function place(): Buffer {
  files += 1;
  return Buffer.from(join(directory, `${files}`));
}

function open(at: Buffer, more: Partial<RecordOpening> = {}) {
  const opening = { of: '12 34 5', boot: 'a', startedAt: 1000n, mayBegin: true, ...more };
  return openRecord(at, opening) ?? assert.fail('no record');
}

describe('the record of a copy', () => {
  it('knows each directory again, however many there are', () => {
    const at = place();
    const first = open(at);
    for (let i = 1n; i <= 5000n; i += 1n) first.note(i * 1024n, i, i * 3n);
    first.note(2n ** 63n + 5n, 2n ** 63n + 6n, -5n);
    first.close();
    const again = open(at, { startedAt: 2000n });
    assert.equal(again.since, 1000n);
    for (let i = 1n; i <= 5000n; i += 1n) {
      assert.ok(again.isOf(i * 1024n, i, i * 3n));
      assert.ok(!again.isOf(i * 1024n, i + 1n, i * 3n) && !again.isOf(i * 1024n, i, 1n));
    }
    assert.ok(again.isOf(2n ** 63n + 5n, 2n ** 63n + 6n, -5n));
    assert.ok(!again.isOf(7n, 7n, 7n));
    // The last one counts: an inode was given again.
    again.note(1024n, 9n, 9n);
    again.close();
    const last = open(at);
    assert.ok(last.isOf(1024n, 9n, 9n) && !last.isOf(1024n, 1n, 3n));
    last.close();
  });

  it('is believed after another start of the machine only where it was complete', () => {
    const at = place();
    const first = open(at);
    first.note(1n, 2n, 3n);
    first.complete(1500n);
    first.close();
    const second = open(at, { boot: 'b', startedAt: 2000n });
    assert.deepEqual([second.since, second.isOf(1n, 2n, 3n)], [1500n, true]);
    second.close();
    const third = open(at, { boot: 'c', startedAt: 3000n });
    assert.deepEqual([third.since, third.isOf(1n, 2n, 3n)], [3000n, false]);
    third.close();
  });

  it('reads what a killed process left: whole entries, and of a torn header nothing', () => {
    const at = place();
    const first = open(at);
    first.note(1n, 2n, 3n);
    first.close();
    appendFileSync(at, Buffer.alloc(20, 1));
    const torn = open(at);
    assert.ok(torn.isOf(1n, 2n, 3n));
    torn.note(4n, 5n, 6n);
    torn.close();
    const whole = open(at);
    assert.ok(whole.isOf(1n, 2n, 3n) && whole.isOf(4n, 5n, 6n));
    whole.close();
    truncateSync(at, 300);
    const none = open(at, { startedAt: 9n });
    assert.deepEqual([none.since, none.isOf(1n, 2n, 3n)], [9n, false]);
    none.close();
  });

  it('is begun anew for another source, and never where that is not wanted', () => {
    const at = place();
    assert.equal(openRecord(at, { of: 'x', boot: 'a', startedAt: 1n, mayBegin: false }), null);
    assert.throws(() => readFileSync(at), { code: 'ENOENT' });
    const first = open(at);
    first.note(1n, 2n, 3n);
    first.close();
    const before = readFileSync(at);
    assert.equal(openRecord(at, { of: 'another', boot: 'a', startedAt: 1n, mayBegin: false }), null);
    assert.deepEqual(readFileSync(at), before);
    const another = open(at, { of: 'another', startedAt: 7n });
    assert.deepEqual([another.since, another.isOf(1n, 2n, 3n)], [7n, false]);
    another.close();
  });
});
