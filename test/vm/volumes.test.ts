// Volumes on NVMe disks with sectors of 512 and of 4096 bytes, planned and made by the program's own code on a real kernel: exact,
// grown while they are in use, refused where LVM is not as wanted, and taken back until the disk reads as before.
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { runInside } from './inside.ts';
import { startMachine } from './machine.ts';
import { putProduct } from './product.ts';

it('makes, grows and takes back volumes on NVMe disks, and leaves those of others alone', async (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  using machine = startMachine({ disks: [makeDisk({ serial: 'VOLUMES1', sizeBytes: 2 ** 36 })] });
  machine.plug(makeDisk({ serial: 'VOLUMES2', sizeBytes: 2 ** 35 }), { sectorBytes: 4096 });
  putProduct(machine);
  t.diagnostic(
    await runInside(machine, 'test/vm/volumes-inside.ts', {
      variables: { VOLUMES_DISKS: 'VOLUMES1 VOLUMES2' },
    }),
  );
});
