// What sysfs tells of the disks of this machine, whichever it has.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { blockDiskOf } from './block-disk.ts';

describe('blockDiskOf', () => {
  it('tells of every disk here how long it worked, and the serial number it has', () => {
    for (const name of readdirSync('/sys/block')) {
      const { name: same, serial, busyMs } = blockDiskOf(name);
      assert.equal(same, name);
      assert.ok(busyMs !== null && busyMs >= 0, name);
      const told = read(`/sys/block/${name}/serial`) ?? read(`/sys/block/${name}/device/serial`);
      if (told !== null && told !== '' && read(`/sys/block/${name}/nsid`) === null)
        assert.equal(serial, told);
    }
  });

  it('knows nothing of one that is not there', () => {
    assert.deepEqual(blockDiskOf('none'), { name: 'none', serial: null, model: null, busyMs: null });
  });
});

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim().replace(/ +/g, ' ');
  } catch {
    return null;
  }
}
