// JSON as daemon.json has it: what is read, edited in place, and refused with its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormatError, type Value } from './format.ts';
import { json } from './json.ts';

const TEXT = `{
    "data-root" : "/var/lib/docker",
    "debug": false, "max-concurrent-downloads": 3,

    "hosts": ["unix:///var/run/docker.sock",  "tcp://0.0.0.0:2375"],
    "default-ulimits": {
        "nofile": { "Name": "nofile", "Hard": 64000 }
    },
    "mixed": [1, {"a": "\\u0041"}],
    "nothing": null, "log-opts": {},
    "__proto__": "x"
}
`;

describe('JSON, read', () => {
  it('gives each value with its way and line', () =>
    assert.deepEqual(
      json.read(TEXT).map(({ key, value, line }) => [key.join('.'), value, line]),
      [
        ['data-root', '/var/lib/docker', 2],
        ['debug', false, 3],
        ['max-concurrent-downloads', 3, 3],
        ['hosts', ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2375'], 5],
        ['default-ulimits.nofile.Name', 'nofile', 7],
        ['default-ulimits.nofile.Hard', 64000, 7],
        ['mixed.0', 1, 9],
        ['mixed.1.a', 'A', 9],
        ['__proto__', 'x', 11],
      ],
    ));

  it('takes an empty file, blanks and a byte order mark for nothing', () => {
    for (const text of ['', ' \r\n', '\ufeff', '\ufeff{}', '{ }']) assert.deepEqual(json.read(text), []);
  });

  const faults: readonly (readonly [string, string])[] = [
    ['{"a": 1,}', 'line 1, column 9: want a name in double quotes'],
    ['{\n// c\n}', 'line 2, column 1: want a name in double quotes'],
    ['{"a": 1 /* c */}', 'line 1, column 9: want `,` or `}`'],
    ['{"a": [1,]}', 'line 1, column 10: want a value'],
    ['{"a": 01}', 'line 1, column 8: want `,` or `}`'],
    ["{'a': 1}", 'line 1, column 2: want a name in double quotes'],
    ['{"a" 1}', 'line 1, column 6: want `:` after the name'],
    ['{"a": "x\ty"}', 'line 1, column 7: want a string as JSON has it'],
    ['{"a": "\\x"}', 'line 1, column 7: want a string as JSON has it'],
    ['{"a": "x\n"}', 'line 1, column 7: want a closing quote'],
    ['{"a": 1', 'line 1, column 8: want `,` or `}`'],
    ['{"a":', 'line 1, column 6: want a value, found the end'],
    ['[1]', 'line 1, column 1: want an object'],
    ['{} {}', 'line 1, column 4: want nothing after the object'],
    ['{"a": 1,\n "b": 2,\n "a": 3}', 'line 3, column 2: want each name once, found "a" on line 1 too'],
    [`{"a": ${'['.repeat(200)}`, 'line 1, column 107: want at most 100 levels'],
    ['{"a": \0}', 'line 1, column 7: want a value'],
    [`{"a": "${'x'.repeat(2 ** 20)}"}`, 'line 1: want at most 1024 KiB'],
  ];
  for (const [text, message] of faults)
    it(`refuses ${JSON.stringify(text).slice(0, 60)}`, () =>
      assert.throws(
        () => json.read(text),
        (error) => error instanceof FormatError && error.message === message,
        message,
      ));
});

describe('JSON, edited', () => {
  const edit = (text: string, key: readonly string[], value: Value | null) => {
    const once = json.edit(text, [{ key, value }]);
    assert.equal(json.edit(once, [{ key, value }]), once);
    JSON.parse(once.replace(/^\ufeff/, '') || '{}');
    return once;
  };

  it('changes a value alone', () => {
    assert.equal(
      edit(TEXT, ['data-root'], '/data/é "x"'),
      TEXT.replace('"/var/lib/docker"', '"/data/é \\"x\\""'),
    );
    assert.equal(edit(TEXT, ['debug'], true), TEXT.replace('false', 'true'));
    assert.equal(edit(TEXT, ['hosts'], ['a', 'b']), TEXT.replace(/\["unix.*\]/, '["a", "b"]'));
    assert.equal(edit(TEXT, ['hosts'], ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2375']), TEXT);
    assert.equal(edit(TEXT, ['nothing'], 1), TEXT.replace('null', '1'));
  });

  it('adds a value after the last one, as that stands', () => {
    assert.equal(edit(TEXT, ['new'], 1), TEXT.replace('"x"\n', '"x",\n    "new": 1\n'));
    assert.equal(
      edit(TEXT, ['default-ulimits', 'nofile', 'Soft'], 64000),
      TEXT.replace('64000 }', '64000, "Soft": 64000 }'),
    );
    assert.equal(
      edit(TEXT, ['log-opts', 'max-size'], '10m'),
      TEXT.replace('"log-opts": {}', '"log-opts": {\n        "max-size": "10m"\n    }'),
    );
    assert.equal(
      edit(TEXT, ['a', 'b', 'c'], 'd'),
      TEXT.replace('"x"\n', '"x",\n    "a": {\n        "b": {\n            "c": "d"\n        }\n    }\n'),
    );
    assert.equal(edit('{"a":1}', ['b', 'c'], 2), '{"a":1, "b": {"c":2}}');
  });

  it('begins where there is nothing', () => {
    assert.equal(edit('', ['a'], 'x'), '{\n  "a": "x"\n}\n');
    assert.equal(edit('{}', ['a'], 'x'), '{\n  "a": "x"\n}');
    assert.equal(edit('\ufeff{}\r\n', ['a'], 'x'), '\ufeff{\r\n  "a": "x"\r\n}\r\n');
    assert.equal(edit('', ['a'], null), '');
  });

  it('removes with a comma', () => {
    assert.equal(edit(TEXT, ['data-root'], null), TEXT.replace('"data-root" : "/var/lib/docker",\n    ', ''));
    assert.equal(edit(TEXT, ['__proto__'], null), TEXT.replace(',\n    "__proto__": "x"', ''));
    assert.equal(edit('{ "a": 1 }', ['a'], null), '{}');
    assert.equal(
      edit(TEXT, ['debug', 'x', 'y'].slice(0, 1), null),
      TEXT.replace(',\n    "debug": false', ''),
    );
    assert.equal(edit(TEXT, ['log-opts', 'x'], null), TEXT);
  });

  it('refuses where something else stands in the way', () =>
    assert.throws(
      () => json.edit(TEXT, [{ key: ['debug', 'x'], value: 1 }]),
      (error) =>
        error instanceof FormatError && error.message === 'line 3, column 14: want an object, for "x" in it',
    ));

  it('keeps bytes that are not UTF-8', () =>
    assert.equal(edit('{"a": "\udce9"}', ['b'], 1), '{"a": "\udce9", "b": 1}'));
});

describe('JSON, written', () => {
  it('has no comments and no hints', () =>
    assert.equal(
      json.render([
        { key: ['data-root'], value: '/data', comment: 'why', isHint: false },
        { key: ['log-opts', 'max-size'], value: '10m', comment: null, isHint: false },
        { key: ['log-opts', 'max-file'], value: '5', comment: null, isHint: false },
        { key: ['debug'], value: true, comment: null, isHint: true },
      ]),
      '{\n  "data-root": "/data",\n  "log-opts": {\n    "max-size": "10m",\n    "max-file": "5"\n  }\n}\n',
    ));

  it('says what it cannot carry', () => {
    assert.equal(json.refusal('\udce9'), 'has bytes that are not UTF-8');
    assert.equal(json.refusal(['a', '\0']), 'has a NUL byte');
    assert.equal(json.refusal(Number.POSITIVE_INFINITY), 'is not a finite number');
  });
});
