// Real programs: what they are given, how their end is told, and that nothing of one that hangs is left.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requires } from '../../test/requirement.ts';
import { type ProgramEnd, type ProgramRequest, startProgram } from './program.ts';

// Of a run that counts lines; Node.js hands it on to all that it starts.
delete process.env['NODE_V8_COVERAGE'];

const directory = mkdtempSync(join(tmpdir(), 'program-'));
after(() => rmSync(directory, { recursive: true }));

function start(script: string, more: Partial<ProgramRequest> = {}): Promise<ProgramEnd> {
  return startProgram({
    argv: ['sh', '-c', script],
    input: '',
    environment: {},
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    ...more,
  });
}

/** A process that is gone, or is about to be: it was killed, and init may not have noticed. */
async function endOf(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
    await sleep(5);
}

describe('startProgram', () => {
  it('gives it its input, a clean environment, no terminal and no directory of ours', async () => {
    process.env['JTS_TEST_SECRET'] = 'hunter2';
    const end = await start('{ cat; env; pwd; } >&2', {
      input: 'told\n',
      environment: { JTS_HOT_LEVEL: 'OK' },
    });
    delete process.env['JTS_TEST_SECRET'];
    assert.equal(end.ended, 'exit');
    const lines = 'stderr' in end ? end.stderr.trim().split('\n') : [];
    // PWD, OLDPWD, SHLVL and _ are the shell's own.
    assert.deepEqual(lines.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line)).sort(), [
      '/',
      'JTS_HOT_LEVEL=OK',
      'LC_ALL=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'told',
    ]);
  });

  it('tells how it ended', async () => {
    assert.deepEqual(await start('echo no >&2; exit 7'), { ended: 'exit', status: 7, stderr: 'no\n' });
    assert.deepEqual(await start('kill -9 $$'), { ended: 'signal', signal: 'SIGKILL', stderr: '' });
    assert.deepEqual(await start('', { argv: ['/nonexistent'] }), { ended: 'not started', error: 'ENOENT' });
    assert.deepEqual(await start('', { argv: ['/etc/passwd'] }), { ended: 'not started', error: 'EACCES' });
    assert.deepEqual(await start('', { argv: ['a\0b'] }), {
      ended: 'not started',
      error: 'ERR_INVALID_ARG_VALUE',
    });
  });

  it('one that reads nothing and one that writes without end are no trouble', async () => {
    const input = 'x'.repeat(1_000_000);
    assert.deepEqual(await start('exit 0', { input }), { ended: 'exit', status: 0, stderr: '' });
    const end = await start('head -c 10000000 /dev/zero | tr "\\0" x >&2');
    assert.equal('stderr' in end && end.stderr, 'x'.repeat(4096));
  });

  it('gives the beginning of its output where that is wanted, whole where it is short', async () => {
    const kept = { keepsOutput: true } as const;
    const end = await start('echo one; echo two >&2; echo three', kept);
    assert.deepEqual(end, { ended: 'exit', status: 0, stderr: 'two\n', stdout: 'one\nthree\n' });
    const long = await start('yes | head -c 5000000', kept);
    assert.ok(long.ended === 'exit' && long.stdout?.length === 1024 * 1024);
    assert.deepEqual(await start('echo one'), { ended: 'exit', status: 0, stderr: '' });
  });

  it('runs as another user, with one group', async (t) => {
    if (!requires(t, 'root')) return;
    const as = { uid: 60_001, gid: 60_002 };
    const end = await start('id -u; id -G', { as, keepsOutput: true });
    assert.ok(end.ended === 'exit');
    assert.equal(end.stdout, '60001\n60002\n');
  });

  it('its time is up', async () => {
    assert.deepEqual(await start('exec sleep 600', { timeoutMs: 50 }), { ended: 'timeout', stderr: '' });
  });

  for (const [what, ignoring] of [
    ['whichever process ignores what', "trap '' TERM;"],
    ['the first to go is not the last', ''],
  ] as const)
    it(`of one that hangs nothing is left: ${what}`, async () => {
      const pids = join(directory, `pids-${ignoring.length}`);
      const stop = new AbortController();
      const script = `${ignoring} (trap '' TERM; sleep 600) & echo $! $$ >${pids}.new; mv ${pids}.new ${pids}; wait; sleep 600`;
      const running = start(script, { signal: stop.signal });
      while (!existsSync(pids)) await sleep(5);
      stop.abort();
      assert.equal((await running).ended, 'stopped');
      for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) await endOf(Number(pid));
    });

  it('a child left behind with the pipe open does not hold us', async () => {
    const pids = join(directory, 'pids');
    const end = await start(`sleep 600 & echo $! >${pids}; echo done >&2`);
    assert.deepEqual(end, { ended: 'exit', status: 0, stderr: 'done\n' });
    // It is the program's own affair, and lives.
    process.kill(Number(readFileSync(pids, 'utf8')), 'SIGKILL');
  });

  it('is stopped with the run, and not started after', async () => {
    const stop = new AbortController();
    const running = start('sleep 600', { signal: stop.signal });
    stop.abort();
    assert.deepEqual(await running, { ended: 'stopped', stderr: '' });
    const never = join(directory, 'never');
    assert.deepEqual(await start(`touch ${never}`, { signal: stop.signal }), {
      ended: 'stopped',
      stderr: '',
    });
    assert.equal(existsSync(never), false);
  });

  it('leaves no descriptor open', async () => {
    const count = () => readdirSync('/proc/self/fd').length;
    await start('true');
    const before = count();
    for (let i = 0; i < 20; i += 1) await start('echo x >&2; exit 1');
    await start('', { argv: ['/nonexistent'] });
    assert.ok(count() <= before, `${before} before, ${count()} after`);
  });
});
