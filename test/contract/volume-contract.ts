// What every host must do with physical volumes, groups and volumes of LVM: make them exactly, know them by UUID, and leave alone
// what is another one, is in use, or holds something.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Host } from '../../src/port/host.ts';
import { effectOf, knownAgain, knownBy, type Operation, type OperationOf } from '../../src/port/operation.ts';
import type { PlannedDisk } from '../../src/port/storage.ts';
import { DATA_START_BYTES, EXTENT_BYTES, extentsOf, type VolumeGroup } from '../../src/port/volume-group.ts';
import { fails } from './cases.ts';
import type { OnStorage } from './storage-cases.ts';

const UUID = 'cOnTra-0000-0000-0000-0000-0000-cOnTra';
const OTHER = 'oThEr0-0000-0000-0000-0000-0000-oThEr0';
const GROUP = 'contract-hot';

function onDisk(disk: PlannedDisk) {
  const which = { disk, physicalVolume: UUID } as const;
  const volume = (name: string) => ({ ...which, group: GROUP, name });
  return {
    physicalVolume: { type: 'createPhysicalVolume', disk, uuid: UUID },
    noPhysicalVolume: { type: 'removePhysicalVolume', disk, uuid: UUID },
    group: { type: 'createVolumeGroup', ...which, name: GROUP },
    noGroup: { type: 'removeVolumeGroup', ...which, name: GROUP },
    create: (name: string, extents: number): OperationOf<'createVolume'> => ({
      type: 'createVolume',
      ...volume(name),
      extents,
    }),
    remove: (name: string, extents: number): OperationOf<'removeVolume'> => ({
      type: 'removeVolume',
      ...volume(name),
      extents,
    }),
    volume,
  } as const;
}

function stateOf(host: Host, operation: Operation): string {
  return effectOf(operation, host).state;
}

/** Does it, sees it, and does it once more without harm. */
function done(host: Host, operation: Operation): void {
  assert.equal(stateOf(host, operation), 'open', JSON.stringify(operation));
  host.perform(operation);
  assert.equal(stateOf(host, operation), 'done', JSON.stringify(effectOf(operation, host)));
  host.perform(operation);
}

function groupOf(host: Host): VolumeGroup {
  const all = host.volumeGroups();
  assert.ok(all.ok, JSON.stringify(all));
  return all.groups.find(({ name }) => name === GROUP) ?? assert.fail('no such group');
}

function volumeOf(host: Host, name: string) {
  return groupOf(host).volumes.find((one) => one.name === name) ?? assert.fail(`no volume ${name}`);
}

function changedAndFails(host: Host, operation: Operation): void {
  assert.equal(stateOf(host, operation), 'changed', JSON.stringify(operation));
  fails(host, operation, 'E_CHANGED');
}

