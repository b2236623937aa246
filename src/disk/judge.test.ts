// Which disk is the right one, and what to type where it is not: one row for each thing that can happen to a disk.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BaseDisk, DiskView, Mounted, WantedMount } from './base-disk.ts';
import { judgeDisk, type Known, wrongDiagnostic } from './judge.ts';

const BASE = '/data/jts/hot';
const ROOT = mount({ id: '1', parent: '', mountPoint: '/', source: '/dev/sda1', uuid: 'aaaa-1111' });
const HOT = mount({ id: '2', parent: '1', mountPoint: BASE, source: '/dev/nvme0n1', uuid: 'bbbb-2222' });
const OTHER = mount({ id: '3', parent: '1', mountPoint: BASE, source: '/dev/sdz', uuid: 'cccc-3333' });
const BORN = { inode: '2', born: '1700000000000000001' };

const RECORD: BaseDisk = {
  fileSystem: { mountPoint: BASE, source: '/dev/nvme0n1', type: 'ext4', uuid: 'bbbb-2222', part: '/' },
  directory: BORN,
};

function mount(more: Partial<Mounted>): Mounted {
  return {
    id: '',
    parent: '',
    mountPoint: '',
    source: '',
    type: 'ext4',
    options: ['rw'],
    part: '/',
    uuid: null,
    device: null,
    ...more,
  };
}

/** The last of the mounts is the one that is seen. */
function view(mounts: readonly Mounted[], more: Partial<DiskView> = {}): DiskView {
  return { path: BASE, holder: mounts.at(-1) ?? ROOT, mounts, wanted: [], directory: BORN, ...more };
}

function named(more: Partial<WantedMount> = {}): WantedMount {
  return {
    mountPoint: BASE,
    what: 'UUID=bbbb-2222',
    options: ['defaults'],
    unit: null,
    device: null,
    ...more,
  };
}

function judge(seen: DiskView, known: Partial<Known> = {}) {
  return judgeDisk(seen, { record: RECORD, demand: null, agreed: false, beside: () => null, ...known });
}

const ON_ROOT = view([ROOT], { directory: 'missing' });
const NOT_HERE = { inode: '77', born: '1800000000000000000' };

describe('judgeDisk: right', () => {
  const { mountPoint: _, ...elsewhere } = HOT;
  const table: readonly (readonly [string, DiskView, Partial<Known>])[] = [
    ['the one on record', view([ROOT, HOT]), {}],
    ['nothing on record, and nobody says anything', ON_ROOT, { record: null }],
    ['under another name of the device', view([ROOT, { ...HOT, source: '/dev/nvme1n1' }]), {}],
    [
      'under another name, with no UUID: the base was born there',
      view([ROOT, { ...HOT, source: '/dev/nvme1n1', uuid: null }]),
      {},
    ],
    ['mounted above the base now', view([ROOT, { ...elsewhere, mountPoint: '/data' }]), {}],
    ['mounted over itself (mount --bind)', view([ROOT, HOT, { ...HOT, id: '9', parent: '2' }]), {}],
    [
      'mounted by an automount',
      view([ROOT, mount({ ...HOT, id: '7', type: 'autofs' }), { ...HOT, parent: '7' }]),
      {},
    ],
    [
      'no base on record yet',
      view([ROOT, HOT], { directory: NOT_HERE }),
      { record: { ...RECORD, directory: null } },
    ],
    ['a base that we may not look at', view([ROOT, HOT], { directory: 'hidden' }), {}],
    ['a file system without birth times', view([ROOT, HOT], { directory: { inode: '2', born: null } }), {}],
    ['fstab says so', view([ROOT, HOT], { wanted: [named()] }), { record: null }],
    [
      'fstab names another way to it',
      view([ROOT, HOT], { wanted: [named({ what: 'LABEL=hot' })] }),
      { record: null },
    ],
    [
      'fstab has noauto, the base was always on the root disk',
      view([ROOT], { wanted: [named({ options: ['noauto'] })] }),
      { record: null },
    ],
    ['the layout demands a mount', view([ROOT, HOT]), { record: null, demand: 'required' }],
    ['the layout demands this one', view([ROOT, HOT]), { record: null, demand: 'UUID=BBBB-2222' }],
    ['another one, which is meant', view([ROOT, OTHER], { directory: NOT_HERE }), { agreed: true }],
  ];
  for (const [what, seen, known] of table) it(what, () => assert.equal(judge(seen, known).wrong, null));

  it('says what is meant, to be recorded', () => {
    assert.equal(judge(view([ROOT, OTHER]), { agreed: true }).moved?.code, 'E_OTHER_DISK');
    assert.equal(judge(view([ROOT, HOT]), { agreed: true }).moved, null);
  });
});

