// A history that is damaged where no look at its pages shows it: bits are flipped in every page of a file, and the next runs
// record, send what is CRITICAL once, and the all-clear.
import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../../test/cases/host.ts';
import type { MemoryHost } from '../../../test/memory-host/memory-host.ts';
import { seedOf } from '../../../test/random.ts';
import { requires } from '../../../test/requirement.ts';
import { builtInMonitoring, type Monitoring } from '../../layout/monitoring.ts';
import type { Diagnostic } from '../../messages/diagnostic.ts';
import { monitorCommand } from '../../monitor/monitor.ts';
import type { MonitorResult } from '../../monitor/report-document.ts';
import { NO_EPISODES } from '../../space/episodes.ts';
import type { LevelState } from '../../space/level.ts';
import { DAY_MS, HOUR_MS } from '../../space/thinning.ts';
import { DISK, type History } from '../history.ts';
import { createPatience } from './database.ts';
import { openHistoryFile } from './file.ts';
import type { Place } from './place.ts';

const LAYOUT = smallLayout('kafka');
const START = Date.UTC(2026, 0, 1);
const PAGE_BYTES = 4096;

interface Bench {
  readonly place: Place;
  readonly directory: string;
  readonly file: string;
  readonly published: string;
  /** A run so long after the first one. */
  readonly record: (
    hours: number,
    isFull: boolean,
  ) => Promise<{ result: MonitorResult; problems: readonly Diagnostic[] }>;
  /** What the channel was sent since it was last asked. */
  readonly told: () => readonly string[];
  /** By which ids that was. */
  readonly ids: () => readonly string[];
}

/** null: the test was skipped. */
function bench(t: TestContext): Bench | null {
  if (!requires(t, 'root')) return null;
  const root = mkdtempSync('/dev/shm/history-damage-');
  chmodSync(root, 0o755);
  t.after(() => rmSync(root, { recursive: true }));
  const place: Place = {
    root,
    base: LAYOUT.base,
    machine: '0123456789abcdef0123456789abcdef',
    gidOf: () => undefined,
    now: () => START,
    patience: createPatience(200),
  };
  const log = join(root, 'told');
  writeFileSync(log, '');
  const argv = [
    '/bin/sh',
    '-c',
    'echo $JTS_HOT_SUBJECT $JTS_HOT_KIND $JTS_HOT_LEVEL $JTS_HOT_ID >> "$0"',
    log,
  ];
  const monitoring: Monitoring = {
    ...builtInMonitoring,
    alerts: {
      ...builtInMonitoring.alerts,
      repeatSeconds: null,
      channels: [{ name: 'pager', from: 'WARNING', type: 'command', argv }],
    },
  };
  const hostOf = (isFull: boolean): MemoryHost => {
    const used = isFull
      ? { freeBytes: 5e10, availableBytes: 5e10 }
      : { freeBytes: 9e11, availableBytes: 9e11 };
    const made = createHost({ fileSystem: { ...NVME, sizeBytes: 1e12, ...used } });
    made.prepare.directory(`${LAYOUT.base}/kafka/data`);
    return { ...made, history: (access) => openHistoryFile(place, access) };
  };
  const [full, free] = [hostOf(true), hostOf(false)];
  const record = async (hours: number, isFull: boolean) => {
    const host = isFull ? full : free;
    const clock = { boot: 'one', boottimeMs: DAY_MS + hours * HOUR_MS };
    const now = () => new Date(START + hours * HOUR_MS).toISOString();
    const context = contextOf({ ...host, clock: () => clock }, LAYOUT, { now, monitoring });
    const options = { thresholds: null, record: true, timeoutMs: null };
    const { result, problems } = await monitorCommand(context, options);
    assert.ok(result !== null);
    return { result, problems };
  };
  let ids: readonly string[] = [];
  const told = () => {
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    writeFileSync(log, '');
    ids = lines.map((line) => line.split(' ').at(-1) ?? '');
    return lines.map((line) => line.split(' ').slice(0, -1).join(' '));
  };
  const directory = join(root, 'var/lib/jts-hot/history');
  return {
    place,
    directory,
    file: join(directory, 'history.db'),
    published: join(directory, '../published/history.db'),
    record,
    told,
    ids: () => ids,
  };
}

function renew({ directory, file, published }: Bench, bytes: Buffer, copy: Buffer): void {
  rmSync(directory, { recursive: true });
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(file, bytes, { mode: 0o600 });
  writeFileSync(published, copy);
}

/** By page: the name of the table or index that it is of. */
function pagesOf(file: string): ReadonlyMap<number, string> {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare('SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0').all();
  database.close();
  return new Map([
    [1, 'schema'],
    ...rows.map(({ name, rootpage }) => [Number(rootpage), String(name)] as const),
  ]);
}

