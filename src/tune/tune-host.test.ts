// `tune host` on the host in memory: what it finds, sets, keeps and leaves alone; that a crash anywhere is made good by the same
// command, and that rollback gives all back. Wishes are those of real services, in layouts of a few.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost, MemoryInitial } from '../../test/memory-host/memory-host.ts';
import { EXIT, Problem } from '../messages/diagnostic.ts';
import { createPaint } from '../messages/paint.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { SYSCTL_FILE, TMPFILES_FILE } from './kept-settings.ts';
import type { TuneOptions } from './run-tuning.ts';
import { tuneBoth } from './tune-both.ts';
import type { HostRow } from './tune-document.ts';
import { explainSetting, tuneHost } from './tune-host.ts';
import { renderTune } from './tune-text.ts';

const LAYOUT = smallLayout('kafka', 'mongodb', 'redis');

/** As Debian 12 starts. */
const KERNEL = {
  thp: '[always] madvise never',
  'thp-defrag': 'always defer defer+madvise [madvise] never',
  'vm.overcommit_memory': '0\n',
  'vm.swappiness': '60\n',
  'vm.max_map_count': '65530\n',
  'vm.dirty_background_ratio': '10\n',
  'vm.dirty_ratio': '20\n',
  'fs.file-max': '9223372036854775807\n',
  'net.core.somaxconn': '4096\n',
  'kernel.pid_max': '4194304\n',
  'kernel.threads-max': '127000\n',
} as const;

function host(kernel: NonNullable<MemoryInitial['kernel']> = {}, more: MemoryInitial = {}): MemoryHost {
  const on = createHost({
    runsSystemd: true,
    kernel: { ...KERNEL, ...kernel },
    hasSwap: true,
    ...more,
  });
  on.prepare.directory('/etc/systemd/system');
  return on;
}

async function tune(on: MemoryHost, options: Partial<TuneOptions> = {}, layout = LAYOUT) {
  const { exitCode, problems, result } = await tuneHost(contextOf(on, layout), {
    act: 'apply',
    isDry: false,
    replace: false,
    ...options,
  });
  assert.ok(result !== null);
  const row = (name: string): HostRow =>
    result.rows.find(({ setting }) => setting === name) ?? assert.fail(name);
  return { exitCode, codes: problems.map(({ code }) => code), problems, result, row };
}

const check = (on: MemoryHost, layout = LAYOUT) => tune(on, { act: 'check' }, layout);

function nowOf(on: MemoryHost, setting: string): string | undefined {
  return on.kernelValues([setting])[0]?.now;
}

async function rollBack(on: MemoryHost): Promise<void> {
  const { result } = await rollbackCommand(contextOf(on, LAYOUT), null);
  assert.ok(result !== null && result.outcome === 'applied', JSON.stringify(result));
  assert.deepEqual(result.left, []);
}

function state(on: MemoryHost): string {
  const files = on
    .snapshot()
    .split('\n')
    .filter((line) => line.startsWith('/etc'))
    .map((line) => line.replace(/ inode \d+ born \d+/g, ''));
  const values = Object.keys(KERNEL).map((setting) => `${setting} ${nowOf(on, setting)}`);
  return [...files, ...values].join('\n');
}

/** But for the clock, which no service keeps on a host in memory. */
const withoutClock = (codes: readonly string[]) => codes.filter((code) => code !== 'E_NOT_OURS_TO_SET');