describe('judgeDisk: wrong, and what mends it', () => {
  const UNIT = named({ unit: 'data-jts\\x2dhot.mount' });
  const over = { ...OTHER, parent: '2' };
  const table: readonly (readonly [string, DiskView, Partial<Known>, string, string])[] = [
    [
      'unmounted (umount, umount -l), in fstab',
      view([ROOT], { wanted: [named()], directory: 'missing' }),
      {},
      'E_NOT_MOUNTED',
      `sudo mount ${BASE}`,
    ],
    [
      'unmounted, with a directory left below it',
      view([ROOT], { directory: NOT_HERE }),
      {},
      'E_NOT_MOUNTED',
      `sudo mount UUID=bbbb-2222 ${BASE}`,
    ],
    [
      'unmounted, with a unit',
      { ...ON_ROOT, wanted: [UNIT] },
      {},
      'E_NOT_MOUNTED',
      "sudo systemctl start 'data-jts\\x2dhot.mount'",
    ],
    [
      'named in fstab, never mounted, nothing on record',
      { ...ON_ROOT, wanted: [named()] },
      { record: null },
      'E_NOT_MOUNTED',
      `sudo mount ${BASE}`,
    ],
    [
      'two to be mounted, one below the other',
      { ...ON_ROOT, wanted: [named({ mountPoint: '/data' }), named()] },
      { record: null },
      'E_NOT_MOUNTED',
      `sudo sh -c 'mount /data && mount ${BASE}'`,
    ],
    [
      'noauto, but an automount',
      { ...ON_ROOT, wanted: [named({ options: ['noauto', 'x-systemd.automount'] })] },
      { record: null },
      'E_NOT_MOUNTED',
      `sudo mount ${BASE}`,
    ],
    [
      'noauto, and on record',
      { ...ON_ROOT, wanted: [named({ options: ['noauto'] })] },
      {},
      'E_NOT_MOUNTED',
      `sudo mount ${BASE}`,
    ],
    [
      'an automount that did not mount',
      view([ROOT, mount({ id: '7', parent: '1', mountPoint: BASE, type: 'autofs' })], {
        directory: NOT_HERE,
      }),
      {},
      'E_NOT_MOUNTED',
      `sudo mount UUID=bbbb-2222 ${BASE}`,
    ],
    [
      'named in fstab, and on record on the root disk',
      view([ROOT], { wanted: [named()] }),
      { record: { ...RECORD, fileSystem: { ...ROOT } } },
      'E_NOT_MOUNTED',
      `sudo mount ${BASE}`,
    ],
    [
      'unmounted, said to be meant',
      { ...ON_ROOT, wanted: [named()] },
      { agreed: true },
      'E_NOT_MOUNTED',
      `sudo mount ${BASE}`,
    ],
    [
      'another disk in its place',
      view([ROOT, OTHER], { directory: NOT_HERE }),
      {},
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && mount UUID=bbbb-2222 ${BASE}'`,
    ],
    [
      'another disk in its place, by its source',
      view([ROOT, { ...OTHER, uuid: null }], { directory: NOT_HERE }),
      {},
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && mount UUID=bbbb-2222 ${BASE}'`,
    ],
    [
      'made anew on the same device (mkfs)',
      view([ROOT, { ...HOT, uuid: 'dddd-4444' }], { directory: NOT_HERE }),
      {},
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && mount UUID=bbbb-2222 ${BASE}'`,
    ],
    [
      'another disk than fstab says, nothing on record',
      view([ROOT, OTHER], { wanted: [named()] }),
      { record: null },
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && mount ${BASE}'`,
    ],
    [
      'another device than fstab says',
      view([ROOT, { ...OTHER, device: '8:2' }], { wanted: [named({ what: 'LABEL=hot', device: '8:1' })] }),
      { record: null },
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && mount ${BASE}'`,
    ],
    [
      'another disk mounted over it',
      view([ROOT, HOT, over], { directory: NOT_HERE }),
      {},
      'E_DISK_HIDDEN',
      `sudo umount ${BASE}`,
    ],
    [
      'two mounted over it',
      view([ROOT, HOT, over, { ...over, id: '4', parent: '3' }], { directory: NOT_HERE }),
      {},
      'E_DISK_HIDDEN',
      `sudo sh -c 'umount ${BASE} && umount ${BASE}'`,
    ],
    [
      'a disk mounted above it',
      view([ROOT, HOT, { ...OTHER, mountPoint: '/data' }], { directory: 'missing' }),
      {},
      'E_DISK_HIDDEN',
      'sudo umount /data',
    ],
    [
      'a disk mounted above it, nothing on record',
      view([ROOT, HOT, { ...OTHER, mountPoint: '/data' }], { directory: 'missing', wanted: [named()] }),
      { record: null },
      'E_DISK_HIDDEN',
      'sudo umount /data',
    ],
    [
      'another disk mounted over the one that fstab says, nothing on record',
      view([ROOT, { ...HOT, device: '8:1' }, { ...over, device: '8:2' }], {
        wanted: [named({ device: '8:1' })],
      }),
      { record: null },
      'E_DISK_HIDDEN',
      `sudo umount ${BASE}`,
    ],
    [
      'two mounted over the one that the layout demands, nothing on record',
      view([ROOT, HOT, over, { ...over, id: '4', parent: '3' }]),
      { record: null, demand: 'UUID=BBBB-2222' },
      'E_DISK_HIDDEN',
      `sudo sh -c 'umount ${BASE} && umount ${BASE}'`,
    ],
    [
      'another disk over the one that `storage:` demands, nothing on record',
      view([ROOT, HOT, over]),
      { record: null, demand: 'UUID=bbbb-2222', disk: 'serial S1' },
      'E_DISK_HIDDEN',
      `sudo umount ${BASE}`,
    ],
    [
      'another disk over a third one, neither of them demanded',
      view([ROOT, { ...HOT, uuid: 'dddd-4444' }, over]),
      { record: null, demand: 'UUID=bbbb-2222' },
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && mkdir -p ${BASE} && mount UUID=bbbb-2222 ${BASE}'`,
    ],
    [
      'the base moved away',
      view([ROOT, HOT], { directory: 'missing' }),
      { beside: () => '/data/jts/hot2' },
      'E_BASE_MOVED',
      `sudo mv /data/jts/hot2 ${BASE}`,
    ],
    [
      'another directory in its place',
      view([ROOT, HOT], { directory: NOT_HERE }),
      { beside: () => '/data/jts/hot2' },
      'E_BASE_MOVED',
      `sudo sh -c 'mv ${BASE} ${BASE}.other && mv /data/jts/hot2 ${BASE}'`,
    ],
    [
      'its inode used again',
      view([ROOT, HOT], { directory: { ...NOT_HERE, inode: '2' } }),
      {},
      'E_BASE_MOVED',
      `see where it went: sudo find ${BASE} -xdev -inum 2`,
    ],
    [
      'a mount demanded by the layout',
      ON_ROOT,
      { record: null, demand: 'required' },
      'E_NOT_MOUNTED',
      `mount the disk of the hot tier at ${BASE} or above it`,
    ],
    [
      'a mount demanded by the layout, noauto',
      { ...ON_ROOT, wanted: [named({ options: ['noauto'] })] },
      { record: null, demand: 'required' },
      'E_NOT_MOUNTED',
      `sudo mount ${BASE}`,
    ],
    [
      'one disk demanded, none there',
      ON_ROOT,
      { record: null, demand: 'UUID=bbbb-2222' },
      'E_NOT_MOUNTED',
      `sudo sh -c 'mkdir -p ${BASE} && mount UUID=bbbb-2222 ${BASE}'`,
    ],
    [
      'one disk demanded, another there',
      view([ROOT, OTHER]),
      { record: null, demand: 'UUID=bbbb-2222' },
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && mkdir -p ${BASE} && mount UUID=bbbb-2222 ${BASE}'`,
    ],
    [
      'one disk demanded, and its UUID cannot be known',
      view([ROOT, { ...HOT, uuid: null }]),
      { record: null, demand: 'UUID=bbbb-2222' },
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && mkdir -p ${BASE} && mount UUID=bbbb-2222 ${BASE}'`,
    ],
    [
      'of an earlier version only the mount point is known',
      ON_ROOT,
      {
        record: {
          fileSystem: { mountPoint: BASE, source: null, type: null, uuid: null, part: '/' },
          directory: null,
        },
      },
      'E_NOT_MOUNTED',
      `mount it at ${BASE} as it was`,
    ],
    [
      'a network file system',
      ON_ROOT,
      {
        record: {
          ...RECORD,
          fileSystem: { mountPoint: BASE, source: 'nas:/hot', type: 'nfs4', uuid: null, part: '/' },
        },
      },
      'E_NOT_MOUNTED',
      `sudo mount -t nfs4 nas:/hot ${BASE}`,
    ],
    [
      'a bind mount of the same disk',
      view([ROOT], { directory: NOT_HERE }),
      { record: { ...RECORD, fileSystem: { ...ROOT, mountPoint: BASE, part: '/srv/hot' } } },
      'E_NOT_MOUNTED',
      `sudo mount --bind /srv/hot ${BASE}`,
    ],
    [
      'a subvolume',
      ON_ROOT,
      { record: { ...RECORD, fileSystem: { ...RECORD.fileSystem, type: 'btrfs', part: '/@hot' } } },
      'E_NOT_MOUNTED',
      `sudo mount -o subvol=/@hot UUID=bbbb-2222 ${BASE}`,
    ],
  ];
  for (const [what, seen, known, code, fix] of table)
    it(what, () => {
      const { wrong } = judge(seen, known);
      assert.deepEqual([wrong?.code, wrong?.fix ?? wrong?.hint], [code, fix]);
    });
});

