// Holds the Linux host to the contract about storage, on a kernel with NVMe and device mapper.
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { runInside } from './inside.ts';
import { startMachine } from './machine.ts';
import { putProduct } from './product.ts';

const SERIAL = 'CONTRACT1';

it('keeps the contract about storage, on an NVMe disk', async (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  using machine = startMachine({ disks: [makeDisk({ serial: SERIAL, sizeBytes: 2 ** 36 })] });
  putProduct(machine);
  t.diagnostic(
    await runInside(machine, 'test/contract/storage-inside.ts', {
      variables: { CONTRACT_DISK: SERIAL },
      timeoutMs: 900_000,
    }),
  );
});
