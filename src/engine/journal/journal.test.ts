// The record of runs: what is written, what is read back, and what state each run is said to be in.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../../test/cases/host.ts';
import { linesOf, readSteps, stateOf } from '../../../test/recorded.ts';
import { diagnostic } from '../../messages/diagnostic.ts';
import type { JournalStore } from '../../port/journal-store.ts';
import type { Operation } from '../../port/operation.ts';
import type { Known } from '../../port/operations/operation-entry.ts';
import type { Step } from '../resource.ts';
import { closeRun, newestFirst, openRun, readRuns, unfinished as unfinishedOf } from './journal.ts';
import type { RecordedRun, RunHeader, RunState } from './record.ts';

const BASE = '/data/jts/hot';
const HEADER: RunHeader = {
  command: 'setup',
  scope: '',
  program: '1.2.3',
  root: '/',
  base: BASE,
  decisions: ['may take over: kafka (--adopt)'],
  continues: null,
  mountPoint: '/data',
  undoes: [],
};
/** `runs`: oldest first. */
const unfinished = (
  runs: readonly RecordedRun[],
  like: Parameters<typeof unfinishedOf>[1],
): RecordedRun | null => unfinishedOf(runs.toReversed(), like);

const FAILURE = diagnostic('E_IO', 'cannot change the host', { detail: 'ENOSPC' });

function step(name: string): Step {
  return {
    address: `group ${name}`,
    action: '+',
    summary: 'not recorded',
    reason: 'not recorded',
    do: { type: 'createGroup', name },
    undo: { type: 'deleteGroup', name },
    needs: [`directory /${name}`],
  };
}

/** One second later each time. */
function clock(): () => string {
  let second = 0;
  return () => `2026-01-01T00:00:0${second++}Z`;
}

describe('journal: what is written', () => {
  it('is one JSON line a record, intention before result', () => {
    const { journal } = createHost();
    const run = openRun(journal, HEADER, clock());
    run.done(run.doing([step('a')]).map((number) => ({ step: number })));
    const [second = 0] = run.doing([step('b'), step('c')]);
    run.done([{ step: second, inode: '42' }]);
    run.left([{ address: 'directory /x', why: 'it holds data' }]);
    run.end('failed', FAILURE);
    assert.deepEqual(
      linesOf(journal, 1).map((line) => line.replace(/,"sum":"[0-9a-f]{16}"}$/, '}')),
      [
        '{"type":"run","schemaVersion":3,"run":1,"at":"2026-01-01T00:00:00Z","command":"setup","scope":"","program":"1.2.3","root":"/","base":"/data/jts/hot","decisions":["may take over: kafka (--adopt)"],"continues":null,"mountPoint":"/data","undoes":[]}',
        '{"type":"doing","step":1,"at":"2026-01-01T00:00:01Z","what":{"address":"group a","do":{"type":"createGroup","name":"a"},"undo":{"type":"deleteGroup","name":"a"},"needs":["directory /a"]}}',
        '{"type":"done","step":1,"at":"2026-01-01T00:00:02Z"}',
        '{"type":"doing","step":2,"at":"2026-01-01T00:00:03Z","what":{"address":"group b","do":{"type":"createGroup","name":"b"},"undo":{"type":"deleteGroup","name":"b"},"needs":["directory /b"]}}',
        '{"type":"doing","step":3,"at":"2026-01-01T00:00:04Z","what":{"address":"group c","do":{"type":"createGroup","name":"c"},"undo":{"type":"deleteGroup","name":"c"},"needs":["directory /c"]}}',
        '{"type":"done","step":2,"inode":"42","at":"2026-01-01T00:00:05Z"}',
        '{"type":"left","address":"directory /x","why":"it holds data"}',
        '{"type":"end","at":"2026-01-01T00:00:06Z","outcome":"failed","failure":{"code":"E_IO","summary":"cannot change the host","detail":["ENOSPC"],"at":null,"fix":null,"hint":null},"steps":3,"left":1}',
      ],
    );
  });

  it('is nothing where there is nothing to write: an append of nothing is a sync for nothing', () => {
    const host = createHost();
    const run = openRun(host.journal, HEADER, clock());
    const events = host.faults.events();
    run.doing([]);
    run.done([]);
    run.left([]);
    assert.equal(host.faults.events(), events);
    run.end('applied', null);
    assert.equal(linesOf(host.journal, 1).length, 2);
  });

  it('keeps names that are no UTF-8 as they are', () => {
    const { journal } = createHost();
    openRun(journal, HEADER, clock()).doing([step('a\udcff\n')]);
    assert.equal(linesOf(journal, 1).length, 2);
    assert.equal(readSteps(journal, 1)[0]?.address, 'group a\udcff\n');
  });

  it('is a file of its own for each run, numbered on from the newest', () => {
    const { journal } = createHost();
    assert.equal(openRun(journal, HEADER, clock()).run, 1);
    assert.equal(openRun(journal, HEADER, clock()).run, 2);
    journal.create(41, []).close();
    assert.equal(openRun(journal, HEADER, clock()).run, 42);
    assert.deepEqual(journal.runs(), [1, 2, 41, 42]);
  });
});