describe('judgeDisk: where storage: says which disk it is', () => {
  const disk = 'disk HOT1';
  const known: Partial<Known> = { record: null, demand: 'UUID=bbbb-2222', disk };
  const line = named({ options: ['nofail'] });
  const table: readonly (readonly [string, DiskView, Partial<Known>, string | null, string | null])[] = [
    ['it is mounted', view([ROOT, HOT]), {}, null, null],
    ['it is mounted, and on record', view([ROOT, HOT]), { record: RECORD }, null, null],
    ['nothing is mounted', ON_ROOT, {}, 'E_NOT_MOUNTED', 'sudo jts-hot setup'],
    [
      'it is not plugged in, with a line of fstab',
      { ...ON_ROOT, wanted: [line] },
      {},
      'E_NOT_MOUNTED',
      'sudo jts-hot setup',
    ],
    [
      'nothing is mounted, and it is on record',
      ON_ROOT,
      { record: RECORD },
      'E_NOT_MOUNTED',
      'sudo jts-hot setup',
    ],
    [
      'another is mounted',
      view([ROOT, OTHER]),
      {},
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${BASE} && jts-hot setup'`,
    ],
    [
      'another is mounted over it',
      view([ROOT, HOT, { ...OTHER, id: '9', parent: '2' }]),
      { record: RECORD },
      'E_DISK_HIDDEN',
      `sudo umount ${BASE}`,
    ],
  ];
  for (const [what, seen, more, code, fix] of table)
    it(what, () => {
      const { wrong } = judge(seen, { ...known, ...more });
      assert.deepEqual([wrong?.code ?? null, wrong?.fix ?? null], [code, fix]);
      if (code === 'E_NOT_MOUNTED' || code === 'E_OTHER_DISK') {
        assert.match(wrong?.expected ?? '', /: on disk HOT1, as `storage:` in the layout says$/);
        assert.equal(wrong?.maySayMeant, false);
      }
    });
});

