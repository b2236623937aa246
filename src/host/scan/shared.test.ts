// What the threads of a measurement share, used by one: who counts a file with several names, what is left at the end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIRECTORIES_KEPT, UNREADABLE_KEPT } from '../../port/measure.ts';
import { COUNTED, createSharedMemory, FIRST, openShared } from './shared.ts';

function sharedFor(trees: number, links?: number) {
  const shared = openShared(createSharedMemory(trees, links));
  for (let tree = 0; tree < trees; tree += 1) shared.openTree(tree, 100 + tree);
  return shared;
}

describe('a file with several names', () => {
  it('is counted by the first account that meets it', () => {
    const shared = sharedFor(1);
    assert.equal(shared.claim(0, 7, 0, 1), FIRST);
    assert.equal(shared.claim(0, 7, 0, 1), COUNTED);
  });

  it('is another one on another device, or with another half of its inode number', () => {
    const shared = sharedFor(1);
    for (const [low, high, device] of [
      [7, 0, 1],
      [7, 1, 1],
      [7, 0, 2],
      [-7, 0, 1],
    ] as const)
      assert.equal(shared.claim(0, low, high, device), FIRST);
  });

  it('moves to the first tree of the request, whichever thread came first', () => {
    const shared = sharedFor(3);
    assert.equal(shared.claim(2, 7, 0, 1), FIRST);
    assert.equal(shared.claim(1, 7, 0, 1), 2);
    assert.equal(shared.claim(2, 7, 0, 1), COUNTED);
    assert.equal(shared.claim(0, 7, 0, 1), 1);
    assert.equal(shared.claim(1, 7, 0, 1), COUNTED);
  });

  it('moves in a tree to the directory of the lowest inode number, so that each run says the same', () => {
    const shared = sharedFor(1);
    const [late, early] = [shared.openAccount(0, 60), shared.openAccount(0, 50)];
    assert.equal(shared.claim(late, 7, 0, 1), FIRST);
    assert.equal(shared.claim(early, 7, 0, 1), late);
    assert.equal(shared.claim(0, 7, 0, 1), COUNTED);
  });

  it('is counted with each of its names once the table is full, and that is told', () => {
    const shared = sharedFor(1, 64);
    let counted = 0;
    for (let round = 0; round < 2; round += 1)
      for (let inode = 1; inode <= 100; inode += 1) if (shared.claim(0, inode, 0, 1) === FIRST) counted += 1;
    assert.equal(shared.linksBeyond(), 2 * (100 - 56));
    assert.equal(counted, 56 + 2 * (100 - 56));
  });
});

describe('a directory', () => {
  it('is entered once, by whichever thread meets it first', () => {
    const memory = createSharedMemory(1);
    const [one, other] = [openShared(memory), openShared(memory)];
    assert.equal(one.enterOnce(0, 7, 0), true);
    assert.equal(other.enterOnce(0, 7, 0), false);
    assert.equal(one.enterOnce(0, 7, 0), false);
    for (const [low, high] of [
      [8, 0],
      [7, 1],
      [-7, 0],
      [-1, -1],
    ] as const)
      assert.deepEqual([one.enterOnce(0, low, high), other.enterOnce(0, low, high)], [true, false]);
  });

  it('of another tree is another one: trees can be on devices of their own', () => {
    const shared = openShared(createSharedMemory(3));
    for (const tree of [0, 1, 2])
      assert.deepEqual([shared.enterOnce(tree, 7, 0), shared.enterOnce(tree, 7, 0)], [true, false]);
  });

  it('for which there is no room is taken for new', () => {
    const shared = openShared(createSharedMemory(1));
    let entered = 0;
    for (let inode = 1; inode <= 1.2e6; inode += 1) if (shared.enterOnce(0, inode, 0)) entered += 1;
    assert.equal(entered, 1.2e6);
  });
});

describe('sums', () => {
  it('of threads are added, also what one takes from another', () => {
    const shared = sharedFor(2);
    const [one, other] = [shared.countOf(0), shared.countOf(7)];
    one.add(1, 4096, 10, 1);
    other.add(1, 512, 5, 2);
    other.add(0, 1024, 1, 1);
    one.add(0, -1024, -1, -1);
    one.addFiles(1, 3);
    other.addFiles(1, 4);
    other.addUnreadable(0);
    one.addEntries(5);
    other.addEntries(6);
    assert.deepEqual(shared.sumOf(1), { diskBytes: 4608, apparentBytes: 15, inodes: 3 });
    assert.deepEqual(shared.sumOf(0), { diskBytes: 0, apparentBytes: 0, inodes: 0 });
    assert.deepEqual(shared.countsOf(1), { files: 7, unreadable: 0 });
    assert.deepEqual(shared.countsOf(0), { files: 0, unreadable: 1 });
    assert.equal(shared.entries(), 11);
  });

  it('are kept for so many directories and no more', () => {
    const shared = sharedFor(2);
    for (let i = 0; i < DIRECTORIES_KEPT; i += 1) assert.equal(shared.openAccount(1, i), 2 + i);
    assert.equal(shared.openAccount(1, 5), -1);
    assert.equal(shared.slots(), 2 + DIRECTORIES_KEPT);
    assert.equal(shared.treeOf(1 + DIRECTORIES_KEPT), 1);
  });

  it('name so many unreadable places of each tree', () => {
    const shared = sharedFor(2);
    const named = Array.from({ length: UNREADABLE_KEPT + 3 }, () => shared.nameUnreadable(0));
    assert.equal(named.filter((name) => name).length, UNREADABLE_KEPT);
    assert.equal(shared.nameUnreadable(1), true);
  });
});

describe('turns', () => {
  it('are trees in their order, then what was offered, then nothing', () => {
    const shared = sharedFor(2);
    assert.equal(shared.join(), true);
    assert.deepEqual(shared.next(0), { tree: 0 });
    const job = { fd: 40, slot: 0, depth: 1 };
    assert.equal(shared.offer(job), true);
    assert.deepEqual(shared.next(0), { job });
    assert.deepEqual(shared.next(0), { tree: 1 });
    assert.deepEqual([...shared.unfinished()], [1]);
    assert.equal(shared.next(0), null);
    assert.deepEqual([...shared.unfinished()], []);
    assert.equal(shared.join(), false);
  });

  it('end where they are when it is stopped: what is open, offered or not begun is unfinished', () => {
    const shared = sharedFor(5);
    shared.join();
    shared.join();
    shared.next(0);
    shared.next(1);
    shared.next(1);
    shared.offer({ fd: 40, slot: 1, depth: 3 });
    shared.offer({ fd: 41, slot: 1, depth: 3 });
    shared.stop();
    assert.equal(shared.running(), false);
    assert.equal(shared.next(1), null);
    // Who asks for more after the stop has left the tree that it was in before its end.
    assert.deepEqual([...shared.unfinished()].sort(), [0, 1, 2, 3, 4]);
    assert.deepEqual([shared.takeLeftovers(), shared.takeLeftovers()], [[40, 41], []]);
  });

  it('has room for so many offers', () => {
    const shared = sharedFor(1);
    shared.join();
    let offers = 0;
    while (shared.offer({ fd: offers, slot: 0, depth: 0 })) offers += 1;
    assert.equal(offers, 256);
    for (let fd = 0; fd < 256; fd += 1) assert.deepEqual(shared.next(0), { job: { fd, slot: 0, depth: 0 } });
  });
});
