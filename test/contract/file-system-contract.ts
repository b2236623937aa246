// What every host must do with a file system on a disk: make it only where nothing is, know it again, and take it away only while
// it is that one and nobody uses it.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { FILE_SYSTEM_TYPES, type FileSystemType, storageUuid } from '../../src/layout/storage.ts';
import type { Host } from '../../src/port/host.ts';
import { effectOf, type OperationOf } from '../../src/port/operation.ts';
import type { PlannedDisk } from '../../src/port/storage.ts';
import { fileSystem as kind } from '../../src/resources/storage/file-system.ts';
import { chooseOptions } from '../../src/resources/storage/file-system-options.ts';
import { fails } from './cases.ts';
import type { OnStorage } from './storage-cases.ts';

const MOUNT_POINT = '/data/jts/hot';

function operationsFor(host: Host, type: FileSystemType, disk: PlannedDisk) {
  const [at] = host.fileSystemsOn([{ disk, volume: null }]);
  assert.ok(at !== null && at !== undefined);
  const { sizeBytes, sectorBytes } = at;
  const uuid = storageUuid({ disk }, 'base');
  const which = { place: { disk, volume: null }, fileSystem: type, uuid, mountPoint: MOUNT_POINT } as const;
  const makers = host.fileSystemMakers();
  const options = chooseOptions({ type, sizeBytes, sectorBytes, makers, files: 'few large' });
  const make: OperationOf<'makeFileSystem'> = { type: 'makeFileSystem', ...which, options };
  const erase: OperationOf<'eraseFileSystem'> = { type: 'eraseFileSystem', ...which };
  return { make, erase, uuid, options };
}

function found(host: Host, disk: PlannedDisk) {
  return host.fileSystemsOn([{ disk, volume: null }])[0]?.has ?? null;
}

export function fileSystemContract(name: string, on: OnStorage): void {
  for (const type of FILE_SYSTEM_TYPES)
    describe(`${name}: ${type}`, () => {
      on('is made as planned, known again, and taken away', ({ host, disk }) => {
        const { make, erase, uuid, options } = operationsFor(host, type, disk);
        assert.equal(found(host, disk), null);
        assert.equal(effectOf(make, host).state, 'open');
        assert.equal(effectOf(erase, host).state, 'done');
        host.perform(make);
        const has = found(host, disk);
        assert.deepEqual(
          [has?.type, has?.uuid, has?.state, has?.mountedAt, has?.holds],
          [type, uuid, 'clean', null, { is: 'nothing' }],
        );
        assert.deepEqual(has?.features.toSorted(), options.features.toSorted());
        assert.deepEqual([has?.blockBytes, has?.sectorBytes], [options.blockBytes, options.sectorBytes]);
        assert.equal(has?.allocationGroups, options.allocationGroups);
        assert.equal(has?.reservedBytes, type === 'ext4' ? 0 : null);
        assert.equal(effectOf(make, host).state, 'done');
        host.perform(make);

        const want = {
          ...{ place: make.place, type, uuid, options, mountPoint: MOUNT_POINT, service: null },
          ...{ isErased: false, placeBytes: null, needs: [] },
        };
        const consent = { adopt: new Set<string>(), fromRoot: false, flags: new Set<never>() };
        const [have = null] = kind.observe(host, [want]);
        assert.deepEqual(kind.diff(want, have, consent), { steps: [], refusals: [], warnings: [] });

        assert.equal(effectOf(erase, host).state, 'open');
        host.perform(erase);
        assert.equal(found(host, disk), null);
        assert.equal(effectOf(erase, host).state, 'done');
        host.perform(erase);
      });

      on('is not made over another one, and another one is not taken away', ({ host, disk, prepare }) => {
        const { make, erase } = operationsFor(host, type, disk);
        prepare.sign('ext4');
        const before = found(host, disk);
        assert.equal(before?.type, 'ext4');
        for (const operation of [make, erase]) {
          assert.equal(effectOf(operation, host).state, 'changed');
          fails(host, operation, 'E_CHANGED');
        }
        assert.deepEqual(found(host, disk), before);
      });

      on('is not made, grown or taken away on another disk', ({ host, disk }) => {
        const { make } = operationsFor(host, type, disk);
        const other = { ...disk, sizeBytes: disk.sizeBytes * 2 };
        const place = { disk: other, volume: null };
        assert.deepEqual(host.fileSystemsOn([place]), [null]);
        assert.throws(() => host.perform({ ...make, place }));
        assert.equal(found(host, disk), null);
      });
    });
}
