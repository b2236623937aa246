// Texts of files beside the record: on the disk before a line names them, gone with their run, and read from old records.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../../test/cases/host.ts';
import { fileState, writing } from '../../../test/file-state.ts';
import { Crash, type MemoryHost } from '../../../test/memory-host/memory-host.ts';
import { linesOf, readSteps } from '../../../test/recorded.ts';
import { apply } from '../apply.ts';
import type { Step } from '../resource.ts';
import { rollback } from '../rollback.ts';
import { openRun, readRuns } from './journal.ts';
import type { RunHeader } from './record.ts';

const PATH = '/etc/x.conf';
const ROOT = { user: 0, group: 0 };
const OLD = { text: 'requirepass s3cr3t\nport 1\n\udcff', mode: '0600', owner: ROOT };
const NEW = { text: 'port 2\n', mode: '0644', owner: ROOT };
const HEADER: RunHeader = {
  command: 'schedule',
  scope: '',
  program: '1.2.3',
  root: '/',
  base: '/data/jts/hot',
  decisions: [],
  continues: null,
  mountPoint: '/',
  undoes: [],
};
const now = () => '2026-01-01T00:00:00Z';
const neverStopped = () => false;

function host(): MemoryHost {
  const made = createHost();
  made.prepare.file(PATH, OLD);
  return made;
}

/** As a kind plans it: both texts are held, and only their hashes stand in the step. */
function replacing(made: MemoryHost): Step {
  return {
    address: `file ${PATH}`,
    action: '~',
    summary: 'x',
    reason: 'x',
    do: writing(made, PATH, { from: OLD, to: NEW }),
    undo: writing(made, PATH, { from: NEW, to: OLD }),
    needs: [],
  };
}

async function replace(made: MemoryHost): Promise<number> {
  const run = openRun(made.journal, HEADER, now);
  const { outcome } = await apply([replacing(made)], made, { run, stopRequested: neverStopped });
  assert.equal(outcome, 'applied');
  return run.run;
}

async function undo(made: MemoryHost, number: number) {
  const runs = readRuns(made.journal).filter(({ run }) => run === number);
  const run = openRun(made.journal, { ...HEADER, command: 'rollback', undoes: [number] }, now);
  const search = { base: '/data/jts/hot', limitMs: 1000, onProgress: () => {} };
  return rollback(runs, made, { run, stopRequested: neverStopped, search });
}

describe('content', () => {
  it('is in no record, and restored by a later process', async () => {
    const made = host();
    const run = await replace(made);
    assert.ok(!linesOf(made.journal, run).join('\n').includes('s3cr3t'));
    made.faults.restart();
    assert.equal((await undo(made, run)).outcome, 'applied');
    assert.equal(made.text(PATH), OLD.text);
    assert.ok(
      !linesOf(made.journal, run + 1)
        .join('\n')
        .includes('s3cr3t'),
    );
  });

  it('killed anywhere: nothing is named that is not kept, and what was begun is undone', async () => {
    const probe = host();
    await replace(probe);
    const events = probe.faults.events();
    assert.ok(events >= 6);
    for (let n = 1; n <= events; n++)
      for (const moment of ['before', 'torn', 'after'] as const) {
        const made = host();
        made.faults.crash(moment, n);
        await assert.rejects(replace(made), Crash);
        made.faults.restart();
        for (const { run } of readRuns(made.journal)) {
          for (const step of readSteps(made.journal, run))
            for (const operation of [step.do, step.undo])
              if (operation?.type === 'writeFile')
                assert.notEqual(made.journal.content.text(operation.to.hash), null, `${moment} ${n}`);
          const { left } = await undo(made, run);
          assert.deepEqual(left, [], `${moment} ${n}`);
        }
        assert.equal(made.text(PATH), OLD.text, `${moment} ${n}`);
      }
  });

  it('of a run without a record goes with the next run; of a damaged one it stays', async () => {
    const made = host();
    const run = await replace(made);
    const { hash } = fileState(OLD);
    made.faults.restart();
    made.prepare.spoil(run, () => Buffer.from('damaged'));
    openRun(made.journal, HEADER, now);
    assert.equal(made.journal.content.text(hash), OLD.text);
    made.journal.content.sweep([run + 1]);
    assert.equal(made.journal.content.text(hash), null);
  });

  it('that is gone leaves the file as it is, and says so', async () => {
    const made = host();
    const run = await replace(made);
    made.faults.restart();
    made.journal.content.sweep([]);
    const { outcome, left } = await undo(made, run);
    assert.equal(outcome, 'applied');
    assert.match(left[0]?.why ?? '', /no text is|was kept/);
    assert.equal(made.text(PATH), NEW.text);
  });

  it('that stands in the record itself, as earlier versions wrote it, is restored from there', async () => {
    const made = host();
    const run = await replace(made);
    made.faults.restart();
    made.journal.content.sweep([]);
    made.prepare.spoil(run, formatOne);
    const { outcome, left } = await undo(made, run);
    assert.deepEqual([outcome, left], ['applied', []]);
    assert.equal(made.text(PATH), OLD.text);
  });
});

/** As an earlier version wrote it: texts in the steps, here in format 1, which has no sums. */
function formatOne(bytes: Buffer): Buffer {
  const texts = new Map([OLD, NEW].map((file) => [fileState(file).hash, file.text]));
  const lines = bytes.toString().trimEnd().split('\n');
  return Buffer.from(
    lines
      .map((line) => {
        const { sum: _, ...record } = JSON.parse(line, (_key, value) => {
          const text = texts.get(value?.hash);
          return text === undefined ? value : { text, mode: value.mode, owner: value.owner };
        });
        return `${JSON.stringify(record.type === 'run' ? { ...record, schemaVersion: 1 } : record)}\n`;
      })
      .join(''),
  );
}
