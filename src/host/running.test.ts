// What is told of real processes: of one in a root of its own, of one that hangs in the kernel, of one that is gone.
import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { requires } from '../../test/requirement.ts';
import type { Running } from '../port/running.ts';
import { runningOf, unitIn } from './running.ts';

let directory = '';
let started: ChildProcess[] = [];
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'running-')));
  started = [];
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  // Where all tests of a room run in one process, one of another file may have begun before this one was loaded.
  rmSync(directory, { recursive: true, force: true });
});

function start(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore', ...options });
  started.push(child);
  return child;
}

function copied(program: string, name: string): string {
  const copy = join(directory, name);
  copyFileSync(realpathSync(program), copy);
  return copy;
}

async function found(command: string, until = (one: Running) => one.words.length > 0): Promise<Running> {
  for (let tries = 0; tries < 500; tries++) {
    const one = runningOf([command]).find(until);
    if (one !== undefined) return one;
    await setTimeout(10);
  }
  throw new Error(`no process ${command}`);
}

describe('running processes', () => {
  it('are told with their words, parent and place, also where a word is empty or has a line feed', async () => {
    const shell = copied('/bin/sh', 'jts-running-sh');
    const script = 'while :; do sleep 0.1; done';
    start(shell, ['-c', script, '', 'two\nlines', 'ü'], { cwd: directory });
    const one = await found('jts-running-sh');
    assert.deepEqual(one.words, [shell, '-c', script, '', 'two\nlines', 'ü']);
    assert.equal(one.parent, process.pid);
    assert.equal(one.uid, process.geteuid?.());
    assert.equal(one.isElsewhere, false);
    assert.equal(one.directory?.path, directory);
  });

  it('are elsewhere in a root of their own, and not in a view of ours where less can be written', async (t) => {
    if (!requires(t, 'root')) return;
    const sleep = copied('/bin/sleep', 'jts-running');
    const sandboxed = 'mount --bind / /mnt && mount -o remount,bind,ro /mnt && exec "$0" 1000';
    start('unshare', ['--mount', '--propagation=private', 'sh', '-c', sandboxed, sleep]);
    assert.equal((await found('jts-running')).isElsewhere, false);
    const image = [
      'mount -t tmpfs tmpfs /mnt && cd /mnt && mkdir usr proc && mount --bind /usr usr',
      'for name in bin lib lib64; do ln -s usr/$name $name; done',
      'cp "$0" own-root && exec chroot /mnt /own-root 1000',
    ].join('\n');
    start('unshare', ['--mount', '--propagation=private', 'sh', '-c', image, sleep]);
    const one = await found('own-root');
    assert.equal(one.isElsewhere, true);
  });

  it('that hang in the kernel are told without their words, and hold nobody up', async (t) => {
    if (!requires(t, 'python3')) return;
    // Who called vfork(2) waits in the kernel until its child is something else.
    const hang = [
      'import ctypes, time',
      'libc = ctypes.CDLL(None)',
      'libc.prctl(15, b"jts-hangs", 0, 0, 0)',
      'libc.vfork()',
      'time.sleep(60)',
    ].join('\n');
    const child = start('python3', ['-c', hang], { detached: true });
    const one = await found('jts-hangs', ({ words }) => words.length === 0);
    assert.ok(one.directory !== null && one.holds(['']) !== null);
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  });

  it('that have ended hold nothing any more', async () => {
    const child = start(copied('/bin/sleep', 'jts-running'), ['1000']);
    const one = await found('jts-running');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    assert.deepEqual([one.uid, one.unit, one.directory, one.holds([''])], [null, null, null, []]);
    assert.deepEqual(runningOf(['jts-running']), []);
  });

  it('of a name that nobody has are none', () => {
    assert.deepEqual(runningOf(['jts-nobody-is-so']), []);
    assert.deepEqual(runningOf([]), []);
  });
});

describe('the unit of a process', () => {
  for (const [what, text, unit] of [
    ['of version 2', '0::/system.slice/redis-server.service\n', 'redis-server.service'],
    [
      'of an instance',
      '0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n',
      'postgresql@15-main.service',
    ],
    ['below its unit', '0::/system.slice/docker.service/init\n', 'docker.service'],
    ['of both versions', '4:memory:/a\n1:name=systemd:/host\n0::/system.slice/a.service\n', 'a.service'],
    ['of version 1', '2:cpu:/b.service\n1:name=systemd:/system.slice/a.service\n', 'a.service'],
    ['of a user', '0::/user.slice/user-0.slice/session-1.scope\n', null],
    ['of a container', '0::/system.slice/docker-0123.scope\n', null],
    ['that has ended', '', null],
  ] as const)
    it(what, () => assert.equal(unitIn(text), unit));
});