describe('judgeDisk: the file system of a service', () => {
  const at = `${BASE}/kafka`;
  const own = mount({ id: '4', parent: '2', mountPoint: at, source: '/dev/dm-1', uuid: 'eeee-5555' });
  const foreign = { ...own, source: '/dev/sdb1', uuid: 'ffff-6666' };
  const line = named({ mountPoint: at, what: 'UUID=eeee-5555' });
  const record = { fileSystem: { ...own, mountPoint: at, type: 'ext4', part: '/' }, directory: null };
  const known: Partial<Known> = { record: null, demand: 'UUID=eeee-5555', at };
  const onIt = (mounts: readonly Mounted[], more: Partial<DiskView> = {}) =>
    view(mounts, { path: at, ...more });
  const table: readonly (readonly [string, DiskView, Partial<Known>, string | null, string | null])[] = [
    ['mounted', onIt([ROOT, HOT, own]), {}, null, null],
    ['mounted, and on record', onIt([ROOT, HOT, own]), { record }, null, null],
    ['not mounted', onIt([ROOT, HOT]), {}, 'E_NOT_MOUNTED', `sudo mount UUID=eeee-5555 ${at}`],
    [
      'not mounted, with no directory for it',
      onIt([ROOT, HOT], { directory: 'missing' }),
      {},
      'E_NOT_MOUNTED',
      `sudo sh -c 'mkdir -p ${at} && mount UUID=eeee-5555 ${at}'`,
    ],
    [
      'not mounted, as fstab has it',
      onIt([ROOT, HOT], { wanted: [line] }),
      {},
      'E_NOT_MOUNTED',
      `sudo mount ${at}`,
    ],
    [
      'another one in its place',
      onIt([ROOT, HOT, foreign]),
      {},
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${at} && mount UUID=eeee-5555 ${at}'`,
    ],
    [
      'a part of it only',
      onIt([ROOT, HOT, { ...own, part: '/old' }]),
      {},
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${at} && mount UUID=eeee-5555 ${at}'`,
    ],
    [
      'another one over it',
      onIt([ROOT, HOT, own, { ...foreign, parent: '4', id: '5' }]),
      { record },
      'E_DISK_HIDDEN',
      `sudo umount ${at}`,
    ],
    [
      'another one over it, nothing on record',
      onIt([ROOT, HOT, own, { ...foreign, parent: '4', id: '5' }]),
      {},
      'E_DISK_HIDDEN',
      `sudo umount ${at}`,
    ],
    [
      'another one over it, known by its device alone',
      onIt([ROOT, HOT, { ...own, uuid: null, device: '253:1' }, { ...foreign, parent: '4', id: '5' }], {
        wanted: [{ ...line, device: '253:1' }],
      }),
      {},
      'E_DISK_HIDDEN',
      `sudo umount ${at}`,
    ],
    [
      'another one over a part of it',
      onIt([ROOT, HOT, { ...own, part: '/old' }, { ...foreign, parent: '4', id: '5' }]),
      {},
      'E_OTHER_DISK',
      `sudo sh -c 'umount ${at} && mount UUID=eeee-5555 ${at}'`,
    ],
  ];
  for (const [what, seen, more, code, fix] of table)
    it(what, () => {
      const { wrong } = judge(seen, { ...known, ...more });
      assert.deepEqual([wrong?.code ?? null, wrong?.fix ?? null], [code, fix]);
    });
});