describe('journal: what is read back', () => {
  it('knows what was made and changed by what was seen when it was done', () => {
    const { journal } = createHost();
    const run = openRun(journal, HEADER, clock());
    const path = '/a';
    const owner = { user: 'a', group: 'a' };
    const change = { type: 'changeMode', path, inode: '7' } as const;
    const undos: readonly (readonly [Operation, Known, Operation])[] = [
      [{ type: 'deleteGroup', name: 'a' }, { gid: 5 }, { type: 'deleteGroup', name: 'a', gid: 5 }],
      [
        { type: 'deleteUser', name: 'a', home: path },
        { uid: 6 },
        { type: 'deleteUser', name: 'a', home: path, uid: 6 },
      ],
      [
        { type: 'removeDirectory', path, owner },
        { inode: '7', born: '8' },
        { type: 'removeDirectory', path, owner, inode: '7', born: '8' },
      ],
      [
        { type: 'removeDirectory', path, owner },
        { inode: '7', born: null },
        { type: 'removeDirectory', path, owner, inode: '7', born: null, mode: '0750' },
      ],
      [
        { type: 'removeDirectory', path, owner },
        { inode: '7' },
        { type: 'removeDirectory', path, owner, inode: '7' },
      ],
      [
        { ...change, from: '0750', to: '0755' },
        { born: null, written: { bytes: 1, at: '9' } },
        { ...change, from: '0750', to: '0755', born: null, written: { bytes: 1, at: '9' } },
      ],
      [{ ...change, from: '0750', to: '0755' }, {}, { ...change, from: '0750', to: '0755' }],
    ];
    const made: Operation = { type: 'makeDirectory', path, owner, mode: '0750' };
    const numbers = run.doing(undos.map(([undo]) => ({ ...step('a'), do: made, undo })));
    run.done(numbers.map((number, i) => ({ step: number, ...undos[i]?.[1] })));
    assert.deepEqual(
      readSteps(journal, 1).map((read) => [read.undo, read.state]),
      undos.map(([, , known]) => [known, 'done']),
    );
  });

  it('says what was done, what was only begun, and what somebody else was faster to make', () => {
    const states = (code: string | null) => {
      const { journal } = createHost();
      const run = openRun(journal, HEADER, clock());
      run.done(run.doing([step('a')]).map((number) => ({ step: number })));
      run.doing([step('b')]);
      if (code !== null) run.end('failed', { ...FAILURE, code });
      return readSteps(journal, 1).map(({ state }) => state);
    };
    assert.deepEqual(states(null), ['done', 'begun']);
    assert.deepEqual(states('E_IO'), ['done', 'begun']);
    assert.deepEqual(states('E_EXISTS'), ['done', 'not ours']);
  });

  it('is the header, the outcome, how many steps were begun and how much was left; the steps on their own', () => {
    const { journal } = createHost();
    const run = openRun(journal, HEADER, clock());
    run.done(run.doing([step('a')]).map((number) => ({ step: number })));
    run.doing([step('b')]);
    run.left([{ address: 'directory /x', why: 'it holds data' }]);
    run.end('stopped', null);
    const { address, do: operation, undo, needs } = step('a');
    const [read] = readRuns(journal);
    assert.deepEqual(
      [
        read?.command,
        read?.scope,
        read?.program,
        read?.root,
        read?.mountPoint,
        read?.base,
        read?.decisions,
        read?.continues,
        read?.undoes,
      ],
      ['setup', '', '1.2.3', '/', '/data', BASE, ['may take over: kafka (--adopt)'], null, []],
    );
    assert.deepEqual([read?.run, read?.at, read?.outcome], [1, '2026-01-01T00:00:00Z', 'stopped']);
    const steps = readSteps(journal, 1);
    assert.deepEqual(steps[0], { address, do: operation, undo, needs, state: 'done' });
    assert.deepEqual(
      steps.map((recorded) => recorded.address),
      ['group a', 'group b'],
    );
    assert.deepEqual([read?.steps, read?.left], [2, 1]);
  });

  it('has no outcome and no numbers where the end is missing', () => {
    const { journal } = createHost();
    openRun(journal, HEADER, clock()).doing([step('a')]);
    const [read] = readRuns(journal);
    assert.deepEqual([read?.outcome, read?.steps, read?.left], [null, null, null]);
    assert.equal(readSteps(journal, 1).length, 1);
  });

  it('does without a torn last line, and what comes after goes on a line of its own', () => {
    const host = createHost();
    const { journal } = host;
    openRun(journal, HEADER, clock()).doing([step('a')]);
    host.prepare.tear(1, '{"type":"doi');
    assert.equal(readSteps(journal, 1).length, 1);
    closeRun(journal, 1, clock());
    const [read] = readRuns(journal);
    assert.deepEqual([read?.outcome, read?.steps, read?.left], ['applied', 1, 0]);
    assert.equal(linesOf(journal, 1).length, 3);
  });

  it('takes the ends of a large record only: what a run did does not slow down the next one', () => {
    const { journal } = createHost();
    const run = openRun(journal, HEADER, clock());
    run.doing(Array.from({ length: 5000 }, (_, i) => step(`${i}`)));
    run.end('applied', null);
    let bytes = 0;
    const watched: JournalStore = {
      ...journal,
      newestFirst: () =>
        [...journal.newestFirst()].map(({ run: number, open }) => ({
          run: number,
          open: () => {
            const record = open();
            const read = (into: Buffer, at: number) => {
              bytes += into.length;
              return record.read(into, at);
            };
            return { ...record, read };
          },
        })),
    };
    assert.deepEqual(readRuns(watched), readRuns(journal));
    assert.ok(bytes > 0 && bytes < 1_000_000, `${bytes}`);
  });

  it('opens no more records than are asked for', () => {
    const { journal } = createHost();
    for (let i = 0; i < 5; i++) openRun(journal, HEADER, clock()).end('applied', null);
    const opened: number[] = [];
    const watched: JournalStore = {
      ...journal,
      newestFirst: () =>
        [...journal.newestFirst()].map((file) => ({
          ...file,
          open: () => {
            opened.push(file.run);
            return file.open();
          },
        })),
    };
    for (const { run } of newestFirst(watched)) if (run === 4) break;
    assert.deepEqual(opened, [5, 4]);
  });
});