describe('a history with flipped bits', () => {
  it('in any page: the next runs record, CRITICAL is not sent again, and the all-clear comes', async (t) => {
    const found = bench(t);
    if (found === null) return;
    const { file, record, told } = found;
    for (let hours = 0; hours < 60; hours += 1) await record(hours, true);
    assert.deepEqual(told(), ['/ change CRITICAL']);
    const [whole, copy] = [readFileSync(file), readFileSync(found.published)];
    const random = seeded(seedOf(20261126));
    const names = pagesOf(file);
    let [again, aside, rounds] = [0, 0, 0];
    for (let page = 1; page <= whole.length / PAGE_BYTES; page += 1)
      for (const place of ['head', 'cells', 'end', 'anywhere', 'anywhere']) {
        const bytes = Buffer.from(whole);
        const at = (page - 1) * PAGE_BYTES + offsetIn(place, random);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        renew(found, bytes, copy);
        const where = `bit flipped at ${at}, page ${page} (${names.get(page)}), ${place}`;
        for (const hours of [60, 61]) {
          const { result, problems } = await record(hours, true);
          assert.ok(result.history.recorded, `${where}: ${JSON.stringify(problems)}`);
          for (const { code } of problems) assert.equal(code, 'E_HISTORY_SET_ASIDE', where);
          if (problems.length > 0) {
            aside += 1;
            assert.match(
              result.history.notes.join() || JSON.stringify(problems),
              /damaged|newer|something else/,
              where,
            );
          }
        }
        const repeated = told();
        assert.ok(repeated.length <= 1, `${where}: told ${repeated.join()}`);
        again += repeated.length;
        if (repeated.length > 0) t.diagnostic(where);
        await record(62, false);
        assert.deepEqual(told(), ['/ change OK'], where);
        rounds += 1;
      }
    t.diagnostic(`${rounds} bits: ${aside} files set aside, CRITICAL sent again ${again} times`);
    assert.ok(aside > rounds / 4, `${aside} of ${rounds}`);
    assert.equal(again, 0);
  });
});

describe('a history that root cannot write', () => {
  it('locked by another of root: told from memory, soon, and by the same id once it is free', async (t) => {
    const found = bench(t);
    if (found === null) return;
    const { file, record, told, ids } = found;
    await record(0, false);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const begun = performance.now();
    const locked = [];
    for (const hours of [1, 2]) {
      const { result, problems } = await record(hours, true);
      assert.deepEqual(
        [result.history.recorded, result.alerts.delivered, problems.map(({ code }) => code)],
        [false, 1, ['E_HISTORY_BUSY']],
      );
      assert.deepEqual(told(), ['/ change CRITICAL']);
      locked.push(...ids());
    }
    // Patience of 200 ms, once, and not for each thing that is asked.
    assert.ok(performance.now() - begun < 2000, `${performance.now() - begun} ms`);
    other.exec('ROLLBACK');
    other.close();
    await record(3, true);
    assert.deepEqual(told(), ['/ change CRITICAL']);
    assert.deepEqual(new Set([...locked, ...ids()]).size, 1);
    await record(4, false);
    assert.deepEqual(told(), ['/ change OK']);
    assert.ok(!locked.includes(ids()[0] ?? ''));
  });

  it('nor read: what was told is known from the copy, and is not told again', async (t) => {
    const found = bench(t);
    if (found === null) return;
    const { directory, record, told } = found;
    await record(0, true);
    assert.deepEqual(told(), ['/ change CRITICAL']);
    // As where the disk has failed below it: neither to be read nor to be moved away.
    const moved = `${directory}-moved`;
    renameSync(directory, moved);
    writeFileSync(directory, '');
    for (const hours of [1, 2]) {
      const { result } = await record(hours, true);
      assert.equal(result.history.recorded, false);
      assert.deepEqual(told(), []);
    }
    await record(3, false);
    assert.deepEqual(told(), ['/ change OK']);
    rmSync(directory);
    renameSync(moved, directory);
  });
});

