// What fstab and systemd's units want at a path or above it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFstab, unitName, type WantedSource, wantedMounts } from './wanted.ts';

const BASE = '/data/jts/hot';

function source(files: Readonly<Record<string, string>>, device: string | null = null): WantedSource {
  return { text: (path) => files[path] ?? null, deviceOf: () => device };
}

function wanted(files: Readonly<Record<string, string>>): readonly string[] {
  return wantedMounts(BASE, source(files)).map(
    ({ mountPoint, what, options, unit }) => `${what} ${mountPoint} ${options.join()} ${unit ?? 'fstab'}`,
  );
}

describe('fstab', () => {
  it('gives what is to be mounted where, with its options', () => {
    const text = [
      '# <file system> <mount point> <type> <options>',
      'UUID=1234-5678 /boot/efi vfat umask=0077 0 1',
      '\t"LABEL"  ',
      'LABEL="hot" /data/ ext4',
      '/dev/sda2 none swap sw 0 0',
      '/dev/sdb1  //data//jts\\040x   xfs  noauto,nofail   0 0',
      'proc /proc proc defaults',
      '',
    ].join('\n');
    assert.deepEqual(
      parseFstab(text).map(({ mountPoint, what, options }) => [mountPoint, what, options.join()]),
      [
        ['/boot/efi', 'UUID=1234-5678', 'umask=0077'],
        ['/data', 'LABEL=hot', 'defaults'],
        ['/data/jts x', '/dev/sdb1', 'noauto,nofail'],
        ['/proc', 'proc', 'defaults'],
      ],
    );
  });

  it('counts at the path and above it, but for the root, from the top down', () => {
    const lines = [
      '/dev/c /data/jts/hot',
      '/dev/r /',
      '/dev/a /data',
      '/dev/x /data/jts/hot/kafka',
      '/dev/y /dat',
    ];
    assert.deepEqual(wanted({ '/etc/fstab': `${lines.join(' ext4\n')} ext4` }), [
      '/dev/a /data defaults fstab',
      '/dev/c /data/jts/hot defaults fstab',
    ]);
    assert.deepEqual(wanted({}), []);
    const [first] = wantedMounts(BASE, source({ '/etc/fstab': '/dev/a /data ext4' }, '8:1'));
    assert.equal(first?.device, '8:1');
  });
});

describe('units', () => {
  const unit = (more = '') => `[Unit]\nDescription=x\n[Mount]\nWhat=/dev/nvme0n1\nWhere=${BASE}\n${more}`;
  const ETC = '/etc/systemd/system/data-jts-hot.mount';
  const USR = '/usr/lib/systemd/system/data-jts-hot.mount';
  const found = (options = 'defaults') => [`/dev/nvme0n1 ${BASE} ${options} data-jts-hot.mount`];

  it('have names as systemd-escape gives them', () => {
    for (const [path, name] of [
      ['/data/jts/hot', 'data-jts-hot'],
      ['/data/jts-hot', 'data-jts\\x2dhot'],
      ['/.data/a b', '\\x2edata-a\\x20b'],
      ['/é', '\\xc3\\xa9'],
    ])
      assert.equal(unitName(path ?? ''), name);
  });

  const table: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ['of the administrator', { [ETC]: unit('Options=noexec,\\\n  ro\n') }, found('noexec,ro')],
    ['masked', { [ETC]: '', [USR]: unit() }, []],
    ['that came with the system, and nothing pulls it in', { [USR]: unit() }, []],
    [
      'that came with the system, and is pulled in',
      { [USR]: unit(), '/etc/systemd/system/local-fs.target.wants/data-jts-hot.mount': '' },
      found(),
    ],
    [
      'that came with the system, and its automount is pulled in',
      { [USR]: unit(), '/usr/lib/systemd/system/local-fs.target.wants/data-jts-hot.automount': '' },
      found(),
    ],
    [
      'beside a line of fstab, which counts',
      { [ETC]: unit(), '/etc/fstab': `/dev/b ${BASE} ext4` },
      [`/dev/b ${BASE} defaults fstab`],
    ],
    ['without a Where=', { [ETC]: '[Mount]\nWhat=/dev/a\n' }, []],
  ];
  for (const [what, files, want] of table) it(what, () => assert.deepEqual(wanted(files), want));
});
