// Makes, grows and takes away file systems on the disks of a virtual machine: test/vm/file-systems.test.ts. What the host says of
// them is compared with what their own tools print.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { openLinuxHost } from '../../src/host/linux.ts';
import { FILE_SYSTEM_TYPES, type FileSystemType, storageUuid } from '../../src/layout/storage.ts';
import { effectOf, type OperationOf } from '../../src/port/operation.ts';
import type { Place, PlannedDisk } from '../../src/port/storage.ts';
import { chooseOptions, trialWords } from '../../src/resources/storage/file-system-options.ts';
import { mountOptionsFor } from '../../src/services/mount-options.ts';
import { fails } from '../contract/cases.ts';

const { SMALL_SECTORS, LARGE_SECTORS } = process.env;
if (SMALL_SECTORS === undefined || LARGE_SECTORS === undefined)
  throw new Error('this destroys disks: run test/vm/file-systems.test.ts');

const GIB = 1024 ** 3;
const AT = '/mnt';
const MOUNT_POINT = '/data/jts/hot';
const host = openLinuxHost({ root: '/', base: MOUNT_POINT });
const textIn = (name: string, file: string) => readFileSync(`/sys/block/${name}/${file}`, 'utf8').trim();
const run = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin', LC_ALL: 'C' } });

function diskOf(serial: string): { readonly path: string; readonly disk: PlannedDisk } {
  const name = readdirSync('/sys/block').find(
    (one) => one.startsWith('nvme') && textIn(one, 'device/serial') === serial,
  );
  assert.ok(name !== undefined, `no NVMe disk ${serial}`);
  const sizeBytes = Number(textIn(name, 'size')) * 512;
  const disk = { serial, namespace: Number(textIn(name, 'nsid')), wwid: textIn(name, 'wwid'), sizeBytes };
  return { path: `/dev/${name}`, disk };
}

function making(type: FileSystemType, place: Place): OperationOf<'makeFileSystem'> {
  const [at] = host.fileSystemsOn([place]);
  assert.ok(at !== null && at !== undefined);
  const { sizeBytes, sectorBytes } = at;
  const makers = host.fileSystemMakers();
  return {
    ...{ type: 'makeFileSystem', place, fileSystem: type, mountPoint: MOUNT_POINT },
    uuid: storageUuid({ disk: place.disk }, 'base'),
    options: chooseOptions({ type, sizeBytes, sectorBytes, makers, files: 'few large' }),
  };
}

function erasing({ options: _, ...which }: OperationOf<'makeFileSystem'>): OperationOf<'eraseFileSystem'> {
  return { ...which, type: 'eraseFileSystem' };
}

const VERIFIED: { readonly [type in FileSystemType]: (path: string, sectors: number, uuid: string) => void } =
  {
    xfs(path, sectors) {
      const info = run('xfs_db', '-r', '-c', 'info', path);
      assert.match(info, new RegExp(` sectsz=${sectors} `));
      assert.match(info, / crc=1 .*\n.* reflink=1 +bigtime=1 inobtcount=1 nrext64=0/);
      assert.match(info, / bsize=4096 /);
    },
    ext4(path, _sectors, uuid) {
      const info = run('tune2fs', '-l', path);
      assert.match(info, new RegExp(`UUID: +${uuid}`));
      assert.match(info, /features: .*has_journal.* extent 64bit .*quota metadata_csum project$/m);
      assert.match(info, /^Reserved block count: +0$/m);
      assert.match(info, /^Errors behavior: +Remount read-only$/m);
      assert.match(info, /^Block size: +4096$/m);
    },
  };

