// What every host must do with a disk as a whole: hold it, save its ends, erase them, put them back, and refuse the wrong one.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { endsInManifest } from '../../src/port/disk-image.ts';
import type { Host } from '../../src/port/host.ts';
import { effectOf, type OperationOf } from '../../src/port/operation.ts';
import type { DiskEnds } from '../../src/port/saved-disk.ts';
import type { PlannedDisk } from '../../src/port/storage.ts';
import { fails, isProblem } from './cases.ts';
import type { OnStorage } from './storage-cases.ts';

const NOWHERE = 'ab'.repeat(32);

function endsOf(host: Host, disk: PlannedDisk): DiskEnds {
  const ends = host.diskEnds(disk);
  assert.ok(ends !== null);
  return ends;
}

const saveOf = (disk: PlannedDisk, ends: string): OperationOf<'saveDisk'> => ({
  type: 'saveDisk',
  disk,
  ends,
});
const eraseOf = (disk: PlannedDisk, ends: string): OperationOf<'eraseDisk'> => ({
  type: 'eraseDisk',
  disk,
  ends,
});
const restoreOf = (
  disk: PlannedDisk,
  ends: string,
  over: string | null = null,
): OperationOf<'restoreDisk'> => ({ type: 'restoreDisk', disk, ends, over });

/** Saved, and what it is saved as. */
function save(host: Host, disk: PlannedDisk): string {
  const { hash } = endsOf(host, disk);
  host.perform(saveOf(disk, hash));
  return hash;
}

function signaturesOf(host: Host, name: string): readonly string[] {
  return host.deviceContents([name])[0]?.signatures.map(({ type }) => type) ?? [];
}