/** What is not known of a run that was killed. */
const KILLED = { outcome: null, steps: null, left: null } as const;

/** As `readRuns` gives it. */
function recorded(run: number, more: Partial<RecordedRun> = {}): RecordedRun {
  return {
    ...HEADER,
    run,
    at: '2026-01-01T00:00:00Z',
    steps: 0,
    left: 0,
    outcome: 'applied',
    damage: null,
    ...more,
  };
}

describe('journal: state of a run', () => {
  const one = recorded(1);
  const undo = (run: number, more: Partial<RecordedRun> = {}) =>
    recorded(run, { command: 'rollback', undoes: [1], ...more });
  const table: readonly (readonly [string, readonly RecordedRun[], RunState])[] = [
    ['to the end', [one], 'applied'],
    ['by a signal', [{ ...one, outcome: 'stopped' }], 'stopped'],
    ['by a failure', [{ ...one, outcome: 'failed' }], 'failed'],
    ['by a kill', [{ ...one, ...KILLED }], 'interrupted'],
    ['undone', [one, undo(2)], 'rolled back'],
    ['undone, with something left', [one, undo(2, { left: 1 })], 'partly rolled back'],
    ['undone, killed on the way', [one, undo(2, KILLED)], 'partly rolled back'],
    ['undone, stopped on the way', [one, undo(2, { outcome: 'stopped' })], 'partly rolled back'],
    ['undone, failed on the way', [one, undo(2, { outcome: 'failed' })], 'partly rolled back'],
    ['undone in two goes', [one, undo(2, { left: 1 }), undo(3)], 'rolled back'],
    ['undone with others', [one, undo(3, { undoes: [2, 1] })], 'rolled back'],
    ['while another was undone', [one, undo(3, { undoes: [2] })], 'applied'],
    ['killed, then undone', [{ ...one, ...KILLED }, undo(2)], 'rolled back'],
    ['with a damaged record', [{ ...one, ...KILLED, damage: 'line 7' }], 'damaged'],
    [
      'with a damaged record, undone as far as that goes',
      [{ ...one, ...KILLED, damage: 'line 7' }, undo(2, { left: 1 })],
      'partly rolled back',
    ],
  ];
  for (const [what, runs, state] of table)
    it(`${what}: ${state}`, () => assert.equal(stateOf(runs[0] as RecordedRun, runs), state));

  it('a rollback has one, too', () => {
    const runs = [one, undo(2, KILLED)];
    assert.equal(stateOf(runs[1] as RecordedRun, runs), 'interrupted');
  });
});

