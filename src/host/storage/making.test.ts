// Real file systems on loop devices, made, read back, looked into, grown and taken away with what was chosen for this machine. In a
// namespace of mounts of its own: who makes another one meanwhile would have these mounted, too.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inOwnNamespace } from '../../../test/own-namespace.ts';
import { FILE_SYSTEM_TYPES, type FileSystemType, storageUuid } from '../../layout/storage.ts';
import { Problem } from '../../messages/diagnostic.ts';
import type { BlockDevice } from '../../port/block-device.ts';
import type { OperationOf } from '../../port/operation.ts';
import { chooseOptions } from '../../resources/storage/file-system-options.ts';
import { readBlockDevice } from './block-devices.ts';
import { lookAt } from './file-systems-on.ts';
import { fileSystemMakers } from './makers.ts';
import { eraseOn, growOn, makeOn } from './making.ts';

const GIB = 1024 ** 3;
const UUID = storageUuid({ disk: { serial: 'LOOP1', namespace: 1, wwid: null } }, 'base');
const PLACE = { disk: { serial: 'LOOP1', namespace: 1, wwid: null, sizeBytes: GIB }, volume: null };
const MOUNT_POINT = '/data/jts/hot';

function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

interface Bench {
  readonly device: () => BlockDevice;
  readonly path: string;
  readonly at: string;
  grow(bytes: number): void;
}

function onLoop(sectorBytes: number, act: (bench: Bench) => void): void {
  const directory = mkdtempSync('/var/tmp/making-');
  const image = join(directory, 'image');
  const at = join(directory, 'at');
  mkdirSync(at);
  writeFileSync(image, '');
  truncateSync(image, GIB);
  const path = run('losetup', '--find', '--show', '--sector-size', `${sectorBytes}`, image);
  try {
    act({
      path,
      at,
      device: () => readBlockDevice(path.slice('/dev/'.length)) ?? assert.fail('no loop device'),
      grow(bytes) {
        truncateSync(image, bytes);
        run('losetup', '--set-capacity', path);
      },
    });
  } finally {
    spawnSync('umount', [at]);
    run('losetup', '--detach', path);
    rmdirSync(at);
    rmSync(directory, { recursive: true });
  }
}

function making(type: FileSystemType, { device }: Bench): OperationOf<'makeFileSystem'> {
  const { sizeBytes, sectorBytes } = lookAt(device());
  const makers = fileSystemMakers();
  return {
    type: 'makeFileSystem',
    place: PLACE,
    fileSystem: type,
    uuid: UUID,
    options: chooseOptions({ type, sizeBytes, sectorBytes, makers, files: 'few large' }),
    mountPoint: MOUNT_POINT,
  };
}

const erasing = (type: FileSystemType) =>
  ({ type: 'eraseFileSystem', place: PLACE, fileSystem: type, uuid: UUID, mountPoint: MOUNT_POINT }) as const;

function says(act: () => void): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem)
      return error.diagnostics.map(({ code, detail }) => `${code} ${detail}`).join();
    throw error;
  }
  return 'done';
}

inOwnNamespace(import.meta.filename, ['loop device', 'XFS and mkfs.xfs'], loopTests);

