// Options before the command, held to what commander makes of them; and words of other tools, each answered by one of ours.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMAND_NAMES, COMMANDS, type CommandName, commonOptions } from './commands.ts';
import { commandsMeant, flagMeant, nearMisses } from './near-misses.ts';
import { commandFirst, everyOption } from './typed-words.ts';

describe('options before the command', () => {
  for (const [typed, read] of [
    ['setup --root /mnt', 'setup --root /mnt'],
    ['--root /mnt setup', 'setup --root /mnt'],
    ['--root=/mnt setup --adopt kafka', 'setup --root=/mnt --adopt kafka'],
    ['-j validate', 'validate -j'],
    ['-sj monitor', 'monitor -sj'],
    ['-w 75 -c 85 monitor -s', 'monitor -w 75 -c 85 -s'],
    ['-sw 75 monitor', 'monitor -sw 75'],
    ['--spec setup plan', 'plan --spec setup'],
    ['--dry-run rollback 3', 'rollback --dry-run 3'],
    ['--watch monitor', 'monitor --watch'],
    ['--watch 5 monitor', 'monitor --watch 5'],
    ['--prometheus=- monitor', 'monitor --prometheus=-'],
    ['--adopt kafka --adopt base setup', 'setup --adopt kafka --adopt base'],
    ['--help setup', 'setup --help'],
    ['--root /mnt status', 'status --root /mnt'],
    ['--version setup', '--version setup'],
    ['-V', '-V'],
    ['--root /mnt', '--root /mnt'],
    ['-- setup', '-- setup'],
    ['', ''],
  ] as const)
    it(typed, () => assert.equal(commandFirst(typed.split(' ').filter(Boolean)).join(' '), read));

  it('take a value or none in every command that has them, and letters stand for one flag', () => {
    const takes = new Map<string, string>();
    const letters = new Map<string, string>();
    for (const [long, { short, value }] of everyOption) {
      const now = value === undefined ? 'none' : value.optional ? 'maybe' : 'always';
      assert.equal(takes.get(long) ?? now, now, long);
      takes.set(long, now);
      if (short === undefined) continue;
      assert.equal(letters.get(short) ?? long, long, short);
      letters.set(short, long);
    }
  });
});

describe('a word of another tool', () => {
  it('is none of ours, and is answered with commands and flags that there are', () => {
    for (const [word, meant] of Object.entries(nearMisses.commands)) {
      assert.ok(!(word in COMMANDS), word);
      assert.ok(meant.length > 0);
      for (const { type } of meant) {
        const [self, name, ...rest] = type.replace(/^sudo /, '').split(' ');
        assert.equal(self, 'jts-hot');
        if (name === '--version') continue;
        assert.ok(name !== undefined && name in COMMANDS, type);
        const options = { ...COMMANDS[name as CommandName].options, ...commonOptions(name as CommandName) };
        for (const flag of rest.filter((one) => one.startsWith('--')))
          assert.ok(flag.slice(2) in options, type);
      }
    }
    for (const [flag, ours] of Object.entries(nearMisses.flags)) {
      const known = everyOption.map(([long]) => long);
      // It may be a flag of one command, and is asked about at the others.
      assert.ok(
        COMMAND_NAMES.some(
          (name) => !(flag.slice(2) in { ...COMMANDS[name].options, ...commonOptions(name) }),
        ),
        flag,
      );
      for (const long of ours) assert.ok(known.includes(long), `${flag}: ${long}`);
      assert.ok(
        COMMAND_NAMES.some((name) => flagMeant(name, flag) !== null),
        flag,
      );
    }
  });

  for (const [word, ...types] of [
    ['dry_run', 'jts-hot setup --dry-run'],
    ['constructor'],
    ['nonsense'],
  ] as const)
    it(word, () =>
      assert.deepEqual(
        commandsMeant(word).map(({ type }) => type),
        types,
      ),
    );

  it('of flags: what the command has', () => {
    assert.equal(flagMeant('setup', '--check'), '--dry-run');
    assert.equal(flagMeant('setup', '--layout=x'), '--spec FILE');
    assert.equal(flagMeant('plan', '-o'), '--out FILE');
    assert.equal(flagMeant('validate', '-o'), '--json');
    assert.equal(flagMeant('validate', '--check'), null);
    assert.equal(flagMeant('setup', '--force'), '--adopt SERVICE');
    assert.equal(flagMeant('setup', 'constructor'), null);
  });
});
