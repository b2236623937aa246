// The command line as the catalogue makes it: what is read of each flag, and that help and examples keep to it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMAND_NAMES, COMMANDS, type CommandName, commonOptions } from '../catalogue/commands.ts';
import { FIRST_STEPS } from '../catalogue/every-command.ts';
import { createProgram } from './program.ts';

interface Ran {
  readonly name: CommandName;
  readonly flags: Record<string, unknown>;
  readonly argument: unknown;
}

/** What would be run; throws what commander throws. */
async function parse(words: readonly string[]): Promise<Ran | null> {
  let ran: Ran | null = null;
  const run = async (name: CommandName, flags: Record<string, unknown>, argument: unknown) => {
    ran = { name, flags, argument };
  };
  const program = createProgram({ version: '0', run, writeOut: () => {} });
  await program.parseAsync(['node', 'jts-hot', ...words]);
  return ran;
}

async function helpOf(...words: readonly string[]): Promise<string> {
  let said = '';
  const program = createProgram({ version: '0', run: async () => {}, writeOut: (text) => (said += text) });
  await assert.rejects(program.parseAsync(['node', 'jts-hot', ...words, '--help']), { exitCode: 0 });
  return said;
}

it('knows a command as well when it is made for that alone, and all of them for any other word', async () => {
  const run = async () => {};
  for (const word of COMMAND_NAMES) {
    const told = { alone: '', all: '' };
    const alone = createProgram({ version: '0', run, word, writeOut: (text) => (told.alone += text) });
    assert.deepEqual(
      alone.commands.map((command) => command.name()),
      [word],
    );
    const all = createProgram({ version: '0', run, writeOut: (text) => (told.all += text) });
    for (const program of [alone, all])
      await assert.rejects(program.parseAsync(['node', 'jts-hot', word, '--help']), { exitCode: 0 });
    assert.equal(told.alone, told.all);
  }
  for (const word of ['--help', 'constructor', 'setpu', undefined])
    assert.equal(
      createProgram({ version: '0', run, word, writeOut: () => {} }).commands.length,
      COMMAND_NAMES.length,
    );
});

describe('flags and words', () => {
  for (const [line, argument, flags] of [
    ['plan', undefined, { root: '/' }],
    ['plan --adopt kafka --adopt base -j', undefined, { root: '/', adopt: ['kafka', 'base'], json: true }],
    ['setup --new-disk --strict --root /mnt', undefined, { root: '/mnt', newDisk: true, strict: true }],
    ['rollback 3 --search-limit 30m', 3, { root: '/', searchLimit: 1800 }],
    ['rollback', undefined, { root: '/' }],
    ['repair kafka --recursive', 'kafka', { root: '/', recursive: true }],
    ['spec', 'show', { root: '/' }],
    ['spec check --spec=x.yaml', 'check', { root: '/', spec: 'x.yaml' }],
    ['alert', 'list', { root: '/' }],
    ['monitor', undefined, { root: '/', record: true }],
    [
      'monitor -s -w 75 -c 85.5',
      undefined,
      { root: '/', record: true, summary: true, warning: 75, critical: 85.5 },
    ],
    ['monitor --watch --no-record', undefined, { root: '/', record: false, watch: true }],
    ['monitor --watch 2 --timeout 5s', undefined, { root: '/', record: true, watch: 2, timeout: 5 }],
    ['monitor --prometheus', undefined, { root: '/', record: true, prometheus: true }],
    ['usage --files-over 500MB', undefined, { root: '/', top: 10, depth: 3, filesOver: 500_000_000 }],
    ['serve', undefined, { root: '/', listen: '127.0.0.1:9847' }],
    ['serve --metrics', undefined, { root: '/', metrics: true, listen: '127.0.0.1:9847' }],
  ] as const)
    it(line, async () => {
      const words = line.split(' ');
      assert.deepEqual(await parse(words), { name: words[0], flags, argument });
    });

  for (const line of [
    'setpu',
    'plan extra',
    'plan --bogus',
    'plan --out',
    'rollback 0',
    'rollback three',
    'monitor -w 101',
    'monitor --watch 0.5',
    'monitor --timeout 5',
    'monitor --nagios -s',
    'usage --top 0',
    'usage --files-over 5',
    'validate -q -v',
    'schedule --cron --systemd',
    'history --csv -j',
    'serve kafka',
  ])
    it(`${line}: refused`, () => assert.rejects(parse(line.split(' ')), { exitCode: 1 }));
});

describe('help', () => {
  it('has every command in its group, and none that is not in the catalogue', async () => {
    const listed = (await helpOf()).match(/^ {2}\w+(?= \[options\])/gm) ?? [];
    assert.deepEqual(
      listed.map((line) => line.trim()),
      COMMAND_NAMES,
    );
  });

  for (const name of COMMAND_NAMES)
    it(`${name}: every flag, what it ends with, both examples, in 80 columns`, async () => {
      const help = await helpOf(name);
      for (const long of Object.keys({ ...COMMANDS[name].options, ...commonOptions(name) }))
        assert.match(help, new RegExp(`^ {2}(-\\w, )?--${long}\\b`, 'm'));
      for (const code of [0, 1, 2, 3]) assert.match(help, new RegExp(`^ {2}${code} {2}\\S`, 'm'));
      for (const { type, to } of COMMANDS[name].examples)
        assert.ok(
          help.includes(`  ${type}\n      ${to}\n`) || help.endsWith(`  ${type}\n      ${to}\n`),
          type,
        );
      assert.deepEqual(
        help.split('\n').filter((line) => line.length > 80),
        [],
      );
    });

  it('of the program has two examples, too', async () => {
    const help = await helpOf();
    for (const { type, to } of FIRST_STEPS) {
      assert.ok(help.includes(`  ${type}\n      ${to}\n`) || help.endsWith(`  ${type}\n      ${to}\n`), type);
      assert.notEqual(await parse(type.split(' ').slice(2)), null);
    }
  });

  for (const name of COMMAND_NAMES)
    for (const { type } of COMMANDS[name].examples)
      it(`the example can be typed: ${type}`, async () => {
        const words = type.replace(/^sudo | [|>] .*$/g, '').split(' ');
        assert.equal(words[0], 'jts-hot');
        assert.equal((await parse(words.slice(1)))?.name, name);
      });
});