describe('tune host', () => {
  it('tells how it is, and changes nothing', async () => {
    const on = host();
    const before = state(on);
    const { exitCode, row, result } = await check(on);
    assert.equal(exitCode, EXIT.failed);
    assert.equal(state(on), before);
    const told = ({ required, now, isNow, isForGood, severity }: HostRow) => [
      required,
      now,
      isNow,
      isForGood,
      severity,
    ];
    assert.deepEqual(told(row('vm.overcommit_memory')), ['1', '0', false, false, 'error']);
    assert.deepEqual(told(row('vm.max_map_count')), ['at least 262144', '65530', false, false, 'warning']);
    assert.deepEqual(told(row('net.core.somaxconn')), ['at least 511', '4096', true, true, 'warning']);
    assert.deepEqual(told(row('thp')), ['never or madvise', 'always', false, false, 'warning']);
    assert.equal(result.outcome, 'shown');
    assert.equal(result.run, null);
    assert.deepEqual(
      result.rows.map(({ setting }) => setting).filter((one) => one.startsWith('fs.aio')),
      [],
      'nobody asks for it',
    );
  });

  it('sets all now and for good, finds it so, and rollback gives all back', async () => {
    const on = host();
    const before = state(on);
    const { codes, result, row } = await tune(on);
    assert.deepEqual(withoutClock(codes), []);
    assert.equal(result.outcome, 'applied');
    assert.deepEqual(
      ['vm.overcommit_memory', 'vm.swappiness', 'vm.max_map_count', 'net.core.somaxconn'].map((one) =>
        nowOf(on, one),
      ),
      ['1', '1', '262144', '4096'],
    );
    assert.match(on.text(SYSCTL_FILE) ?? '', /^# 1: asked for by redis\nvm\.overcommit_memory = 1$/m);
    assert.doesNotMatch(on.text(SYSCTL_FILE) ?? '', /somaxconn|file-max/);
    assert.match(
      on.text(TMPFILES_FILE) ?? '',
      /^w \/sys\/kernel\/mm\/transparent_hugepage\/enabled - - - - /m,
    );
    assert.equal(row('vm.swappiness').forGood, '99-zz-jts-hot.conf');
    assert.ok(result.rows.filter(({ isSetByUs }) => isSetByUs).every((one) => one.isNow && one.isForGood));
    assert.equal((await tune(on)).result.outcome, 'unchanged');
    assert.deepEqual((await check(on)).result.steps, []);
    await rollBack(on);
    assert.equal(state(on), before);
  });

  it('a value that meets the same wishes is left as it is', async () => {
    const on = host({ 'vm.swappiness': '0\n', 'vm.max_map_count': '1048576\n' });
    await tune(on);
    assert.deepEqual(
      ['vm.swappiness', 'vm.max_map_count'].map((one) => nowOf(on, one)),
      ['0', '1048576'],
    );
  });

  it('what another file says for good needs no line of ours; what it says wrong does', async () => {
    const on = host();
    on.prepare.file('/usr/lib/sysctl.d/10-map-count.conf', { text: 'vm.max_map_count=1048576\n' });
    on.prepare.file('/etc/sysctl.d/50-swap.conf', { text: 'vm.swappiness = 10\n' });
    await tune(on);
    assert.doesNotMatch(on.text(SYSCTL_FILE) ?? '', /max_map_count/);
    assert.match(on.text(SYSCTL_FILE) ?? '', /^vm\.swappiness = 1$/m);
  });

  it('a file that counts more than ours is named, and ends with 1', async () => {
    const on = host();
    on.prepare.file('/etc/sysctl.d/zzz.conf', { text: 'vm.swappiness = 60\n' });
    const { exitCode, problems, row } = await tune(on);
    assert.equal(exitCode, EXIT.failed);
    const over = problems.find(({ code }) => code === 'E_SET_ELSEWHERE');
    assert.match(over?.detail.join(' ') ?? '', /found 60 in \/etc\/sysctl\.d\/zzz\.conf/);
    assert.deepEqual([row('vm.swappiness').isNow, row('vm.swappiness').isForGood], [true, false]);
    assert.doesNotMatch(on.text(SYSCTL_FILE) ?? '', /swappiness/);
    assert.equal(nowOf(on, 'vm.swappiness'), '1');
  });

  it('in a container nothing is set that it cannot set, and why is said', async () => {
    const fixed = (now: string) => ({ now, offered: null, fixed: 'read-only' }) as const;
    const on = host(
      { 'vm.swappiness': fixed('60'), 'vm.max_map_count': fixed('1048576') },
      { container: 'docker' },
    );
    const { exitCode, problems, row, result } = await tune(on);
    assert.equal(exitCode, EXIT.failed);
    assert.deepEqual(
      problems.filter(({ code }) => code === 'E_KERNEL_FIXED').map(({ at }) => at),
      ['setting vm.swappiness'],
    );
    assert.match(row('vm.swappiness').note ?? '', /read-only, as in a container/);
    assert.equal(row('vm.max_map_count').note, null, 'right as it is');
    assert.deepEqual([row('vm.max_map_count').isNow, row('vm.max_map_count').isForGood], [true, true]);
    assert.doesNotMatch(on.text(SYSCTL_FILE) ?? '', /swappiness|max_map_count/);
    assert.equal(result.outcome, 'applied');
    assert.equal(row('clock').now, 'not told');
  });

  it('limits that are set in bytes are left alone', async () => {
    const on = host({ 'vm.dirty_ratio': '0\n', 'vm.dirty_background_ratio': '0\n' });
    const { row } = await tune(on);
    assert.match(row('vm.dirty_ratio').note ?? '', /vm\.dirty_bytes is set instead/);
    assert.equal(nowOf(on, 'vm.dirty_ratio'), '0');
    assert.doesNotMatch(on.text(SYSCTL_FILE) ?? '', /dirty/);
  });

  it('of a kernel without huge pages nothing is asked', async () => {
    const { thp: _, 'thp-defrag': __, ...rest } = KERNEL;
    const on = createHost({ runsSystemd: true, kernel: rest, hasSwap: true });
    const { row, result } = await tune(on);
    assert.equal(row('thp').note, 'this kernel has no such setting');
    assert.equal(result.outcome, 'applied');
    assert.equal(on.entry(TMPFILES_FILE).type, 'missing');
  });

  it('a hint is shown and set, and does not count', async () => {
    const on = host({}, { hasSwap: false });
    await tune(on);
    assert.equal((await check(on)).row('swap').isNow, false);
    const { exitCode, codes } = await check(on, smallLayout('kafka', 'redis'));
    assert.deepEqual([exitCode, codes], [EXIT.ok, []]);
  });

  it('the clock counts where a service that keeps it does not run', async () => {
    const { exitCode, codes } = await check(host(), smallLayout('mongodb'));
    assert.equal(exitCode, EXIT.failed);
    assert.ok(codes.includes('E_NOT_OURS_TO_SET'));
  });

  it('where systemd does not run huge pages are set, and that nothing keeps them is said', async () => {
    const { codes } = await tune(host({}, { runsSystemd: false }));
    assert.deepEqual(codes, ['E_NO_SYSTEMD']);
  });

  it('a service that leaves takes its lines with it', async () => {
    const on = host();
    await tune(on);
    const few = smallLayout('postgresql');
    await tune(on, {}, few);
    assert.doesNotMatch(on.text(SYSCTL_FILE) ?? '', /max_map_count|redis/);
    await tune(on, {}, smallLayout('tickdb'));
    assert.equal(on.entry(SYSCTL_FILE).type, 'missing');
    assert.equal(on.entry(TMPFILES_FILE).type, 'missing');
  });

  it("somebody's edit of our file is refused without --replace, and comes back by rollback", async () => {
    const on = host();
    on.prepare.file(SYSCTL_FILE, { text: 'vm.swappiness = 33\n' });
    const { exitCode, problems } = await tune(on);
    assert.equal(exitCode, EXIT.refused);
    assert.match(problems[0]?.hint ?? '', /sudo jts-hot tune host --apply --replace/);
    const before = state(on);
    assert.equal((await tune(on, { replace: true })).result.outcome, 'applied');
    assert.match(on.text(SYSCTL_FILE) ?? '', /vm\.swappiness = 1\n/);
    await rollBack(on);
    assert.equal(state(on), before);
  });

  it('what somebody has set since is left by rollback, and said', async () => {
    const on = host();
    await tune(on);
    on.perform({ type: 'setKernelValue', setting: 'vm.swappiness', from: '1', to: '5' });
    const { result } = await rollbackCommand(contextOf(on, LAYOUT), null);
    assert.ok(result !== null && 'left' in result && JSON.stringify(result.left).includes('vm.swappiness'));
    assert.equal(nowOf(on, 'vm.swappiness'), '5');
    assert.equal(nowOf(on, 'vm.overcommit_memory'), '0');
  });

  it('of an image nothing is told', async () => {
    const on = createHost({ root: '/image', kernel: KERNEL });
    await assert.rejects(check(on), (error) => error instanceof Problem && error.exitCode === EXIT.refused);
  });

  it('killed anywhere, the same command completes it, and rollback gives all back', async () => {
    const start = host();
    const before = state(start);
    const whole = start.clone();
    await tune(whole);
    const wanted = state(whole);
    for await (const { host: on, at } of killedAnywhere(start, whole, (one) => tune(one))) {
      await tune(on);
      assert.equal(state(on), wanted, at);
      await rollBack(on);
      assert.equal(state(on), before, at);
    }
  });
});

describe('as text', () => {
  const text = async (on: MemoryHost) => {
    const { result } = await check(on);
    const lines = renderTune(result, createPaint(false)).split('\n');
    for (const line of lines) assert.ok(line.length <= 80, line);
    return lines;
  };

  it('a row each, called by its severity where it is not right; then who loses what', async () => {
    const lines = await text(host());
    const rows = lines.map((line) => line.trim().split(/ {2,}/).join(' | '));
    assert.ok(rows.includes('error | vm.overcommit_memory | 1 | 0 | no'), rows.join('\n'));
    assert.ok(rows.includes('warning | vm.max_map_count | at least 262144 | 65530 | no'));
    assert.ok(rows.includes('ok | net.core.somaxconn | at least 511 | 4096 | yes'));
    assert.ok(rows.includes('ok | swap | some | some | -'));
    assert.ok(lines.includes('What some lose by one value for all:'));
    assert.match(lines.at(-1) ?? '', /^Do it: {2}sudo jts-hot tune host --apply$/);
  });

  it('what a file says otherwise for the next start stands below its row', async () => {
    const on = host({ 'vm.swappiness': '1\n' });
    on.prepare.file('/etc/sysctl.d/50-swap.conf', { text: 'vm.swappiness = 10\n' });
    const lines = await text(on);
    assert.ok(lines.includes('           at the next start: 10 in 50-swap.conf'), lines.join('\n'));
  });

  it('a layout that nobody wishes anything for says so', async () => {
    const { result } = await check(host(), smallLayout('tickdb'));
    assert.match(renderTune(result, createPaint(false)), /No service of the layout wishes anything/);
  });
});

describe('tune', () => {
  it('alone is both; where the disk is refused the host is told all the same', async () => {
    const on = host();
    const options = { act: 'check', isDry: false, replace: false } as const;
    const { exitCode, problems, result } = await tuneBoth(contextOf(on, LAYOUT), options);
    assert.equal(exitCode, EXIT.failed);
    assert.equal(problems[0]?.code, 'E_SYSTEM_DISK');
    assert.equal(result?.disk, null);
    assert.ok(result?.host?.rows.some(({ setting }) => setting === 'vm.overcommit_memory'));
  });

  it('applied, each is a run of its own, and each is undone by itself', async () => {
    const base = LAYOUT.base;
    const on = createHost({
      runsSystemd: true,
      tools: ['findmnt', 'mount', 'systemctl'],
      kernel: KERNEL,
      hasSwap: true,
    });
    on.prepare.directory(base);
    on.prepare.mount(base);
    on.prepare.directory('/etc/systemd/system');
    on.prepare.file('/etc/fstab', { text: `/dev/nvme0n1p1 ${base} ext4 defaults 0 2\n` });
    const { result } = await tuneBoth(contextOf(on, LAYOUT), { act: 'apply', isDry: false, replace: false });
    assert.deepEqual([result?.disk?.run, result?.host?.run], [1, 2]);
    assert.equal(nowOf(on, 'vm.overcommit_memory'), '1');
    await rollBack(on);
    assert.equal(nowOf(on, 'vm.overcommit_memory'), '0');
    assert.match(on.text('/etc/fstab') ?? '', /noatime/);
  });
});

describe('--explain', () => {
  it('tells who wishes what, by which document, and what was weighed', async () => {
    const { exitCode, result } = await explainSetting(contextOf(host(), LAYOUT), 'thp');
    assert.ok(result !== null);
    assert.equal(exitCode, EXIT.ok);
    assert.deepEqual(
      result.wishes.map(({ service, isMet }) => [service, isMet]).sort(),
      result.wishes.map(({ service }) => [service, !result.weighed[0]?.unmet.includes(service)]).sort(),
    );
    for (const { source } of result.wishes) assert.ok(source.document && source.section && source.version);
    const text = renderTune(result, createPaint(false));
    assert.match(text, /mongodb wants always \(warning\)/);
    assert.match(text, /\(chosen\)/);
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  });

  it('tells of a setting that nobody asks for that it is left', async () => {
    const { result } = await explainSetting(contextOf(host(), LAYOUT), 'fs.aio-max-nr');
    assert.ok(result !== null && result.row === null);
    assert.match(renderTune(result, createPaint(false)), /No service of the layout wishes anything/);
  });

  for (const [name, meant] of [
    ['vm.panic', []],
    ['overcommit', ['did you mean vm.overcommit_memory?']],
    ['vm.swapiness', ['did you mean vm.swappiness?']],
  ] as const)
    it(`knows no setting ${name}`, async () => {
      await assert.rejects(explainSetting(contextOf(host(), LAYOUT), name), (error) => {
        assert.ok(error instanceof Problem && error.exitCode === EXIT.usage);
        assert.deepEqual(error.diagnostics[0]?.detail.slice(1), meant);
        return true;
      });
    });
});
