// `tune disk` where systemd runs and a unit mounts the disk: its drop-in is read, holds over a restart of the unit and of the
// machine, and rollback takes it back.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { type BootedHost, bootHost } from './booted-host.ts';
import { describe, jtsHot } from './product.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device'] as const;
const AT = '/data/jts/hot';
const UNIT = 'data-jts-hot.mount';

function boot(): BootedHost {
  return bootHost({
    disks: [{ at: AT, size: '1G' }],
    prepare: `sed -i s/noatime/relatime,nosuid/ /etc/systemd/system/${UNIT}; rm -rf /var/lib/jts-hot /etc/jts; printf '# none\\n' > /etc/fstab`,
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
