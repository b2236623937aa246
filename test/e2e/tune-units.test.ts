// `tune disk` where systemd runs and a unit mounts the disk: its drop-in is read, timers trim the disk, both hold over a restart of
// the machine, and rollback takes them back.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { type BootedHost, bootHost } from './booted-host.ts';
import { describe, jtsHot } from './product.ts';
import { REPOSITORY } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device'] as const;
const AT = '/data/jts/hot';
const UNIT = 'data-jts-hot.mount';

/** `fstab`: what it lists. */
function boot(fstab = '# none', more = ''): BootedHost {
  return bootHost({
    disks: [{ at: AT, size: '1G' }],
    binds: { [REPOSITORY]: REPOSITORY },
    prepare: `sed -i s/noatime/relatime,nosuid/ /etc/systemd/system/${UNIT}; rm -rf /var/lib/jts-hot /etc/jts; echo '${fstab}' > /etc/fstab
      rm -f /etc/systemd/system/timers.target.wants/fstrim.timer
      ${more}`,
  });
}

function run(host: BootedHost, args: readonly string[], expected = 0): string {
  const result = host.run(jtsHot(...args));
  assert.equal(result.status, expected, `jts-hot ${args.join(' ')}: ${describe(result)}`);
  return result.stdout;
}

function optionsOf(host: BootedHost): readonly string[] {
  return host.run(['findmnt', '-no', 'OPTIONS', AT]).stdout.trim().split(',');
}

it('a unit that mounts it: noatime by a drop-in, over a restart and a reboot, and back', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = boot();
  assert.ok(optionsOf(host).includes('relatime'));
  run(host, ['tune', 'disk', '--check'], 1);
  const said = run(host, ['tune', 'disk', '--apply']);
  assert.match(said, new RegExp(`noatime {2}noatime {2}${UNIT}`));
  assert.ok(optionsOf(host).includes('noatime'));
  assert.ok(optionsOf(host).includes('nosuid'));
  host.run(['systemctl', 'restart', UNIT]);
  assert.ok(optionsOf(host).includes('noatime'), 'systemd has read the drop-in');
  assert.ok(optionsOf(host).includes('nosuid'));
  host.reboot();
  assert.ok(optionsOf(host).includes('noatime'), 'kept over a reboot');
  run(host, ['tune', 'disk', '--check']);
  run(host, ['rollback', '--yes']);
  assert.ok(optionsOf(host).includes('relatime'));
  host.run(['systemctl', 'restart', UNIT]);
  assert.ok(optionsOf(host).includes('relatime'));
  assert.equal(host.run(['ls', `/etc/systemd/system/${UNIT}.d`]).status, 2, 'nothing is left');
});

/** As on a machine that is no container. */
const NO_CONTAINER = `for unit in fstrim.timer fstrim.service; do
  mkdir -p /etc/systemd/system/$unit.d
  printf '[Unit]\\nConditionVirtualization=\\n' > /etc/systemd/system/$unit.d/test.conf
done`;

function stateOf(host: BootedHost, unit: string): readonly string[] {
  return ['is-enabled', 'is-active'].map((ask) => host.run(['systemctl', ask, unit]).stdout.trim());
}

it('trimmed by the timer of the system, where its service covers the mount', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = boot('# none', NO_CONTAINER);
  assert.equal(stateOf(host, 'fstrim.timer')[1], 'inactive');
  run(host, ['tune', 'disk', '--apply']);
  assert.deepEqual(stateOf(host, 'fstrim.timer'), ['enabled', 'active']);
  assert.equal(host.run(['systemctl', 'cat', 'jts-hot-trim.timer']).status, 1);
  host.reboot();
  assert.deepEqual(stateOf(host, 'fstrim.timer'), ['enabled', 'active']);
  run(host, ['tune', 'disk', '--check']);
  run(host, ['rollback', '--yes']);
  assert.equal(stateOf(host, 'fstrim.timer')[1], 'inactive');
  assert.notEqual(stateOf(host, 'fstrim.timer')[0], 'enabled');
});

it('passed by, since fstab lists others: a timer of ours really trims it, and nothing where it is not mounted', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = boot('UUID=0000-1111 /srv vfat noauto 0 0', NO_CONTAINER);
  run(host, ['tune', 'disk', '--apply']);
  for (const unit of ['fstrim.timer', 'jts-hot-trim.timer'])
    assert.deepEqual(stateOf(host, unit), ['enabled', 'active'], unit);
  const started = () => {
    host.run(['systemctl', 'start', 'jts-hot-trim.service']);
    const asked = ['show', '--property=Result,ConditionResult,ExecMainStatus', 'jts-hot-trim.service'];
    const { stdout } = host.run(['systemctl', ...asked]);
    return stdout.trim().split('\n').toSorted();
  };
  assert.deepEqual(started(), ['ConditionResult=yes', 'ExecMainStatus=0', 'Result=success']);
  assert.match(
    host.run(['journalctl', '-u', 'jts-hot-trim.service', '--no-pager']).stdout,
    /\/data\/jts\/hot: .* trimmed/,
  );
  host.reboot();
  assert.deepEqual(stateOf(host, 'jts-hot-trim.timer'), ['enabled', 'active']);
  run(host, ['rollback', '--yes']);
  assert.equal(host.run(['systemctl', 'cat', 'jts-hot-trim.timer']).status, 1);
  run(host, ['tune', 'disk', '--apply']);
  host.run(['systemctl', 'stop', UNIT]);
  assert.equal(started()[0], 'ConditionResult=no');
});
