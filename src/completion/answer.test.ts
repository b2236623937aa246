// What a shell is told may come next, as its script reads it; the shells themselves: test/e2e/completion.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMAND_NAMES, COMMANDS } from '../catalogue/commands.ts';
import { answerShell, type Lookup } from './answer.ts';
import type { Shell } from './script.ts';

const HOST: Lookup = async (from) =>
  from === 'services'
    ? [
        { text: 'kafka', about: 'event: streams' },
        { text: 'redis', about: 'a\tb\n\x1b[31m' },
        { text: "tick's böx $1", about: '' },
      ]
    : [
        { text: '12', about: 'setup' },
        { text: '2', about: 'newer version' },
      ];

async function ask(shell: Shell, line: string): Promise<readonly string[]> {
  return answerShell(shell, line.split(' '), HOST);
}

describe('what may come next', () => {
  for (const [line, ...answer] of [
    ['val', 'words', 'validate'],
    ['re', 'words', 'repair', 'record'],
    ['--', 'words', '--spec', '--base', '--root', '--json', '--help', '--version'],
    ['--ro', 'words', '--root'],
    ['--root /m', 'directories'],
    ['--spec=', 'files'],
    ['--root /mnt val', 'words', 'validate'],
    ['--root /mnt setup --st', 'words', '--strict'],
    ['-j --js', 'words'],
    ['help se', 'words', 'setup', 'serve'],
    ['nonsense x', 'words'],
    ['spec ', 'words', 'show', 'check', 'schema', 'recorded'],
    ['alert t', 'words', 'test'],
    ['completion f', 'words', 'fish'],
    ['completion fish --', 'words', '--json', '--help'],
    ['repair ', 'words', 'kafka', 'redis', "tick\\'s\\ böx\\ \\$1"],
    ['repair --recursive k', 'words', 'kafka'],
    ['repair kafka r', 'words'],
    ['history d', 'words', 'disk'],
    ['usage -j k', 'words', 'kafka'],
    ['usage --top 3 k', 'words', 'kafka'],
    ['usage --top ', 'words'],
    ['rollback ', 'words', '12', '2'],
    ['rollback 1', 'words', '12'],
    ['setup --adopt ', 'words', 'kafka', 'redis', "tick\\'s\\ böx\\ \\$1", 'base'],
    ['setup --adopt kafka --adopt b', 'words', 'base'],
    ['setup --st', 'words', '--strict'],
    ['setup --strict --st', 'words'],
    ['setup --plan ', 'files'],
    ['setup --plan x --ad', 'words', '--adopt'],
    ['plan --spec ', 'files'],
    ['plan --base ', 'directories'],
    ['plan --root /m', 'directories'],
    ['monitor --prometheus /va', 'files'],
    ['monitor --prometheus --ti', 'words', '--timeout'],
    ['monitor -s --na', 'words'],
    ['monitor --nagios --s', 'words', '--spec'],
    ['monitor -sw ', 'words'],
    ['schedule --cron --sy', 'words'],
    ['schedule --systemd --cr', 'words'],
    ['validate --quiet --v', 'words'],
    ['plan --bogus=', 'words'],
  ] as const)
    it(line, async () => assert.deepEqual(await ask('bash', line), answer));

  it('is every flag of every command', async () => {
    for (const name of COMMAND_NAMES) {
      const [, ...flags] = await ask('bash', `${name} --`);
      for (const long of Object.keys(COMMANDS[name].options))
        assert.ok(flags.includes(`--${long}`), `${name} ${long}`);
    }
  });

  it('is asked of the host that is meant', async () => {
    const asked: unknown[] = [];
    const lookup: Lookup = async (from, host) => {
      asked.push([from, host]);
      return [];
    };
    await answerShell('zsh', ['repair', '--spec', '"/a b"', '--root=/mnt', ''], lookup);
    await answerShell('bash', ['rollback', '--root', '=', '/mnt\\ 2', ''], lookup);
    assert.deepEqual(asked, [
      ['services', { root: '/mnt', spec: '/a b' }],
      ['runs', { root: '/mnt 2' }],
    ]);
  });
});

describe('in the form of each shell', () => {
  for (const [shell, line, ...answer] of [
    ['bash', 'setup --adopt = k', 'words', 'kafka'],
    ['bash', 'setup --adopt = r', 'words', 'redis'],
    ['bash', 'setup --adopt=k', 'words', '--adopt=kafka'],
    ['bash', 'setup --plan = /x', 'files'],
    ['zsh', 'repair ', 'words', 'kafka:event: streams', 'redis:a\\x09b\\x0a\\x1b[31m', "tick's böx $1"],
    ['fish', 'repair t', 'words', "tick's böx $1"],
    ['zsh', 'setup --adopt=k', 'words', 'kafka:event: streams'],
    ['fish', 'repair k', 'words', 'kafka\tevent: streams'],
    ['fish', 'setup --adopt=k', 'words', '--adopt=kafka\tevent: streams'],
  ] as const)
    it(`${shell}: ${line}`, async () => assert.deepEqual(await ask(shell, line), answer));
});
