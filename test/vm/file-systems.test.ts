// File systems on NVMe disks of 4 TB with sectors of 512 and 4096 bytes and on volumes, on a kernel with quotas and device mapper.
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { runInside } from './inside.ts';
import { startMachine } from './machine.ts';
import { putProduct } from './product.ts';

it('are made, verified, grown and taken away again', async (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  using machine = startMachine({ disks: [makeDisk({ serial: 'FSSMALL1' })] });
  machine.plug(makeDisk({ serial: 'FSLARGE1' }), { sectorBytes: 4096 });
  putProduct(machine);
  t.diagnostic(
    await runInside(machine, 'test/vm/file-systems-inside.ts', {
      variables: { SMALL_SECTORS: 'FSSMALL1', LARGE_SECTORS: 'FSLARGE1' },
    }),
  );
});
