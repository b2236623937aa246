// The history's file on a real file system, as root: what is kept in it, who may read it, what becomes of a damaged one,
// foreign, newer or in the way. Nothing that was there may be gone afterwards.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { seedOf } from '../../../test/random.ts';
import { requires } from '../../../test/requirement.ts';
import { Problem } from '../../messages/diagnostic.ts';
import { NO_EPISODES } from '../../space/episodes.ts';
import type { LevelState } from '../../space/level.ts';
import { HOUR_MS } from '../../space/thinning.ts';
import type { AlertEvent } from '../event.ts';
import { type Delivery, DISK, type History, type Sample } from '../history.ts';
import { MOST_KEPT } from '../kept.ts';
import { createPatience } from './database.ts';
import { openHistoryFile } from './file.ts';
import type { Place } from './place.ts';

const START = Date.UTC(2026, 0, 1);
const FRESH = { episodes: NO_EPISODES, unmeasured: null };
const MACHINE = '0123456789abcdef0123456789abcdef';
const GID = 4321;

interface Bench extends Place {
  readonly directory: string;
  readonly file: string;
  /** Names in the directory but the lock's. */
  readonly names: () => readonly string[];
  readonly write: (group?: string | null) => History;
  readonly read: () => History | null;
}

/** null: the test was skipped. */
function bench(t: TestContext, more: Partial<Place> = {}): Bench | null {
  if (!requires(t, 'root')) return null;
  // In memory: that it is on the disk is for test/e2e/history.test.ts, and takes its time.
  const root = mkdtempSync('/dev/shm/history-file-');
  chmodSync(root, 0o755);
  t.after(() => rmSync(root, { recursive: true }));
  const place: Place = {
    root,
    base: '/data/jts/hot',
    machine: MACHINE,
    gidOf: (group) => (group === 'watchers' ? GID : undefined),
    now: () => START,
    patience: createPatience(),
    ...more,
  };
  const directory = join(root, 'var/lib/jts-hot/history');
  return {
    ...place,
    directory,
    file: join(directory, 'history.db'),
    names: () =>
      readdirSync(directory)
        .filter((name) => name !== 'lock')
        .toSorted(),
    write: (group = null) => {
      const history = openHistoryFile(place, { mode: 'write', group });
      assert.ok(history !== null);
      return history;
    },
    read: () => openHistoryFile(place, { mode: 'read', group: null }),
  };
}

function sample(at: number): Sample {
  return {
    at,
    uses: new Map([
      [DISK, { usedBytes: 1000 + at, inodes: 10, limitBytes: 4e12 }],
      ['kafka', { usedBytes: at, inodes: 5, limitBytes: 8e11 }],
    ]),
  };
}

function record(place: Bench, count: number, from = START): readonly string[] {
  const history = place.write();
  for (let i = 0; i < count; i += 1) history.append(sample(from + i * HOUR_MS));
  history.close();
  return history.notes;
}

function inHistory<T>(place: Bench, act: (history: History) => T): T {
  const history = place.read();
  assert.ok(history !== null);
  try {
    return act(history);
  } finally {
    history.close();
  }
}

const count = (place: Bench) => inHistory(place, (history) => history.extent().samples);

function problemOf(act: () => unknown): { readonly code: string; readonly text: string } {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Problem, `${error instanceof Error ? error.stack : error}`);
    const [first] = error.diagnostics;
    assert.ok(first !== undefined);
    return { code: first.code, text: JSON.stringify(first) };
  }
  assert.fail('want a Problem, found none');
}

const mode = (path: string) => {
  const { uid, gid, mode: bits } = lstatSync(path);
  return `${uid}:${gid} ${(bits & 0o7777).toString(8)}`;
};

