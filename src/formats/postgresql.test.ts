// The language of postgresql.conf: what PostgreSQL reads, edits in place, and what is refused with its place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormatError } from './format.ts';
import { postgresql } from './postgresql.ts';

const TEXT = `# -----------------------------
# PostgreSQL configuration file
#data_directory = 'ConfigDir'		# use data in another directory
port = 5432				# (change requires restart)
max_connections 100
log_line_prefix = '%m [%p] %q%u@%d '
Shared_Buffers = 128MB
search_path = '"$user", public'	# it''s
include_dir = 'conf.d'			# include files
`;

describe('postgresql.conf, read', () => {
  it('gives each setting as the server has it, with its line', () => {
    assert.deepEqual(
      postgresql.read(TEXT).map(({ key: [name], value, line }) => [name, value, line]),
      [
        ['port', '5432', 4],
        ['max_connections', '100', 5],
        ['log_line_prefix', '%m [%p] %q%u@%d ', 6],
        ['shared_buffers', '128MB', 7],
        ['search_path', '"$user", public', 8],
        ['include_dir', 'conf.d', 9],
      ],
    );
  });

  const values: readonly (readonly [string, string])[] = [
    ["a = 'it''s'", "it's"],
    ["a = 'it\\'s \\\\ \\n\\101'", "it's \\ \nA"],
    ["a'x'", 'x'],
    ["a = 'caf\\303\\251'", 'café'],
    ['a = on#c', 'on'],
    ['a = 0x1F', '0x1F'],
    ['a = -1.5e3 ', '-1.5e3'],
    ['a = 10MB', '10MB'],
    ['a = pg_catalog.english', 'pg_catalog.english'],
    ['\ta\r=\r1\r', '1'],
    ["x.y = ''", ''],
    ["ä = 'ö'", 'ö'],
  ];
  for (const [text, value] of values)
    it(JSON.stringify(text), () => assert.equal(postgresql.read(text)[0]?.value, value));

  const faults: readonly (readonly [string, string])[] = [
    ['a = 1\nb', 'line 2, column 2: want a value'],
    ["a = 'x", 'line 1, column 5: want a closing quote'],
    ["a = 'x\n'", 'line 1, column 5: want a closing quote'],
    ['a = 1.5GB', 'line 1, column 8: want nothing after the value'],
    ['a = /data', 'line 1, column 5: want a value'],
    ['a = 1, 2', 'line 1, column 6: want nothing after the value'],
    ['a-5', 'line 1, column 1: want a name'],
    ['a.b.c = 1', 'line 1, column 1: want a name'],
    ['= 1', 'line 1, column 1: want a name'],
    ["a = 'x\0'", 'line 1, column 9: want no NUL byte'],
    ['\ufeffa = 1', 'line 1, column 1: want no byte order mark before the first line'],
    ['\udcef\udcbb\udcbfa = 1', 'line 1, column 1: want no byte order mark before the first line'],
  ];
  for (const [text, message] of faults)
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => postgresql.read(text),
        (error) => error instanceof FormatError && error.message === message,
        message,
      ));
});

describe('postgresql.conf, edited', () => {
  const edit = (text: string, name: string, value: string | number | boolean | null) => {
    const once = postgresql.edit(text, [{ key: [name], value }]);
    assert.equal(postgresql.edit(once, [{ key: [name], value }]), once);
    return once;
  };

  it('changes the value alone, and keeps the comment after it', () =>
    assert.equal(edit(TEXT, 'PORT', 6432), TEXT.replace('port = 5432				#', 'port = 6432				#')));

  it('adds what is not there at the end; a setting in a comment is none', () =>
    assert.equal(edit(TEXT, 'data_directory', "/data/it's"), `${TEXT}data_directory = '/data/it''s'\n`));

  it('keeps Windows line ends and a missing newline at the end', () => {
    assert.equal(edit('a = 1\r\n', 'b', true), 'a = 1\r\nb = on\r\n');
    assert.equal(edit('a = 1\r\nc = 2', 'b', true), 'a = 1\r\nc = 2\r\nb = on');
    assert.equal(edit('', 'b', 'x'), "b = 'x'\n");
  });

  it('changes the last of several, which counts, and removes them all', () => {
    assert.equal(edit('a = 1\nb = 2\nA = 3 # c\n', 'a', 4), 'a = 1\nb = 2\nA = 4 # c\n');
    assert.equal(edit('a = 1\nb = 2\n  A = 3 # c', 'a', null), 'b = 2\n');
  });

  it('leaves what has the value already, however it is written', () =>
    assert.equal(edit("a = '\\101'  # c\n", 'a', 'A'), "a = '\\101'  # c\n"));

  it('adds an include to those that are there, once', () =>
    assert.equal(
      edit("include_dir 'conf.d'\n", 'include_dir', 'jts.d'),
      "include_dir 'conf.d'\ninclude_dir = 'jts.d'\n",
    ));

  it('writes where name and value touch', () => assert.equal(edit("a'x'", 'a', 5), 'a = 5'));
});

describe('postgresql.conf, written', () => {
  it('has comments above and hints as comments', () =>
    assert.equal(
      postgresql.render([
        { key: ['port'], value: 5432, comment: null, isHint: false },
        { key: ['log_connections'], value: true, comment: 'shows who came', isHint: true },
      ]),
      'port = 5432\n\n# shows who came\n#log_connections = on\n',
    ));

  it('says what it cannot carry', () => {
    assert.equal(postgresql.refusal('a\0'), 'has a NUL byte');
    assert.equal(postgresql.refusal('a\ud800'), 'is not Unicode text');
    assert.equal(postgresql.refusal(['a']), 'is a list');
    assert.equal(postgresql.refusal(Number.NaN), 'is not a finite number');
    assert.equal(postgresql.refusal('\udce9 \u{1f600}'), null);
  });
});
