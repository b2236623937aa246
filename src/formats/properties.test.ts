// The language of server.properties: what Java reads, edits in place, and what is refused with its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormatError, type Value } from './format.ts';
import { properties } from './properties.ts';

const TEXT = `# see kafka.server.KafkaConfig
! also a comment \\
broker.id=0

listeners=PLAINTEXT://:9092
# log.dirs=/tmp
log.dirs = /tmp/kafka-logs
num.io.threads: 8
offsets\\ topic   3
advertised=a,\\
    b,\\
\tc
empty
last=x\\u0041\\t\\z`;

describe('properties, read', () => {
  it('gives each as Java has it, with the line where it begins', () =>
    assert.deepEqual(
      properties.read(TEXT).map(({ key: [name], value, line }) => [name, value, line]),
      [
        ['broker.id', '0', 3],
        ['listeners', 'PLAINTEXT://:9092', 5],
        ['log.dirs', '/tmp/kafka-logs', 7],
        ['num.io.threads', '8', 8],
        ['offsets topic', '3', 9],
        ['advertised', 'a,b,c', 10],
        ['empty', '', 13],
        ['last', 'xA\tz', 14],
      ],
    ));

  const values: readonly (readonly [string, string, string])[] = [
    ['a=b  ', 'a', 'b  '],
    ['a == b', 'a', '= b'],
    ['a : = b', 'a', '= b'],
    ['a\\=b=c', 'a=b', 'c'],
    ['a=\\\n\nb=2', 'a', ''],
    ['a\\\n  b=c', 'ab', 'c'],
    ['a\\\r\n =c\r\n', 'a', 'c'],
    ['a \\\n  = c', 'a', 'c'],
    ['a=1\rb=2', 'a', '1'],
    ['=x', '', 'x'],
    ['a=\\  b', 'a', '  b'],
    ['a=\u00e9', 'a', '\u00c3\u00a9'],
    ['a=\udce9', 'a', '\u00e9'],
    ['\ufeffa=1', '\u00ef\u00bb\u00bfa', '1'],
    ['a=x#y', 'a', 'x#y'],
  ];
  for (const [text, name, value] of values)
    it(JSON.stringify(text), () => {
      const [found] = properties.read(text);
      assert.deepEqual([found?.key, found?.value], [[name], value]);
    });

  const faults: readonly (readonly [string, string])[] = [
    ['a=1\nb=\\u12g4', 'line 2, column 3: want four hexadecimal digits after \\u'],
    ['a=1\\', 'line 1, column 4: want a line after the backslash'],
    ['a=1\\\n', 'line 2, column 1: want a line after the backslash'],
    ['a\\\n', 'line 2, column 1: want a line after the backslash'],
    ['a \\\n', 'line 2, column 1: want a line after the backslash'],
  ];
  for (const [text, message] of faults)
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => properties.read(text),
        (error) => error instanceof FormatError && error.message === message,
        message,
      ));
});

describe('properties, edited', () => {
  const edit = (text: string, name: string, value: Value | null) => {
    const once = properties.edit(text, [{ key: [name], value }]);
    assert.equal(properties.edit(once, [{ key: [name], value }]), once);
    return once;
  };

  it('changes the value alone, over all its lines', () => {
    assert.equal(edit(TEXT, 'log.dirs', '/data'), TEXT.replace('= /tmp/kafka-logs', '= /data'));
    assert.equal(edit(TEXT, 'advertised', 'x'), TEXT.replace('a,\\\n    b,\\\n\tc', 'x'));
    assert.equal(edit(TEXT, 'empty', ' y '), TEXT.replace('empty', 'empty=\\ y '));
    assert.equal(edit('a b', 'a', '=c'), 'a \\=c');
  });

  it('adds at the end, without a newline where there was none', () =>
    assert.equal(edit(TEXT, 'a b', 'é\\'), `${TEXT}\na\\ b=\\u00e9\\\\`));

  it('removes all its lines', () => {
    assert.equal(edit(TEXT, 'advertised', null), TEXT.replace(/advertised.*\tc\n/s, ''));
    assert.equal(edit('a=1\r\n  b=2\r\nc=3', 'b', null), 'a=1\r\nc=3');
  });
});

describe('properties, written', () => {
  it('says what it cannot carry', () => {
    assert.equal(properties.refusal('\udce9'), 'has bytes that are not UTF-8');
    assert.equal(properties.refusal(['a']), 'is a list');
    assert.equal(properties.refusal('a\nb'), null);
  });

  it('has comments above and hints as comments', () =>
    assert.equal(
      properties.render([
        { key: ['log.dirs'], value: '/data', comment: null, isHint: false },
        { key: ['a'], value: 1, comment: 'of the plan', isHint: true },
      ]),
      'log.dirs=/data\n\n# of the plan\n#a=1\n',
    ));
});
