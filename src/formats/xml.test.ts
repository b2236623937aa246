// XML as ClickHouse has it: what is read, written anew, and refused with its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { words } from '../../test/formats/files.ts';
import { random } from '../../test/random.ts';
import { FormatError, type Value } from './format.ts';
import { xml } from './xml.ts';

const TEXT = `<?xml version="1.0"?>
<!-- NOTE: see config.d -->
<clickhouse>
    <logger replace="1">
        <level>trace</level>
        <log>/var/log/clickhouse-server/clickhouse-server.log</log>
    </logger>
    <path>/var/lib/clickhouse/</path> <!-- data -->
    <listen_host>::1</listen_host>
    <listen_host>127.0.0.1</listen_host>
    <password><![CDATA[a<b]]>&amp;&#x41;</password>
    <users
        incl="users"
    />
    <empty></empty>
</clickhouse>
`;

describe('XML, read', () => {
  it('gives each value with its way, line and attributes', () =>
    assert.deepEqual(
      xml
        .read(TEXT)
        .map(({ key, value, line, attributes }) => [key.slice(1).join(' '), value, line, attributes]),
      [
        ['logger', '', 4, { replace: '1' }],
        ['logger level', 'trace', 5, undefined],
        ['logger log', '/var/log/clickhouse-server/clickhouse-server.log', 6, undefined],
        ['path', '/var/lib/clickhouse/', 8, undefined],
        ['listen_host', '::1', 9, undefined],
        ['listen_host', '127.0.0.1', 10, undefined],
        ['password', 'a<b&A', 11, undefined],
        ['users', '', 12, { incl: 'users' }],
        ['empty', '', 15, undefined],
      ],
    ));

  it('begins with the root, and takes a byte order mark and Windows line ends', () => {
    assert.deepEqual(xml.read('\ufeff<yandex>\r\n<path>x</path>\r\n</yandex>'), [
      { key: ['yandex', 'path'], value: 'x', line: 2 },
    ]);
  });

  const faults: readonly (readonly [string, string])[] = [
    ['<a>\n<b></a>', 'line 2, column 7: unexpected close tag'],
    ['<a>\n<b>&x;</b></a>', 'line 2, column 6: undefined entity'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'line 1, column 36: undefined entity'],
    ['<a/><b/>', 'line 1, column 7: documents may contain only one root'],
    ['', 'line 1, column 1: document must contain a root element'],
    ['<!-- c -->', 'line 1, column 10: document must contain a root element'],
    ['<a b="1" b="2"/>', 'line 1, column 16: duplicate attribute: b'],
    ['<a>\udce9</a>', 'line 1, column 4: disallowed character'],
    ['<a>\0</a>', 'line 1, column 4: disallowed character'],
    ['<a>'.repeat(200), 'line 1: want at most 100 levels'],
    ['\u001b[31m', 'line 1, column 1: disallowed character'],
  ];
  for (const [text, message] of faults)
    it(`refuses ${JSON.stringify(text).slice(0, 60)}`, () =>
      assert.throws(
        () => xml.read(text),
        (error) => error instanceof FormatError && error.message === message,
        message,
      ));
});

describe('XML, written', () => {
  const items = [
    {
      key: ['clickhouse', 'path'],
      value: '/data/hot/clickhouse/',
      comment: 'ends with a slash',
      isHint: false,
    },
    { key: ['clickhouse', 'logger', 'log'], value: '/data/a & <b>', comment: null, isHint: false },
    { key: ['clickhouse', 'logger', 'count'], value: 5, comment: 'files -- at most', isHint: true },
    { key: ['clickhouse', 'merge_tree', 'x--y'], value: 1, comment: null, isHint: true },
  ];

  it('has comments above, and hints as comments with all that is above them alone', () => {
    const hints = [
      ...items.slice(0, 3),
      { key: ['clickhouse', 'merge_tree', 'a'], value: '-- --', comment: 'why', isHint: true },
      { key: ['clickhouse', 'host'], value: ['::1', '127.0.0.1'], comment: null, isHint: false },
    ];
    const text = xml.render(hints);
    assert.equal(
      text,
      `<clickhouse>
    <!-- ends with a slash -->
    <path>/data/hot/clickhouse/</path>
    <logger>
        <log>/data/a &amp; &lt;b&gt;</log>

        <!-- files - - at most -->
        <!-- <count>5</count> -->
    </logger>

    <!-- why -->
    <!--
    <merge_tree>
        <a>&#45;- &#45;-</a>
    </merge_tree>
    -->
    <host>::1</host>
    <host>127.0.0.1</host>
</clickhouse>
`,
    );
    assert.deepEqual(
      xml.read(text).map(({ value }) => value),
      ['/data/hot/clickhouse/', '/data/a & <b>', '::1', '127.0.0.1'],
    );
  });

  it('refuses what is no name, and two roots', () => {
    assert.throws(() => xml.render(items));
    assert.throws(() => xml.render([{ key: ['a'], value: 1, comment: null, isHint: false }]));
  });

  const refused: readonly (readonly [Value, string | null])[] = [
    ['a\x01', 'has a character that XML has not'],
    ['\0', 'has a NUL byte'],
    [' \n', 'is nothing but blanks'],
    ['/data/$x{y}%', null],
    [`/data/\${path}`, 'has a dollar sign before a brace, which ClickHouse reads as another setting'],
    ['\udce9', 'has bytes that are not UTF-8'],
    [[], 'has no words'],
    ['', null],
    ['a\r\n]]>é', null],
  ];
  for (const [value, why] of refused)
    it(`says whether it can carry ${JSON.stringify(value)}`, () => assert.equal(xml.refusal(value), why));

  it('carries each value as it is', () =>
    fc.assert(
      fc.property(
        words.filter((word) => xml.refusal(word) === null),
        (value) => {
          const text = xml.render([{ key: ['a', 'b'], value, comment: null, isHint: false }]);
          assert.equal(xml.read(text)[0]?.value, value);
        },
      ),
      random(500, 20261127),
    ));

  it('is not edited', () => assert.throws(() => xml.edit(TEXT, []), FormatError));
});
