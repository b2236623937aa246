import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLines, readYaml, type Tree } from './yaml.ts';

function read(text: string): Extract<ReturnType<typeof readYaml>, { readable: true }> {
  const source = readYaml(text);
  assert.ok(source.readable, JSON.stringify(source.findings));
  return source;
}

/** Maps have no prototype; compared as JSON they need none. */
const asJson = (tree: Tree): unknown => JSON.parse(JSON.stringify(tree));

test('every scalar is text, but for a bare false and a bare nothing', () => {
  const text = `a: 0750
b: "false"
c: false
d: False
e:
f: ~
g: 'null'
h: null
i: true
j: 1e3
k: ""
l: !!str false
m: [no, 2026-01-01, .inf]
n: |
  two
  lines
`;
  assert.deepEqual(asJson(read(text).tree), {
    a: '0750',
    b: 'false',
    c: false,
    d: false,
    e: null,
    f: null,
    g: 'null',
    h: null,
    i: 'true',
    j: '1e3',
    k: '',
    l: 'false',
    m: ['no', '2026-01-01', '.inf'],
    n: 'two\nlines\n',
  });
  assert.equal(read('').tree, null);
  assert.equal(read('# x\n').tree, null);
  assert.equal(read('"x"').tree, 'x');
});

test('every value has a place, and what has none has that of the nearest above', () => {
  const text = 'a:\n  b: [x, y]\n  c:\n"d": { e: f }\n';
  const source = read(text);
  const value = (...path: (string | number)[]) => text.slice(source.valueOffset(path)).split('\n')[0];
  const key = (...path: (string | number)[]) => text.slice(source.keyOffset(path)).split('\n')[0];
  assert.equal(value('a', 'b'), '[x, y]');
  assert.equal(value('a', 'b', 1), 'y]');
  assert.equal(key('a', 'b'), 'b: [x, y]');
  assert.equal(value('a', 'c'), 'c:');
  assert.equal(key('d'), '"d": { e: f }');
  assert.equal(value('d', 'e'), 'f }');
  assert.equal(value('a', 'nowhere'), 'a:');
  assert.equal(value('nowhere'), 'a:');
  assert.deepEqual(countLines(text).linePos(source.valueOffset(['d', 'e'])), { line: 4, col: 11 });
});

test('lines and columns are counted from 1, CRLF included', () => {
  assert.deepEqual(countLines('').linePos(0), { line: 1, col: 1 });
  assert.deepEqual(countLines('ab\r\ncd').linePos(5), { line: 2, col: 2 });
  assert.deepEqual(countLines('ab\n').linePos(3), { line: 2, col: 1 });
});

test('an alias stands for the anchor last seen above it', () => {
  assert.deepEqual(asJson(read('a: &x [1]\nb: *x\nc: &x [2]\nd: *x\n').tree), {
    a: ['1'],
    b: ['1'],
    c: ['2'],
    d: ['2'],
  });
  // What comes along with an alias is no anchor of its place.
  assert.deepEqual(asJson(read('a: &x [&y 1]\nb: &y 2\nc: *x\nd: *y\n').tree), {
    a: ['1'],
    b: '2',
    c: ['1'],
    d: '2',
  });
});

test('the first of two equal keys counts', () => {
  const source = read('a: 1\n"a": 2\nb: 3\n');
  assert.deepEqual(asJson(source.tree), { a: '1', b: '3' });
  assert.deepEqual(source.findings, [
    {
      code: 'E_SPEC_DUPLICATE',
      offset: 5,
      detail: 'want each key once, found `a` again; the first is on line 1',
    },
  ]);
});

test('a key may be called as JavaScript’s own are', () => {
  const { tree } = read('__proto__: { x: y }\nconstructor: z\n');
  assert.deepEqual(Object.keys(tree as object), ['__proto__', 'constructor']);
  assert.equal(Object.getPrototypeOf(tree), null);
});

test('one slip is not told as a hundred', () => {
  const source = readYaml(`a: { b }\n}\n${'c: { d: e }\n'.repeat(100)}`);
  assert.equal(source.readable, false);
  assert.equal(source.findings.length, 3);
  assert.deepEqual([source.findings[0]?.code, source.findings[0]?.offset], ['E_SPEC_YAML', 9]);
});