describe('history file: what is kept', () => {
  it('nothing to read before something is written, then all of it, from one opening to the next', (t) => {
    const place = bench(t);
    if (place === null) return;
    assert.equal(place.read(), null);
    assert.equal(existsSync(join(place.root, 'var')), false);
    assert.deepEqual(record(place, 3), []);
    assert.deepEqual(place.names(), ['history.db']);
    inHistory(place, (history) => {
      assert.deepEqual(
        history.samples({ since: 0 }),
        [0, 1, 2].map((i) => sample(START + i * HOUR_MS)),
      );
      assert.deepEqual(history.notes, []);
      assert.throws(() => history.append(sample(START)), /opened for reading/);
    });
    assert.deepEqual(place.names(), ['history.db']);
  });

  it('a transaction all or not at all', (t) => {
    const place = bench(t);
    if (place === null) return;
    using history = closing(place.write());
    assert.throws(
      () =>
        history.transaction(() => {
          history.append(sample(START));
          history.transaction(() => history.setReport(1, '{}'));
          throw new Error('no');
        }),
      /^Error: no$/,
    );
    assert.deepEqual([history.extent().samples, history.report(), history.subjects()], [0, null, []]);
    history.append(sample(START));
    assert.deepEqual(history.samples({ since: 0 }), [sample(START)]);
  });

  it('levels and the last report', (t) => {
    const place = bench(t);
    if (place === null) return;
    using history = closing(place.write());
    const fired = { rule: 'used', level: 'WARNING', value: 81.5, threshold: 80 } as const;
    const levels = new Map<string, LevelState>([
      [DISK, { level: 'WARNING', since: START, fired, pending: { warning: 2, critical: 1 }, ...FRESH }],
      ['kafka', { level: 'OK', since: START, fired: null, pending: null, ...FRESH }],
    ]);
    assert.deepEqual(history.levels(), new Map());
    history.setLevels(levels);
    assert.deepEqual(history.levels(), levels);
    history.setLevels(new Map());
    assert.deepEqual(history.levels(), new Map());
    history.setReport(START, '{"a":1}');
    history.setReport(START + 1, '{"a":2}');
    assert.deepEqual(history.report(), { at: START + 1, json: '{"a":2}' });
  });

  it('what commands keep: by kind and subject, the first and the newest of each', (t) => {
    const place = bench(t);
    if (place === null) return;
    using history = closing(place.write());
    const baseline = (subject: string, at: number) =>
      ({ kind: 'baseline', subject, at, json: `{"at":${at}}` }) as const;
    assert.deepEqual(history.kept({ kind: 'baseline' }), []);
    history.transaction(() => {
      history.keep(baseline('S1', START + 5));
      history.keep({ ...baseline('S1', START), kind: 'health' });
      history.keep(baseline('S2', START + 1));
      // By a clock that was set back.
      for (let i = 0; i <= MOST_KEPT; i += 1) history.keep(baseline('S1', START + i));
    });
    const ofFirst = history.kept({ kind: 'baseline', subject: 'S1' });
    assert.equal(ofFirst.length, MOST_KEPT + 1);
    assert.deepEqual(
      [ofFirst[0], ofFirst[1], ofFirst.at(-1)],
      [baseline('S1', START + 5), baseline('S1', START + 1), baseline('S1', START + MOST_KEPT)],
    );
    assert.equal(history.kept({ kind: 'baseline' }).length, MOST_KEPT + 2);
    assert.deepEqual(history.kept({ kind: 'health' }), [{ ...baseline('S1', START), kind: 'health' }]);
    const reader = place.read();
    assert.deepEqual(reader?.kept({ kind: 'baseline', subject: 'S2' }), [baseline('S2', START + 1)]);
    reader?.close();
  });

  it('deliveries: of one channel claimed by one run at a time, all or none, tried again when one is due', (t) => {
    const place = bench(t);
    if (place === null) return;
    using history = closing(place.write());
    using other = closing(place.write());
    const ids = (claimed: readonly Delivery[]) => claimed.map(({ event: { id } }) => id);
    history.enqueue(event('one'), ['mail', 'slack']);
    history.enqueue(event('two', { level: 'CRITICAL', at: START + 5 }), ['mail']);
    const claimed = history.claim(START, 1000, 'mail');
    assert.deepEqual(ids(claimed), ['one', 'two']);
    assert.deepEqual(claimed[0]?.event, event('one'));
    assert.deepEqual([claimed[0]?.attempts, claimed[0]?.error], [0, null]);
    assert.deepEqual(other.claim(START + 999, 1000, 'mail'), []);
    assert.deepEqual(ids(other.claim(START + 999, 1000, 'slack')), ['one']);
    const [first, second] = claimed;
    assert.ok(first !== undefined && second !== undefined);
    history.delivered(first.id, START + 10);
    history.failed(second.id, 'no answer', START + 5000);
    assert.deepEqual(other.claim(START + 4999, 1000, 'mail'), []);
    const [again] = other.claim(START + 5000, 1000, 'mail');
    assert.deepEqual([again?.event.id, again?.attempts, again?.error], ['two', 1, 'no answer']);
    // Of a run that was killed: its lease is over.
    assert.deepEqual(ids(history.claim(START + 6000, 1000, 'mail')), ['two']);
    assert.deepEqual(
      history.deliveries(2).map(({ channel, event: { id }, deliveredAt }) => [channel, id, deliveredAt]),
      [
        ['mail', 'two', null],
        ['slack', 'one', null],
      ],
    );
    assert.deepEqual(history.deliveries(9).at(-1), { ...first, attempts: 1, deliveredAt: START + 10 });
    // Too late to fail what another run has delivered meanwhile.
    history.failed(first.id, 'late', START + 6000);
    assert.equal(history.deliveries(9).at(-1)?.error, null);
  });

  it('what is due, or held, under a clock that was far ahead is neither now', (t) => {
    const place = bench(t);
    if (place === null) return;
    using history = closing(place.write());
    history.enqueue(event('one'), ['mail']);
    const [claimed] = history.claim(Date.UTC(2099, 0), 1000, 'mail');
    assert.ok(claimed !== undefined);
    assert.equal(history.claim(START, 1000, 'mail').length, 1);
    assert.equal(history.claim(START, 1000, 'mail').length, 0);
    history.failed(claimed.id, 'no', Date.UTC(2099, 0));
    assert.equal(history.claim(START, 1000, 'mail').length, 1);
  });

  it('what was told last, by channel and subject, tests left out, longer than the deliveries', (t) => {
    const place = bench(t);
    if (place === null) return;
    using history = closing(place.write());
    history.enqueue(event('one'), ['mail', 'slack']);
    history.enqueue(event('two', { level: 'CRITICAL', at: START + 5 }), ['mail']);
    history.enqueue(event('test', { kind: 'test', at: START + 6 }), ['mail']);
    const told = [
      { channel: 'mail', subject: 'kafka', level: 'CRITICAL', at: START + 5 },
      { channel: 'slack', subject: 'kafka', level: 'WARNING', at: START },
    ];
    assert.deepEqual(history.lastTold(), told);
    for (const { id } of history.deliveries(9)) history.delivered(id, START + 10);
    const muchLater = START + 100 * 24 * HOUR_MS;
    history.enqueue(event('three', { subject: DISK, at: muchLater }), ['mail']);
    assert.deepEqual(
      history.deliveries(9).map(({ event: { id } }) => id),
      ['three'],
    );
    assert.deepEqual(
      history.lastTold().filter(({ subject }) => subject === 'kafka'),
      told,
    );
  });

  it('keeps machines and bases apart, and says that there are others', (t) => {
    const place = bench(t);
    if (place === null) return;
    record(place, 2);
    const others = [
      { ...place, base: '/data/other' },
      { ...place, machine: 'f'.repeat(32) },
    ];
    for (const [i, other] of others.entries()) {
      const history = openHistoryFile(other, { mode: 'write', group: null });
      assert.ok(history !== null);
      assert.deepEqual([history.samples({ since: 0 }), history.levels().size], [[], 0]);
      history.enqueue(event('theirs'), ['mail']);
      history.append(sample(START + i));
      history.close();
    }
    using history = closing(place.write());
    assert.deepEqual(
      [history.extent().samples, history.claim(START, 1, 'mail'), history.lastTold()],
      [2, [], []],
    );
    // It was so in every run before, too: it is for those who ask.
    assert.deepEqual(history.notes, []);
    assert.deepEqual(history.remarks, [
      'the file also keeps 1 samples of /data/other; they are not used here',
      `the file also keeps 1 samples of another machine (machine-id ${'f'.repeat(32)}), /data/jts/hot; they are not used here`,
    ]);
  });

  it('says that the clock was set back, at once and at the next opening', (t) => {
    const place = bench(t);
    if (place === null) return;
    record(place, 3);
    assert.match(record(place, 1, START - HOUR_MS).join(), /clock was set back: this sample/);
    assert.match(
      inHistory(place, ({ notes }) => notes.join()),
      /clock was set back: 3 samples up to/,
    );
  });
});

