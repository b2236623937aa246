// Owns what history files of earlier formats contain. Never changed: it is what lies on disks.

/** The statements that made its tables, by `user_version`. */
export const EARLIER: { readonly [version: number]: readonly string[] } = {
  1: statementsOf(`
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  base TEXT NOT NULL,
  hourly_until INTEGER NOT NULL CHECK (hourly_until BETWEEN 0 AND 253402300799999),
  daily_until INTEGER NOT NULL CHECK (daily_until BETWEEN 0 AND 253402300799999),
  figures INTEGER NOT NULL CHECK (figures BETWEEN 0 AND 9007199254740991),
  UNIQUE (host, base)
) STRICT;
CREATE TABLE subject (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE sample (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  at INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999)
) STRICT;
CREATE INDEX sample_by_time ON sample (series, at, id);
CREATE INDEX sample_by_arrival ON sample (series, id);
CREATE TABLE use (
  sample INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  used_bytes INTEGER NOT NULL CHECK (used_bytes BETWEEN 0 AND 9007199254740991),
  inodes INTEGER NOT NULL CHECK (inodes BETWEEN 0 AND 9007199254740991),
  limit_bytes INTEGER NOT NULL CHECK (limit_bytes BETWEEN 0 AND 9007199254740991),
  PRIMARY KEY (sample, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE level (
  series INTEGER NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL CHECK (json_valid(state)),
  PRIMARY KEY (series, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  channel TEXT NOT NULL,
  event TEXT NOT NULL CHECK (json_valid(event)),
  attempts INTEGER NOT NULL CHECK (attempts BETWEEN 0 AND 9007199254740991),
  due INTEGER NOT NULL CHECK (due BETWEEN 0 AND 253402300799999),
  held_until INTEGER NOT NULL CHECK (held_until BETWEEN 0 AND 253402300799999),
  error TEXT,
  delivered_at INTEGER CHECK (delivered_at BETWEEN 0 AND 253402300799999)
) STRICT;
CREATE INDEX delivery_waiting ON delivery (series, channel) WHERE delivered_at IS NULL;
CREATE TABLE told (
  series INTEGER NOT NULL,
  channel TEXT NOT NULL,
  subject TEXT NOT NULL,
  level TEXT NOT NULL,
  at INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
  PRIMARY KEY (series, channel, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE report (
  series INTEGER PRIMARY KEY,
  at INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
  json TEXT NOT NULL CHECK (json_valid(json))
) STRICT;
`),
  2: statementsOf(`
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  base TEXT NOT NULL,
  hourly_until INTEGER NOT NULL CHECK (hourly_until BETWEEN 0 AND 253402300799999),
  daily_until INTEGER NOT NULL CHECK (daily_until BETWEEN 0 AND 253402300799999),
  figures INTEGER NOT NULL CHECK (figures BETWEEN 0 AND 9007199254740991),
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
  at INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
  wall INTEGER CHECK (wall BETWEEN 0 AND 253402300799999),
  boot INTEGER,
  boottime_ms INTEGER CHECK (boottime_ms BETWEEN 0 AND 9007199254740991),
  running_ms INTEGER NOT NULL DEFAULT 0 CHECK (running_ms >= 0)
) STRICT;
CREATE INDEX sample_by_time ON sample (series, at, id);
CREATE INDEX sample_by_arrival ON sample (series, id);
CREATE INDEX sample_by_running ON sample (series, running_ms, at);
CREATE TABLE use (
  sample INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  used_bytes INTEGER NOT NULL CHECK (used_bytes BETWEEN 0 AND 9007199254740991),
  inodes INTEGER NOT NULL CHECK (inodes BETWEEN 0 AND 9007199254740991),
  limit_bytes INTEGER NOT NULL CHECK (limit_bytes BETWEEN 0 AND 9007199254740991),
  PRIMARY KEY (sample, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE level (
  series INTEGER NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL CHECK (json_valid(state)),
  PRIMARY KEY (series, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  channel TEXT NOT NULL,
  event TEXT NOT NULL CHECK (json_valid(event)),
  attempts INTEGER NOT NULL CHECK (attempts BETWEEN 0 AND 9007199254740991),
  due INTEGER NOT NULL CHECK (due BETWEEN 0 AND 253402300799999),
  held_until INTEGER NOT NULL CHECK (held_until BETWEEN 0 AND 253402300799999),
  error TEXT,
  delivered_at INTEGER CHECK (delivered_at BETWEEN 0 AND 253402300799999)
) STRICT;
CREATE INDEX delivery_waiting ON delivery (series, channel) WHERE delivered_at IS NULL;
CREATE TABLE told (
  series INTEGER NOT NULL,
  channel TEXT NOT NULL,
  subject TEXT NOT NULL,
  level TEXT NOT NULL,
  at INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
  PRIMARY KEY (series, channel, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE report (
  series INTEGER PRIMARY KEY,
  at INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
  json TEXT NOT NULL CHECK (json_valid(json))
) STRICT;
CREATE TABLE checks (
  series INTEGER PRIMARY KEY,
  at INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
  json TEXT NOT NULL CHECK (json_valid(json))
) STRICT;
CREATE TABLE look (
  series INTEGER NOT NULL,
  ring TEXT NOT NULL,
  slot INTEGER NOT NULL,
  at INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
  used_bytes INTEGER NOT NULL CHECK (used_bytes BETWEEN 0 AND 9007199254740991),
  limit_bytes INTEGER NOT NULL CHECK (limit_bytes BETWEEN 0 AND 9007199254740991),
  PRIMARY KEY (series, ring, slot)
) STRICT, WITHOUT ROWID;
CREATE TABLE look_memory (
  series INTEGER PRIMARY KEY,
  memory TEXT NOT NULL CHECK (json_valid(memory))
) STRICT;
`),
};

function statementsOf(sql: string): readonly string[] {
  return sql
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
