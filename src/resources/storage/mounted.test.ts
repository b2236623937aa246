// What is mounted now: want and have → steps and undo.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_CONSENT } from '../../engine/plan.ts';
import { type MountedHave, mounted } from './mounted.ts';

const WANT = {
  place: { disk: { serial: 'HOT1', namespace: 1, wwid: null, sizeBytes: 4096 }, volume: null },
  uuid: 'u',
  type: 'xfs',
  mountPoint: '/data',
  options: ['noatime', 'prjquota', 'nofail', 'x-systemd.device-timeout=30s'],
  service: null,
  below: ['/data/kafka', '/data/redis'],
  needs: ['file /etc/fstab'],
} as const;
const LINE = 'noatime,prjquota,nofail,x-systemd.device-timeout=30s';
const IT: MountedHave = {
  is: 'it',
  seen: 'xfs from /dev/nvme0n1',
  options: ['rw', 'noatime', 'prjquota'],
  line: LINE,
};

describe('a file system that is to be mounted', () => {
  const { place, uuid, mountPoint } = WANT;
  const of = { place, uuid, fileSystem: 'xfs', mountPoint, options: ['noatime', 'prjquota'] };
  const mount = [
    { type: 'mountFileSystem', ...of },
    { type: 'unmountFileSystem', ...of },
    ['mount point /data', 'file /etc/fstab'],
  ];
  const table: readonly (readonly [string, MountedHave, readonly unknown[], readonly string[]])[] = [
    ['is not', { ...IT, is: 'nothing' }, [mount], []],
    ['is', IT, [], []],
    ['has other options', { ...IT, options: ['rw', 'relatime'] }, [], ['W_MOUNT_OPTIONS']],
    ['has another in its place', { ...IT, is: 'another' }, [], ['E_OTHER_MOUNTED']],
  ];
  for (const [what, have, steps, codes] of table)
    it(what, () => {
      const found = mounted.diff(WANT, have, NO_CONSENT);
      assert.deepEqual(
        found.steps.map((step) => [step.do, step.undo, step.needs]),
        steps,
      );
      assert.deepEqual(
        [...found.refusals, ...found.warnings].map(({ code }) => code),
        codes,
      );
    });
});

describe('a file system that is mounted in another way than its line says', () => {
  const anew =
    "sudo sh -c 'umount /data/redis && umount /data/kafka && umount /data && mount /data && mount /data/kafka && mount /data/redis'";
  const table: readonly (readonly [
    what: string,
    type: 'xfs' | 'ext4',
    have: Partial<MountedHave>,
    found: string | null,
    fix: string | null,
  ])[] = [
    ['as it says', 'xfs', {}, null, null],
    [
      'that can be changed in use',
      'xfs',
      { options: ['rw', 'relatime', 'prjquota', 'nodev', 'lazytime'] },
      'found it without noatime, and with nodev, lazytime, which nobody asked for',
      'sudo mount -o remount,noatime,dev,nolazytime /data',
    ],
    [
      'that it takes only from its next mount on',
      'xfs',
      { options: ['rw', 'noatime', 'noquota'] },
      'found it without prjquota',
      anew,
    ],
    [
      'and so does its line, which setup corrects first',
      'xfs',
      { options: ['rw', 'noatime', 'noquota'], line: 'noatime,nofail,x-systemd.device-timeout=30s' },
      'found it without prjquota',
      null,
    ],
    [
      'than somebody added to its line since',
      'ext4',
      { line: `${LINE},discard` },
      'found it without discard',
      'sudo mount -o remount,discard /data',
    ],
    ['with what nobody knows how it is shown', 'ext4', { line: `loop,acl,stripe=8,${LINE}` }, null, null],
    ['than somebody added, of XFS', 'xfs', { line: `${LINE},discard` }, 'found it without discard', anew],
    [
      'than it was asked for by hand',
      'xfs',
      { options: ['rw', 'noatime', 'prjquota', 'discard'] },
      'found it with discard, which nobody asked for',
      anew,
    ],
    [
      'with what others added to its line, as that says',
      'xfs',
      { options: ['rw', 'noatime', 'prjquota', 'nosuid'], line: `nosuid,${LINE}` },
      null,
      null,
    ],
    [
      'with the file system’s own choices, which are shown, too',
      'xfs',
      { options: ['rw', 'noatime', 'prjquota', 'seclabel', 'attr2', 'inode64', 'logbufs=8', 'logbsize=32k'] },
      null,
      null,
    ],
  ];
  for (const [what, type, have, found, fix] of table)
    it(what, () => {
      const { steps, refusals, warnings } = mounted.diff({ ...WANT, type }, { ...IT, ...have }, NO_CONSENT);
      assert.deepEqual([steps, refusals], [[], []]);
      assert.deepEqual(
        warnings.map(({ code, detail, fix: said }) => [code, detail.at(-1), said]),
        found === null ? [] : [['W_MOUNT_OPTIONS', found, fix]],
      );
    });
});