describe('history file: who reads it', () => {
  it('root alone; the group of the layout reads a copy, and follows it at the next write', (t) => {
    const place = bench(t);
    if (place === null) return;
    const state = join(place.directory, '..');
    const open = ['history.db', 'history.db-shm', 'history.db-wal'];
    for (const [group, gid, modes] of [
      [null, 0, { directory: '700', file: '600' }],
      ['watchers', GID, { directory: '750', file: '640' }],
      ['gone', 0, { directory: '700', file: '600' }],
      ['watchers', GID, { directory: '750', file: '640' }],
      [null, 0, { directory: '700', file: '600' }],
    ] as const) {
      using history = closing(place.write(group));
      // At once, whatever becomes of this run.
      if (existsSync(join(state, 'published')))
        assert.equal(mode(join(state, 'published')), `0:${gid} ${modes.directory}`);
      history.append(sample(START));
      history.publish();
      assert.deepEqual(place.names(), open);
      for (const name of [...open, 'lock']) assert.equal(mode(join(place.directory, name)), '0:0 600');
      assert.equal(mode(place.directory), '0:0 700');
      assert.equal(mode(state), '0:0 711');
      assert.deepEqual(readdirSync(join(state, 'published')), ['history.db']);
      assert.equal(mode(join(state, 'published')), `0:${gid} ${modes.directory}`);
      assert.equal(mode(join(state, 'published/history.db')), `0:${gid} ${modes.file}`);
      assert.deepEqual(
        history.notes,
        group === 'gone' ? ['there is no group gone: only root can read the history'] : [],
      );
    }
  });

  it("what an earlier version let a group read is root's alone from the next write on", (t) => {
    const place = bench(t);
    if (place === null) return;
    record(place, 1);
    const state = join(place.directory, '..');
    for (const [path, bits] of [
      [state, 0o710],
      [place.directory, 0o2750],
      [place.file, 0o640],
    ] as const) {
      chownSync(path, 0, GID);
      chmodSync(path, bits);
    }
    record(place, 1);
    assert.deepEqual([state, place.directory, place.file].map(mode), ['0:0 711', '0:0 700', '0:0 600']);
  });

  it('the copy is made by one run at a time, and others wait for it', async (t) => {
    const place = bench(t);
    if (place === null) return;
    // As cron starts them: several at the same moment, each a process of its own.
    const run = `
      import { createPatience } from '${import.meta.dirname}/database.ts';
      import { openHistoryFile } from '${import.meta.dirname}/file.ts';
      const place = { root: '${place.root}', base: '${place.base}', machine: '${place.machine}', gidOf: () => undefined, now: Date.now, patience: createPatience() };
      for (let i = 0; i < 25; i += 1) {
        const history = openHistoryFile(place, { mode: 'write', group: null });
        history.append({ at: Date.now(), uses: new Map() });
        history.publish();
        history.close();
      }`;
    const ended = await Promise.all(
      Array.from(
        { length: 3 },
        () =>
          new Promise<string>((done) => {
            const argv = ['--input-type=module-typescript', '--eval', run];
            const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
            let said = '';
            child.stderr.on('data', (text) => {
              said += text;
            });
            child.on('close', (status) => done(`${status} ${said}`));
          }),
      ),
    );
    assert.deepEqual(ended, ['0 ', '0 ', '0 ']);
    const copy = openHistoryFile(place, { mode: 'published', group: null });
    assert.equal(copy?.extent().samples, 75);
    copy?.close();
  });

  it('the copy holds all that was committed, is replaced whole, and does not change', (t) => {
    const place = bench(t);
    if (place === null) return;
    const copy = join(place.directory, '../published/history.db');
    using history = closing(place.write());
    history.append(sample(START));
    history.publish();
    const before = readFileSync(copy);
    const { ino } = lstatSync(copy);
    history.append(sample(START + HOUR_MS));
    assert.ok(readFileSync(copy).equals(before));
    history.publish();
    assert.notEqual(lstatSync(copy).ino, ino);
    const database = new DatabaseSync(copy, { readOnly: true });
    assert.deepEqual({ ...database.prepare('SELECT count(*) AS n FROM sample').get() }, { n: 2 });
    assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'delete' });
    database.close();
  });

  it('no history below a directory that others can change, no matter who asks', (t) => {
    const place = bench(t);
    if (place === null) return;
    record(place, 1);
    for (const [path, spoil, mend] of [
      [place.root, () => chownSync(place.root, 1000, 0), () => chownSync(place.root, 0, 0)],
      [
        `${place.root}/var`,
        () => chmodSync(`${place.root}/var`, 0o777),
        () => chmodSync(`${place.root}/var`, 0o755),
      ],
      [place.directory, () => chmodSync(place.directory, 0o770), () => chmodSync(place.directory, 0o700)],
    ] as const) {
      spoil();
      for (const act of [place.read, place.write]) {
        const { code, text } = problemOf(() => act());
        assert.equal(code, 'E_HISTORY_DIRECTORY');
        assert.ok(text.includes(path), text);
      }
      mend();
    }
    assert.equal(count(place), 1);
  });

  it('through no link', (t) => {
    const place = bench(t);
    if (place === null) return;
    mkdirSync(join(place.root, 'elsewhere'));
    mkdirSync(join(place.root, 'var'));
    symlinkSync(join(place.root, 'elsewhere'), join(place.root, 'var/lib'));
    assert.match(problemOf(() => place.write()).text, /ENOTDIR/);
    assert.deepEqual(readdirSync(join(place.root, 'elsewhere')), []);
  });
});