describe('journal: what a new run continues', () => {
  const SETUP = { command: 'setup', scope: '', base: BASE } as const;
  const killed = recorded(1, KILLED);
  const table: readonly (readonly [string, readonly RecordedRun[], number | null])[] = [
    ['no run', [], null],
    ['one that is complete', [recorded(1)], null],
    ['one that was killed', [killed], 1],
    ['one that was stopped', [recorded(1, { outcome: 'stopped' })], 1],
    ['one that failed', [recorded(1, { outcome: 'failed' })], 1],
    ['one that was killed, then completed', [killed, recorded(2, { continues: 1 })], null],
    ['two killed in a row', [killed, recorded(2, { continues: 1, outcome: null })], 2],
    ['one of another command', [recorded(1, { command: 'repair', outcome: null })], null],
    ['one of another base', [recorded(1, { base: '/fast', outcome: null })], null],
    ['one of another part of the layout', [recorded(1, { scope: 'kafka', outcome: null })], null],
    ['one that was killed, and its record damaged', [recorded(1, { ...KILLED, damage: 'line 7' })], null],
    ['one with another command since', [killed, recorded(2, { command: 'repair' })], null],
    ['one that was rolled back', [killed, recorded(2, { command: 'rollback', undoes: [1] })], null],
    [
      'one whose rollback was killed',
      [killed, recorded(2, { command: 'rollback', undoes: [1], outcome: null })],
      null,
    ],
    [
      'one that was killed before another was rolled back',
      [recorded(1), recorded(2, { outcome: null }), recorded(3, { command: 'rollback', undoes: [1] })],
      2,
    ],
  ];
  for (const [what, runs, run] of table)
    it(`${what}: ${run ?? 'nothing'}`, () => assert.equal(unfinished(runs, SETUP)?.run ?? null, run));

  it('nothing, once the same command found nothing left to do', () => {
    const { journal } = createHost();
    openRun(journal, HEADER, clock()).doing([step('a')]);
    assert.equal(unfinished(readRuns(journal), SETUP)?.run, 1);
    closeRun(journal, 1, clock());
    assert.equal(unfinished(readRuns(journal), SETUP), null);
    const [run] = readRuns(journal);
    assert.ok(run !== undefined);
    assert.equal(stateOf(run, [run]), 'applied');
  });

  it('one of a part of the layout, for the same part only', () => {
    const one = [recorded(1, { scope: 'kafka', ...KILLED })];
    assert.equal(unfinished(one, { ...SETUP, scope: 'kafka' })?.run, 1);
    for (const scope of ['', 'redis', 'kafka --recursive'])
      assert.equal(unfinished(one, { ...SETUP, scope }), null);
  });

  it('nothing either, once a run that failed was found to be complete', () => {
    const { journal } = createHost();
    openRun(journal, HEADER, clock()).end('failed', FAILURE);
    closeRun(journal, 1, clock());
    assert.equal(unfinished(readRuns(journal), SETUP), null);
  });
});
