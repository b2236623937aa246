// Records that something happened to: a bit flipped, a piece cut off, nothing left. What can still be believed, what each
// says it is, and that nothing is done from a line that does not verify.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { AT, createHost } from '../../../test/cases/host.ts';
import type { MemoryHost } from '../../../test/memory-host/memory-host.ts';
import { linesOf, readSteps } from '../../../test/recorded.ts';
import type { Step } from '../resource.ts';
import { closeRun, newestFirst, openRun, readRuns, readWhole } from './journal.ts';
import { someRecordHas, someRecordIs, type UnreadableRun } from './read.ts';
import type { RecordedRun, RunHeader } from './record.ts';

const HEADER: RunHeader = {
  command: 'setup',
  scope: '',
  program: '1.2.3',
  root: '/',
  base: '/data/jts/hot',
  decisions: [],
  continues: null,
  mountPoint: '/data',
  undoes: [],
};

function step(name: string): Step {
  return {
    address: `group ${name}`,
    action: '+',
    summary: '',
    reason: '',
    do: { type: 'createGroup', name },
    undo: { type: 'deleteGroup', name },
    needs: [],
  };
}

/** Run 1 with four steps, to its end; run 2 with one; both older and newer runs must not mind what happens to run 1. */
function recorded(): MemoryHost {
  const host = createHost();
  for (const names of [['a', 'ü', 'c', 'd'], ['x']]) {
    const run = openRun(host.journal, HEADER, () => AT);
    for (const name of names) run.done(run.doing([step(name)]).map((number) => ({ step: number })));
    run.end('applied', null);
  }
  return host;
}

/** As format 1 was: without sums. */
function inFormat1(host: MemoryHost): MemoryHost {
  const lines = linesOf(host.journal, 1).map((line) =>
    line.replace(/,"sum":"[0-9a-f]{16}"}$/, '}').replace('"schemaVersion":3', '"schemaVersion":1'),
  );
  host.prepare.spoil(1, () => Buffer.from(`${lines.join('\n')}\n`));
  return host;
}

function run1(host: MemoryHost): RecordedRun | UnreadableRun {
  const found = [...newestFirst(host.journal)].find(({ run }) => run === 1);
  assert.ok(found !== undefined);
  return found;
}

function addresses(host: MemoryHost, run = 1): readonly string[] {
  return readSteps(host.journal, run).map(({ address }) => address);
}

describe('record: whether a run of a command is there', () => {
  it('is said without a look at the sums, and of no record that cannot be read', () => {
    const host = recorded();
    assert.equal(someRecordIs(host.journal, 'schedule'), false);
    openRun(host.journal, { ...HEADER, command: 'schedule' }, () => AT).end('applied', null);
    assert.equal(someRecordIs(host.journal, 'schedule'), true);
    host.prepare.spoil(3, (bytes) => Buffer.from(bytes.toString().replace('/data', '/date')));
    assert.equal(someRecordIs(host.journal, 'schedule'), true);
    for (const spoilt of ['', '{"type":"run"', '{}\n', '\0\n', 'null\n']) {
      host.prepare.spoil(3, () => Buffer.from(spoilt));
      assert.equal(someRecordIs(host.journal, 'schedule'), false, spoilt);
    }
  });
});

describe('record: whether words stand in one of a command', () => {
  it('is said without a look at the sums, and of one that is too large to look', () => {
    const host = recorded();
    const has = (...words: readonly string[]) => someRecordHas(host.journal, 'setup', words);
    assert.equal(has('"name":"ü"', '"deleteGroup"'), true);
    assert.equal(has('"name":"ü"', '"name":"x"'), false, 'in two records');
    assert.equal(has('"name":"e"'), false);
    assert.equal(someRecordHas(host.journal, 'repair', ['"name":"ü"']), false);
    host.prepare.spoil(1, (bytes) => Buffer.concat([bytes, Buffer.alloc(2 ** 20, '\n')]));
    assert.equal(has('"name":"e"'), true);
    host.prepare.spoil(1, () => Buffer.from(''));
    assert.equal(has('"name":"ü"'), false);
  });
});

const STEPS = ['group a', 'group ü', 'group c', 'group d'];