describe('judgeDisk: read-only', () => {
  const ro = { ...HOT, options: ['ro', 'relatime'] };
  const remount = `sudo mount -o remount,rw ${BASE}`;
  const table: readonly (readonly [string, readonly WantedMount[], string])[] = [
    ['nobody says so', [], remount],
    ['fstab says rw', [named({ options: ['rw'] })], remount],
    ['fstab says ro', [named({ options: ['ro'] })], remount],
  ];
  for (const [what, wanted, fix] of table)
    it(what, () => {
      const { wrong, readOnly } = judge(view([ROOT, ro], { wanted }));
      assert.deepEqual([wrong, readOnly?.code, readOnly?.fix], [null, 'E_READ_ONLY', fix]);
    });

  it('is said of the right disk only', () =>
    assert.equal(judge(view([ROOT, { ...OTHER, options: ['ro'] }])).readOnly, null));
});

describe('wrongDiagnostic', () => {
  it('names one command, and the way to say that it is meant', () => {
    const { wrong } = judge(view([ROOT, OTHER], { directory: NOT_HERE }));
    assert.ok(wrong !== null);
    assert.deepEqual(wrongDiagnostic(wrong, BASE), {
      code: 'E_OTHER_DISK',
      summary: 'refusing to take another disk for the one on record',
      at: BASE,
      detail: [
        `want ext4 from /dev/nvme0n1 (UUID=bbbb-2222), mounted at ${BASE}`,
        `found ${BASE} on ext4 from /dev/sdz (UUID=cccc-3333), mounted at ${BASE}`,
      ],
      fix: `sudo sh -c 'umount ${BASE} && mount UUID=bbbb-2222 ${BASE}'`,
      hint: 'where this is meant: sudo jts-hot setup --new-disk',
    });
  });
});
