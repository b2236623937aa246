// YAML as mongod.conf has it: what is read, edited in place, and refused with its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormatError, type Value } from './format.ts';
import { yaml } from './yaml.ts';

const TEXT = `# mongod.conf

# Where and how to store data.
storage:
  dbPath: /var/lib/mongodb   # data
#  engine:
  "journal": {enabled: true}

# where to write logging data.
systemLog:
  destination: file
  logAppend: true
  path: "/var/log/mongodb/mongod.log"

net:
  port: 27017
  bindIp: 127.0.0.1,::1
  tls:
    mode: 'disabled'

processManagement.timeZoneInfo: /usr/share/zoneinfo

setParameter: {}
security:

#replication:
`;

describe('YAML, read', () => {
  it('gives each value with its way and line', () =>
    assert.deepEqual(
      yaml.read(TEXT).map(({ key, value, line }) => [key.join(' '), value, line]),
      [
        ['storage dbPath', '/var/lib/mongodb', 5],
        ['storage journal enabled', true, 7],
        ['systemLog destination', 'file', 11],
        ['systemLog logAppend', true, 12],
        ['systemLog path', '/var/log/mongodb/mongod.log', 13],
        ['net port', 27017, 16],
        ['net bindIp', '127.0.0.1,::1', 17],
        ['net tls mode', 'disabled', 19],
        ['processManagement timeZoneInfo', '/usr/share/zoneinfo', 21],
      ],
    ));

  it('takes comments alone, nothing, and a byte order mark for nothing', () => {
    for (const text of ['', '# c', '---\n', '\ufeff', '\ufeff# c\n']) assert.deepEqual(yaml.read(text), []);
    assert.equal(yaml.read('\ufeffa: b')[0]?.value, 'b');
  });

  const values: readonly (readonly [string, Value])[] = [
    ['a: "b \\u00e9\\n"', 'b é\n'],
    ["a: 'it''s # x'", "it's # x"],
    ['a: [x, 1, true]', ['x', '1', 'true']],
    ['a:\n- x\n- y', ['x', 'y']],
    ['a: |\n  x\n  y\n', 'x\ny\n'],
    ['a: &x /data\n', '/data'],
    ['a: yes', 'yes'],
    ['a: caf\udce9', 'caf\udce9'],
    ['a: b\r\n', 'b'],
  ];
  for (const [text, value] of values)
    it(JSON.stringify(text), () => assert.deepEqual(yaml.read(text)[0]?.value, value));

  const faults: readonly (readonly [string, string])[] = [
    ['a:\n\tb: 1', 'line 2, column 1: Tabs are not allowed as indentation'],
    ['a:\n  b: 1\n c: 2', 'line 3, column 1: All mapping items must start at the same column'],
    ['a: 1\nb: 2\na: 3', 'line 3, column 1: want each name once, found a on line 1 too'],
    ['a:\n  b: 1\na.b: 2', 'line 3, column 1: want each name once, found a.b on line 2 too'],
    ['a: 1\n---\nb: 2', 'line 2, column 1: want one document, found another'],
    ['- a', 'line 1, column 1: want a map'],
    ['a', 'line 1, column 1: want a map'],
    ['a: "b', 'line 1, column 6: Missing closing "quote'],
    ['a: [[b]]', 'line 1, column 5: want words in a list'],
    ['a: &x {b: 1}\nc: *x', 'line 2, column 4: want an alias that stands for one value'],
    ['[a]: 1', 'line 1, column 1: want a word as name'],
    ['a: b\0', 'line 1, column 5: want no NUL byte'],
    [`a: ${'x'.repeat(2 ** 18)}`, 'line 1: want at most 256 KiB'],
    [
      Array.from({ length: 40 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'line 33, column 33: want at most 32 levels',
    ],
  ];
  for (const [text, message] of faults)
    it(`refuses ${JSON.stringify(text).slice(0, 60)}`, () =>
      assert.throws(
        () => yaml.read(text),
        (error) => error instanceof FormatError && error.message === message,
        message,
      ));
});

describe('YAML, edited', () => {
  const edit = (text: string, way: string, value: Value | null) => {
    const once = yaml.edit(text, [{ key: way.split(' '), value }]);
    assert.equal(yaml.edit(once, [{ key: way.split(' '), value }]), once);
    return once;
  };

  it('changes a value alone', () => {
    assert.equal(edit(TEXT, 'storage dbPath', '/data'), TEXT.replace('/var/lib/mongodb  ', '/data  '));
    assert.equal(edit(TEXT, 'storage dbPath', 'a: #b'), TEXT.replace('/var/lib/mongodb  ', '"a: #b"  '));
    assert.equal(
      edit(TEXT, 'storage journal enabled', false),
      TEXT.replace('{enabled: true}', '{enabled: false}'),
    );
    assert.equal(edit(TEXT, 'systemLog path', 'x'), TEXT.replace('"/var/log/mongodb/mongod.log"', 'x'));
    assert.equal(edit(TEXT, 'net port', 27017), TEXT);
    assert.equal(edit(TEXT, 'net tls mode', 'no'), TEXT.replace("'disabled'", '"no"'));
    assert.equal(
      edit(TEXT, 'processManagement timeZoneInfo', '/x'),
      TEXT.replace('/usr/share/zoneinfo', '/x'),
    );
    assert.equal(edit('a: |\n  x\n\nb: 1\n', 'a', 'z'), 'a: z\n\nb: 1\n');
    assert.equal(edit('a:\n  - x\n  - y # c\nb: 1\n', 'a', ['z']), 'a:\n  [z] # c\nb: 1\n');
  });

  it('adds below what there is of its way', () => {
    assert.equal(
      edit(TEXT, 'storage directoryPerDB', true),
      TEXT.replace('{enabled: true}\n', '{enabled: true}\n  directoryPerDB: true\n'),
    );
    assert.equal(
      edit(TEXT, 'storage journal x', 1),
      TEXT.replace('{enabled: true}', '{enabled: true, x: 1}'),
    );
    assert.equal(
      edit(TEXT, 'net ssl a', 'b'),
      TEXT.replace("'disabled'\n", "'disabled'\n  ssl:\n    a: b\n"),
    );
    assert.equal(edit(TEXT, 'setParameter a', 1), TEXT.replace('{}', '{ a: 1 }'));
    assert.equal(edit(TEXT, 'setParameter a b', 1), TEXT.replace('{}', '{ a: { b: 1 } }'));
    assert.equal(
      edit(TEXT, 'security keyFile', '/k'),
      TEXT.replace('security:\n', 'security:\n  keyFile: /k\n'),
    );
    assert.equal(edit(TEXT, 'replication oplogSizeMB', 5), `${TEXT}replication:\n  oplogSizeMB: 5\n`);
    assert.equal(edit('a:\n    b: 1', 'c d', 'e'), 'a:\n    b: 1\nc:\n    d: e');
    assert.equal(edit('# c', 'a b', 'e'), '# c\na:\n  b: e');
    assert.equal(edit('', 'a b', 'e'), 'a:\n  b: e\n');
    assert.equal(edit('\ufeffa: 1\r\n', 'b', 2), '\ufeffa: 1\r\nb: 2\r\n');
    assert.equal(edit('a: 1\n...\n', 'b', 2), 'a: 1\nb: 2\n...\n');
    assert.equal(edit('a:\n  b: |\n    x\n\nc: 1\n', 'a d', 2), 'a:\n  b: |\n    x\n  d: 2\n\nc: 1\n');
  });

  it('removes with its comment, and what would be left empty', () => {
    assert.equal(edit(TEXT, 'storage dbPath', null), TEXT.replace(/ {2}dbPath.*\n/, ''));
    assert.equal(edit(TEXT, 'net tls mode', null), TEXT.replace(/ {2}tls:\n.*\n/, ''));
    assert.equal(edit(TEXT, 'net', null), TEXT.replace(/net:\n(.+\n)+/, ''));
    assert.equal(edit('a: {b: 1, c: 2, d: 3}', 'a c', null), 'a: {b: 1, d: 3}');
    assert.equal(edit('a: {b: 1, c: 2, d: 3}', 'a b', null), 'a: {c: 2, d: 3}');
    assert.equal(edit(TEXT, 'x y', null), TEXT);
  });

  const refused: readonly (readonly [string, string, Value | null, string])[] = [
    ['a: 1', 'a b', 2, 'line 1, column 1: want a map, for `b` in it'],
    [TEXT, 'net tls', 'x', 'line 19, column 5: want one value, found a map'],
    ['b: 1\na: &x y\nc: *x', 'a', 'z', 'line 2: cannot change a and nothing else'],
    ['a:\n- x\nb: 1', 'a', ['y'], 'line 1: cannot change a and nothing else'],
  ];
  for (const [text, way, value, message] of refused)
    it(`refuses ${way} in ${JSON.stringify(text).slice(0, 30)}`, () =>
      assert.throws(
        () => yaml.edit(text, [{ key: way.split(' '), value }]),
        (error) => error instanceof FormatError && error.message === message,
        message,
      ));
});

describe('YAML, written', () => {
  it('has comments above, and hints as comments with all that is above them alone', () =>
    assert.equal(
      yaml.render([
        { key: ['storage', 'dbPath'], value: '/data/it is', comment: null, isHint: false },
        { key: ['storage', 'directoryPerDB'], value: true, comment: 'a directory each', isHint: true },
        { key: ['replication', 'oplogSizeMB'], value: 1024, comment: 'of the plan', isHint: true },
        { key: ['net', 'ports'], value: ['a', '1'], comment: null, isHint: false },
      ]),
      `storage:
  dbPath: "/data/it is"

  # a directory each
  #directoryPerDB: true

# of the plan
#replication:
  #oplogSizeMB: 1024
net:
  ports: [a, "1"]
`,
    ));

  it('says what it cannot carry', () => {
    assert.equal(yaml.refusal('\udce9'), 'has bytes that are not UTF-8');
    assert.equal(yaml.refusal('a\nb'), null);
  });
});