describe('record: sums', () => {
  it('are the beginning of the SHA-256 of all that stands before them in the file', () => {
    const { journal } = recorded();
    let before = '';
    for (const line of linesOf(journal, 1)) {
      const [, body = '', sum = ''] = /^(.*),"sum":"(.*)"}$/.exec(line) ?? [];
      before += body;
      assert.equal(sum, createHash('sha256').update(before).digest('hex').slice(0, 16), line);
      before += `${line.slice(body.length)}\n`;
    }
  });

  it('go on where the record was closed by a later run, and verify', () => {
    const host = createHost();
    openRun(host.journal, HEADER, () => AT).doing([step('a')]);
    closeRun(host.journal, 1, () => AT);
    const found = readWhole(host.journal, 1);
    assert.ok(!('unreadable' in found));
    assert.deepEqual([found.run.damage, found.run.outcome, found.run.steps], [null, 'applied', 1]);
  });

  it('go on after lines that could not be written', () => {
    const host = createHost();
    const { create } = host.journal;
    let full = false;
    host.journal.create = (run, lines) => {
      const file = create(run, lines);
      return {
        ...file,
        append: (more) => {
          if (full) throw new Error('ENOSPC');
          file.append(more);
        },
      };
    };
    const run = openRun(host.journal, HEADER, () => AT);
    full = true;
    assert.throws(() => run.doing([step('a')]));
    full = false;
    run.end('failed', null);
    const found = readWhole(host.journal, 1);
    assert.ok(!('unreadable' in found) && found.run.damage === null);
  });
});

describe('record: what was done to it', () => {
  const whole = linesOf(recorded().journal, 1);
  const bytes = Buffer.byteLength(`${whole.join('\n')}\n`);
  const lineOf = new Map<number, number>();
  for (const [i, line] of whole.entries())
    for (let n = 0; n <= Buffer.byteLength(line); n++) lineOf.set(lineOf.size, i + 1);

  it('any byte of it, any way: no line from there on is believed, and no other run minds', () => {
    for (let at = 0; at < bytes; at++)
      for (const mask of [0x01, 0x20, 0x80, 0xff]) {
        const host = recorded();
        host.prepare.spoil(1, (all) => {
          all[at] = (all[at] ?? 0) ^ mask;
          return all;
        });
        const said = `byte ${at} ^ ${mask}`;
        const damagedLine = lineOf.get(at) ?? 0;
        // The lines of steps are 2, 4, 6 and 8.
        const steps = STEPS.slice(0, Math.max(0, Math.ceil((damagedLine - 2) / 2)));
        const found = run1(host);
        if ('unreadable' in found) {
          assert.equal(damagedLine, 1, said);
          assert.equal(found.unreadable, 'damaged', said);
          assert.deepEqual(addresses(host), [], said);
        } else if (at === bytes - 1) {
          // Its line end gone, the last line is like one that was torn.
          assert.deepEqual([found.damage, found.outcome], [null, null], said);
          assert.deepEqual(addresses(host), STEPS, said);
        } else {
          assert.equal(found.damage, `line ${damagedLine} of its record does not verify`, said);
          assert.deepEqual(addresses(host), steps, said);
        }
        assert.equal(readRuns(host.journal).at(-1)?.outcome, 'applied');
        assert.deepEqual(addresses(host, 2), ['group x']);
        closeRun(host.journal, 1, () => AT);
        assert.equal(openRun(host.journal, HEADER, () => AT).run, 3);
      }
  });

  it('cut anywhere: what stands before verifies, and it looks as if it had been killed there', () => {
    for (let length = 0; length < bytes; length++) {
      const host = recorded();
      host.prepare.spoil(1, (all) => all.subarray(0, length));
      const found = run1(host);
      if (length < Buffer.byteLength(`${whole[0]}\n`)) {
        const why = length === 0 ? 'its record is empty' : 'line 1 of its record is cut off';
        assert.deepEqual(found, { run: 1, unreadable: 'damaged', why });
        continue;
      }
      assert.ok(!('unreadable' in found));
      assert.deepEqual([found.damage, found.outcome], [null, null], `${length}`);
      assert.deepEqual(addresses(host), STEPS.slice(0, addresses(host).length));
    }
  });

  it('a line taken out, put in, or put elsewhere', () => {
    for (const [what, change] of [
      ['out', (lines: string[]) => lines.toSpliced(3, 1)],
      ['in', (lines: string[]) => lines.toSpliced(3, 0, lines[1] ?? '')],
      ['elsewhere', (lines: string[]) => lines.toSpliced(3, 2, lines[4] ?? '', lines[3] ?? '')],
      ['without a sum', (lines: string[]) => lines.toSpliced(3, 0, '{"type":"done","step":1,"at":""}')],
    ] as const) {
      const host = recorded();
      host.prepare.spoil(1, () => Buffer.from(`${change([...whole]).join('\n')}\n`));
      const found = run1(host);
      assert.ok(!('unreadable' in found), what);
      assert.equal(found.damage, 'line 4 of its record does not verify', what);
      assert.deepEqual(addresses(host), ['group a'], what);
    }
  });

  it("another run's record under its name", () => {
    const host = recorded();
    const other = linesOf(host.journal, 2);
    host.prepare.spoil(1, () => Buffer.from(`${other.join('\n')}\n`));
    assert.deepEqual(run1(host), { run: 1, unreadable: 'damaged', why: 'its record is that of run 2' });
  });

  for (const [what, text] of [
    ['zeros, as a file system leaves them', `${'\0'.repeat(4096)}\n`],
    ['nothing but line ends', '\n\n\n'],
    ['null', 'null\n'],
    ['text', 'nothing of ours\n'],
    ['an object', '{}\n'],
    ['a header that lacks what every run has', '{"type":"run","schemaVersion":1,"run":1}\n'],
    ['a format that never was', '{"type":"run","schemaVersion":0,"run":1}\n'],
    ['format 2 without sums', '{"type":"run","schemaVersion":2,"run":1}\n'],
    ['one line that is very long', `${'x'.repeat(17 * 1024 * 1024)}\n`],
  ] as const)
    it(`${what}: damaged at its first line`, () => {
      const host = recorded();
      host.prepare.spoil(1, () => Buffer.from(text));
      const why = 'line 1 of its record does not verify';
      assert.deepEqual(run1(host), { run: 1, unreadable: 'damaged', why });
      assert.deepEqual(addresses(host, 2), ['group x']);
    });
});

