// Holds the commands in scripts/ to one thing: they call bin/jts-hot with a verb and every argument, and do nothing else.
// In place of the program stands one that prints how it was called.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { requires } from '../requirement.ts';

const SYSTEM_PATH = '/usr/bin:/bin';
const scratch = mkdtempSync(join(tmpdir(), 'jts-hot-scripts-'));
after(() => rmSync(scratch, { recursive: true }));

/** A program that prints `label`, then its arguments, one a line in brackets, and exits with 2. */
function program(path: string, label: string): string {
  mkdirSync(resolve(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho ${label}\nprintf '[%s]\\n' "$@"\nexit 2\n`);
  chmodSync(path, 0o755);
  return path;
}

const checkout = join(scratch, 'a checkout');
cpSync(join(import.meta.dirname, '../../scripts'), join(checkout, 'scripts'), { recursive: true });
program(join(checkout, 'bin/jts-hot'), 'checkout');
const monitor = join(checkout, 'scripts/jts-storage-monitor.sh');

function run(command: string, args: readonly string[], options: { cwd?: string; path?: string } = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: options.cwd ?? '/',
    env: { PATH: options.path ?? SYSTEM_PATH },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/**
 * The same on a machine whose /usr/local/bin holds `installed` only and whose /opt is empty. Mounts end with it.
 */
function runWhereInstalled(installed: string, command: string, args: readonly string[], path = SYSTEM_PATH) {
  const empty = join(scratch, 'empty');
  mkdirSync(empty, { recursive: true });
  return run('unshare', [
    '--mount',
    '--propagation=private',
    'sh',
    '-ec',
    'mount --bind "$1" /usr/local/bin; mount --bind "$2" /opt; export PATH="$3"; shift 3; exec "$@"',
    'sh',
    installed,
    empty,
    path,
    command,
    ...args,
  ]);
}

for (const [script, verb] of [
  ['setup-hot-directories.sh', 'setup'],
  ['validate-directories.sh', 'validate'],
  ['jts-storage-monitor.sh', 'monitor'],
] as const) {
  const path = join(checkout, 'scripts', script);

  test(`${script} passes every argument and the exit status on`, () => {
    const args = ['-v', '-j', '-w', '75', '--spec', 'my spec.yaml', '', '*', '--', '-h', 'a\nb'];
    assert.deepEqual(run(path, args), {
      status: 2,
      stdout: ['checkout', `[${verb}]`, ...args.map((arg) => `[${arg}]`), ''].join('\n'),
      stderr: '',
    });
  });

  test(`${script} finds its checkout from any folder, through links, and from scripts/ itself`, () => {
    const link = join(scratch, `link to ${script}`);
    symlinkSync(path, `${link} 1`);
    symlinkSync(`link to ${script} 1`, link);
    for (const [command, cwd] of [
      [link, '/'],
      [`./${script}`, join(checkout, 'scripts')],
      [`scripts/${script}`, checkout],
      [`../scripts/${script}`, join(checkout, 'bin')],
    ] as const) {
      const found = spawnSync(command, ['-h'], { cwd, env: { PATH: SYSTEM_PATH }, encoding: 'utf8' });
      assert.equal(found.stdout, `checkout\n[${verb}]\n[-h]\n`, `${command} in ${cwd}: ${found.stderr}`);
    }
    const shell = spawnSync('sh', [script], {
      cwd: join(checkout, 'scripts'),
      env: { PATH: SYSTEM_PATH },
      encoding: 'utf8',
    });
    assert.equal(shell.stdout, `checkout\n[${verb}]\n`, shell.stderr);
  });

  test(`${script} runs nothing that lies in the current directory`, () => {
    const trap = join(scratch, 'trap');
    for (const name of ['readlink', 'jts-hot', 'dirname', 'bin/jts-hot'])
      program(join(trap, name), 'TRAPPED');
    assert.equal(run(path, [], { cwd: trap, path: `.::${SYSTEM_PATH}` }).stdout, `checkout\n[${verb}]\n`);
  });
}

test('the monitor copied to /usr/local/bin and linked as jts-storage finds the installed jts-hot with the PATH of cron', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
  const installed = join(scratch, 'usr-local-bin');
  mkdirSync(installed);
  copyFileSync(monitor, join(installed, 'jts-storage-monitor.sh'));
  symlinkSync('/usr/local/bin/jts-storage-monitor.sh', join(installed, 'jts-storage'));
  symlinkSync(join(checkout, 'bin/jts-hot'), join(installed, 'jts-hot'));
  for (const command of ['/usr/local/bin/jts-storage-monitor.sh', '/usr/local/bin/jts-storage'])
    assert.deepEqual(runWhereInstalled(installed, command, ['-s', '-w', '75']), {
      status: 2,
      stdout: 'checkout\n[monitor]\n[-s]\n[-w]\n[75]\n',
      stderr: '',
    });
  const named = runWhereInstalled(installed, 'jts-storage', ['-j'], `/usr/local/bin:${SYSTEM_PATH}`);
  assert.equal(named.stdout, 'checkout\n[monitor]\n[-j]\n', named.stderr);
});

test('the monitor copied elsewhere prefers the jts-hot on PATH', () => {
  const copy = join(scratch, 'elsewhere/jts-storage-monitor.sh');
  const onPath = join(scratch, 'on-path');
  mkdirSync(resolve(copy, '..'));
  copyFileSync(monitor, copy);
  program(join(onPath, 'jts-hot'), 'path');
  assert.equal(run(copy, ['-s'], { path: `${onPath}:${SYSTEM_PATH}` }).stdout, 'path\n[monitor]\n[-s]\n');
});

test('the monitor copied to a machine without jts-hot says how to install it, exit status 3 (UNKNOWN)', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
  const installed = join(scratch, 'usr-local-bin-alone');
  mkdirSync(installed);
  copyFileSync(monitor, join(installed, 'jts-storage-monitor.sh'));
  // What anybody could have put beside a copy, or in the current directory, or left behind as a dead link.
  program(join(scratch, 'shared/bin/jts-hot'), 'TRAPPED');
  mkdirSync(join(scratch, 'shared/copied'));
  copyFileSync(monitor, join(scratch, 'shared/copied/jts-storage-monitor.sh'));
  symlinkSync('/nowhere/bin/jts-hot', join(installed, 'jts-hot'));
  for (const command of [
    '/usr/local/bin/jts-storage-monitor.sh',
    join(scratch, 'shared/copied/jts-storage-monitor.sh'),
  ]) {
    const { status, stdout, stderr } = runWhereInstalled(installed, command, ['-j']);
    assert.equal(stdout, '');
    assert.match(stderr, /cannot find jts-hot/);
    assert.match(stderr, /sudo ln -s \/path\/to\/checkout\/bin\/jts-hot \/usr\/local\/bin\/jts-hot/);
    assert.equal(status, 3);
  }
});
