// `tune host` as root on a throwaway host, with files in the place of the kernel's settings, so that those of this machine stay as
// they are: set, kept by what systemd reads at a start, taken back, killed at its system calls, and in a container.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kernelPath } from '../../src/port/kernel-value.ts';
import { SETTINGS } from '../../src/tune/host-settings.ts';
import { requires } from '../requirement.ts';
import { distinct, killPoints, runKilled } from './crash.ts';
import { chosen } from './crash-matrix.ts';
import { describe, forgetRecord, jtsHot, runJtsHot, traces } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace'] as const;
const APPLY = jtsHot('tune', 'host', '--apply');
const FILES = ['/etc/sysctl.d/99-zz-jts-hot.conf', '/etc/tmpfiles.d/00-jts-hot.conf'] as const;

/** As Debian 12 starts; for all others what is more than enough. */
const BEFORE: Readonly<Record<string, string>> = {
  thp: 'always',
  'thp-defrag': 'madvise',
  'vm.overcommit_memory': '0',
  'vm.swappiness': '60',
  'vm.max_map_count': '65530',
  'vm.dirty_background_ratio': '10',
  'vm.dirty_ratio': '20',
  'kernel.task_delayacct': '0',
};
const AFTER: Readonly<Record<string, string>> = {
  ...BEFORE,
  thp: 'madvise',
  'thp-defrag': 'defer+madvise',
  'vm.overcommit_memory': '1',
  'vm.swappiness': '1',
  'vm.max_map_count': '262144',
  'vm.dirty_background_ratio': '5',
  'kernel.task_delayacct': '1',
};
const PLENTY = '9000000';

const paths = SETTINGS.flatMap(({ name, setBy }) => {
  const path = setBy === 'us' ? kernelPath(name) : null;
  return path === null ? [] : [{ name: name as string, path }];
});

interface KernelHost extends Disposable {
  readonly host: ThrowawayHost;
  values(): Readonly<Record<string, string>>;
  /** As at a start of the machine, before systemd sets anything. */
  setBefore(): void;
  sh(script: string): string;
}

function startKernelHost(): KernelHost {
  const host = startHost({ freshAccounts: true, disks: [{ at: '/kernel', size: '1m' }] });
  const sh = (script: string) => {
    const result = host.run(['sh', '-euc', script]);
    assert.equal(result.status, 0, `${script}\n${describe(result)}`);
    return result.stdout;
  };
  const file = (name: string) => `/kernel/${name}`;
  const setBefore = () =>
    void sh(paths.map(({ name }) => `echo '${BEFORE[name] ?? PLENTY}' > ${file(name)}`).join('\n'));
  setBefore();
  sh(paths.map(({ name, path }) => `mount --bind ${file(name)} ${path}`).join('\n'));
  return {
    host,
    values: () => {
      const lines = sh(`cd /kernel; grep -H . *`).trim().split('\n');
      return Object.fromEntries(lines.map((line) => line.split(':') as [string, string]));
    },
    setBefore,
    sh,
    [Symbol.dispose]: () => host.stop(),
  };
}

function requireValues(on: KernelHost, wanted: Readonly<Record<string, string>>, at = ''): void {
  const values = on.values();
  for (const { name } of paths) assert.equal(values[name], wanted[name] ?? PLENTY, `${at} ${name}`);
}

/** What goes wrong where neither systemd nor a service for time runs. */
function tune(on: KernelHost, ...flags: readonly string[]) {
  const { stdout, stderr, status } = on.host.run(jtsHot('tune', 'host', '-j', ...flags));
  assert.doesNotMatch(stderr, /E_UNEXPECTED/);
  const { result, problems, exitCode } = JSON.parse(stdout);
  assert.equal(status, exitCode);
  const codes: readonly string[] = problems.map(({ code }: { code: string }) => code);
  return {
    result,
    codes: codes.filter((code) => code.startsWith('E_') && code !== 'E_NO_SYSTEMD'),
    exitCode,
  };
}