test('a quote or bracket that is not closed is told once, for all that it leaves open', () => {
  for (const [text, detail] of [
    ['services: {kafka: {planned: "1GB}}\n', 'Missing closing "quote'],
    ["services: {kafka: {accept: ['0750]}}\n", "Missing closing 'quote"],
    ['a: [[[1\n', 'Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ] as const)
    assert.deepEqual(readYaml(text), {
      readable: false,
      findings: [{ code: 'E_SPEC_YAML', offset: text.length, detail }],
    });
});

const many = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');
const DEEP = 'want at most 32 levels of nesting';
const WORDS = 'want at most 100000 words and signs';
const hostile: readonly (readonly [what: string, text: string, detail: string])[] = [
  ['10,000 open brackets', '['.repeat(10_000), DEEP],
  ['10,000 pairs of brackets', '['.repeat(10_000) + ']'.repeat(10_000), DEEP],
  ['a mebibyte of brackets', '['.repeat(2 ** 20), DEEP],
  ['maps in maps', '{a: '.repeat(200_000), DEEP],
  ['lists in lists on one line', `${'- '.repeat(10_000)}a`, DEEP],
  ['keys in keys on one line', '? '.repeat(10_000), DEEP],
  ['a staircase', many(1400, (i) => `${' '.repeat(i)}a:`), DEEP],
  ['a short staircase', many(40, (i) => `${' '.repeat(i)}a:`), DEEP],
  [
    'a staircase of keys',
    many(250, (i) => `${' '.repeat(i)}?`),
    'want a word as key, found a list, a map or an alias',
  ],
  ['a chain of aliases', many(100, (i) => (i === 0 ? 'a0: &a0 [x]' : `a${i}: &a${i} [*a${i - 1}]`)), DEEP],
  [
    'a bomb of aliases',
    many(30, (i) =>
      i === 0
        ? 'a0: &a0 [x]'
        : `a${i}: &a${i} [${Array(9)
            .fill(`*a${i - 1}`)
            .join(', ')}]`,
    ),
    'want aliases that add up to at most 10000 values',
  ],
  ['an alias in itself', 'a: &x [*x]', 'want no alias inside what it stands for'],
  ['an alias in itself, deeper', 'a: &x { b: { c: *x } }', 'want no alias inside what it stands for'],
  ['100,000 keys', many(100_000, (i) => `a${i}: b`), WORDS],
  ['100,000 times one key', 'a: b\n'.repeat(100_000), WORDS],
  ['a mebibyte of closing brackets', ']'.repeat(2 ** 20), WORDS],
  ['a mebibyte of quotes', '"'.repeat(2 ** 20), WORDS],
  ['a mebibyte of commas', `[${','.repeat(2 ** 20)}]`, WORDS],
  ['a mebibyte of anchors', '&a '.repeat(2 ** 18), WORDS],
  ['200,000 documents', '---\n'.repeat(200_000), WORDS],
];
for (const [what, text, detail] of hostile)
  test(`${what}: refused before it costs anything`, () => {
    const source = readYaml(text);
    assert.equal(source.readable, false);
    assert.deepEqual(
      source.findings.map((finding) => finding.detail),
      [detail],
    );
  });

test('long scalars are read, and a parser’s long words are cut', () => {
  assert.equal(
    (asJson(read(`a: ${'x'.repeat(1_000_000)}`).tree as Tree) as { a: string }).a.length,
    1_000_000,
  );
  const source = readYaml(`a: ${'!'.repeat(1_000_000)}`);
  assert.equal(source.readable, false);
  for (const { detail } of source.findings) assert.ok(detail.length <= 201, `${detail.length}`);
});

test('every control character that YAML forbids is refused where it is', () => {
  for (let code = 0; code < 0xa0; code += 1) {
    const source = readYaml(`# ${String.fromCharCode(code)}`);
    const allowed = (code >= 0x20 && code < 0x7f) || [0x09, 0x0a, 0x0d, 0x85].includes(code);
    assert.equal(source.readable, allowed, code.toString(16));
    if (!source.readable) assert.equal(source.findings[0]?.offset, 2);
  }
});
