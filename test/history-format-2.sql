-- A history of format 2, as the program of then left it. For src/history/store/migration.test.ts.
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
INSERT INTO series VALUES (1, '0123456789abcdef0123456789abcdef', '/data/jts/hot', 1764633600000, 1735689600000, 12);
INSERT INTO series VALUES (2, '0123456789abcdef0123456789abcdef', '/data/other', 1764633600000, 1735689600000, 1);
INSERT INTO subject VALUES (1, '/');
INSERT INTO subject VALUES (2, 'kafka');
INSERT INTO subject VALUES (3, 'redis');
INSERT INTO boot VALUES (1, '6f9619ff-8b86-4d01-b42d-00cf4fc964ff');
INSERT INTO sample VALUES (1, 1, 1767225600000, NULL, NULL, NULL, 0);
INSERT INTO sample VALUES (2, 1, 1767229200000, NULL, NULL, NULL, 0);
INSERT INTO sample VALUES (3, 1, 1767232800000, NULL, NULL, NULL, 0);
INSERT INTO sample VALUES (4, 1, 1767236400000, NULL, NULL, NULL, 0);
INSERT INTO sample VALUES (5, 1, 1767240000000, NULL, NULL, NULL, 0);
INSERT INTO sample VALUES (7, 2, 1767225600000, NULL, NULL, NULL, 0);
INSERT INTO sample VALUES (8, 1, 1767247200000, NULL, 1, 1235, 0);
INSERT INTO use VALUES (1, 1, 1000, 10, 4000000000000);
INSERT INTO use VALUES (1, 2, 0, 5, 800000000000);
INSERT INTO use VALUES (2, 1, 1001, 10, 4000000000000);
INSERT INTO use VALUES (2, 2, 1, 5, 800000000000);
INSERT INTO use VALUES (3, 1, 1002, 10, 4000000000000);
INSERT INTO use VALUES (3, 2, 2, 5, 800000000000);
INSERT INTO use VALUES (4, 1, 1003, 10, 4000000000000);
INSERT INTO use VALUES (4, 2, 3, 5, 800000000000);
INSERT INTO use VALUES (5, 1, 1004, 10, 4000000000000);
INSERT INTO use VALUES (5, 2, 4, 5, 800000000000);
INSERT INTO use VALUES (7, 3, 1, 1, 2);
INSERT INTO use VALUES (8, 1, 1005, 10, 4000000000000);
INSERT INTO use VALUES (8, 2, 5, 5, 800000000000);
INSERT INTO level VALUES (1, '/', '{"level":"CRITICAL","since":1767225600000,"fired":{"rule":"used","level":"CRITICAL","value":91.5,"threshold":90},"pending":null}');
INSERT INTO level VALUES (1, 'kafka', '{"level":"OK","since":1767225600000,"fired":null,"pending":{"warning":1,"critical":0}}');
INSERT INTO delivery VALUES (1, 1, 'mail', '{"id":"delivered","kind":"change","at":1767243600000,"host":"trader1","base":"/data/jts/hot","subject":"/","level":"CRITICAL","before":"OK","since":1767225600000,"beforeSince":null,"fired":{"rule":"used","level":"CRITICAL","value":91.5,"threshold":90},"usedBytes":91,"limitBytes":100,"usedPercent":91.5}', 1, 0, 0, NULL, 1767243601000);
INSERT INTO delivery VALUES (2, 1, 'slack', '{"id":"delivered","kind":"change","at":1767243600000,"host":"trader1","base":"/data/jts/hot","subject":"/","level":"CRITICAL","before":"OK","since":1767225600000,"beforeSince":null,"fired":{"rule":"used","level":"CRITICAL","value":91.5,"threshold":90},"usedBytes":91,"limitBytes":100,"usedPercent":91.5}', 1, 1767247200000, 0, 'no answer', NULL);
INSERT INTO told VALUES (1, 'mail', '/', 'CRITICAL', 1767243600000);
INSERT INTO told VALUES (1, 'slack', '/', 'CRITICAL', 1767243600000);
INSERT INTO report VALUES (1, 1767243600000, '{"a":1}');
INSERT INTO checks VALUES (1, 1767247200000, '{"passed":3,"failed":0,"warnings":1,"skipped":0,"notHeld":["schedule"],"at":1767247200000,"level":"WARNING","since":1767247200000}');
INSERT INTO look VALUES (1, 'day', 14, 1767247200000, 1005, 4000000000000);
INSERT INTO look VALUES (1, 'hour', 582, 1767247200000, 1005, 4000000000000);
INSERT INTO look VALUES (1, 'look', 72, 1767247200000, 1005, 4000000000000);
INSERT INTO look_memory VALUES (1, '{"measured":null,"soonerAt":null}');
UPDATE sqlite_sequence SET seq = 8 WHERE name = 'sample';
UPDATE sqlite_sequence SET seq = 2 WHERE name = 'delivery';
PRAGMA application_id = 1247040328;
PRAGMA user_version = 2;
