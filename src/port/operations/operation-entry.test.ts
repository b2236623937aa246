// Each operation's entry: one example of every operation, with the words, the sign and the schema that come from it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { fileState } from '../../../test/file-state.ts';
import * as documentWords from '../../document/words.ts';
import {
  describeOperation,
  entryOf,
  isIrreversible,
  type Operation,
  type OperationOf,
  type OperationType,
  operationSchema,
  signOf,
} from '../operation.ts';
import type { OperationEntry } from './operation-entry.ts';
import { operationWords } from './words.ts';

const ROOT = { user: 'root', group: 'root' };
const FILE = fileState({ text: 'a\nb\n', mode: '0644', owner: ROOT });
const OTHER = fileState({ text: '', mode: '0644', owner: ROOT });
const HASH = '0'.repeat(64);
const SOURCE = { launcher: '/srv/bin/jts-hot', node: '/srv/node' };

const HOT = { serial: 'HOT1', namespace: 1, wwid: null, sizeBytes: 2 ** 42 };
const PHYSICAL = 'aaaaaa-0000-0000-0000-0000-0000-aaaaaa';
const LVM = 'bbbbbb-0000-0000-0000-0000-0000-bbbbbb';
const KAFKA = { disk: HOT, physicalVolume: PHYSICAL, group: 'hot', name: 'kafka' };
const MOUNT = {
  place: {
    disk: { serial: 'HOT1', namespace: 1, wwid: null, sizeBytes: 4096 },
    volume: { group: 'jts-hot', name: 'base' },
  },
  uuid: 'u',
  fileSystem: 'xfs',
  mountPoint: '/data',
  options: ['noatime', 'prjquota'],
} as const;
const PLACE = {
  disk: { serial: 'S1', namespace: 1, wwid: null, sizeBytes: 4e12 },
  volume: { group: 'hot', name: 'kafka' },
};
const UUID = '6f0d3a52-8d1c-8f3a-9b7e-0123456789ab';

interface Example<T extends OperationType> {
  readonly of: OperationOf<T>;
  readonly says: string;
  readonly cells: ReturnType<OperationEntry['cells']>;
  readonly sign: '+' | '~' | '-';
  readonly creates: OperationEntry['creates'];
}

const DISK = { serial: 'S5', namespace: 1, wwid: 'eui.01', sizeBytes: 4e12 };
const ENDS = 'ab'.repeat(32);

