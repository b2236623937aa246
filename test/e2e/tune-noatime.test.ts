// `tune disk` on real file systems: noatime now and at the next mount, what it refuses, and that rollback gives all back byte for
// byte.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requires } from '../requirement.ts';
import { runJtsHot } from './product.ts';
import { AT, NEEDS, startTunedHost, type Tuned, tracesOf, tuneDisk } from './tuned-host.ts';

const FORMATS = ['ext4', 'xfs'] as const;
const line = ({ uuid }: { readonly uuid: string }) =>
  `# system\nUUID=0000-0000 /boot/efi vfat umask=0077 0 1\n\nUUID=${uuid}  ${AT}  auto  defaults,nofail           0  2\n`;

for (const format of FORMATS)
  it(`${format}: checked, applied, kept over a mount by fstab, and taken back`, (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = startTunedHost({ format, fstab: line, options: 'relatime,nosuid,nodev' });
    const { host, uuid, sh } = on;
    const [was, options] = [on.fstab(), on.options()];
    assert.equal(tuneDisk(on).isRight, false);
    runJtsHot(host, ['tune', 'disk', '--dry-run']);
    assert.equal(on.fstab(), was, 'a check and a dry run change nothing');
    assert.deepEqual(tracesOf(on), ['changed /etc/fstab']);

    const { stdout } = runJtsHot(host, ['tune', 'disk', '--apply'], 1);
    assert.match(stdout, /Undo it: {2}sudo \S*jts-hot rollback 1|rollback 1/);
    assert.deepEqual(
      on.options(),
      options.map((option) => (option === 'relatime' ? 'noatime' : option)),
      'all other options of the mount stay',
    );
    assert.equal(on.fstab(), was.replace('defaults,nofail           0', 'defaults,nofail,noatime   0'));
    const [copy = ''] = sh('ls /etc/fstab.*.jts-hot').trim().split('\n');
    assert.match(copy, /^\/etc\/fstab\.\d{4}-\d\d-\d\d\.jts-hot$/);
    assert.equal(sh(`cat ${copy}`), was);
    assert.equal(tuneDisk(on, '--check').isRight, true);
    assert.deepEqual(tuneDisk(on, '--apply').steps, []);

    // Reading writes nothing any more.
    sh(`cd ${AT} && echo a > read && touch -a -d '2 years ago' read && cat read > /dev/null`);
    assert.ok(Number(sh(`stat -c %X ${AT}/read`)) < Date.now() / 1000 - 31_000_000);

    sh(`umount ${AT} && mount ${AT}`);
    assert.ok(on.options().includes('noatime'), 'kept over a mount');
    assert.match(sh(`findmnt -no UUID ${AT}`), new RegExp(uuid));
    assert.equal(tuneDisk(on, '--check').isRight, true);

    runJtsHot(host, ['rollback', '--yes']);
    assert.equal(on.fstab(), was);
    assert.ok(on.options().includes('relatime'));
    assert.deepEqual(tracesOf(on), ['changed /etc/fstab']);
    assert.equal(tuneDisk(on, '--check').isRight, false);
  });

describe('fstab of all kinds: changed in one place, and back', () => {
  const table: readonly (readonly [
    what: string,
    fstab: NonNullable<Tuned['fstab']>,
    want: (was: string) => string,
  ])[] = [
    ['by UUID in quotes', ({ uuid }) => `UUID="${uuid}" ${AT} ext4 defaults 0 2\n`, after('defaults')],
    ['by device', ({ device }) => `${device} ${AT} ext4 rw 0 2\n`, after('rw')],
    ['by a link of udev', ({ uuid }) => `/dev/disk/by-uuid/${uuid} ${AT} ext4 rw 0 2\n`, after('rw')],
    ['without line end', ({ device }) => `${device}\t${AT}\text4\tdefaults`, after('defaults')],
    [
      'with ends of lines of Windows',
      ({ device }) => `# a\r\n${device} ${AT} ext4 defaults 0 2\r\n`,
      after('defaults'),
    ],
    [
      'noatime,relatime',
      ({ device }) => `${device} ${AT} ext4 noatime,relatime 0 2\n`,
      (was) => was.replace('noatime,relatime', 'noatime'),
    ],
    [
      'relatime',
      ({ device }) => `${device} ${AT} ext4 rw,relatime,nofail 0 2\n`,
      (was) => was.replace('relatime', 'noatime'),
    ],
    [
      'twice',
      ({ device, uuid }) => `${device} ${AT} ext4 rw 0 2\nUUID=${uuid} ${AT} ext4 ro 0 2\n`,
      (was) => was.replace('rw', 'rw,noatime').replace('ro', 'ro,noatime'),
    ],
    [
      'broken around it',
      ({ device }) =>
        `=\nx\n\u0001\u00ff ${'a'.repeat(5000)}\n${device} ${AT} ext4 rw 0 2\n$(touch /tmp/x) ; \n`,
      after('rw'),
    ],
    ['slashes too many', ({ device }) => `${device} /data//jts/hot/ ext4 rw 0 2\n`, after('rw')],
  ];
  for (const [what, fstab, want] of table)
    it(what, (t) => {
      if (!requires(t, ...NEEDS)) return;
      using on = startTunedHost({ format: 'ext4', fstab });
      const was = on.fstab();
      assert.equal(tuneDisk(on, '--apply').isRight, true);
      assert.equal(on.fstab(), want(was));
      assert.equal(tuneDisk(on, '--check').isRight, true);
      runJtsHot(on.host, ['rollback', '--yes']);
      assert.equal(on.fstab(), was);
      assert.deepEqual(tracesOf(on), ['changed /etc/fstab']);
    });
});

