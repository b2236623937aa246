// Owns the tables of a history file, and the two numbers by which one of ours is known. What is done with them is
// tables.ts and samples.ts.

/** `JTSH`: by it a file is known to be ours (sqlite.org/pragma.html#pragma_application_id). */
export const APPLICATION_ID = 0x4a545348;
/** Raised with every change of SCHEMA that was released; what an earlier one had is in earlier-formats.ts. */
export const FORMAT_VERSION = 3;

/** Numbers are bytes, counts, or milliseconds since the epoch, all of which JavaScript holds exactly. */
const COUNT = 'INTEGER NOT NULL CHECK (%s BETWEEN 0 AND 9007199254740991)';
/** To the end of the year 9999: what ISO 8601 has four digits for. */
const TIME = 'INTEGER NOT NULL CHECK (%s BETWEEN 0 AND 253402300799999)';
const JSON_TEXT = 'TEXT NOT NULL CHECK (json_valid(%s))';

const orNull = (type: string) => type.replace('NOT NULL ', '');

function column(name: string, type: string): string {
  return `${name} ${type.replaceAll('%s', name)}`;
}

/**
 * `series`: one host's one base; its samples are thinned by tier up to `hourly_until` and `daily_until`, and are `figures`
 * rows of `use`. `sample`: in the order of `id` as they arrived; `boot` and `boottime_ms` are what the machine's own clock
 * said (NULL: nobody asked it), `running_ms` for how long the machine was seen to run since the first one: never ahead of
 * the truth. `at` is the time that counts; `wall` what the clock said where that could not be (NULL: the same). `told` outlives the deliveries it comes from.
 * `look`: rings of fixed size (space/looks.ts). `look_memory`: what a look has to know of the last sample.
 * `kept`: what else commands keep (kept.ts), in the order of `id` as it arrived.
 */
export const SCHEMA = `
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  base TEXT NOT NULL,
  ${column('hourly_until', TIME)},
  ${column('daily_until', TIME)},
  ${column('figures', COUNT)},
  UNIQUE (host, base)
) STRICT;
CREATE TABLE subject (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE boot (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE sample (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  ${column('at', TIME)},
  ${column('wall', orNull(TIME))},
  boot INTEGER,
  ${column('boottime_ms', orNull(COUNT))},
  running_ms INTEGER NOT NULL DEFAULT 0 CHECK (running_ms >= 0)
) STRICT;
CREATE INDEX sample_by_time ON sample (series, at, id);
CREATE INDEX sample_by_arrival ON sample (series, id);
CREATE INDEX sample_by_running ON sample (series, running_ms, at);
CREATE TABLE use (
  sample INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  ${column('used_bytes', COUNT)},
  ${column('inodes', COUNT)},
  ${column('limit_bytes', COUNT)},
  PRIMARY KEY (sample, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE level (
  series INTEGER NOT NULL,
  subject TEXT NOT NULL,
  ${column('state', JSON_TEXT)},
  PRIMARY KEY (series, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  channel TEXT NOT NULL,
  ${column('event', JSON_TEXT)},
  ${column('attempts', COUNT)},
  ${column('due', TIME)},
  ${column('held_until', TIME)},
  error TEXT,
  ${column('delivered_at', orNull(TIME))}
) STRICT;
CREATE INDEX delivery_waiting ON delivery (series, channel) WHERE delivered_at IS NULL;
CREATE TABLE told (
  series INTEGER NOT NULL,
  channel TEXT NOT NULL,
  subject TEXT NOT NULL,
  level TEXT NOT NULL,
  ${column('at', TIME)},
  PRIMARY KEY (series, channel, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE report (
  series INTEGER PRIMARY KEY,
  ${column('at', TIME)},
  ${column('json', JSON_TEXT)}
) STRICT;
CREATE TABLE checks (
  series INTEGER PRIMARY KEY,
  ${column('at', TIME)},
  ${column('json', JSON_TEXT)}
) STRICT;
CREATE TABLE look (
  series INTEGER NOT NULL,
  ring TEXT NOT NULL,
  slot INTEGER NOT NULL,
  ${column('at', TIME)},
  ${column('used_bytes', COUNT)},
  ${column('limit_bytes', COUNT)},
  PRIMARY KEY (series, ring, slot)
) STRICT, WITHOUT ROWID;
CREATE TABLE look_memory (
  series INTEGER PRIMARY KEY,
  ${column('memory', JSON_TEXT)}
) STRICT;
CREATE TABLE kept (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  ${column('at', TIME)},
  ${column('json', JSON_TEXT)}
) STRICT;
CREATE INDEX kept_by_subject ON kept (series, kind, subject, id);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT_VERSION};
`;

/** What a file must contain, by the statement that makes it. */
export const TABLES: readonly string[] = SCHEMA.split(';')
  .map((statement) => statement.trim())
  .filter((statement) => statement.startsWith('CREATE '));

/** Whether what SQLite keeps of the statements that made a file's tables is just what `tables` says. */
export function isSchema(statements: readonly string[], tables: readonly string[] = TABLES): boolean {
  return statements.length === tables.length && statements.every((statement) => tables.includes(statement));
}