for (const [serial, sectors] of [
  [SMALL_SECTORS, 512],
  [LARGE_SECTORS, 4096],
] as const)
  for (const type of FILE_SYSTEM_TYPES)
    it(`${type} on a disk of 4 TB with sectors of ${sectors} bytes: made, verified, taken away while it is empty`, () => {
      const { disk, path } = diskOf(serial);
      const place = { disk, volume: null };
      const make = making(type, place);
      const erase = erasing(make);
      assert.equal(host.fileSystemsOn([place])[0]?.has, null);
      host.perform(make);
      VERIFIED[type](path, sectors, make.uuid);
      assert.equal(effectOf(make, host).state, 'done');
      host.perform(make);
      const options = mountOptionsFor({ type, service: null }, {}).join(',');
      run('mount', '-o', options, path, AT);
      const shown = run('findmnt', '-no', 'OPTIONS', AT).trim().split(',');
      for (const option of options.split(',')) assert.ok(shown.includes(option), `${option}: ${shown}`);
      mkdirSync(`${AT}/kafka/data`, { recursive: true });
      fails(host, erase, 'E_IN_USE');
      writeFileSync(`${AT}/kafka/data/one`, 'x');
      run('umount', AT);
      fails(host, erase, 'E_CHANGED');
      run('mount', path, AT);
      rmSync(`${AT}/kafka/data/one`);
      run('umount', AT);
      assert.equal(effectOf(erase, host).state, 'open');
      host.perform(erase);
      assert.equal(host.fileSystemsOn([place])[0]?.has, null);
      assert.equal(host.deviceContents([path.slice('/dev/'.length)])[0]?.signatures.length, 0);
    });

for (const type of FILE_SYSTEM_TYPES)
  it(`${type} on a volume is grown while it is in use, and while it is not`, () => {
    const { disk, path } = diskOf(LARGE_SECTORS);
    run('wipefs', '--quiet', '--all', path);
    run('vgcreate', '--yes', 'hot-tier', path);
    run('lvcreate', '--yes', '--size', '10g', '--name', 'kafka', 'hot-tier');
    const place = { disk, volume: { group: 'hot-tier', name: 'kafka' } };
    const make = making(type, place);
    host.perform(make);
    const device = '/dev/hot-tier/kafka';
    let size = 10 * GIB;
    const grow = () => {
      const fromBytes = size;
      size += 10 * GIB;
      run('lvextend', '--size', `${size}b`, 'hot-tier/kafka');
      const operation = { ...erasing(make), type: 'growFileSystem', fromBytes, toBytes: size } as const;
      assert.equal(effectOf(operation, host).state, 'open');
      host.perform(operation);
      assert.equal(effectOf(operation, host).state, 'done');
    };
    grow();
    run('mount', device, AT);
    writeFileSync(`${AT}/one`, 'x');
    grow();
    assert.ok(Number(run('findmnt', '-bno', 'SIZE', AT)) > 28 * GIB);
    assert.equal(readFileSync(`${AT}/one`, 'utf8'), 'x');
    // Of another type, or another one: not grown.
    const other = { ...erasing(make), type: 'growFileSystem', uuid: `${make.uuid.slice(0, -1)}x` } as const;
    fails(host, { ...other, fromBytes: size, toBytes: size }, 'E_CHANGED');
    fails(host, erasing(make), 'E_IN_USE');
    rmSync(`${AT}/one`);
    run('umount', AT);
    host.perform(erasing(make));
    run('vgremove', '--yes', 'hot-tier');
    run('pvremove', path);
  });

describe('what is tried on this kernel before it is written', () => {
  for (const type of FILE_SYSTEM_TYPES)
    it(`${type}, as it is made here, with project quotas`, async () => {
      const options = chooseOptions({
        ...{ type, sizeBytes: 4e12, sectorBytes: 4096, files: 'few large' },
        makers: host.fileSystemMakers(),
      });
      const mountOptions = [...mountOptionsFor({ type, service: null }, {}), 'prjquota'];
      const words = trialWords(options);
      assert.deepEqual(await host.tryFileSystem({ type, words, mountOptions }), { ok: true });
    });

  for (const [type, words, option] of [
    ['ext4', ['-O', '^has_journal'], 'data=writeback'],
    ['xfs', [], 'nobarrier'],
    ['ext4', [], 'largeio'],
    ['xfs', [], 'relatime'],
  ] as const)
    it(`refused: ${option} on ${type} ${words.join(' ')}`, async () => {
      const trial = await host.tryFileSystem({ type, words, mountOptions: ['noatime', option] });
      assert.ok(!trial.ok);
      assert.deepEqual(trial.options, [option]);
    });
});