describe('history file: read while it changes', () => {
  it('is read beside a writer, after it, and on by one opening through writers that come and go', (t) => {
    const place = bench(t);
    if (place === null) return;
    record(place, 1);
    using reader = closing(place.read() as History);
    assert.equal(reader.extent().samples, 1);
    for (let i = 1; i < 6; i += 1) {
      const writer = place.write();
      writer.append(sample(START + i * HOUR_MS));
      assert.equal(reader.extent().samples, i + 1);
      assert.equal(count(place), i + 1);
      writer.close();
      assert.equal(reader.samples({ since: 0 }).length, i + 1);
    }
  });

  it('goes on with the new one where the old one was set aside', (t) => {
    const place = bench(t);
    if (place === null) return;
    record(place, 3);
    using reader = closing(place.read() as History);
    assert.equal(reader.extent().samples, 3);
    writeFileSync(place.file, 'no database');
    record(place, 1);
    assert.equal(reader.extent().samples, 1);
  });
});

describe('history file: one that cannot be used', () => {
  const inTheWay: readonly (readonly [string, string, RegExp, (path: string) => void])[] = [
    ['text', 'damaged', /was damaged/, (path) => writeFileSync(path, 'not a database\n'.repeat(500))],
    ['zeros', 'damaged', /was damaged/, (path) => writeFileSync(path, Buffer.alloc(8192))],
    ['half a file', 'damaged', /was damaged/, (path) => truncateSync(path, 12_288)],
    [
      'a database of somebody else',
      'foreign',
      /something else/,
      (path) => foreign(path, 'CREATE TABLE t (x)'),
    ],
    [
      'one of ours with other tables',
      'damaged',
      /was damaged/,
      (path) => change(path, 'DROP TABLE report; CREATE TABLE report (at INTEGER)'),
    ],
    [
      'one of ours with a trigger',
      'damaged',
      /was damaged/,
      (path) => change(path, 'CREATE TRIGGER x AFTER INSERT ON sample BEGIN DELETE FROM use; END'),
    ],
    [
      'one with a value that none of ours has',
      'damaged',
      /was damaged/,
      (path) =>
        change(path, 'PRAGMA ignore_check_constraints = ON; UPDATE use SET used_bytes = 9223372036854775807'),
    ],
    ['one of a newer program', 'newer', /newer jts-hot/, (path) => change(path, 'PRAGMA user_version = 99')],
    ['a directory', 'foreign', /something else/, (path) => replace(path, () => mkdirSync(path))],
    ['a link', 'foreign', /something else/, (path) => replace(path, () => symlinkSync('/etc/passwd', path))],
    ['a pipe', 'foreign', /something else/, (path) => replace(path, () => execFileSync('mkfifo', [path]))],
  ];
  for (const [what, why, said, put] of inTheWay)
    it(`${what}: is set aside as it is, said, and a new one begun`, (t) => {
      const place = bench(t);
      if (place === null) return;
      record(place, 3);
      put(place.file);
      const before = lstatSync(place.file);
      const content = before.isFile() ? readFileSync(place.file) : null;
      const { code, text } = problemOf(() => inHistory(place, (history) => history.samples({ since: 0 })));
      assert.match(code, why === 'newer' ? /^E_HISTORY_NEWER$/ : /^E_HISTORY_DAMAGED$/);
      assert.match(text, /cannot read the history/);
      assert.deepEqual(place.names(), ['history.db']);
      assert.match(record(place, 2).join(), said);
      const aside = `history-2026-01-01T000000Z-${why}.db`;
      assert.deepEqual(place.names(), [aside, 'history.db']);
      const after = lstatSync(join(place.directory, aside));
      assert.equal(after.ino, before.ino);
      if (content !== null) assert.ok(readFileSync(join(place.directory, aside)).equals(content));
      inHistory(place, (history) => {
        assert.equal(history.extent().samples, 2);
        assert.deepEqual(history.notes, []);
        assert.deepEqual(history.remarks, [`set aside earlier, in /var/lib/jts-hot/history: ${aside}`]);
      });
    });

  it('an empty one, and one that was only just begun: used, nothing is set aside', (t) => {
    const place = bench(t);
    if (place === null) return;
    for (const begun of ['', 'PRAGMA journal_mode = WAL']) {
      record(place, 1);
      rmSync(place.file);
      writeFileSync(place.file, '');
      if (begun !== '') foreign(place.file, begun);
      assert.equal(place.read(), null);
      assert.deepEqual(record(place, 1), []);
      assert.deepEqual(place.names(), ['history.db']);
    }
  });

  it('what was not written into the file yet is not lost with the file', (t) => {
    const place = bench(t);
    if (place === null) return;
    record(place, 1);
    const wal = join(place.directory, 'history.db-wal');
    for (const spoil of [() => rmSync(place.file), () => truncateSync(place.file)]) {
      spoil();
      writeFileSync(wal, 'what a killed run wrote');
      assert.match(record(place, 1).join(), /set aside/);
      const waiting: string | undefined = place.names().findLast((name) => name.endsWith('-wal'));
      assert.equal(readFileSync(join(place.directory, waiting ?? ''), 'utf8'), 'what a killed run wrote');
    }
  });

  it('twice in one second: both are kept; again and again: stops, and says why', (t) => {
    const place = bench(t);
    if (place === null) return;
    for (let i = 0; i < 32; i += 1) {
      record(place, 1);
      writeFileSync(place.file, `damaged ${i}`);
    }
    record(place, 1);
    assert.equal(place.names().length, 33);
    writeFileSync(place.file, 'damaged once more');
    const { code, text } = problemOf(() => place.write());
    assert.equal(code, 'E_HISTORY_DAMAGED');
    assert.match(text, /fewer than 32 files set aside, found 32.*dmesg/);
    assert.equal(readFileSync(place.file, 'utf8'), 'damaged once more');
  });

  it('damaged at any place: read or refused, never a crash; recording goes on; no byte is thrown away', (t) => {
    const place = bench(t);
    if (place === null) return;
    record(place, 100);
    const whole = readFileSync(place.file);
    const random = seeded(seedOf(20260101));
    let aside = 0;
    let kept = 0;
    for (let round = 0; round < 60; round += 1) {
      const bytes = Buffer.from(whole);
      const spoilt = 1 + Math.floor(random() * 40);
      // Most of what matters stands at the beginning of a page.
      const page = Math.floor((random() * bytes.length) / 4096) * 4096;
      for (let i = 0; i < spoilt; i += 1) {
        const at = random() < 0.5 ? Math.floor(random() * bytes.length) : page + Math.floor(random() * 120);
        bytes[Math.min(at, bytes.length - 1)] = Math.floor(random() * 256);
      }
      const damaged = random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      rmSync(place.directory, { recursive: true });
      mkdirSync(place.directory, { mode: 0o700 });
      writeFileSync(place.file, damaged, { mode: 0o600 });

      orProblem(() => {
        const history = place.read();
        if (history === null) return;
        using reader = closing(history);
        reader.samples({ since: 0 });
        reader.thinned({ since: 0, most: 20 });
        for (const ask of [reader.levels, reader.lastTold, reader.report, reader.extent]) ask();
        reader.deliveries(9);
      });
      assert.ok(readFileSync(place.file).equals(damaged), `round ${round}: reading changed it`);
      orProblem(() => record(place, 1));
      const names = place.names().filter((name) => name.endsWith('.db'));
      const put = names.find((name) => name !== 'history.db');
      if (put !== undefined) {
        aside += 1;
        assert.ok(readFileSync(join(place.directory, put)).equals(damaged), `round ${round}: ${put} differs`);
        assert.equal(count(place), 1);
      } else kept += 1;
    }
    assert.ok(aside > 30 && kept > 0, `${aside} set aside, ${kept} used`);
  });
});

/** What is foreseen to go wrong may. */
function orProblem(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

function closing(history: History): History & Disposable {
  return { ...history, [Symbol.dispose]: () => history.close() };
}

function foreign(path: string, sql: string): void {
  rmSync(path);
  change(path, sql);
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function replace(path: string, put: () => unknown): void {
  rmSync(path);
  put();
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

function event(id: string, more: Partial<AlertEvent> = {}): AlertEvent {
  return {
    id,
    kind: 'change',
    at: START,
    host: 'trader1',
    base: '/data/jts/hot',
    subject: 'kafka',
    level: 'WARNING',
    before: 'OK',
    since: START,
    beforeSince: null,
    fired: { rule: 'used', level: 'WARNING', value: 81, threshold: 80 },
    why: null,
    usedBytes: 81,
    limitBytes: 100,
    usedPercent: 81,
    ...more,
  };
}
