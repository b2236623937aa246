// Commands in messages, held against what a shell makes of them: the same flags, in a place where they are taken.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { COMMAND_NAMES, COMMANDS } from '../catalogue/commands.ts';
import { asRoot, createTypedCommand, shellWord } from './typed-command.ts';

const FLAGS = ['--base', '/srv/hot', '--root', '/mnt/image'];

/** The words as a shell hands them to a program. */
function shellWords(line: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, line);
  return stdout.split('\0').slice(0, -1);
}

describe('a typed command', () => {
  it('without flags of this call, and on the PATH: as it stands', () => {
    const { command } = createTypedCommand('jts-hot', []);
    for (const words of ['rollback 1', 'setup --adopt kafka', 'spec show', 'repair'])
      assert.equal(command(words), `jts-hot ${words}`);
  });

  it('has the flags that say layout and host after the verb, before its own words', () => {
    const { command } = createTypedCommand('/opt/jts-hot/bin/jts-hot', FLAGS);
    const typed = '/opt/jts-hot/bin/jts-hot';
    for (const [words, expected] of [
      ['plan', 'plan --base /srv/hot --root /mnt/image'],
      ['setup --adopt kafka', 'setup --base /srv/hot --root /mnt/image --adopt kafka'],
      ['validate -v', 'validate --base /srv/hot --root /mnt/image -v'],
      ['monitor', 'monitor --base /srv/hot --root /mnt/image'],
      ['usage kafka --top 40', 'usage --base /srv/hot --root /mnt/image kafka --top 40'],
      ['history', 'history --base /srv/hot --root /mnt/image'],
      ['rollback 1', 'rollback --base /srv/hot --root /mnt/image 1'],
      ['repair kafka', 'repair --base /srv/hot --root /mnt/image kafka'],
      ['spec show', 'spec show --base /srv/hot --root /mnt/image'],
      ['spec check', 'spec check --base /srv/hot --root /mnt/image'],
    ] as const)
      assert.equal(command(words), `${typed} ${expected}`);
  });

  it('is every command: those of a host with its flags, those of the program as they stand', () => {
    const self = '/opt/jts-hot/bin/jts-hot';
    const { command } = createTypedCommand(self, FLAGS);
    for (const name of COMMAND_NAMES) {
      const { argument, isOfProgram } = COMMANDS[name];
      const verb = argument?.verbs === undefined ? name : `${name} show`;
      assert.equal(
        command(verb),
        `${self} ${verb}${isOfProgram ? '' : ' --base /srv/hot --root /mnt/image'}`,
      );
    }
  });

  it('comes back from a shell word for word, whatever the flags hold', () => {
    const values = [
      '/a b',
      "/it's",
      '/$(id)`id`',
      '/"x"\\',
      '/*?[a]',
      '/~;&|<>',
      '',
      '-n',
      '/$&$1',
      '/  two',
      '/ünï',
    ];
    for (const value of values) {
      const { command } = createTypedCommand('jts-hot', ['--spec', value]);
      assert.deepEqual(shellWords(command('rollback 1')), ['jts-hot', 'rollback', '--spec', value, '1']);
    }
  });
});

describe('in the script of a shell', () => {
  for (const value of ['/srv/hot', '/a b', "/it's", '/$(id)'])
    it(`flags are quoted once more: ${value}`, () => {
      const { inHints } = createTypedCommand('/opt/jts-hot/bin/jts-hot', ['--base', value]);
      const [typed] = inHints([{ fix: asRoot(["mv -T /a 'b c'", 'jts-hot setup']) }]);
      const [sudo, sh, c, script = ''] = shellWords(typed?.fix ?? '');
      assert.deepEqual([sudo, sh, c], ['sudo', 'sh', '-c']);
      const [first = '', second = ''] = script.split(' && ');
      assert.deepEqual(shellWords(first), ['mv', '-T', '/a', 'b c']);
      assert.deepEqual(shellWords(second), ['/opt/jts-hot/bin/jts-hot', 'setup', '--base', value]);
    });
});

describe('in hints and fixes', () => {
  const { inHints } = createTypedCommand('jts-hot', ['--root', '/mnt/image']);

  it('every command of ours is typed, wherever it stands', () => {
    assert.deepEqual(
      inHints([
        { hint: 'to go on: jts-hot setup; to go back: jts-hot rollback 1', fix: 'jts-hot repair kafka' },
        { hint: 'sudo jts-hot setup --adopt kafka' },
        { hint: 'see: jts-hot spec show' },
      ]),
      [
        {
          hint: 'to go on: jts-hot setup --root /mnt/image; to go back: jts-hot rollback --root /mnt/image 1',
          fix: 'jts-hot repair --root /mnt/image kafka',
        },
        { hint: 'sudo jts-hot setup --root /mnt/image --adopt kafka' },
        { hint: 'see: jts-hot spec show --root /mnt/image' },
      ],
    );
  });

  it('is not where a verb only begins a word, nor in the name of something else', () => {
    for (const hint of [
      'jts-hot setups',
      'jts-hot --help',
      'jts-hot spec schema',
      'df -h /var/lib/jts-hot',
      'my-jts-hottest setup',
    ])
      assert.deepEqual(inHints({ hint }), { hint });
  });

  it('is nowhere else: details, summaries and names stay as they are', () => {
    const text = 'jts-hot setup';
    const data = {
      code: 'E_X',
      summary: text,
      at: text,
      detail: [text],
      fix: null,
      hint: null,
      deeper: { found: text, hint: text, fixes: text, list: [{ why: text, fix: text }] },
    };
    const typed = 'jts-hot setup --root /mnt/image';
    assert.deepEqual(inHints(data), {
      ...data,
      deeper: { found: text, hint: typed, fixes: text, list: [{ why: text, fix: typed }] },
    });
  });

  it('leaves all other data as it is, names that are no UTF-8 too', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value));
        assert.deepEqual(createTypedCommand('jts-hot', []).inHints(plain), plain);
      }),
      { seed: 7 },
    );
    const name = { path: '/data/caf\udce9', bytes: 9_007_199_254_740_991 };
    assert.deepEqual(inHints(name), name);
  });
});

describe('a shell word', () => {
  it('is bare where nothing in it means anything to a shell', () => {
    for (const word of ['/data/jts/hot', 'layout-1.yaml', 'a:b=c@d%e+f,g', '-j'])
      assert.equal(shellWord(word), word);
  });

  it('is quoted otherwise', () => {
    for (const [word, quoted] of [
      ['', "''"],
      ['a b', "'a b'"],
      ["it's", "'it'\\''s'"],
      ['~', "'~'"],
      ['a\\b', "'a\\b'"],
    ] as const)
      assert.equal(shellWord(word), quoted);
  });

  it('is what the shell gives back, for any text without control or invisible characters', () => {
    const text = fc
      .string({ unit: 'grapheme' })
      .filter((one) => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(one));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 30 }), (words) =>
        assert.deepEqual(shellWords(words.map(shellWord).join(' ')), words),
      ),
      { seed: 7, numRuns: 50 },
    );
  });

  it('shows what would play tricks on a terminal, and does not send it', () => {
    assert.equal(shellWord('/a\x1b[31m\nb\udce9'), "'/a\\x1b[31m\\x0ab\\xe9'");
    assert.equal(shellWord('/a\u202eb\u2028'), "'/a\\u{202e}b\\u{2028}'");
  });
});
