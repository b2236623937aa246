// Owns what every host must do with disks, volumes and file systems, as one suite over a way to make one: memory.test.ts runs it,
// and storage-inside.ts in a virtual machine with an NVMe disk. A part is a file beside this one.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { fileSystemContract } from './file-system-contract.ts';
import { type MakeStorageBench, type OnStorage, storageCasesOn } from './storage-cases.ts';
import { volumeContract } from './volume-contract.ts';
import { wholeDiskContract } from './whole-disk-contract.ts';

export function storageContract(name: string, make: MakeStorageBench): void {
  const on = storageCasesOn(make);
  for (const hold of [benchContract, wholeDiskContract, fileSystemContract, volumeContract]) hold(name, on);
}

function benchContract(name: string, on: OnStorage): void {
  describe(`${name}: the disk`, () => {
    on('is known by its serial number', ({ host, disk, name: called }) => {
      assert.equal(host.blockDisks([called])[0]?.serial, disk.serial);
    });
  });
}
