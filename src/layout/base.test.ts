import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBase, checkPlace, normaliseBase } from './base.ts';

test('doubled and trailing slashes do not matter', () => {
  assert.equal(normaliseBase('/data/jts/hot'), '/data/jts/hot');
  assert.equal(normaliseBase('//data///jts/hot//'), '/data/jts/hot');
  assert.equal(normaliseBase('/'), '/');
});

test('a base may be anywhere that is not the system’s', () => {
  for (const base of [
    '/data/jts/hot',
    '/data',
    '//data/',
    '/etcetera',
    '/usr2/x',
    '/libs',
    '/var/lib/hot',
    '/var/local/hot',
    '/var/opt/hot',
    '/var/lib/private/hot',
    '/var/lib/jts-hotter',
    '/mnt/hot',
    '/home/jts/hot',
    '/tmp/x',
    '/srv/hot',
    '/roots/x',
    '/opt/hot',
    '/opt/binaries/hot',
    '/var/lib/docker-hot',
    '/home/jts/hot.d',
    '/var/wwwroot',
    '/data/usr',
    '/data/a b',
  ])
    assert.equal(checkBase(base), null, base);
});

for (const base of '/ // /var /home /opt /srv /mnt /media /tmp /var/lib /var/tmp /var/local /var/backups /var/opt /var/lib/private /lost+found /var/ //home// /var//lib'.split(
  ' ',
))
  test(`${base} itself is refused as base`, () => {
    assert.equal(checkBase(base), `want a directory of its own, not ${normaliseBase(base)} itself`);
  });

/** Each with what its reason says. */
const PLACES: readonly (readonly [string, RegExp])[] = [
  ['/etc', /configuration/],
  ['/usr', /programs and libraries/],
  ['/bin', /programs/],
  ['/sbin', /programs/],
  ['/lib', /programs and libraries/],
  ['/lib32', /libraries/],
  ['/lib64', /libraries/],
  ['/libx32', /libraries/],
  ['/snap', /programs/],
  ['/nix', /programs/],
  ['/opt/bin', /programs/],
  ['/opt/vendor/bin', /programs/],
  ['/opt/vendor/app/lib64', /libraries/],
  ['/boot', /machine is started/],
  ['/efi', /machine is started/],
  ['/proc', /kernel/],
  ['/sys', /kernel/],
  ['/dev', /kernel/],
  ['/run', /running services/],
  ['/var/run', /running services/],
  ['/var/lock', /running services/],
  ['/var/lib/dbus', /running services/],
  ['/root', /root's home/],
  ['/home/alice/.ssh', /ssh/],
  ['/home/alice/.config', /desktop/],
  ['/home/alice/bin', /shell/],
  ['/var/spool', /commands/],
  ['/var/spool/cron', /commands/],
  ['/var/lib/cloud', /commands/],
  ['/var/lib/systemd', /systemd/],
  ['/var/lib/machines', /systemd/],
  ['/var/lib/extensions', /systemd/],
  ['/var/lib/dpkg', /packages/],
  ['/var/lib/apt', /packages/],
  ['/var/cache', /packages/],
  ['/var/lib/polkit-1', /who may do what/],
  ['/var/lib/AccountsService', /who may do what/],
  ['/var/lib/docker', /containers/],
  ['/var/lib/libvirt', /virtual machines/],
  ['/var/lib/NetworkManager', /networks/],
  ['/var/log', /logrotate/],
  ['/var/www', /web server/],
  ['/srv/www', /web server/],
  ['/srv/salt', /managed/],
  ['/var/lib/jts-hot', /jts-hot keeps its record/],
];

for (const [tree, why] of PLACES)
  test(`${tree} and what is below it is refused as base, with the reason`, () => {
    for (const base of [tree, `${tree}/`, `${tree}/x`, `/${tree}//x/y`]) {
      const complaint = checkBase(base) ?? '';
      assert.match(
        complaint,
        /^want a directory outside (\/[^/, ]+)+, (which|in which|from which|by which) /,
        base,
      );
      assert.ok(tree.startsWith(complaint.slice(complaint.indexOf('/'), complaint.indexOf(','))), complaint);
      assert.match(complaint, why, base);
    }
  });

test('a service may not come to lie in such a place either', () => {
  assert.match(checkPlace('/home/alice/.ssh') ?? '', /outside \/home\/alice\/\.ssh, /);
  assert.match(checkPlace('/opt/hot/bin/data') ?? '', /outside \/opt\/hot\/bin, /);
  assert.equal(checkPlace('/data/jts/hot/kafka/bin'), null);
});

const bad: readonly (readonly [string, RegExp])[] = [
  ['', /^want an absolute path/],
  ['data/jts', /^want an absolute path/],
  ['./data', /^want an absolute path/],
  ['~/hot', /^want an absolute path/],
  ['/data/../etc', /not `\.` or `\.\.`/],
  ['/data/..', /not `\.` or `\.\.`/],
  ['/..', /not `\.` or `\.\.`/],
  ['/./data', /not `\.` or `\.\.`/],
  ['/data/a\nb', /control or invisible/],
  ['/data/a:b', /without a colon/],
  ['/data/-x', /begin with `-`/],
  [`/data/${'x'.repeat(256)}`, /at most 255 bytes/],
  ['/data'.repeat(300), /at most 1024 bytes/],
];
for (const [base, complaint] of bad)
  test(`the base ${JSON.stringify(base.slice(0, 20))} is refused`, () => {
    assert.match(checkBase(base) ?? '', complaint);
  });
