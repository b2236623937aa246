// Packaged servers of a booted Debian 12 that run on the hot tier, and then its disk: full, unmounted below them, missing at
// boot. What `config --check` and `validate` say each time, and that what they print mends it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ValidateResult } from '../../src/checks/validate-document.ts';
import type { CheckResult } from '../../src/configure/check-document.ts';
import type { Diagnostic } from '../../src/messages/diagnostic.ts';
import { type BootedHost, bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { directoryOf } from './parts.ts';
import { runInside } from './server.ts';

const HOT = '/data/jts/hot';
const MOUNT = 'data-jts-hot.mount';
const SERVICES = ['postgresql', 'clickhouse', 'redis', 'docker'] as const;
const UNITS = ['postgresql@15-main', 'clickhouse-server', 'redis-server', 'docker'].map(
  (name) => `${name}.service`,
);
/** Until nobody but root gets a byte. */
const FILL = `free() { df --output=avail -B1 ${HOT} | tail -n 1; }
fallocate -l "$(free)" ${HOT}/filler
while [ "$(free)" -gt 0 ]; do fallocate -l 65536 "${HOT}/filler-$((n += 1))"; done`;

interface Seen {
  readonly status: number | null;
  /** Of the disk. */
  readonly disk: readonly Diagnostic[];
  readonly states: readonly string[];
  readonly problems: readonly Diagnostic[];
}

function check(host: BootedHost): Seen {
  const { status, stdout } = host.run(jtsHot('config', '--check', '--json'));
  const { problems: disk, result } = JSON.parse(stdout) as { problems: Diagnostic[]; result: CheckResult };
  const installed = result.services.filter(({ state }) => state !== 'not installed');
  return {
    status,
    disk,
    states: [...new Set(installed.map(({ state }) => state))],
    problems: installed.flatMap(({ problems }) => problems.filter(({ code }) => code.startsWith('E_'))),
  };
}

/** Those that failed for a reason of their own, and the places of services that did not hold. */
function failed(host: BootedHost): {
  readonly own: readonly string[];
  readonly places: number;
  readonly fix: string | null;
} {
  const { stdout } = host.run(jtsHot('validate', '--record', '--json'));
  const { checks } = (JSON.parse(stdout) as { result: ValidateResult }).result;
  const own = checks.filter(
    ({ severity, status, because }) => severity === 'error' && status === 'fail' && because === null,
  );
  const places = checks.filter(({ id, status }) => /^service\.\w+\.place$/.test(id) && status !== 'pass');
  return { own: own.map(({ id }) => id), places: places.length, fix: own[0]?.fix ?? null };
}

/** As it is printed. */
function typeFix(host: BootedHost, fix: string | null): void {
  assert.match(fix ?? '', /^sudo /);
  runInside(host, ['sh', '-c', (fix ?? '').slice('sudo '.length)]);
}

const codes = (problems: readonly Diagnostic[]) => problems.map(({ code }) => code);
const each = (code: string) => Array(SERVICES.length).fill(code);

it('a disk that is full, unmounted below its servers, and missing at boot', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
  if (!requires(t, 'real servers')) return;
  using host = bootHost({ tree: directoryOf('debian-12'), disks: [{ at: HOT, size: '1G' }] });
  runInside(host, jtsHot('setup'));
  runInside(host, jtsHot('config', 'postgresql', '--init'));
  runInside(host, jtsHot('config', 'all', '--install', '--restart'));
  runInside(host, ['redis-cli', '-e', 'SET', 'word', 'bought']);
  assert.deepEqual([check(host).status, failed(host).own], [0, []]);

  // Full.
  runInside(host, ['sh', '-c', FILL]);
  const full = check(host);
  assert.deepEqual([full.status, full.states], [1, ['running on the hot tier']]);
  assert.deepEqual(codes(full.problems), each('E_NO_ROOM'));
  assert.deepEqual(failed(host).own, ['space.free']);
  const refused = host.run(jtsHot('config', 'redis', '--install', '--restart'));
  assert.deepEqual([refused.status, /E_NO_ROOM/.test(refused.stderr)], [3, true], refused.stderr);
  runInside(host, ['sh', '-c', `rm ${HOT}/filler*`]);
  assert.deepEqual([check(host).status, failed(host).own], [0, []]);

  // Unmounted below them.
  runInside(host, ['umount', '--lazy', HOT]);
  const detached = check(host);
  assert.deepEqual(
    [detached.status, detached.states, codes(detached.disk)],
    [1, ['running'], ['E_NOT_MOUNTED']],
  );
  assert.deepEqual(codes(detached.problems), each('E_WRONG_DISK'));
  // A restart would be on whatever is there.
  for (const { fix, hint } of detached.problems) {
    assert.equal(fix, null);
    assert.match(hint ?? '', /^mend the disk first; then sudo systemctl restart /);
  }
  assert.deepEqual(failed(host), {
    own: ['disk.base'],
    places: SERVICES.length,
    fix: `sudo systemctl start ${MOUNT}`,
  });
  typeFix(host, detached.disk[0]?.fix ?? null);
  // It is the same disk again, which Redis, in a view of its own, never lost.
  const again = check(host);
  assert.deepEqual(codes(again.problems), Array(3).fill('E_WRONG_DISK'));
  for (const { fix } of again.problems) typeFix(host, fix);
  assert.deepEqual([check(host).status, failed(host).own], [0, []]);

  // Missing at boot.
  const unit = `/etc/systemd/system/${MOUNT}`;
  const [device = ''] = host.devices;
  runInside(host, ['redis-cli', '-e', 'SAVE']);
  runInside(host, ['sed', '-i', `s#^What=.*#What=/dev/gone#`, unit]);
  host.reboot();
  assert.equal(host.run(['systemctl', 'is-active', ...UNITS]).stdout, 'inactive\n'.repeat(4));
  const { stderr } = host.run(['systemctl', 'start', 'redis-server.service']);
  assert.match(stderr, /A dependency job for redis-server\.service failed/);
  assert.match(
    runInside(host, ['journalctl', '--no-pager', '--output=cat', '--unit=redis-server.service']),
    /failed with result 'dependency'/,
  );
  assert.equal(runInside(host, ['find', HOT]), `${HOT}\n`);
  const missing = check(host);
  assert.deepEqual(
    [missing.status, missing.states, codes(missing.disk)],
    [1, ['configured'], ['E_NOT_MOUNTED']],
  );
  assert.deepEqual(codes(missing.problems), each('E_NOT_RUNNING'));
  assert.deepEqual(failed(host).own, ['disk.base']);
  runInside(host, ['sed', '-i', `s#^What=.*#What=${device}#`, unit]);
  runInside(host, ['systemctl', 'daemon-reload']);
  typeFix(host, missing.disk[0]?.fix ?? null);
  const mounted = check(host);
  assert.deepEqual(codes(mounted.problems), each('E_NOT_RUNNING'));
  for (const { fix } of mounted.problems) typeFix(host, fix);
  assert.deepEqual([check(host).status, failed(host).own], [0, []]);
  assert.equal(runInside(host, ['redis-cli', '-e', 'GET', 'word']), 'bought\n');
});
