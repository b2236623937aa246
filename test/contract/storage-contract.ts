// Owns what every host must do with disks, volumes and file systems, as one suite over a way to make one: memory.test.ts runs it,
// storage-inside.ts in a virtual machine with an NVMe disk, and stage-inside.ts on the disk of a rehearsal. A part is a file beside
// this one.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { fileSystemContract } from './file-system-contract.ts';
import { type MakeStorageBench, type OnStorage, storageCasesOn } from './storage-cases.ts';
import { volumeContract } from './volume-contract.ts';
import { wholeDiskContract } from './whole-disk-contract.ts';

export function storageContract(name: string, make: MakeStorageBench, { volumes = true } = {}): void {
  const on = storageCasesOn(make);
  for (const hold of [benchContract, wholeDiskContract, fileSystemContract]) hold(name, on);
  if (volumes) volumeContract(name, on);
}

function benchContract(name: string, on: OnStorage): void {
  describe(`${name}: the disk`, () => {
    on('is known by its serial number', ({ host, disk, name: called }) => {
      assert.equal(host.blockDevices().find((one) => one.name === called)?.serial, disk.serial);
    });
  });
}
