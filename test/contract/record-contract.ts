// Holds a host to what all do: the record of runs, and that one runs at a time.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EXIT, Problem } from '../../src/messages/diagnostic.ts';
import { linesBackward } from '../../src/port/record-lines.ts';
import { linesOf } from '../recorded.ts';
import type { OnHost } from './cases.ts';

export function recordContract(name: string, on: OnHost): void {
  describe(`${name}: journal`, () => {
    on('gives back the runs in order, and their lines', ({ host }) => {
      assert.deepEqual(host.journal.runs(), []);
      for (const run of [2, 10, 1]) host.journal.create(run, []).close();
      assert.deepEqual(host.journal.runs(), [1, 2, 10]);
      const file = host.journal.create(11, []);
      file.append(['{"a":1}', '{"b":"ü€"}']);
      assert.deepEqual(linesOf(host.journal, 11), ['{"a":1}', '{"b":"ü€"}']);
      file.append(['three']);
      file.append([]);
      file.append(['four']);
      assert.deepEqual(linesOf(host.journal, 11), ['{"a":1}', '{"b":"ü€"}', 'three', 'four']);
      file.close();
      assert.deepEqual(linesOf(host.journal, 2), []);
    });

    on('gives the bytes of a record, from where and as many as asked', ({ host, prepare }) => {
      const file = host.journal.create(1, ['one', 'two']);
      const bytes = (at: number, length: number) => {
        const record = host.journal.record(1).open();
        const into = Buffer.alloc(length);
        const read = into.toString('utf8', 0, record.read(into, at));
        record.close();
        return [record.size, read];
      };
      assert.deepEqual(bytes(0, 3), [8, 'one']);
      assert.deepEqual(bytes(3, 100), [8, '\ntwo\n']);
      assert.deepEqual(bytes(8, 1), [8, '']);
      assert.deepEqual(bytes(800, 1), [8, '']);
      prepare.tear(1, 'thr');
      assert.deepEqual(bytes(7, 9), [11, '\nthr']);
      file.close();
      assert.throws(() => host.journal.record(7).open());
    });

    on('gives all records newest first, whatever is in them', ({ host, prepare }) => {
      assert.deepEqual([...host.journal.newestFirst()], []);
      for (const run of [2, 10, 1]) host.journal.create(run, [`${run}`]).close();
      prepare.spoil(2, () => Buffer.alloc(0));
      const found: string[] = [];
      for (const { run, open } of host.journal.newestFirst()) {
        const record = open();
        const into = Buffer.alloc(100);
        found.push(`${run} ${into.toString('utf8', 0, record.read(into, 0))}`);
        record.close();
      }
      assert.deepEqual(found, ['10 10\n', '2 ', '1 1\n']);
      for (const { run } of host.journal.newestFirst()) {
        assert.equal(run, 10);
        break;
      }
    });

    on('gives back what is larger than a piece, from either end', ({ host }) => {
      const file = host.journal.create(1, []);
      const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${'ü'.repeat(i % 1500)}`);
      file.append(lines);
      file.close();
      assert.deepEqual(linesOf(host.journal, 1), lines);
      const record = host.journal.record(1).open();
      const backwards = Array.from(linesBackward(record, record.size), ({ bytes }) => bytes.toString());
      record.close();
      assert.deepEqual(backwards.reverse(), lines);
    });

    on('writes a run once', ({ host }) => {
      const file = host.journal.create(1, []);
      file.append(['kept']);
      assert.throws(() => host.journal.create(1, ['other']));
      file.close();
      assert.throws(() => host.journal.create(1, ['other']));
      assert.deepEqual(linesOf(host.journal, 1), ['kept']);
      assert.throws(() => host.journal.reopen(7));
      assert.deepEqual(host.journal.runs(), [1]);
    });

    on('gives back complete lines only', ({ host, prepare }) => {
      const file = host.journal.create(1, []);
      file.append(['one', 'two']);
      file.close();
      prepare.tear(1, '{"half');
      assert.deepEqual(linesOf(host.journal, 1), ['one', 'two']);
      host.journal.create(2, []).close();
      prepare.tear(2, '{');
      assert.deepEqual(linesOf(host.journal, 2), []);
    });

    on('goes on after a torn line', ({ host, prepare }) => {
      const file = host.journal.create(1, []);
      file.append(['one']);
      file.close();
      prepare.tear(1, '{"half');
      const again = host.journal.reopen(1);
      again.append(['two']);
      again.close();
      assert.deepEqual(linesOf(host.journal, 1), ['one', 'two']);
      const more = host.journal.reopen(1);
      more.append(['three']);
      more.close();
      assert.deepEqual(linesOf(host.journal, 1), ['one', 'two', 'three']);
    });
  });

  describe(`${name}: lock`, () => {
    on('is held by one run at a time', ({ host }) => {
      const release = host.lock('setup');
      assert.throws(
        () => host.lock('rollback'),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.equal(error.diagnostics[0]?.code, 'E_LOCKED');
          assert.equal(error.exitCode, EXIT.refused);
          return true;
        },
      );
      release();
      const again = host.lock('rollback');
      again();
    });

    on('is not held up by long work, of which there is one at a time too', ({ host }) => {
      assert.equal(host.isLocked('long'), false);
      const long = host.lock('backup', 'long');
      assert.deepEqual([host.isLocked('long'), host.isLocked('run')], [true, false]);
      host.lock('setup')();
      assert.throws(() => host.lock('move', 'long'), /refusing to (run|start)/);
      long();
      assert.equal(host.isLocked('long'), false);
      host.lock('move', 'long')();
    });
  });
}
