// Variables for a shell, for .env and for systemd: what is read, edited in place, and refused with its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { dotenv, exported, systemd } from './environment.ts';
import { type Format, FormatError } from './format.ts';

function values(format: Format, text: string): Record<string, unknown> {
  return Object.fromEntries(format.read(text).map(({ key, value }) => [key.join('.'), value]));
}

function refuses(format: Format, table: readonly (readonly [string, string])[]): void {
  for (const [text, message] of table)
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => format.read(text),
        (error) => error instanceof FormatError && error.message === message,
        message,
      ));
}

describe('export', () => {
  const text = `# paths
export A='it'\\''s'
B=/data/hot  # base
 export C="a \\"b\\" \\$x \\y"
D=x'y z'"w"
E=
F='two
lines'
G=1`;

  it('is read as a shell has it', () =>
    assert.deepEqual(
      exported.read(text).map(({ key: [name], value, line }) => [name, value, line]),
      [
        ['A', "it's", 2],
        ['B', '/data/hot', 3],
        ['C', 'a "b" $x \\y', 4],
        ['D', 'xy zw', 5],
        ['E', '', 6],
        ['F', 'two\nlines', 7],
        ['G', '1', 9],
      ],
    ));

  it('is edited in place', () => {
    const changes = [
      { key: ['B'], value: '/x y' },
      { key: ['F'], value: null },
      { key: ['H'], value: "it's" },
    ];
    const once = exported.edit(text, changes);
    assert.equal(
      once,
      `${text.replace('/data/hot', "'/x y'").replace(/F=.*lines'\n/s, '')}\nexport H='it'\\''s'`,
    );
    assert.equal(exported.edit(once, changes), once);
  });

  refuses(exported, [
    ['A=1\nB=$A', 'line 2, column 3: want plain text'],
    ['A=`id`', 'line 1, column 3: want plain text'],
    ['A="$(id)"', 'line 1, column 3: want plain text'],
    ["A='x", 'line 1, column 3: want plain text'],
    ['A=~/x', 'line 1, column 3: want plain text'],
    ['A=1#c', 'line 1, column 4: want plain text'],
    ['A=1 B=2', 'line 1, column 5: want plain text'],
    ["A='1'\r\n", 'line 1, column 6: want plain text'],
    ['A = 1', 'line 1, column 2: want `=`'],
    ['if true; then', 'line 1, column 3: want `=`'],
    ['. /etc/x', 'line 1, column 1: want the name of a variable'],
    ['\ufeffA=1', 'line 1, column 1: want no byte order mark before the first line'],
    ["A='\0'", 'line 1, column 3: want no NUL byte'],
  ]);
});

describe('.env', () => {
  const text = `# paths
A='it "is" $x # \\n' # c
B = plain text # c
export C="two\\nlines"
D=\`q\`
E=
F='a
b'\r
G=a'b
H=#c
`;

  it('is read as Node.js reads it', () => {
    assert.deepEqual(values(dotenv, text), { ...parseEnv(text) });
    assert.deepEqual(
      dotenv.read(text).map(({ line }) => line),
      [2, 3, 4, 5, 6, 7, 9, 10],
    );
  });

  it('is edited in place', () => {
    const changes = [
      { key: ['A'], value: "it's" },
      { key: ['B'], value: 2 },
      { key: ['F'], value: null },
      { key: ['Z'], value: true },
    ];
    const once = dotenv.edit(text, changes);
    assert.equal(
      once,
      text
        .replace(/A='.*'/, `A="it's"`)
        .replace('plain text', "'2'")
        .replace("F='a\nb'\r\n", '')
        .concat("Z='true'\n"),
    );
    assert.equal(dotenv.edit(once, changes), once);
  });

  it('says what it cannot carry', () => {
    assert.equal(dotenv.refusal('a\nb'), 'has a line break');
    assert.equal(dotenv.refusal(`it's $x`), 'has a single quote beside one of " \\ $ `');
    assert.equal(dotenv.refusal(`"$x \\ #`), null);
  });

  refuses(dotenv, [
    ["A=1\nB='x", 'line 2, column 3: want a closing quote'],
    ["A='x' y", 'line 1, column 7: want nothing after a closing quote'],
    ['A= \nB=1', 'line 1, column 4: want no blank after `=`'],
    ['A', 'line 1, column 2: want `=`'],
  ]);
});

describe('EnvironmentFile', () => {
  const text = `# paths
; too
A="it's \\"x\\" \\$y %h \\n"
B = a b # no comment\t
C='x'  "y" z'w'
D=a\\
b\\ \\\\
E=
`;

  it('is read as systemd reads it', () =>
    assert.deepEqual(
      systemd.read(text).map(({ key: [name], value, line }) => [name, value, line]),
      [
        ['A', 'it\'s "x" $y %h \\n', 3],
        ['B', 'a b # no comment', 4],
        ['C', "xyz'w'", 5],
        ['D', 'ab \\', 6],
        ['E', '', 8],
      ],
    ));

  it('is edited in place', () => {
    const changes = [
      { key: ['B'], value: '50% $x' },
      { key: ['D'], value: null },
      { key: ['F'], value: 'é' },
    ];
    const once = systemd.edit(text, changes);
    assert.equal(
      once,
      text.replace('a b # no comment', '"50% \\$x"').replace('D=a\\\nb\\ \\\\\n', '').concat('F="é"\n'),
    );
    assert.equal(systemd.edit(once, changes), once);
  });

  it('says what it cannot carry', () => {
    assert.equal(systemd.refusal('a\nb'), 'has a line break');
    assert.equal(systemd.refusal('a\udce9'), 'has bytes that are not UTF-8');
    assert.equal(systemd.refusal('a\tb$%#"\'\\`'), null);
  });

  refuses(systemd, [
    ["A=1\nB='x", 'line 2, column 3: want a closing quote'],
    ['export A=1', 'line 1, column 7: want `=`'],
    ['# c\\\nA=1', 'line 1, column 5: want no backslash at the end of a comment'],
    ['A=x\\', 'line 1, column 4: want a line after the backslash'],
    ['A=x\\\n', 'line 2, column 1: want a line after the backslash'],
  ]);
});

describe('variables, written', () => {
  const items = [
    { key: ['BASE'], value: "/data/it's", comment: null, isHint: false },
    { key: ['X'], value: 1, comment: 'why', isHint: true },
  ];
  it('for a shell', () =>
    assert.equal(exported.render(items), "export BASE='/data/it'\\''s'\n\n# why\n#export X='1'\n"));
  it('for .env', () => assert.equal(dotenv.render(items), `BASE="/data/it's"\n\n# why\n#X='1'\n`));
  it('for systemd', () => assert.equal(systemd.render(items), `BASE="/data/it's"\n\n# why\n#X="1"\n`));
  it('refuses a name that is none', () =>
    assert.throws(() => exported.render([{ key: ['A-B'], value: 1, comment: null, isHint: false }])));
});