it('is set now and for good, also by what systemd reads at a start, and taken back', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = startKernelHost();
  assert.equal(tune(on).exitCode, 1);
  assert.equal(tune(on, '--apply', '--dry-run').result.outcome, 'planned');
  requireValues(on, BEFORE, 'looked at');
  assert.deepEqual(traces(on.host), []);

  const { codes, result } = tune(on, '--apply');
  assert.deepEqual([codes, result.outcome], [[], 'applied']);
  requireValues(on, AFTER, 'applied');
  assert.equal(tune(on, '--apply').result.outcome, 'unchanged');

  on.setBefore();
  assert.ok(tune(on).result.steps.length > 0, 'not set after a start');
  // What the units of systemd start, of our files alone: those of packages would set this machine's kernel.
  on.sh(`/usr/lib/systemd/systemd-sysctl ${FILES[0]}; systemd-tmpfiles --create ${FILES[1]}`);
  requireValues(on, AFTER, 'started');
  assert.deepEqual(tune(on).result.steps, []);

  runJtsHot(on.host, ['rollback', '--yes']);
  requireValues(on, BEFORE, 'rolled back');
  assert.deepEqual(traces(on.host), []);
});

it('anybody may look', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = startKernelHost();
  for (const words of [
    ['tune', 'host'],
    ['tune', 'host', '--explain', 'thp'],
    ['tune', 'host', '--apply', '--dry-run'],
  ]) {
    const { status, stderr, stdout } = on.host.run(jtsHot(...words), { asUser: 'nobody' });
    assert.ok(status === 0 || status === 1, stderr);
    assert.doesNotMatch(stderr, /E_UNEXPECTED/);
    assert.match(stdout, /thp/);
  }
  const { status, stderr } = on.host.run(APPLY, { asUser: 'nobody' });
  assert.equal(status, 3);
  assert.match(stderr, /E_NOT_ROOT/);
  requireValues(on, BEFORE);
});

it('in a container, where settings are read-only, nothing is done and why is said', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = startKernelHost();
  on.sh(paths.map(({ path }) => `mount -o remount,bind,ro ${path}`).join('\n'));
  const { codes, result, exitCode } = tune(on, '--apply');
  assert.equal(exitCode, 1);
  assert.deepEqual([...new Set(codes)], ['E_KERNEL_FIXED']);
  assert.deepEqual([result.outcome, result.steps], ['unchanged', []]);
  requireValues(on, BEFORE);
  assert.deepEqual(traces(on.host), []);
});

it('a file that another program has written later counts, and is named', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = startKernelHost();
  on.sh(`echo 'vm.swappiness = 60' > /etc/sysctl.d/99-zzz.conf`);
  const { codes } = tune(on, '--apply');
  assert.deepEqual(codes, ['E_SET_ELSEWHERE']);
  requireValues(on, AFTER);
});

it('killed at system calls of every kind of applying: it completes, and rollback gives all back', (t) => {
  if (!requires(t, ...NEEDS, 'strace')) return;
  using on = startKernelHost();
  const requireAsNew = (at: string) => {
    requireValues(on, BEFORE, at);
    assert.deepEqual(traces(on.host), [], at);
    forgetRecord(on.host);
  };
  const points = chosen(distinct(killPoints(on.host, APPLY).points, ['getent']));
  runJtsHot(on.host, ['rollback', '--yes']);
  requireAsNew('whole');
  const calls = points.map(({ syscall }) => syscall);
  for (const call of ['renameat2', 'write']) assert.ok(calls.includes(call), `no ${call} in ${calls.join()}`);
  for (const point of points) {
    const at = point.call.slice(0, 200);
    runKilled(on.host, APPLY, point);
    assert.deepEqual(tune(on, '--apply').codes, [], at);
    requireValues(on, AFTER, at);
    runJtsHot(on.host, ['rollback', '--yes']);
    requireAsNew(at);
  }
  t.diagnostic(`${points.length} points`);
});

it('two runs at once: one does it, the other refuses or finds nothing to do', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = startKernelHost();
  for (let round = 0; round < 3; round++) {
    const ended = await Promise.all([1, 2].map(() => on.host.spawn(APPLY).ended));
    for (const { stderr } of ended) assert.doesNotMatch(stderr, /E_UNEXPECTED/);
    requireValues(on, AFTER);
    runJtsHot(on.host, ['rollback', '--yes']);
    requireValues(on, BEFORE);
  }
});