function after(options: string): (was: string) => string {
  return (was) => was.replace(new RegExp(`(?<=ext4[ \\t])${options}`), `${options},noatime`);
}

describe('what it refuses, and says', () => {
  const applied = (on: ReturnType<typeof startTunedHost>, status: number) =>
    runJtsHot(on.host, ['tune', 'disk', '--apply'], status).stderr;

  it('mounted by hand: now it is set, and for good it is said what to write', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = startTunedHost({ format: 'xfs', fstab: null });
    const said = applied(on, 1);
    assert.match(said, /E_MOUNTED_BY_HAND/);
    const [, hint = ''] = /add a line to \/etc\/fstab:([^\n]*(?:\n {4}[^\n]*)*)/.exec(said) ?? [];
    assert.ok(on.options().includes('noatime'));
    // What it says to write mounts it, with noatime.
    on.setFstab(`${hint.replaceAll(/\s+/g, ' ').trim()}\n`);
    on.sh(`umount ${AT} && mount ${AT}`);
    assert.ok(on.options().includes('noatime'));
    assert.equal(tuneDisk(on).isRight, true);
  });

  it('a base on the disk of the system', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = startTunedHost({ format: 'ext4', fstab: null });
    on.sh(`umount ${AT}`);
    assert.match(applied(on, 3), /E_SYSTEM_DISK/);
    assert.match(runJtsHot(on.host, ['tune', 'disk'], 3).stderr, /E_SYSTEM_DISK/);
  });

  it('an image', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = startTunedHost({ format: 'ext4', fstab: null });
    on.sh('mkdir -p /mnt/image');
    assert.match(runJtsHot(on.host, ['tune', 'disk', '--root', '/mnt/image'], 3).stderr, /E_IMAGE/);
  });

  it('a fstab that is a link, read-only, or of ten megabytes', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = startTunedHost({ format: 'ext4', fstab: line });
    const was = on.fstab();
    on.sh('mv /etc/fstab /etc/other && ln -s other /etc/fstab');
    assert.match(applied(on, 3), /E_NOT_A_FILE/);
    on.sh(
      'rm /etc/fstab && mv /etc/other /etc/fstab && mount --bind /etc/fstab /etc/fstab && mount -o remount,bind,ro /etc/fstab',
    );
    assert.doesNotMatch(applied(on, 1), /E_UNEXPECTED/);
    assert.equal(on.fstab(), was);
    on.sh('umount /etc/fstab');
    runJtsHot(on.host, ['rollback', '--yes']);
    on.setFstab(`${was}${'# filled\n'.repeat(1_200_000)}`);
    assert.match(applied(on, 3), /E_FILE_SIZE/);
    assert.ok(on.options().includes('relatime'), 'nothing was done');
  });

  it('no findmnt', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = startTunedHost({ format: 'ext4', fstab: line });
    on.sh('rm -f $(command -v findmnt)');
    assert.match(applied(on, 3), /E_NO_TOOL/);
  });

  it('a fstab that names another disk for this place', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = startTunedHost({ format: 'ext4', fstab: line });
    runJtsHot(on.host, ['setup']);
    on.setFstab(`/dev/null ${AT} ext4 defaults 0 2\n`);
    on.sh(`mknod /dev/vdq b 253 77; echo '/dev/vdq ${AT} ext4 defaults 0 2' > /etc/fstab`);
    assert.match(applied(on, 3), /E_FSTAB_OTHER/);
  });

  it('a remount that fails, or does nothing', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = startTunedHost({ format: 'ext4', fstab: line });
    const was = on.fstab();
    const script = (text: string) =>
      on.sh(
        `printf '%s\\n' '#!/bin/sh' '${text}' > /usr/local/sbin/mount && chmod 755 /usr/local/sbin/mount`,
      );
    script('echo "mount: it is in use" >&2; exit 32');
    assert.match(applied(on, 1), /it is in use/);
    script('exit 0');
    assert.match(applied(on, 1), /E_NO_EFFECT/);
    assert.equal(on.fstab(), was, 'what is not so now is not written for good');
    on.sh('rm /usr/local/sbin/mount');
    assert.equal(tuneDisk(on, '--apply').isRight, true);
    runJtsHot(on.host, ['rollback', '--yes']);
    assert.equal(on.fstab(), was);
    assert.ok(on.options().includes('relatime'));
  });
});
