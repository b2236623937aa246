// Owns random files of settings, as packages and operators write them, made of pieces whose names are known. Must not use what
// it is there to test.
import fc from 'fast-check';
import type { Change, FormatName, Value } from '../../src/formats/format.ts';
import { decodeName, encodeName } from '../../src/values/file-name.ts';

/** One or more lines without the last line end. */
export interface Piece {
  /** null: a comment, or nothing. */
  readonly name: string | null;
  readonly text: string;
}

export interface FlatFile {
  readonly pieces: readonly Piece[];
  readonly lineEnd: string;
  readonly hasFinalNewline: boolean;
}

export type FlatName = 'postgresql' | 'redis' | 'properties' | 'export' | 'dotenv' | 'systemd';
export const FLAT: readonly FlatName[] = ['postgresql', 'redis', 'properties', 'export', 'dotenv', 'systemd'];

/** From the files of the packages of Debian 12 and of Kafka 4, shortened; some as people change them. */
const PIECES: Readonly<Record<FlatName, readonly (readonly [string | null, string])[]>> = {
  postgresql: [
    [null, '# -----------------------------'],
    [null, '# The default values of these variables are driven from the -D command-line option'],
    [null, '#work_mem = 4MB\t\t\t\t# min 64kB'],
    [null, "#log_destination = 'stderr'\t\t# Valid values are combinations of"],
    [null, "\t\t\t\t\t# defaults to 'localhost'; use '*' for all"],
    ['data_directory', "data_directory = '/var/lib/postgresql/15/main'\t\t# use data in another directory"],
    ['hba_file', "hba_file = '/etc/postgresql/15/main/pg_hba.conf'\t# host-based authentication file"],
    ['port', 'port = 5432\t\t\t\t# (change requires restart)'],
    ['max_connections', 'max_connections = 100\t\t\t# (change requires restart)'],
    ['unix_socket_directories', "unix_socket_directories = '/var/run/postgresql'\t# comma-separated list"],
    ['shared_buffers', 'shared_buffers = 128MB\t\t\t# min 128kB'],
    ['max_wal_size', 'max_wal_size = 1GB'],
    ['log_line_prefix', "log_line_prefix = '%m [%p] %q%u@%d '\t\t# special values:"],
    ['datestyle', "datestyle = 'iso, mdy'"],
    ['lc_messages', "lc_messages = 'C.UTF-8'\t\t\t# locale for system error message"],
    ['include_dir', "include_dir = 'conf.d'\t\t\t# include files ending in '.conf' from"],
    ['work_mem', '  Work_Mem\t64MB'],
    ['jts.words', "jts.words 'it''s \\\\ \\'quoted\\' # no comment'#comment"],
    ['random_page_cost', 'random_page_cost=1.1'],
    ['autovacuum', 'autovacuum = on'],
  ],
  redis: [
    [null, '# Redis configuration file example.'],
    [null, '# save 3600 1 300 100 60 10000'],
    [null, '################################## NETWORK #####################################'],
    [null, ' # requirepass foobared'],
    ['bind', 'bind 127.0.0.1 -::1'],
    ['protected-mode', 'protected-mode yes'],
    ['port', 'port 6379'],
    ['pidfile', 'pidfile /run/redis/redis-server.pid'],
    ['logfile', 'logfile /var/log/redis/redis-server.log'],
    ['proc-title-template', 'proc-title-template "{title} {listen-addr} {server-mode}"'],
    ['dir', 'dir /var/lib/redis'],
    ['dir', "DIR '/var/lib/it\\'s'\t "],
    ['notify-keyspace-events', 'notify-keyspace-events ""'],
    ['save', 'save 900 1'],
    ['save', 'save 60 10000'],
    ['client-output-buffer-limit', 'client-output-buffer-limit pubsub 32mb 8mb 60'],
    ['requirepass', '\trequirepass  "a\\x20\\"b\\" \\n"'],
    ['user', 'user alice on +@all ~* >p#ss'],
  ],
  properties: [
    [null, '# Licensed to the Apache Software Foundation (ASF) under one or more'],
    [null, '############################# Server Basics #############################'],
    [null, '  ! log.dirs=/nowhere \\'],
    ['process.roles', 'process.roles=broker,controller'],
    ['node.id', 'node.id=1'],
    ['listeners', 'listeners=PLAINTEXT://:9092,CONTROLLER://:9093'],
    [
      'listener.security.protocol.map',
      'listener.security.protocol.map=CONTROLLER:PLAINTEXT,\\\n    SSL:SSL,\\\n\tSASL_SSL:SASL_SSL',
    ],
    ['log.dirs', 'log.dirs=/tmp/kraft-combined-logs'],
    ['log.dirs', 'log.dirs : /tmp/\\u0061b\\ c'],
    ['num.partitions', '  num.partitions 1'],
    ['log.retention.hours', 'log.retention.hours = 168  '],
    ['sasl.jaas.config', 'sasl.jaas.config=org.apache.kafka.PlainLoginModule required password\\="a\\\\b";'],
    ['empty', 'empty'],
    ['a b', 'a\\ b=c'],
  ],
  export: [
    [null, '# /etc/profile.d/jts.sh'],
    [null, '  # export JTS_BASE=/nowhere'],
    ['JTS_BASE', 'export JTS_BASE=/data/jts/hot'],
    ['JTS_NAME', "export JTS_NAME='it'\\''s $HOME'  # no expansion"],
    ['PGDATA', 'PGDATA="/data/jts/hot/postgresql \\$x \\"y\\""'],
    ['EMPTY', 'EMPTY='],
    ['LINES', "LINES='one\ntwo # not a comment'"],
  ],
  dotenv: [
    [null, '# settings of the application'],
    [null, '#JTS_BASE=/nowhere'],
    ['JTS_BASE', 'JTS_BASE=/data/jts/hot'],
    ['JTS_NAME', "export JTS_NAME='it is $HOME' # comment"],
    ['PGDATA', 'PGDATA = "/data/jts/hot/postgresql" # here'],
    ['TEXT', 'TEXT = plain words # comment'],
    ['EMPTY', 'EMPTY='],
    ['LINES', "LINES='one\ntwo # not a comment'"],
  ],
  systemd: [
    [null, '# Defaults of the service'],
    [null, '; JTS_BASE=/nowhere'],
    ['JTS_BASE', 'JTS_BASE=/data/jts/hot'],
    ['DAEMON_ARGS', 'DAEMON_ARGS = --dir /data "x" # no comment'],
    ['JTS_NAME', 'JTS_NAME="it\'s \\$HOME %h"'],
    ['PARTS', 'PARTS=\'a b\' "c"'],
    ['LONG', 'LONG=one \\\n  two'],
    ['EMPTY', 'EMPTY='],
  ],
};