const EXAMPLES: { readonly [T in OperationType]: Example<T> } = {
  setProject: {
    of: {
      type: 'setProject',
      path: '/data/jts/hot/redis',
      from: { project: 0, inherits: false },
      to: { project: 1_096_265, inherits: true },
    },
    says: 'change project of /data/jts/hot/redis and all in it from none to 1096265',
    cells: ['project', '/data/jts/hot/redis', 'none -> 1096265'],
    sign: '~',
    creates: null,
  },
  setFileContexts: {
    of: {
      type: 'setFileContexts',
      rules: [
        { pattern: '/data/jts/hot', files: '-d', from: null, to: 'var_lib_t' },
        { pattern: '/data/jts/hot/redis(/.*)?', files: 'any', from: null, to: 'redis_var_lib_t' },
      ],
    },
    says: 'record 2 rules for labels',
    cells: ['SELinux', '2 rules for labels', 'recorded'],
    sign: '+',
    creates: 'thing',
  },
  setLabels: {
    of: {
      type: 'setLabels',
      path: '/data/jts/hot/redis',
      from: 'default_t',
      to: 'redis_var_lib_t',
      scope: 'tree',
      except: ['logs'],
      also: [{ path: 'data/old', from: 'var_t', to: 'redis_var_lib_t' }],
    },
    says: 'change label of /data/jts/hot/redis and what is in it from default_t to redis_var_lib_t',
    cells: ['label', '/data/jts/hot/redis', 'default_t -> redis_var_lib_t'],
    sign: '~',
    creates: null,
  },
  setProjectLimits: {
    of: {
      type: 'setProjectLimits',
      path: '/data/jts/hot/redis',
      project: 1_096_265,
      from: { softBytes: null, hardBytes: null },
      to: { softBytes: 45e9, hardBytes: 50e9 },
    },
    says: 'set limits of project 1096265 at /data/jts/hot/redis from none to soft 45.0 GB, hard 50.0 GB',
    cells: ['limit', '/data/jts/hot/redis', 'soft 45.0 GB, hard 50.0 GB'],
    sign: '~',
    creates: null,
  },
  makeMountPoint: {
    of: { type: 'makeMountPoint', mountPoint: '/data' },
    says: 'create /data to mount on, root:root 0755, immutable',
    cells: ['mount point', '/data', 'immutable while nothing is mounted'],
    sign: '+',
    creates: 'place',
  },
  removeMountPoint: {
    of: { type: 'removeMountPoint', mountPoint: '/data', inode: '7', born: null },
    says: 'remove empty directory /data',
    cells: ['mount point', '/data', 'removed'],
    sign: '-',
    creates: null,
  },
  closeMountPoint: {
    of: { type: 'closeMountPoint', mountPoint: '/data', inode: '7', born: '1' },
    says: 'make the directory below /data immutable',
    cells: ['mount point', '/data', 'immutable below the mount'],
    sign: '~',
    creates: null,
  },
  openMountPoint: {
    of: { type: 'openMountPoint', mountPoint: '/data', inode: '7', born: '1' },
    says: 'let the directory below /data be changed again',
    cells: ['mount point', '/data', 'no longer immutable'],
    sign: '~',
    creates: null,
  },
  mountFileSystem: {
    of: { type: 'mountFileSystem', ...MOUNT },
    says: 'mount xfs u at /data',
    cells: ['mount', '/data', 'xfs noatime,prjquota'],
    sign: '+',
    creates: 'place',
  },
  unmountFileSystem: {
    of: { type: 'unmountFileSystem', ...MOUNT },
    says: 'unmount /data',
    cells: ['mount', '/data', 'unmounted'],
    sign: '-',
    creates: null,
  },
  createGroup: {
    of: { type: 'createGroup', name: 'kafka' },
    says: 'create system group kafka',
    cells: ['group', 'kafka', ''],
    sign: '+',
    creates: 'account',
  },
  deleteGroup: {
    of: { type: 'deleteGroup', name: 'kafka', gid: 7 },
    says: 'delete group kafka',
    cells: ['group', 'kafka', 'deleted'],
    sign: '-',
    creates: null,
  },
  createUser: {
    of: { type: 'createUser', name: 'kafka', group: 'kafka', home: '/data/kafka' },
    says: 'create system user kafka, home /data/kafka, no login',
    cells: ['user', 'kafka', 'home /data/kafka'],
    sign: '+',
    creates: 'account',
  },
  deleteUser: {
    of: { type: 'deleteUser', name: 'kafka', home: '/data/kafka' },
    says: 'delete user kafka',
    cells: ['user', 'kafka', 'deleted'],
    sign: '-',
    creates: null,
  },
  lockUser: {
    of: { type: 'lockUser', name: 'kafka', uid: 7 },
    says: 'lock user kafka, so that nobody can log in as it',
    cells: ['user', 'kafka', 'locked'],
    sign: '~',
    creates: null,
  },
  makeDirectory: {
    of: { type: 'makeDirectory', path: '/data', owner: ROOT, mode: '0755' },
    says: 'create /data, root:root 0755',
    cells: ['directory', '/data', 'root:root 0755'],
    sign: '+',
    creates: 'place',
  },
  removeDirectory: {
    of: { type: 'removeDirectory', path: '/data', owner: ROOT, inode: '7', born: null, mode: '0755' },
    says: 'remove empty directory /data',
    cells: ['directory', '/data', 'removed'],
    sign: '-',
    creates: null,
  },
  changeOwner: {
    of: { type: 'changeOwner', path: '/data', inode: '7', from: ROOT, to: { user: 7, group: 8 } },
    says: 'change owner of /data from root:root to 7:8',
    cells: ['owner', '/data', 'root:root -> 7:8'],
    sign: '~',
    creates: null,
  },
  changeMode: {
    of: { type: 'changeMode', path: '/data', inode: '7', from: '0755', to: '0700', onlyEmpty: true },
    says: 'change mode of /data from 0755 to 0700',
    cells: ['mode', '/data', '0755 -> 0700'],
    sign: '~',
    creates: null,
  },
  changeFlags: {
    of: { type: 'changeFlags', path: '/data', inode: '7', from: ['immutable', 'append-only'], to: [] },
    says: 'change flags of /data from append-only, immutable to none',
    cells: ['flags', '/data', 'append-only, immutable -> none'],
    sign: '~',
    creates: null,
  },
  changeLists: {
    of: {
      type: 'changeLists',
      path: '/data',
      inode: '7',
      from: { access: 'user::rwx,user:5:r-x,group::r-x,mask::r-x,other::---', inherited: null },
      to: { access: 'user::rwx,group::r-x,other::---', inherited: null },
    },
    says: 'change access of /data from user::rwx,user:5:r-x,group::r-x,mask::r-x,other::--- to user::rwx,group::r-x,other::---',
    cells: ['access', '/data', 'now user::rwx,group::r-x,other::---'],
    sign: '~',
    creates: null,
  },
  writeFile: {
    of: { type: 'writeFile', path: '/etc/x', from: null, to: FILE },
    says: 'create file /etc/x, root:root 0644, 2 lines',
    cells: ['file', '/etc/x', 'root:root 0644, 2 lines'],
    sign: '+',
    creates: 'thing',
  },
  removeFile: {
    of: { type: 'removeFile', path: '/etc/x', from: OTHER, unit: 'x.timer' },
    says: 'remove file /etc/x, root:root 0644, 0 lines',
    cells: ['file', '/etc/x', 'removed'],
    sign: '-',
    creates: null,
  },
  enableUnit: {
    of: { type: 'enableUnit', unit: 'x.timer', wantedBy: 'timers.target' },
    says: 'enable x.timer, so that timers.target starts it',
    cells: ['unit', 'x.timer', 'enabled, started by timers.target'],
    sign: '~',
    creates: null,
  },
  disableUnit: {
    of: { type: 'disableUnit', unit: 'x.timer', wantedBy: 'timers.target' },
    says: 'disable x.timer',
    cells: ['unit', 'x.timer', 'disabled'],
    sign: '-',
    creates: null,
  },
  startUnit: {
    of: { type: 'startUnit', unit: 'x.timer' },
    says: 'start x.timer',
    cells: ['unit', 'x.timer', 'started'],
    sign: '~',
    creates: null,
  },
  stopUnit: {
    of: { type: 'stopUnit', unit: 'x.timer' },
    says: 'stop x.timer',
    cells: ['unit', 'x.timer', 'stopped'],
    sign: '-',
    creates: null,
  },
  installProgram: {
    of: { type: 'installProgram', path: '/opt/1.0', hash: HASH, source: SOURCE },
    says: 'copy the program that runs to /opt/1.0',
    cells: ['program', '1.0', 'a copy of the one that runs'],
    sign: '+',
    creates: 'thing',
  },
  removeProgram: {
    of: { type: 'removeProgram', path: '/opt/1.0', hash: HASH },
    says: 'remove program /opt/1.0',
    cells: ['program', '1.0', 'removed'],
    sign: '-',
    creates: null,
  },
  switchLink: {
    of: { type: 'switchLink', path: '/opt/current', from: '1.0', to: '1.1' },
    says: 'point link /opt/current at 1.1',
    cells: ['link', '/opt/current', '-> 1.1'],
    sign: '~',
    creates: 'thing',
  },
  moveToTrash: {
    of: {
      type: 'moveToTrash',
      path: '/data/jts/hot/backup/staging/a',
      trash: '/data/jts/hot/.jts-hot-trash/20261127T101403Z-1',
      inode: '7',
      born: '8',
      bytes: 9,
      entries: 1,
      writtenAt: '10',
      rule: 'staging',
    },
    says: 'move /data/jts/hot/backup/staging/a into the trash (rule staging)',
    cells: ['thing', '/data/jts/hot/backup/staging/a', 'into the trash (rule staging)'],
    sign: '-',
    creates: null,
  },
  takeFromTrash: {
    of: {
      type: 'takeFromTrash',
      path: '/data/jts/hot/backup/staging/a',
      trash: '/data/jts/hot/.jts-hot-trash/20261127T101403Z-1',
      inode: '7',
      born: null,
    },
    says: 'take /data/jts/hot/backup/staging/a out of the trash',
    cells: ['thing', '/data/jts/hot/backup/staging/a', 'out of the trash'],
    sign: '+',
    creates: null,
  },
  emptyTrash: {
    of: {
      type: 'emptyTrash',
      path: '/data/jts/hot/.jts-hot-trash',
      stamp: '20261127T101403Z',
      first: 1,
      last: 9,
    },
    says: 'delete 1-9 of 20261127T101403Z in the trash',
    cells: ['trash', '/data/jts/hot/.jts-hot-trash', '20261127T101403Z 1-9 deleted'],
    sign: '-',
    creates: null,
  },
  makeFileSystem: {
    of: {
      type: 'makeFileSystem',
      place: PLACE,
      fileSystem: 'xfs',
      uuid: UUID,
      options: {
        words: ['-m', 'crc=1'],
        features: ['crc'],
        blockBytes: 4096,
        sectorBytes: 512,
        allocationGroups: 4,
      },
      mountPoint: '/data/jts/hot/kafka',
    },
    says: 'make an xfs file system for /data/jts/hot/kafka on volume hot/kafka',
    cells: ['file system', '/data/jts/hot/kafka', 'xfs on volume hot/kafka'],
    sign: '+',
    creates: 'place',
  },
  eraseFileSystem: {
    of: {
      type: 'eraseFileSystem',
      place: PLACE,
      fileSystem: 'xfs',
      uuid: UUID,
      mountPoint: '/data/jts/hot/kafka',
    },
    says: 'erase the empty file system for /data/jts/hot/kafka on volume hot/kafka',
    cells: ['file system', '/data/jts/hot/kafka', 'erased on volume hot/kafka'],
    sign: '-',
    creates: null,
  },
  growFileSystem: {
    of: {
      type: 'growFileSystem',
      place: PLACE,
      fileSystem: 'xfs',
      uuid: UUID,
      mountPoint: '/data/jts/hot/kafka',
      fromBytes: 500e9,
      toBytes: 600e9,
    },
    says: 'grow the file system for /data/jts/hot/kafka on volume hot/kafka from 500 GB to 600 GB',
    cells: ['file system', '/data/jts/hot/kafka', '500 GB -> 600 GB'],
    sign: '~',
    creates: null,
  },
  renameDirectory: {
    of: {
      type: 'renameDirectory',
      path: '/data/jts/hot/redis/data',
      to: '/data/jts/hot/redis/data.before',
      inode: '7',
      born: null,
    },
    says: 'rename /data/jts/hot/redis/data to /data/jts/hot/redis/data.before',
    cells: ['directory', '/data/jts/hot/redis/data', 'becomes /data/jts/hot/redis/data.before'],
    sign: '~',
    creates: null,
  },
  prepareData: {
    of: {
      type: 'prepareData',
      path: '/data/jts/hot/postgresql/data',
      mark: 'PG_VERSION',
      owner: { user: 101, group: 104 },
      argv: ['/usr/lib/postgresql/15/bin/initdb', '--pgdata=/data/jts/hot/postgresql/data'],
    },
    says: 'as user 101: /usr/lib/postgresql/15/bin/initdb --pgdata=/data/jts/hot/postgresql/data',
    cells: ['data', '/data/jts/hot/postgresql/data', 'by initdb as user 101'],
    sign: '+',
    creates: null,
  },
  saveDisk: {
    of: { type: 'saveDisk', disk: DISK, ends: ENDS },
    says: 'save the first and last 16 MiB of disk S5 as abababababab',
    cells: ['saved', 'disk S5', 'first and last 16 MiB, as abababababab'],
    sign: '+',
    creates: null,
  },
  eraseDisk: {
    of: { type: 'eraseDisk', disk: DISK, ends: ENDS },
    says: 'erase partition tables and signatures of disk S5',
    cells: ['erased', 'disk S5', 'first and last 16 MiB become zeros'],
    sign: '-',
    creates: null,
  },
  restoreDisk: {
    of: { type: 'restoreDisk', disk: DISK, ends: ENDS, over: null },
    says: 'put the first and last 16 MiB of disk S5 back as abababababab',
    cells: ['put back', 'disk S5', 'first and last 16 MiB, as abababababab'],
    sign: '~',
    creates: null,
  },
  setScheduler: {
    of: { type: 'setScheduler', disk: 'nvme0n1', known: 'eui.01', from: 'mq-deadline', to: 'none' },
    says: 'set the scheduler of nvme0n1 from mq-deadline to none',
    cells: ['scheduler', 'nvme0n1', 'mq-deadline -> none'],
    sign: '~',
    creates: null,
  },
  setReadAhead: {
    of: { type: 'setReadAhead', device: 'dm-0', known: 'dm uuid LVM-a', from: 128, to: 16 },
    says: 'set the readahead of dm-0 from 128 KiB to 16 KiB',
    cells: ['readahead', 'dm-0', '128 -> 16 KiB'],
    sign: '~',
    creates: null,
  },
  setKernelValue: {
    of: { type: 'setKernelValue', setting: 'vm.swappiness', from: '60', to: '1' },
    says: 'set vm.swappiness from 60 to 1',
    cells: ['kernel', 'vm.swappiness', '60 -> 1'],
    sign: '~',
    creates: null,
  },
  setAccessTimes: {
    of: {
      type: 'setAccessTimes',
      mountPoint: '/data/jts/hot',
      fileSystem: 'bbbb-2222',
      from: 'relatime',
      to: 'noatime',
    },
    says: 'remount /data/jts/hot with noatime for relatime',
    cells: ['mount', '/data/jts/hot', 'relatime -> noatime'],
    sign: '~',
    creates: null,
  },
  createPhysicalVolume: {
    of: { type: 'createPhysicalVolume', disk: HOT, uuid: PHYSICAL },
    says: 'make disk HOT1 a physical volume of LVM, aligned to 4 MiB',
    cells: ['LVM', 'disk HOT1', 'physical volume, aligned to 4 MiB'],
    sign: '+',
    creates: 'place',
  },
  removePhysicalVolume: {
    of: { type: 'removePhysicalVolume', disk: HOT, uuid: PHYSICAL },
    says: 'take the physical volume of LVM off disk HOT1',
    cells: ['LVM', 'disk HOT1', 'physical volume removed'],
    sign: '-',
    creates: null,
  },
  createVolumeGroup: {
    of: { type: 'createVolumeGroup', disk: HOT, physicalVolume: PHYSICAL, name: 'hot' },
    says: 'create volume group hot, extents of 4 MiB',
    cells: ['LVM', 'hot', 'volume group, extents of 4 MiB'],
    sign: '+',
    creates: 'place',
  },
  removeVolumeGroup: {
    of: { type: 'removeVolumeGroup', disk: HOT, physicalVolume: PHYSICAL, name: 'hot', uuid: LVM },
    says: 'remove empty volume group hot',
    cells: ['LVM', 'hot', 'volume group removed'],
    sign: '-',
    creates: null,
  },
  createVolume: {
    of: { type: 'createVolume', ...KAFKA, extents: 190_735 },
    says: 'create volume hot/kafka, 190735 extents, 800 GB',
    cells: ['volume', 'hot/kafka', '190735 extents, 800 GB'],
    sign: '+',
    creates: 'place',
  },
  removeVolume: {
    of: { type: 'removeVolume', ...KAFKA, extents: 190_735, uuid: LVM },
    says: 'remove volume hot/kafka, which has nothing on it',
    cells: ['volume', 'hot/kafka', 'removed'],
    sign: '-',
    creates: null,
  },
  growVolume: {
    of: { type: 'growVolume', ...KAFKA, uuid: LVM, from: 100, to: 190_735 },
    says: 'grow volume hot/kafka from 100 extents to 190735 extents, 800 GB',
    cells: ['volume', 'hot/kafka', '100 -> 190735 extents, 800 GB'],
    sign: '~',
    creates: null,
  },
  activateVolume: {
    of: { type: 'activateVolume', ...KAFKA, uuid: LVM },
    says: 'activate volume hot/kafka',
    cells: ['volume', 'hot/kafka', 'active'],
    sign: '~',
    creates: null,
  },
  deactivateVolume: {
    of: { type: 'deactivateVolume', ...KAFKA, uuid: LVM },
    says: 'deactivate volume hot/kafka',
    cells: ['volume', 'hot/kafka', 'inactive'],
    sign: '~',
    creates: null,
  },
};