describe('a history that turns out to be damaged at work', () => {
  const CRITICAL: LevelState = {
    level: 'CRITICAL',
    since: START,
    fired: { rule: 'used', level: 'CRITICAL', value: 95, threshold: 90 },
    pending: null,
    episodes: NO_EPISODES,
    unmeasured: null,
  };

  function open(found: Bench): History {
    const history = openHistoryFile(found.place, { mode: 'write', group: null });
    assert.ok(history !== null);
    return history;
  }

  const BASELINE = { kind: 'baseline', subject: 'S1', at: START, json: '{"a":1}' } as const;

  function begun(found: Bench): History {
    const history = open(found);
    const uses = new Map([[DISK, { usedBytes: 1, inodes: 1, limitBytes: 10 }]]);
    for (let i = 0; i < 100; i += 1) history.append({ at: START + i * HOUR_MS, uses });
    history.setLevels(new Map([[DISK, CRITICAL]]));
    history.setReport(START, '{"a":1}');
    history.keep(BASELINE);
    return history;
  }

  function asideOf({ directory }: Bench): readonly string[] {
    return readdirSync(directory).filter((name) => /^history-.*-damaged.db$/.test(name));
  }

  function change(path: string, sql: string): void {
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA ignore_check_constraints = ON; ${sql}`);
    database.close();
  }

  it('while it is open: the transaction is done in another one, with the levels of before', (t) => {
    const found = bench(t);
    if (found === null) return;
    begun(found).close();
    const history = open(found);
    // What was read before is forgotten where another run has written.
    const other = open(found);
    other.setReport(START, '{"a":2}');
    other.close();
    // Every page but the first is overwritten.
    const size = readFileSync(found.file).length;
    const fd = openSync(found.file, 'r+');
    writeSync(fd, Buffer.alloc(size - PAGE_BYTES, 0x5a), 0, size - PAGE_BYTES, PAGE_BYTES);
    closeSync(fd);
    history.transaction(() => history.append({ at: START + 200 * HOUR_MS, uses: new Map() }));
    assert.equal(history.extent().samples, 1);
    assert.deepEqual(
      history.problems.map(({ code }) => code),
      ['E_HISTORY_SET_ASIDE'],
    );
    assert.match(history.notes.join(), /was damaged: it was set aside as/);
    assert.match(JSON.stringify(history.problems), /could not be read of: levels/);
    history.close();
    assert.equal(asideOf(found).length, 1);
  });

  for (const [what, sql] of [
    ['a subject is missing', 'DELETE FROM subject'],
    ['a report is no JSON', "UPDATE report SET json = '{'"],
    ['a level is none', `UPDATE level SET state = '{"level":"NONE","since":1}'`],
    ['what a command kept is no JSON', "UPDATE kept SET json = '{'"],
    ['a delivery is no event', `INSERT INTO delivery VALUES (1, 1, 'x', '{"id":1}', 0, 0, 0, NULL, NULL)`],
  ] as const)
    it(`${what}: the file is set aside, once, and what can be read of it is carried over`, (t) => {
      const found = bench(t);
      if (found === null) return;
      begun(found).close();
      change(found.file, sql);
      for (const round of [1, 2]) {
        const history = open(found);
        history.thinned({ since: 0, most: 10 });
        history.deliveries(9);
        const levels = history.levels();
        const report = history.report();
        const kept = history.kept({ kind: 'baseline' });
        if (what !== 'what a command kept is no JSON') assert.deepEqual(kept, [BASELINE]);
        if (what !== 'a level is none') assert.deepEqual(levels, new Map([[DISK, CRITICAL]]));
        if (what !== 'a report is no JSON') assert.deepEqual(report, { at: START, json: '{"a":1}' });
        assert.equal(history.problems.length, round === 1 ? 1 : 0);
        history.close();
      }
      assert.equal(asideOf(found).length, 1);
    });

  it('a run that was killed between the two renames: the next one takes what that made', (t) => {
    const found = bench(t);
    if (found === null) return;
    begun(found).close();
    change(found.file, 'DELETE FROM subject');
    const history = open(found);
    history.thinned({ since: 0, most: 10 });
    history.close();
    renameSync(found.file, join(found.directory, 'new.db'));
    const again = open(found);
    assert.deepEqual(again.levels(), new Map([[DISK, CRITICAL]]));
    assert.deepEqual(again.problems, []);
    again.close();
    assert.deepEqual(
      readdirSync(found.directory).filter((name) => !name.startsWith('history')),
      ['lock'],
    );
  });

  it('beside another run that has it open: that goes on in the new one, too', (t) => {
    const found = bench(t);
    if (found === null) return;
    begun(found).close();
    const other = open(found);
    change(found.file, 'DELETE FROM subject');
    const history = open(found);
    // Who has it open with others cannot rename it: said after a while, and nothing is lost.
    assert.throws(() => history.thinned({ since: 0, most: 10 }), /cannot write the history/);
    history.close();
    other.thinned({ since: 0, most: 10 });
    assert.deepEqual(other.levels(), new Map([[DISK, CRITICAL]]));
    assert.equal(other.problems.length, 1);
    other.close();
  });
});

function offsetIn(place: string, random: () => number): number {
  const within = (from: number, to: number) => from + Math.floor(random() * (to - from));
  if (place === 'head') return within(0, 8);
  if (place === 'cells') return within(8, 40);
  return place === 'end' ? within(PAGE_BYTES - 200, PAGE_BYTES) : within(0, PAGE_BYTES);
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
