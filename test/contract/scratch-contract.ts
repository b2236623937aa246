// Holds a host to what all do: files without a name.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { isProblem, type OnHost } from './cases.ts';

export function scratchContract(name: string, on: OnHost): void {
  describe(`${name}: openScratch`, () => {
    on('leaves nothing to be seen, while it is open and after', ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`);
      const seen = () => [...host.walk(`${base}/staging`)].map((met) => met.path);
      const before = seen();
      const scratch = host.openScratch(`${base}/staging`, 1_000_000);
      assert.deepEqual(seen(), before);
      scratch.close();
      scratch.close();
      assert.deepEqual(seen(), before);
    });

    on('is made in a directory, and through no link', ({ host, prepare }, base) => {
      prepare.file(`${base}/file`);
      prepare.directory(`${base}/elsewhere`);
      prepare.link(`${base}/link`, `${base}/elsewhere`);
      for (const what of ['missing', 'file', 'link'])
        assert.throws(() => host.openScratch(`${base}/${what}`, 1000), isProblem('E_SCRATCH'), what);
    });
  });
}