export function wholeDiskContract(name: string, on: OnStorage): void {
  describe(`${name}: saveDisk`, () => {
    on('keeps the ends of a disk, and what was on it', ({ host, disk, prepare }) => {
      assert.equal(endsOf(host, disk).isZero, true);
      prepare.sign('ext4');
      const { hash, isZero } = endsOf(host, disk);
      assert.equal(isZero, false);
      assert.deepEqual(host.savedDisks(), []);
      assert.equal(effectOf(saveOf(disk, hash), host).state, 'open');
      host.perform(saveOf(disk, hash));
      assert.equal(effectOf(saveOf(disk, hash), host).state, 'done');
      host.perform(saveOf(disk, hash));
      const [saved, ...more] = host.savedDisks();
      assert.deepEqual(more, []);
      assert.deepEqual([saved?.disk, saved?.hash, saved?.volumeGroup], [disk, hash, null]);
      assert.match(saved?.held.join() ?? '', /ext4/);
      assert.match(saved?.path ?? '', /^\/var\/lib\/jts-hot\/disks\/.+\/[0-9a-f]{64}$/);
      assert.equal(endsOf(host, disk).hash, hash);
    });

    on('saves nothing else than was planned for', ({ host, disk, prepare }) => {
      const { hash } = endsOf(host, disk);
      prepare.sign('ext4');
      assert.equal(effectOf(saveOf(disk, hash), host).state, 'changed');
      fails(host, saveOf(disk, hash), 'E_CHANGED');
      assert.deepEqual(host.savedDisks(), []);
    });
  });

  describe(`${name}: eraseDisk`, () => {
    on('takes away what was saved, and its undo brings it back', ({ host, disk, name: called, prepare }) => {
      prepare.sign('ext4');
      const { hash } = endsOf(host, disk);
      fails(host, eraseOf(disk, hash), 'E_NOT_KEPT');
      assert.deepEqual(signaturesOf(host, called), ['ext4']);
      save(host, disk);
      assert.equal(effectOf(eraseOf(disk, hash), host).state, 'open');
      assert.equal(effectOf(restoreOf(disk, hash), host).state, 'done');
      host.perform(eraseOf(disk, hash));
      assert.equal(effectOf(eraseOf(disk, hash), host).state, 'done');
      assert.equal(endsOf(host, disk).isZero, true);
      assert.deepEqual(signaturesOf(host, called), []);
      host.perform(eraseOf(disk, hash));
      assert.equal(effectOf(restoreOf(disk, hash), host).state, 'open');
      host.perform(restoreOf(disk, hash));
      assert.equal(effectOf(restoreOf(disk, hash), host).state, 'done');
      assert.equal(endsOf(host, disk).hash, hash);
      assert.deepEqual(signaturesOf(host, called), ['ext4']);
    });

    on('leaves what came after it was saved', ({ host, disk, name: called, prepare }) => {
      prepare.sign('ext4');
      const hash = save(host, disk);
      prepare.sign('xfs');
      assert.equal(effectOf(eraseOf(disk, hash), host).state, 'changed');
      fails(host, eraseOf(disk, hash), 'E_CHANGED');
      assert.deepEqual(signaturesOf(host, called), ['xfs']);
    });
  });

  describe(`${name}: restoreDisk`, () => {
    on('leaves a disk that holds something newer, and says what', ({ host, disk, name: called, prepare }) => {
      prepare.sign('ext4');
      const hash = save(host, disk);
      host.perform(eraseOf(disk, hash));
      prepare.sign('xfs');
      const effect = effectOf(restoreOf(disk, hash), host);
      assert.match(effect.state === 'changed' ? effect.why : effect.state, /^it holds data: xfs/);
      fails(host, restoreOf(disk, hash), 'E_CHANGED');
      assert.deepEqual(signaturesOf(host, called), ['xfs']);
      fails(host, restoreOf(disk, NOWHERE), 'E_NOT_KEPT');
      assert.equal(effectOf(restoreOf(disk, NOWHERE), host).state, 'changed');
    });

    on('puts it back over what is named, and over nothing else', ({ host, disk, name: called, prepare }) => {
      prepare.sign('ext4');
      const before = save(host, disk);
      prepare.sign('xfs');
      const after = save(host, disk);
      assert.equal(effectOf(restoreOf(disk, before, NOWHERE), host).state, 'changed');
      fails(host, restoreOf(disk, before, NOWHERE), 'E_CHANGED');
      assert.equal(effectOf(restoreOf(disk, before, after), host).state, 'open');
      host.perform(restoreOf(disk, before, after));
      assert.equal(endsOf(host, disk).hash, before);
      assert.deepEqual(signaturesOf(host, called), ['ext4']);
      host.perform(restoreOf(disk, after, before));
      assert.equal(endsOf(host, disk).hash, after);
    });
  });

  describe(`${name}: imageDisk`, () => {
    const request = (disk: PlannedDisk, file: string, signal = new AbortController().signal) => ({
      disk,
      file,
      signal,
    });

    on('makes a verified image once, in a file of its own', async ({ host, disk, isQuick, prepare }) => {
      if (!isQuick) return;
      prepare.sign('ext4');
      const before = endsOf(host, disk);
      const image = await host.imageDisk(request(disk, '/image-of-a-disk'));
      assert.ok(image !== null);
      assert.deepEqual([image.bytes, image.ends], [disk.sizeBytes, before.hash]);
      assert.ok(image.writtenBytes < disk.sizeBytes / 10);
      const entry = host.entry('/image-of-a-disk');
      assert.deepEqual([entry.type, 'mode' in entry && entry.mode], ['file', '0600']);
      assert.equal(endsInManifest(host.text('/image-of-a-disk.json') ?? '', disk), before.hash);
      await assert.rejects(host.imageDisk(request(disk, '/image-of-a-disk')), isProblem('E_EXISTS'));
      assert.equal(endsOf(host, disk).hash, before.hash);
    });

    on('leaves nothing where it is stopped, and reads no disk in use', async ({ host, disk, prepare }) => {
      prepare.sign('ext4');
      assert.equal(await host.imageDisk(request(disk, '/image-of-a-disk', AbortSignal.abort())), null);
      const release = prepare.use();
      await assert.rejects(host.imageDisk(request(disk, '/image-of-a-disk')), isProblem('E_IN_USE'));
      release();
      for (const path of ['/image-of-a-disk', '/image-of-a-disk.json', '/image-of-a-disk.unfinished'])
        assert.equal(host.entry(path).type, 'missing');
    });
  });

  describe(`${name}: the right disk`, () => {
    on('is not one with another name or size', ({ host, disk, prepare }) => {
      prepare.sign('ext4');
      const hash = save(host, disk);
      const others = [
        [{ ...disk, serial: `${disk.serial}X` }, 'E_NO_DISK'],
        [{ ...disk, namespace: disk.namespace + 1 }, 'E_NO_DISK'],
        [{ ...disk, wwid: 'eui.ffffffffffffffff' }, 'E_DISK_WWID'],
        [{ ...disk, sizeBytes: disk.sizeBytes - 4096 }, 'E_DISK_CHANGED'],
      ] as const;
      for (const [other, code] of others) {
        assert.equal(host.diskEnds(other), null);
        assert.equal(effectOf(saveOf(other, hash), host).state, 'changed');
        fails(host, saveOf(other, hash), code);
        assert.throws(() => host.holdDisk(other), isProblem(code));
      }
      assert.equal(endsOf(host, disk).hash, hash);
    });

    on('is nobody else’s while it is written to', ({ host, disk, prepare }) => {
      prepare.sign('ext4');
      const hash = save(host, disk);
      const release = prepare.use();
      for (const operation of [eraseOf(disk, hash), restoreOf(disk, hash)])
        fails(host, operation, 'E_IN_USE');
      release();
      assert.equal(endsOf(host, disk).isZero, false);
    });

    on('is held for a whole run, and not taken from who holds it', ({ host, disk, prepare }) => {
      prepare.sign('ext4');
      const release = host.holdDisk(disk);
      const within = host.holdDisk(disk);
      const hash = save(host, disk);
      within();
      host.perform(eraseOf(disk, hash));
      release();
      release();
      const letGo = prepare.lock();
      fails(host, restoreOf(disk, hash), 'E_DISK_LOCKED');
      assert.throws(() => host.holdDisk(disk), isProblem('E_DISK_LOCKED'));
      letGo();
      host.perform(restoreOf(disk, hash));
      assert.equal(endsOf(host, disk).hash, hash);
    });
  });
}
