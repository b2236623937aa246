// Which runs a rollback undoes where records are damaged, unreadable or a newer program's; the rest is in rollback.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AT } from '../../../test/cases/host.ts';
import { Problem } from '../../messages/diagnostic.ts';
import { chooseRuns, type Wanted } from './choose.ts';
import type { UnreadableRun } from './read.ts';
import type { RecordedRun } from './record.ts';

function run(number: number, more: Partial<RecordedRun> = {}): RecordedRun {
  return {
    command: 'setup',
    scope: '',
    program: 'test',
    root: '/',
    base: '/data',
    decisions: [],
    continues: null,
    mountPoint: '/',
    undoes: [],
    run: number,
    at: AT,
    outcome: 'applied',
    steps: 0,
    left: 0,
    damage: null,
    ...more,
  };
}

const damaged = (number: number, more: Partial<RecordedRun> = {}) =>
  run(number, { outcome: null, steps: null, left: null, damage: 'line 7 does not verify', ...more });
const undoing = (number: number, undoes: readonly number[], left = 0) =>
  run(number, { command: 'rollback', undoes, left });
const unread = (number: number): UnreadableRun => ({
  run: number,
  unreadable: 'damaged',
  why: 'its record is empty',
});
const newer = (number: number): UnreadableRun => ({
  run: number,
  unreadable: 'newer version',
  why: 'by 9.0',
});

type Runs = readonly (RecordedRun | UnreadableRun)[];

function choose(runs: Runs, wanted: Partial<Wanted>): readonly number[] {
  const all = { run: null, damaged: false, damageOf: ({ damage }: RecordedRun) => damage, ...wanted };
  return chooseRuns(runs.toReversed(), all).map((chosen) => chosen.run);
}

describe('which runs: records that are damaged', () => {
  const table: readonly (readonly [string, Runs, Partial<Wanted>, readonly number[]])[] = [
    ['one below a damaged one, by its number', [run(1), damaged(2)], { run: 1 }, [1]],
    ['one below an unreadable one, by its number', [run(1), unread(2)], { run: 1 }, [1]],
    ["one below a newer program's, by its number", [run(1), newer(2)], { run: 1 }, [1]],
    ['one above a damaged one', [damaged(1), run(2)], {}, [2]],
    ['one above an unreadable one', [unread(1), run(2)], {}, [2]],
    ['a damaged one, agreed to', [run(1), damaged(2)], { run: 2, damaged: true }, [2]],
    ['what is below, once the damaged one was tried', [run(1), damaged(2), undoing(3, [2], 4)], {}, [1]],
    ['one that completes a damaged one, without that', [damaged(1), run(2, { continues: 1 })], {}, [2]],
    [
      'one that completes a damaged one, with it where that is agreed to',
      [damaged(1), run(2, { continues: 1 })],
      { run: 2, damaged: true },
      [2, 1],
    ],
    [
      'one that completes an unreadable one, without that',
      [unread(1), run(2, { continues: 1 })],
      { run: 2, damaged: true },
      [2],
    ],
    [
      'one whose rollback has a damaged record: again',
      [run(1), damaged(2, { command: 'rollback', undoes: [1] })],
      {},
      [1],
    ],
  ];
  for (const [what, runs, wanted, chosen] of table)
    it(`${what}: ${chosen.join(', ')}`, () => assert.deepEqual(choose(runs, wanted), chosen));

  const refused: readonly (readonly [string, Runs, Partial<Wanted>, string, RegExp])[] = [
    [
      'the newest, damaged',
      [run(1), damaged(2)],
      {},
      'E_RUN_DAMAGED',
      /rollback 2 --damaged; .*an older run/,
    ],
    [
      'a damaged one by its number',
      [damaged(1)],
      { run: 1 },
      'E_RUN_DAMAGED',
      /rollback 1 --damaged; undoes/,
    ],
    ['the newest, unreadable', [run(1), unread(2)], {}, 'E_RUN_DAMAGED', /to be looked at; an older run/],
    [
      'an unreadable one, whatever is agreed to',
      [unread(1)],
      { run: 1, damaged: true },
      'E_RUN_DAMAGED',
      /looked at$/,
    ],
    [
      "the newest, a newer program's",
      [run(1), newer(2)],
      {},
      'E_RUN_NEWER',
      /^undo it with that program; an/,
    ],
    ["a newer program's by its number", [newer(1), run(2)], { run: 1 }, 'E_RUN_NEWER', /that program$/],
    [
      'one below a damaged and a whole one',
      [run(1), damaged(2), run(3)],
      { run: 1 },
      'E_ROLLBACK_ORDER',
      /rollback 3$/,
    ],
  ];
  for (const [what, runs, wanted, code, hint] of refused)
    it(`${what}: refused, ${code}`, () =>
      assert.throws(
        () => choose(runs, wanted),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.deepEqual([error.exitCode, error.diagnostics[0]?.code], [3, code]);
          const { fix = null, hint: words = null } = error.diagnostics[0] ?? {};
          assert.match([fix, words].filter((way) => way !== null).join('; '), hint);
          return true;
        },
      ));
});

describe('which runs: of ten thousand', () => {
  function* counted(runs: Runs, seen: number[]): Generator<RecordedRun | UnreadableRun> {
    for (const one of runs.toReversed()) {
      seen.push(one.run);
      yield one;
    }
  }

  it('the newest is found without reading the others, and so is what it completes', () => {
    const runs = Array.from({ length: 10_000 }, (_, i) =>
      run(i + 1, { continues: i === 9999 ? 9999 : null }),
    );
    const seen: number[] = [];
    const wanted = { run: null, damaged: false, damageOf: () => null };
    assert.deepEqual(
      chooseRuns(counted(runs, seen), wanted).map((one) => one.run),
      [10_000, 9999],
    );
    assert.deepEqual(seen, [10_000, 9999]);
  });

  it('and where all are undone, each is looked at once', () => {
    const runs = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? run(i + 1) : undoing(i + 1, [i])));
    const started = process.cpuUsage();
    assert.deepEqual(choose(runs, {}), []);
    const { user, system } = process.cpuUsage(started);
    assert.ok((user + system) / 1000 < 500, `${(user + system) / 1000} ms`);
  });

  it('a number that is none of them is answered in one line', () => {
    const runs = Array.from({ length: 10_000 }, (_, i) => run(i + 1));
    assert.throws(
      () => choose(runs, { run: 20_000 }),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.deepEqual(error.diagnostics[0]?.detail, ['want one of 1 to 10000; found 20000']);
        return true;
      },
    );
  });
});