function loopTests(): void {
  for (const type of FILE_SYSTEM_TYPES)
    for (const sectorBytes of [512, 4096])
      describe(`${type} with sectors of ${sectorBytes} bytes`, () => {
        it('is made as planned, once, and taken away while it holds nothing', () => {
          onLoop(sectorBytes, (bench) => {
            const { device, path, at } = bench;
            const operation = making(type, bench);
            assert.equal(lookAt(device()).has, null);
            makeOn(device(), operation, null);
            const { has } = lookAt(device());
            assert.deepEqual(has, {
              type,
              uuid: UUID,
              label: null,
              state: 'clean',
              mountedAt: null,
              features: has?.features,
              sizeBytes: GIB,
              blockBytes: 4096,
              sectorBytes: type === 'xfs' ? sectorBytes : null,
              allocationGroups: type === 'xfs' ? 4 : null,
              reservedBytes: type === 'xfs' ? null : 0,
              holds: { is: 'nothing' },
            });
            // Again: it is there, and stays as it is.
            makeOn(device(), operation, null);

            run('mount', '-o', 'noatime', path, at);
            mkdirSync(join(at, 'kafka/data'), { recursive: true });
            assert.deepEqual(lookAt(device()).has?.holds, { is: 'nothing' });
            assert.equal(lookAt(device()).has?.mountedAt, at);
            assert.match(
              says(() => eraseOn(device(), erasing(type), null)),
              /it is mounted at/,
            );
            writeFileSync(join(at, 'kafka/data/one'), 'x');
            const holds = { is: 'something', first: '/kafka/data/one' };
            assert.deepEqual(lookAt(device()).has?.holds, holds);
            run('umount', at);
            assert.deepEqual(lookAt(device()).has?.holds, holds);
            assert.match(
              says(() => eraseOn(device(), erasing(type), null)),
              /it holds data/,
            );
            const other = {
              ...erasing(type),
              uuid: UUID.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
            };
            assert.match(
              says(() => eraseOn(device(), other, null)),
              /another one has taken its place/,
            );

            run('mount', path, at);
            rmSync(join(at, 'kafka/data/one'));
            run('umount', at);
            eraseOn(device(), erasing(type), null);
            assert.equal(lookAt(device()).has, null);
            eraseOn(device(), erasing(type), null);
          });
        });

        // ext4 is grown in test/vm/file-systems.test.ts: a container may lack the right to.
        if (type === 'ext4') return;
        it('is grown while it is in use, and while it is not', () => {
          onLoop(sectorBytes, (bench) => {
            const { device, path, at } = bench;
            makeOn(device(), making(type, bench), null);
            const grow = (fromBytes: number, toBytes: number) => {
              bench.grow(toBytes);
              const operation = { ...erasing(type), type: 'growFileSystem', fromBytes, toBytes } as const;
              growOn(device(), operation, null);
              const size = lookAt(device()).has?.sizeBytes ?? 0;
              assert.ok(size <= toBytes && toBytes - size < 8 * 1024 ** 2, `${size} of ${toBytes}`);
            };
            grow(GIB, 2 * GIB);
            run('mount', path, at);
            writeFileSync(join(at, 'one'), 'x');
            grow(2 * GIB, 3 * GIB);
            run('umount', at);
            assert.equal(lookAt(device()).has?.state, 'clean');
            assert.match(
              says(() =>
                growOn(
                  device(),
                  { ...erasing(type), type: 'growFileSystem', fromBytes: 3 * GIB, toBytes: 4 * GIB },
                  null,
                ),
              ),
              /E_CHANGED.*found: .* on 3221225472 bytes/,
            );
          });
        });
      });

  describe('nothing is made over anything', () => {
    for (const [what, make] of [
      ['ext4 of somebody else', ['mke2fs', '-q', '-t', 'ext4']],
      ['XFS of somebody else', ['mkfs.xfs', '-q']],
      ['swap', ['mkswap']],
      ['a partition table', ['sfdisk', '-q']],
    ] as const)
      for (const type of FILE_SYSTEM_TYPES)
        it(`${type} where there is ${what}`, () => {
          onLoop(512, (bench) => {
            const { device, path } = bench;
            const operation = making(type, bench);
            const { status, stderr } = spawnSync(make[0], [...make.slice(1), path], {
              input: 'label: gpt\n',
              encoding: 'utf8',
            });
            assert.equal(status, 0, stderr);
            const before = lookAt(device());
            assert.equal(before.has?.holds.is, 'unknown');
            assert.match(
              says(() => makeOn(device(), operation, null)),
              /^E_CHANGED/,
            );
            assert.match(
              says(() => eraseOn(device(), erasing(type), null)),
              /another one has taken its place/,
            );
            assert.deepEqual(lookAt(device()), before);
          });
        });

    it('one that was stopped in the middle is made to its end', () => {
      onLoop(512, (bench) => {
        const { device, path } = bench;
        const operation = making('xfs', bench);
        makeOn(device(), operation, null);
        // mkfs.xfs sets it first (xfs_format.h, sb_inprogress), and takes it off last.
        run('xfs_io', '-c', 'pwrite -S 1 126 1', path);
        assert.equal(lookAt(device()).has?.state, 'unfinished');
        makeOn(device(), operation, null);
        assert.equal(lookAt(device()).has?.state, 'clean');
      });
    });
  });

  describe('what cannot be looked into', () => {
    for (const type of FILE_SYSTEM_TYPES)
      it(`${type} that was not unmounted holds nobody knows what`, () => {
        onLoop(512, (bench) => {
          const { device, path, at } = bench;
          makeOn(device(), making(type, bench), null);
          run('mount', path, at);
          writeFileSync(join(at, 'one'), 'x');
          // As a power cut leaves it.
          run('xfs_io', '-x', '-c', 'shutdown -f', at);
          run('umount', at);
          const { has } = lookAt(device());
          assert.equal(has?.state, 'to replay');
          assert.equal(has?.holds.is, 'unknown');
          assert.match(
            says(() => eraseOn(device(), erasing(type), null)),
            /nobody can say/,
          );
          run('mount', path, at);
          run('umount', at);
          assert.equal(lookAt(device()).has?.state, 'clean');
        });
      });

    it('ext4 that found errors in itself, and XFS that cannot be read', () => {
      onLoop(512, (bench) => {
        const { device, path } = bench;
        makeOn(device(), making('ext4', bench), null);
        run('debugfs', '-w', '-R', 'ssv state 3', path);
        assert.equal(lookAt(device()).has?.state, 'damaged');
      });
      onLoop(512, (bench) => {
        const { device, path } = bench;
        makeOn(device(), making('xfs', bench), null);
        run('xfs_io', '-c', 'pwrite -S 0 100 12', path);
        const { has } = lookAt(device());
        assert.deepEqual([has?.state, has?.uuid], ['damaged', UUID]);
        assert.match(
          says(() => makeOn(device(), making('xfs', bench), null)),
          /^E_CHANGED/,
        );
      });
    });
  });
}
