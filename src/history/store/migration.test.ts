// A history of an earlier format: all that was in it is there afterwards, whatever happens on the way, and a program that only
// reads it needs nobody to migrate it first.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { requires } from '../../../test/requirement.ts';
import { DISK, type History } from '../history.ts';
import { createPatience } from './database.ts';
import { openHistoryFile } from './file.ts';
import { formatOf, migrate } from './migration.ts';
import type { Place } from './place.ts';
import { SCHEMA } from './schema.ts';

const EARLIER = [1, 2].map((format) => ({
  format,
  sql: readFileSync(`${import.meta.dirname}/../../../test/history-format-${format}.sql`, 'utf8'),
  /** Of the base that is looked at here. */
  samples: format === 1 ? 5 : 6,
}));
type Earlier = (typeof EARLIER)[number];
const START = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

function earlier({ sql }: Earlier): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec(sql);
  return database;
}

function rows(database: DatabaseSync): Readonly<Record<string, unknown>> {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map(({ name }) => String(name));
  return Object.fromEntries(tables.map((name) => [name, database.prepare(`SELECT * FROM ${name}`).all()]));
}

function sqlIn(database: DatabaseSync): unknown {
  return database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all();
}

for (const format of EARLIER)
  describe(`migration of a history of format ${format.format}`, () => {
    it('makes just the tables that a new one has, and keeps every row of the earlier one', () => {
      const database = earlier(format);
      const before = rows(database);
      assert.equal(formatOf(database), 'earlier');
      migrate(database);
      assert.equal(formatOf(database), 'present');
      const fresh = new DatabaseSync(':memory:');
      fresh.exec(SCHEMA);
      assert.deepEqual(sqlIn(database), sqlIn(fresh));
      const after = rows(database);
      for (const [table, had] of Object.entries(before))
        assert.deepEqual(after[table], table === 'sample' ? (had as object[]).map(asMigrated) : had, table);
      // The number 6 was given to a sample that is gone.
      const added = database.prepare('INSERT INTO sample (series, at) VALUES (1, 0)').run();
      assert.equal(added.lastInsertRowid, format.format === 1 ? 8 : 9);
      assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    });

    it('a second time changes nothing', () => {
      const database = earlier(format);
      migrate(database);
      const once = [rows(database), sqlIn(database)];
      migrate(database);
      assert.deepEqual([rows(database), sqlIn(database)], once);
    });

    it('that finds no room leaves it as it was, and works once there is some', () => {
      const database = earlier(format);
      const before = [rows(database), sqlIn(database)];
      const [pages] = Object.values(database.prepare('PRAGMA page_count').get() ?? {});
      let failed = 0;
      for (let more = 0; ; more += 1) {
        database.exec(`PRAGMA max_page_count = ${Number(pages) + more}`);
        try {
          migrate(database);
          break;
        } catch (error) {
          assert.match(`${error}`, /full/);
          assert.deepEqual([rows(database), sqlIn(database)], before);
          assert.equal(formatOf(database), 'earlier');
          failed += 1;
        }
      }
      assert.ok(failed > 0);
      assert.equal(formatOf(database), 'present');
    });

    it('one whose tables are not those of its format is not taken for one', () => {
      for (const sql of [
        'DROP TABLE told',
        'CREATE TABLE more (x)',
        'PRAGMA user_version = 0',
        'DROP INDEX sample_by_time',
      ]) {
        const database = earlier(format);
        database.exec(sql);
        assert.equal(formatOf(database), 'unknown', sql);
      }
    });
  });

function asMigrated(row: object): object {
  return { __proto__: null, wall: null, boot: null, boottime_ms: null, running_ms: 0, ...row };
}

for (const format of EARLIER)
  describe(`a history file of format ${format.format}`, () => {
    interface Bench {
      readonly place: Place;
      readonly file: string;
      readonly open: (mode: 'read' | 'write') => History;
    }

    /** null: the test was skipped. */
    function bench(t: TestContext): Bench | null {
      if (!requires(t, 'root')) return null;
      const root = mkdtempSync('/dev/shm/history-migration-');
      t.after(() => rmSync(root, { recursive: true }));
      chmodSync(root, 0o755);
      mkdirSync(join(root, 'var/lib'), { recursive: true });
      const directory = join(root, 'var/lib/jts-hot/history');
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const file = join(directory, 'history.db');
      const database = new DatabaseSync(file);
      database.exec(`PRAGMA journal_mode = WAL; ${format.sql}`);
      database.close();
      const place: Place = {
        root,
        base: '/data/jts/hot',
        machine: '0123456789abcdef0123456789abcdef',
        gidOf: () => undefined,
        now: () => START,
        patience: createPatience(),
      };
      const open = (mode: 'read' | 'write') => {
        const history = openHistoryFile(place, { mode, group: null });
        assert.ok(history !== null);
        return history;
      };
      return { place, file, open };
    }

    function all(history: History): readonly unknown[] {
      return [
        history.samples({ since: 0 }),
        history.thinned({ since: 0, most: 2 }),
        history.extent(),
        history.subjects().toSorted(),
        history.levels(),
        history.lastTold(),
        history.deliveries(9),
        history.report(),
        history.kept({ kind: 'clean' }),
        history.notes,
      ];
    }

    it('is read as it is, by one reader before and after it is migrated, and says the same', (t) => {
      const found = bench(t);
      if (found === null) return;
      const { file, open } = found;
      const bytes = readFileSync(file);
      const reader = open('read');
      const before = all(reader);
      assert.equal(reader.extent().samples, format.samples);
      assert.ok(readFileSync(file).equals(bytes));
      const writer = open('write');
      assert.deepEqual(all(writer), before);
      writer.close();
      assert.deepEqual(all(reader), before);
      reader.close();
      const again = open('read');
      assert.deepEqual(all(again), before);
      again.close();
    });

    it('goes on: what was to be delivered is, and samples are added', (t) => {
      const found = bench(t);
      if (found === null) return;
      const history = found.open('write');
      const clock = { boot: 'b'.repeat(36), boottimeMs: 1234.5 };
      history.append({ at: START + 7 * HOUR_MS, uses: new Map(), clock });
      assert.equal(history.extent().samples, format.samples + 1);
      history.keep({ kind: 'clean', subject: 'backup', at: START, json: '{}' });
      assert.equal(history.kept({ kind: 'clean' }).length, 1);
      assert.deepEqual(
        history.claim(START + 7 * HOUR_MS, 1000, 'slack').map(({ event: { id, subject } }) => [id, subject]),
        [['delivered', DISK]],
      );
      history.close();
      const database = new DatabaseSync(found.file, { readOnly: true });
      assert.deepEqual(
        {
          ...database
            .prepare(
              'SELECT name, boottime_ms FROM sample JOIN boot ON boot.id = boot ORDER BY sample.id DESC',
            )
            .get(),
        },
        {
          name: clock.boot,
          boottime_ms: 1235,
        },
      );
      database.close();
    });

    it('of which a run was killed in the middle of it is what it was', (t) => {
      const found = bench(t);
      if (found === null) return;
      const database = new DatabaseSync(found.file);
      // As `migrate`, up to its end; closed without it, as by a kill.
      database.exec(
        'BEGIN IMMEDIATE; DROP INDEX sample_by_time; ALTER TABLE sample RENAME TO earlier_sample',
      );
      database.close();
      const reader = found.open('read');
      assert.equal(reader.extent().samples, format.samples);
      reader.close();
      const writer = found.open('write');
      assert.equal(writer.extent().samples, format.samples);
      writer.close();
    });
  });