/** A byte of ISO-8859-1 as a comment has it that somebody wrote long ago; and a very long line. */
const ODD = ['# gr\udcfc\udcdfe', `# ${'x'.repeat(5000)}`, '', '  '];

/** In a shell a carriage return is a letter, and systemd goes on with no line after one. */
const LINE_ENDS: Readonly<Record<FlatName, readonly string[]>> = {
  postgresql: ['\n', '\r\n'],
  redis: ['\n', '\r\n'],
  properties: ['\n', '\r\n', '\r'],
  export: ['\n'],
  dotenv: ['\n', '\r\n'],
  systemd: ['\n'],
};

export function flatFiles(name: FlatName): fc.Arbitrary<FlatFile> {
  const pieces = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...PIECES[name]) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD).map((text) => [null, text] as const) },
  );
  return fc.record({
    pieces: fc.array(
      pieces.map(([own, text]) => ({ name: own, text })),
      { maxLength: 25 },
    ),
    lineEnd: fc.constantFrom(...LINE_ENDS[name]),
    hasFinalNewline: fc.boolean(),
  });
}

/** Each piece with its line end, where it has one. */
export function segmentsOf({ pieces, lineEnd, hasFinalNewline }: FlatFile): readonly string[] {
  return pieces.map(({ text }, index) => {
    const end = hasFinalNewline || index < pieces.length - 1 ? lineEnd : '';
    return `${text.replaceAll('\n', lineEnd)}${end}`;
  });
}

/** Of the file's own names and of new ones. */
export function namesFor(name: FlatName): fc.Arbitrary<string> {
  const own = [...new Set(PIECES[name].flatMap(([one]) => (one === null ? [] : [one])))];
  const isVariable = name === 'export' || name === 'dotenv' || name === 'systemd';
  return fc.constantFrom(...own, ...(isVariable ? ['NEW_ONE', 'X'] : ['jts.new', 'jts.x']));
}

const SIGNS = [
  ...' "\'$%#\\`=:;!{}[],&<>-|*?~@\t\n\r/aZ09é文😀\u00a0\u200b\u2028\x01\x7f',
  'it',
  ' # ',
  '\udce9',
  '--',
  '$',
  '{x}',
];

export const words: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '/data/jts/hot/postgresql',
    '10m',
    'yes',
    'null',
    '0x1f',
    '1e3',
    '-1',
    '',
    '~',
    '.5',
    '007',
  ),
  // As it comes from a file's name.
  fc
    .array(fc.constantFrom(...SIGNS), { maxLength: 12 })
    .map((signs) => decodeName(encodeName(signs.join('')).subarray(0, -1))),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);

export const values: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: words },
  { weight: 1, arbitrary: fc.integer({ min: -1_000_000, max: 1_000_000 }) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.array(words, { maxLength: 3 }) },
);

/** Of one language: null, or what it can carry. */
export function changesFor(
  keys: fc.Arbitrary<readonly string[]>,
  refusal: (value: Value) => string | null,
): fc.Arbitrary<Change> {
  const value = fc.option(
    values.filter((one) => refusal(one) === null),
    { freq: 5 },
  );
  return fc.record({ key: keys, value });
}

/** As a server of this language has it. */
export function asRead(name: FormatName, value: Value): Value {
  if (name === 'yaml' || name === 'json') return value;
  const [yes, no] =
    name === 'postgresql' ? ['on', 'off'] : name === 'redis' ? ['yes', 'no'] : ['true', 'false'];
  if (typeof value === 'object') return value.length === 1 ? (value[0] ?? '') : value;
  return typeof value === 'boolean' ? (value ? yes : no) : String(value);
}