const schema = operationSchema(operationWords(z, documentWords));
const all: readonly Example<OperationType>[] = Object.values(EXAMPLES);

describe('an operation', () => {
  for (const { of, says, cells, sign, creates } of all)
    it(`${of.type}: ${says}`, () => {
      assert.equal(describeOperation(of), says);
      assert.deepEqual(entryOf(of).cells(of), cells);
      assert.equal(signOf(of), sign);
      assert.equal(entryOf(of).creates, creates);
      assert.match(entryOf(of).failure, /^cannot [a-z ]+$/);
      assert.match(entryOf(of).does, /^[A-Z].*[^.]$/);
      assert.deepEqual(schema.parse(of), of);
      assert.ok(!schema.safeParse({ ...of, more: 1 }).success, 'a field that nobody describes');
    });

  it('fails in words of its own', () => {
    assert.equal(new Set(all.map(({ of }) => entryOf(of).failure)).size, all.length);
  });

  it('has a sign by what it is about to do', () => {
    const link = (from: string | null, to: string | null): Operation => ({
      type: 'switchLink',
      path: '/opt/current',
      from,
      to,
    });
    assert.deepEqual([link(null, '1'), link('1', null), link('1', '2')].map(signOf), ['+', '-', '~']);
    assert.equal(signOf({ type: 'writeFile', path: '/etc/x', from: OTHER, to: FILE }), '~');
  });

  it('without an undo is irreversible, unless nothing is lost', () => {
    const { removeFile, removeProgram, writeFile } = EXAMPLES;
    assert.ok(isIrreversible({ do: removeFile.of, undo: null }));
    assert.ok(!isIrreversible({ do: removeFile.of, undo: writeFile.of }));
    assert.ok(!isIrreversible({ do: removeProgram.of, undo: null }));
  });

  it('of a later program is no operation here', () => {
    assert.throws(() => describeOperation({ type: 'toString' } as never), /does not know/);
    assert.ok(!schema.safeParse({ type: 'toString' }).success);
  });
});