describe('record: of a newer program', () => {
  const why = 'jts-hot 9.0.0 recorded it, in format 4; this program reads formats 1 to 3';
  it('says so, and by which', () => {
    const host = recorded();
    host.prepare.spoil(1, () =>
      Buffer.from('{"type":"run","schemaVersion":4,"program":"9.0.0","all":"else"}\n?\n'),
    );
    assert.deepEqual(run1(host), { run: 1, unreadable: 'newer version', why });
    assert.deepEqual(
      readRuns(host.journal).map(({ run }) => run),
      [2],
    );
  });
});

describe('record: format 1, which had no sums', () => {
  it('is read, and closed without one', () => {
    const host = inFormat1(recorded());
    const found = readWhole(host.journal, 1);
    assert.ok(!('unreadable' in found));
    assert.deepEqual([found.version, found.run.damage, found.run.outcome], [1, null, 'applied']);
    assert.deepEqual(addresses(host), STEPS);
    closeRun(host.journal, 1, () => AT);
    assert.equal(
      linesOf(host.journal, 1).at(-1),
      `{"type":"end","at":"${AT}","outcome":"applied","failure":null,"steps":4,"left":0}`,
    );
  });

  it('any byte of it: what cannot be read is said, and no other run minds', () => {
    const { length } = linesOf(inFormat1(recorded()).journal, 1).join('\n');
    for (let at = 0; at < length; at++)
      for (const mask of [0x01, 0x80]) {
        const host = inFormat1(recorded());
        host.prepare.spoil(1, (all) => {
          all[at] = (all[at] ?? 0) ^ mask;
          return all;
        });
        run1(host);
        assert.ok(addresses(host).length <= 4);
        assert.deepEqual(addresses(host, 2), ['group x']);
      }
  });

  for (const line of [
    '{"type":"done"',
    '{"type":"doing"}',
    '{"type":"doing","what":{}}',
    '{"type":"redo"}',
    '{"type":"doing","what":{"address":"group x","do":{"type":"createGroup","name":"x"},"undo":{"type":"no such"},"needs":[]}}',
    '{"type":"doing","what":{"address":"directory /x","do":{"type":"makeDirectory","path":"/x"},"undo":null,"needs":[]}}',
    '',
  ])
    it(`a line in the middle that is none: ${line}`, () => {
      const host = inFormat1(recorded());
      const lines = linesOf(host.journal, 1).toSpliced(3, 0, line);
      host.prepare.spoil(1, () => Buffer.from(`${lines.join('\n')}\n`));
      const found = run1(host);
      assert.ok(!('unreadable' in found));
      assert.equal(found.damage, 'line 4 of its record does not verify');
      assert.deepEqual(addresses(host), ['group a']);
    });
});
