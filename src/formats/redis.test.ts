// The language of redis.conf: what Redis reads, edits in place, and what is refused with its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormatError, type Value } from './format.ts';
import { redis } from './redis.ts';

const TEXT = `# Redis configuration file example.
# include /path/to/local.conf
bind 127.0.0.1 -::1
protected-mode yes
port 6379
logfile /var/log/redis/redis-server.log
# save 3600 1
save 900 1
save 300 10
requirepass "a b\\x41\\n\\"#"
 DIR  /var/lib/redis\t
user default on >secret ~* +@all
rename-command CONFIG ""
`;

describe('redis.conf, read', () => {
  it('gives each line as the server has it', () =>
    assert.deepEqual(
      redis.read(TEXT).map(({ key: [name], value, line }) => [name, value, line]),
      [
        ['bind', ['127.0.0.1', '-::1'], 3],
        ['protected-mode', 'yes', 4],
        ['port', '6379', 5],
        ['logfile', '/var/log/redis/redis-server.log', 6],
        ['save', ['900', '1'], 8],
        ['save', ['300', '10'], 9],
        ['requirepass', 'a bA\n"#', 10],
        ['dir', '/var/lib/redis', 11],
        ['user', ['default', 'on', '>secret', '~*', '+@all'], 12],
        ['rename-command', ['CONFIG', ''], 13],
      ],
    ));

  const values: readonly (readonly [string, string])[] = [
    ["a 'it\\'s \\n'", "it's \\n"],
    ['a x"y z"', 'xy z'],
    ['a x#y', 'x#y'],
    ['a "\\xc3\\xa9"', 'é'],
    ['a "\\xzz"', 'xzz'],
    ['a ""', ''],
    ['a b\\c', 'b\\c'],
    ['a b\r', 'b'],
    ['"a" b', 'b'],
  ];
  for (const [text, value] of values)
    it(JSON.stringify(text), () => assert.equal(redis.read(text)[0]?.value, value));

  it('a name alone has no words', () => assert.deepEqual(redis.read('appendonly')[0]?.value, []));

  const faults: readonly (readonly [string, string])[] = [
    ['a b\nc "d', 'line 2, column 3: want a closing quote'],
    ['a "d\\"\n', 'line 1, column 3: want a closing quote'],
    ["a 'd", 'line 1, column 3: want a closing quote'],
    ['a "b"c', 'line 1, column 6: want a blank after a closing quote'],
    ['a b\0', 'line 1, column 4: want no NUL byte'],
    ['a b\n# c\0\nd e', 'line 2, column 4: want no NUL byte'],
    ['\ufeff# c', 'line 1, column 1: want no byte order mark before the first line'],
  ];
  for (const [text, message] of faults)
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => redis.read(text),
        (error) => error instanceof FormatError && error.message === message,
        message,
      ));
});

describe('redis.conf, edited', () => {
  const edit = (text: string, name: string, value: Value | null) => {
    const once = redis.edit(text, [{ key: [name], value }]);
    assert.equal(redis.edit(once, [{ key: [name], value }]), once);
    return once;
  };

  it('changes the words alone', () => {
    assert.equal(edit(TEXT, 'dir', '/data/hot/redis'), TEXT.replace('/var/lib/redis\t', '/data/hot/redis\t'));
    assert.equal(edit(TEXT, 'bind', ['::1']), TEXT.replace('127.0.0.1 -::1', '::1'));
    assert.equal(edit(TEXT, 'protected-mode', true), TEXT);
    assert.equal(edit(TEXT, 'protected-mode', false), TEXT.replace('-mode yes', '-mode no'));
    assert.equal(edit('dir', 'dir', 'a b'), 'dir "a b"');
  });

  it('adds to lines that add up, and removes them together', () => {
    assert.equal(edit(TEXT, 'include', '/etc/redis/a.conf'), `${TEXT}include /etc/redis/a.conf\n`);
    assert.equal(edit(TEXT, 'save', ['300', '10']), TEXT);
    assert.equal(edit(TEXT, 'save', null), TEXT.replace('save 900 1\nsave 300 10\n', ''));
  });
});

describe('redis.conf, written', () => {
  it('quotes only what must be', () =>
    assert.equal(
      redis.render([
        { key: ['dir'], value: '/data/hot/redis', comment: null, isHint: false },
        { key: ['save'], value: '', comment: 'no snapshots', isHint: false },
        { key: ['maxmemory'], value: '5gb', comment: 'of 6 GB planned\nleave room', isHint: true },
        { key: ['requirepass'], value: 'a "b" \\ #é\x01', comment: null, isHint: false },
      ]),
      `dir /data/hot/redis\n\n# no snapshots\nsave ""\n\n# of 6 GB planned\n# leave room\n#maxmemory 5gb\nrequirepass "a \\"b\\" \\\\ #é\\x01"\n`,
    ));

  it('says what it cannot carry', () => {
    assert.equal(redis.refusal([]), 'has no words');
    assert.equal(redis.refusal(['a', 'b\0']), 'has a NUL byte');
    assert.equal(redis.refusal('a\nb'), null);
  });
});
