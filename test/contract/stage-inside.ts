// Runs the contract about storage against the disk of a rehearsal, which stands in the place of a real one: rehearsal.test.ts starts it
// on a stage. Volumes are held to it in a virtual machine (test/vm/storage.test.ts): here may be no device mapper.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { openLinuxHost } from '../../src/host/linux.ts';
import { onStage, REHEARSED_SERIAL } from '../../src/host/rehearsal/rehearsed-disk.ts';
import { STAGE_VARIABLE } from '../../src/setup/rehearse.ts';
import type { StorageBench } from './storage-cases.ts';
import { storageContract } from './storage-contract.ts';
import { preparationOn } from './storage-preparation.ts';

const stage = onStage(process.env[STAGE_VARIABLE]);
assert.ok(stage?.disk, 'this destroys a disk: run test/contract/rehearsal.test.ts');
const { name } = stage.disk;
const path = `/dev/${name}`;

function stageBench(): StorageBench {
  const host = openLinuxHost({ root: '/', base: '/data/jts/hot' });
  const sizeBytes = host.blockDevices().find((device) => device.name === name)?.sizeBytes;
  assert.ok(sizeBytes !== undefined);
  return {
    host,
    name,
    isQuick: true,
    disk: { serial: REHEARSED_SERIAL, namespace: 1, wwid: null, sizeBytes },
    // udev sees to nothing here: its nodes are those of the stage.
    prepare: preparationOn(name, () => {}),
    dispose() {
      for (const left of ['/var/lib/jts-hot/disks', '/image-of-a-disk', '/image-of-a-disk.json'])
        rmSync(left, { recursive: true, force: true });
      execFileSync('blkdiscard', ['--force', path]);
    },
  };
}

storageContract('a stage', stageBench, { volumes: false });