export function volumeContract(name: string, on: OnStorage): void {
  describe(`${name}: volumes of LVM`, () => {
    on('are made exactly, from the disk to the volume, and taken back', ({ host, disk, name: called }) => {
      const { physicalVolume, noPhysicalVolume, group, noGroup, create, remove } = onDisk(disk);
      const total = extentsOf(disk.sizeBytes);
      changedAndFails(host, group);
      changedAndFails(host, create('a', 10));

      done(host, physicalVolume);
      const all = host.volumeGroups();
      const found = all.ok ? all.physicalVolumes.find(({ uuid }) => uuid === UUID) : null;
      assert.deepEqual([found?.startBytes, found?.group, found?.isLost], [DATA_START_BYTES, null, false]);
      assert.equal(found?.device, host.blockDevices().find((one) => one.name === called)?.number);

      done(host, group);
      const { extentBytes, extents, freeExtents, uuid, locked } = groupOf(host);
      assert.deepEqual([extentBytes, extents, freeExtents, locked], [EXTENT_BYTES, total, total, null]);
      assert.deepEqual(knownBy(group, host), { uuid });
      changedAndFails(host, noPhysicalVolume);
      changedAndFails(host, { ...noGroup, uuid: OTHER });

      changedAndFails(host, create('a', total + 1));
      done(host, create('a', total - 20));
      changedAndFails(host, create('b', 21));
      changedAndFails(host, create('a', total - 21));
      done(host, create('b', 20));
      assert.equal(groupOf(host).freeExtents, 0);
      assert.deepEqual(
        groupOf(host).volumes.map((one) => [one.name, one.extents, one.isActive, one.isOpen, one.layout]),
        [
          ['a', total - 20, true, false, 'linear'],
          ['b', 20, true, false, 'linear'],
        ],
      );
      const mapped = host.blockDevices().find(({ number }) => number === volumeOf(host, 'b').device);
      assert.equal(mapped?.sizeBytes, 20 * EXTENT_BYTES);
      assert.deepEqual(host.deviceContents([mapped?.name ?? ''])[0]?.signatures, []);
      assert.equal(stateOf(host, noGroup), 'changed');
      fails(host, noGroup, 'E_IN_USE');

      changedAndFails(host, { ...remove('b', 20), uuid: OTHER });
      changedAndFails(host, remove('b', 19));
      done(host, { ...remove('b', 20), uuid: volumeOf(host, 'b').uuid });
      done(host, knownAgain(remove('a', 1), knownBy(create('a', total - 20), host), create('a', total - 20)));
      done(host, knownAgain(noGroup, { uuid }, group));
      done(host, noPhysicalVolume);
      assert.deepEqual(host.deviceContents([called])[0]?.signatures, []);
      const after = host.volumeGroups();
      assert.ok(after.ok && !after.physicalVolumes.some((one) => one.uuid === UUID));
    });

    on('are not made where something is, nor on another disk', ({ host, disk, name: called, prepare }) => {
      const { physicalVolume } = onDisk(disk);
      fails(host, { ...physicalVolume, disk: { ...disk, serial: 'NOBODYS' } }, 'E_NO_DISK');
      fails(
        host,
        { ...physicalVolume, disk: { ...disk, sizeBytes: disk.sizeBytes + 4096 } },
        'E_DISK_CHANGED',
      );
      for (const type of ['ext4', 'xfs'] as const) {
        prepare.sign(type);
        changedAndFails(host, physicalVolume);
        assert.deepEqual(
          host.deviceContents([called])[0]?.signatures.map((one) => one.type),
          [type],
        );
      }
      const stop = prepare.use();
      fails(host, physicalVolume, 'E_IN_USE');
      stop();
    });

    on('grow to just that many extents, and are switched off and on', ({ host, disk }) => {
      const { physicalVolume, group, create, volume } = onDisk(disk);
      for (const operation of [physicalVolume, group, create('a', 10)]) host.perform(operation);
      const { uuid } = volumeOf(host, 'a');
      const which = { ...volume('a'), uuid };
      const total = extentsOf(disk.sizeBytes);
      const grow = (from: number, to: number): Operation => ({ type: 'growVolume', ...which, from, to });
      changedAndFails(host, grow(10, total + 1));
      changedAndFails(host, grow(9, 12));
      changedAndFails(host, { ...grow(10, 12), uuid: OTHER } as Operation);
      done(host, grow(10, 25));
      assert.equal(volumeOf(host, 'a').extents, 25);
      assert.equal(groupOf(host).freeExtents, total - 25);
      // Never smaller.
      changedAndFails(host, grow(30, 20));

      const off: Operation = { type: 'deactivateVolume', ...which };
      const active: Operation = { type: 'activateVolume', ...which };
      done(host, off);
      assert.deepEqual([volumeOf(host, 'a').isActive, volumeOf(host, 'a').device], [false, null]);
      // Nobody can see what is on it.
      changedAndFails(host, { ...onDisk(disk).remove('a', 25), uuid });
      done(host, grow(25, 26));
      done(host, active);
      assert.equal(volumeOf(host, 'a').isActive, true);
      changedAndFails(host, { ...off, uuid: OTHER });
    });

    on('stay while something is on them, or somebody has them open', ({ host, disk, prepare }) => {
      const { physicalVolume, group, create, remove, volume } = onDisk(disk);
      for (const operation of [physicalVolume, group, create('a', 200)]) host.perform(operation);
      const { uuid, device } = volumeOf(host, 'a');
      const mapped = host.blockDevices().find(({ number }) => number === device)?.name ?? assert.fail();
      prepare.sign('ext4', mapped);
      changedAndFails(host, { ...remove('a', 200), uuid });
      const stop = prepare.use(mapped);
      assert.equal(volumeOf(host, 'a').isOpen, true);
      changedAndFails(host, { ...remove('a', 200), uuid });
      changedAndFails(host, { type: 'deactivateVolume', ...volume('a'), uuid });
      done(host, { type: 'growVolume', ...volume('a'), uuid, from: 200, to: 220 });
      stop();
      assert.equal(volumeOf(host, 'a').extents, 220);
    });
  });
}
