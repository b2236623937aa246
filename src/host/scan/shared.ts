// Owns the memory that the threads of one measurement share, and every use of it: the lock, the directories
// handed from one to another, the sums, the table of files with several names. Numbers only; knows no system call.
import { DIRECTORIES_KEPT, UNREADABLE_KEPT } from '../../port/measure.ts';

/** Threads of a measurement, at most. */
export const MOST_WORKERS = 8;

/** What is copied from thread to thread when a measurement begins: the memory itself stays one. */
export interface SharedMemory {
  readonly trees: number;
  readonly turns: SharedArrayBuffer;
  readonly sums: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly links: SharedArrayBuffer;
  readonly entered: SharedArrayBuffer;
}

/** A directory to read: an open descriptor, the account it counts into, and how far below its tree it is. */
export interface Job {
  readonly fd: number;
  readonly slot: number;
  readonly depth: number;
}

/** What a thread does next. The thread that takes a tree opens it. */
export type Turn = { readonly tree: number } | { readonly job: Job };

const RUNNING = 0;
const DONE = 1;
const STOPPED = 2;

// Words of `turns`.
const LOCK = 0;
const SIGNAL = 1;
const STATE = 2;
const JOINED = 3;
const IDLE = 4;
const QUEUED = 5;
const HEAD = 6;
const NEXT_TREE = 7;
const SLOTS = 8;
const LINKS = 9;
const LINKS_BEYOND = 10;
/** Of the queue, how many were taken when it was over. */
const LEFT = 11;
/** For each thread the tree it is at or was stopped in, and 1; 0: it has nothing open. */
const AT_TREE = 16;
/** For each thread how many entries it has looked at. */
const ENTRIES = AT_TREE + MOST_WORKERS;
const QUEUE = ENTRIES + MOST_WORKERS;
const QUEUE_LENGTH = 256;
const JOB_WORDS = 3;
/** For each tree major and minor number of its device, and how many unreadable places have been named. */
const TREES = QUEUE + QUEUE_LENGTH * JOB_WORDS;
const TREE_WORDS = 3;

/** Of an account: bytes on the disk, lengths, inodes. */
const SUM_WORDS = 3;
/** Of a tree: files, unreadable places. */
const COUNT_WORDS = 2;

/** Room for files with several names, a power of two: 16 MiB, of which pages are real only once they are used. */
const LINK_SLOTS = 1 << 20;
/** An entry: inode low, inode high, device, and who counts it (a slot and 1; 0: nobody yet; -1: being written). */
const LINK_WORDS = 4;
const OWNER = 3;

/** Room for directories that were entered, a power of two: 8 MiB, of which pages are real only once they are used. */
const ENTERED_SLOTS = 1 << 20;
/** The number of places to look in: a nearly full table takes what it has no room for as new. */
const ENTERED_PLACES = 64;
/** 2^64 / golden ratio: its multiples are far from each other (Knuth, TAOCP 3, 6.4). */
const GOLDEN = 0x9e3779b97f4a7c15n;

/** `links`: files with several names that it has room for; an eighth stays free, for they are found by hash. */
export function createSharedMemory(trees: number, links = LINK_SLOTS): SharedMemory {
  const memory = {
    trees,
    turns: new SharedArrayBuffer((TREES + trees * TREE_WORDS) * 4),
    sums: new SharedArrayBuffer(MOST_WORKERS * sumsOfOne(trees) * 8),
    slots: new SharedArrayBuffer((trees + DIRECTORIES_KEPT) * 16),
    links: new SharedArrayBuffer(links * LINK_WORDS * 4),
    entered: new SharedArrayBuffer(ENTERED_SLOTS * 8),
  };
  new Int32Array(memory.turns)[SLOTS] = trees;
  return memory;
}

function sumsOfOne(trees: number): number {
  return (trees + DIRECTORIES_KEPT) * SUM_WORDS + trees * COUNT_WORDS;
}

export type Shared = ReturnType<typeof openShared>;

export function openShared({ trees, turns, sums, slots, links, entered }: SharedMemory) {
  const words = new Int32Array(turns);
  const allSums = new Float64Array(sums);
  /** For each account: the tree it is in. */
  const slotTrees = new Int32Array(slots, 0, trees + DIRECTORIES_KEPT);
  const slotInodes = new Float64Array(slots, 8 * Math.ceil((trees + DIRECTORIES_KEPT) / 2));
  const linkWords = new Int32Array(links);
  const linkSlots = linkWords.length / LINK_WORDS;
  const mostLinks = linkSlots - (linkSlots >> 3);
  const slotCount = trees + DIRECTORIES_KEPT;
  const enteredInodes = new BigUint64Array(entered);

  // Futex mutex, "Futexes Are Tricky" (Drepper), mutex 2: 0 free, 1 held, 2 held and waited for.
  function lock(): void {
    let was = Atomics.compareExchange(words, LOCK, 0, 1);
    while (was !== 0) {
      if (was === 2 || Atomics.compareExchange(words, LOCK, 1, 2) !== 0) Atomics.wait(words, LOCK, 2);
      was = Atomics.compareExchange(words, LOCK, 0, 2);
    }
  }

  function unlock(): void {
    if (Atomics.sub(words, LOCK, 1) === 1) return;
    Atomics.store(words, LOCK, 0);
    Atomics.notify(words, LOCK, 1);
  }

  function wake(how: number): void {
    Atomics.add(words, SIGNAL, 1);
    Atomics.notify(words, SIGNAL, how);
  }

  return {
    /** false: the measurement is over already. */
    join(): boolean {
      lock();
      const running = words[STATE] === RUNNING;
      if (running) words[JOINED] = at(words, JOINED) + 1;
      unlock();
      return running;
    },
    joined: () => Atomics.load(words, JOINED),
    /** Waits for something to do; null: all is done, or was stopped. */
    next(worker: number): Turn | null {
      lock();
      // Stopped, it comes from a tree that it has not gone through.
      if (words[STATE] === RUNNING) words[AT_TREE + worker] = 0;
      for (;;) {
        if (words[STATE] !== RUNNING) {
          unlock();
          return null;
        }
        const turn = takeTurn(worker);
        if (turn !== null) {
          unlock();
          return turn;
        }
        const idle = Atomics.add(words, IDLE, 1) + 1;
        if (idle === words[JOINED]) {
          Atomics.store(words, STATE, DONE);
          wake(Number.POSITIVE_INFINITY);
          unlock();
          return null;
        }
        const signal = Atomics.load(words, SIGNAL);
        unlock();
        Atomics.wait(words, SIGNAL, signal);
        lock();
        Atomics.sub(words, IDLE, 1);
      }
    },
    /** Whether a thread waits for something that is not there yet. */
    wanted: () => Atomics.load(words, IDLE) > Atomics.load(words, QUEUED),
    /** false: the queue is full. */
    offer({ fd, slot, depth }: Job): boolean {
      lock();
      const queued = at(words, QUEUED);
      const taken = queued < QUEUE_LENGTH;
      if (taken) {
        const place = placeInQueue(queued);
        words[place] = fd;
        words[place + 1] = slot;
        words[place + 2] = depth;
        Atomics.store(words, QUEUED, queued + 1);
      }
      unlock();
      if (taken) wake(1);
      return taken;
    },
    running: () => Atomics.load(words, STATE) === RUNNING,
    stop(): void {
      Atomics.compareExchange(words, STATE, RUNNING, STOPPED);
      wake(Number.POSITIVE_INFINITY);
    },
    /** After a stop: descriptors that no thread took; the caller closes them. */
    takeLeftovers(): readonly number[] {
      lock();
      const left: number[] = [];
      if (words[STATE] === STOPPED)
        for (; at(words, LEFT) < at(words, QUEUED); words[LEFT] = at(words, LEFT) + 1)
          left.push(at(words, placeInQueue(at(words, LEFT))));
      unlock();
      return left;
    },
    /** Trees that are not wholly measured. */
    unfinished(): ReadonlySet<number> {
      const open = new Set<number>();
      if (Atomics.load(words, STATE) === DONE) return open;
      for (let worker = 0; worker < MOST_WORKERS; worker += 1) {
        const tree = Atomics.load(words, AT_TREE + worker) - 1;
        if (tree >= 0) open.add(tree);
      }
      for (let i = 0; i < at(words, QUEUED); i += 1) {
        open.add(at(slotTrees, at(words, placeInQueue(i) + 1)));
      }
      for (let tree = at(words, NEXT_TREE); tree < trees; tree += 1) open.add(tree);
      return open;
    },

    setDevice(tree: number, major: number, minor: number): void {
      words[TREES + tree * TREE_WORDS] = major;
      words[TREES + tree * TREE_WORDS + 1] = minor;
    },
    isOnDevice(tree: number, major: number, minor: number): boolean {
      const place = TREES + tree * TREE_WORDS;
      return words[place] === (major | 0) && words[place + 1] === (minor | 0);
    },
    /** Whether one more unreadable place of this tree should be named. */
    nameUnreadable: (tree: number) => Atomics.add(words, TREES + tree * TREE_WORDS + 2, 1) < UNREADABLE_KEPT,

    treeOf: (slot: number) => at(slotTrees, slot),
    /** The account of a tree itself is its number. */
    openTree(tree: number, inode: number): void {
      slotTrees[tree] = tree;
      slotInodes[tree] = inode;
    },
    /** An account for a directory; -1: there are as many as can be kept. */
    openAccount(tree: number, inode: number): number {
      if (Atomics.load(words, SLOTS) >= slotCount) return -1;
      const slot = Atomics.add(words, SLOTS, 1);
      if (slot >= slotCount) return -1;
      slotTrees[slot] = tree;
      slotInodes[slot] = inode;
      return slot;
    },

    /** One thread's own sums. */
    countOf(worker: number) {
      const start = worker * sumsOfOne(trees);
      const counts = start + slotCount * SUM_WORDS;
      return {
        add(slot: number, diskBytes: number, lengths: number, inodes: number): void {
          const place = start + slot * SUM_WORDS;
          allSums[place] = at(allSums, place) + diskBytes;
          allSums[place + 1] = at(allSums, place + 1) + lengths;
          allSums[place + 2] = at(allSums, place + 2) + inodes;
        },
        addFiles(tree: number, files: number): void {
          allSums[counts + tree * COUNT_WORDS] = at(allSums, counts + tree * COUNT_WORDS) + files;
        },
        addUnreadable(tree: number): void {
          allSums[counts + tree * COUNT_WORDS + 1] = at(allSums, counts + tree * COUNT_WORDS + 1) + 1;
        },
        addEntries(entries: number): void {
          words[ENTRIES + worker] = at(words, ENTRIES + worker) + entries;
        },
      };
    },
    entries(): number {
      let sum = 0;
      for (let worker = 0; worker < MOST_WORKERS; worker += 1)
        sum += Atomics.load(words, ENTRIES + worker) >>> 0;
      return sum;
    },
    slots: () => Math.min(slotCount, Atomics.load(words, SLOTS)),
    /** Of an account, over all threads, without what is below it. */
    sumOf(slot: number) {
      let [diskBytes, apparentBytes, inodes] = [0, 0, 0];
      for (let worker = 0; worker < MOST_WORKERS; worker += 1) {
        const place = worker * sumsOfOne(trees) + slot * SUM_WORDS;
        diskBytes += at(allSums, place);
        apparentBytes += at(allSums, place + 1);
        inodes += at(allSums, place + 2);
      }
      return { diskBytes, apparentBytes, inodes };
    },
    countsOf(tree: number) {
      let [files, unreadable] = [0, 0];
      for (let worker = 0; worker < MOST_WORKERS; worker += 1) {
        const place = worker * sumsOfOne(trees) + slotCount * SUM_WORDS + tree * COUNT_WORDS;
        files += at(allSums, place);
        unreadable += at(allSums, place + 1);
      }
      return { files, unreadable };
    },

    /**
     * Which account counts a file with several names, once it has been met from the account `slot`: `slot` if none has
     * yet, and the former counter in `was` where it must give it up. The first tree counts it, and in a tree one
     * account, the same one whichever thread comes first.
     */
    claim(slot: number, low: number, high: number, device: number): Claim {
      for (let place = hash(low, high, device) & (linkSlots - 1); ; place = (place + 1) & (linkSlots - 1)) {
        const entry = place * LINK_WORDS;
        let owner = Atomics.load(linkWords, entry + OWNER);
        if (owner === 0) {
          if (Atomics.load(words, LINKS) >= mostLinks) break;
          owner = Atomics.compareExchange(linkWords, entry + OWNER, 0, -1);
          if (owner === 0) {
            Atomics.add(words, LINKS, 1);
            linkWords[entry] = low;
            linkWords[entry + 1] = high;
            linkWords[entry + 2] = device;
            Atomics.store(linkWords, entry + OWNER, slot + 1);
            return FIRST;
          }
        }
        // Another thread is just writing three words.
        while (owner === -1) owner = Atomics.load(linkWords, entry + OWNER);
        if (linkWords[entry] !== low || linkWords[entry + 1] !== high || linkWords[entry + 2] !== device)
          continue;
        while (isBefore(slot, owner - 1)) {
          const found = Atomics.compareExchange(linkWords, entry + OWNER, owner, slot + 1);
          if (found === owner) return owner - 1;
          owner = found;
        }
        return COUNTED;
      }
      Atomics.add(words, LINKS_BEYOND, 1);
      return FIRST;
    },
    /**
     * false: a thread has entered this directory of the tree already, and somebody moved it since. A user who keeps moving them,
     * each below the other, would otherwise lead us down without end.
     */
    enterOnce(tree: number, low: number, high: number): boolean {
      const inode = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      // Trees can be on devices of their own (btrfs subvolumes), whose numbers begin anew.
      const key = BigInt.asUintN(64, inode + BigInt(tree) * GOLDEN) || 1n;
      const first = hash(low, high, tree);
      for (let i = 0; i < ENTERED_PLACES; i += 1) {
        const place = (first + i) & (ENTERED_SLOTS - 1);
        const was = Atomics.compareExchange(enteredInodes, place, 0n, key);
        if (was === 0n) return true;
        if (was === key) return false;
      }
      return true;
    },
    linksBeyond: () => Atomics.load(words, LINKS_BEYOND),
  };

  /** Of the entry that is `i` behind the first. */
  function placeInQueue(i: number): number {
    return QUEUE + ((at(words, HEAD) + i) % QUEUE_LENGTH) * JOB_WORDS;
  }

  function takeTurn(worker: number): Turn | null {
    const queued = at(words, QUEUED);
    if (queued > 0) {
      const place = placeInQueue(0);
      words[HEAD] = (at(words, HEAD) + 1) % QUEUE_LENGTH;
      Atomics.store(words, QUEUED, queued - 1);
      const job = { fd: at(words, place), slot: at(words, place + 1), depth: at(words, place + 2) };
      Atomics.store(words, AT_TREE + worker, at(slotTrees, job.slot) + 1);
      return { job };
    }
    const tree = at(words, NEXT_TREE);
    if (tree >= trees) return null;
    words[NEXT_TREE] = tree + 1;
    Atomics.store(words, AT_TREE + worker, tree + 1);
    return { tree };
  }

  /** Trees as they were asked for; in a tree by the directory's inode, which does not depend on who came first. */
  function isBefore(slot: number, other: number): boolean {
    if (slot === other) return false;
    const [tree, otherTree] = [at(slotTrees, slot), at(slotTrees, other)];
    if (tree !== otherTree) return tree < otherTree;
    return at(slotInodes, slot) < at(slotInodes, other);
  }
}

/** COUNTED: another account counts it. FIRST: this one does. Else this one does, and the account of this number no longer. */
export type Claim = number;
export const COUNTED = -1;
export const FIRST = -2;

/** Three words well mixed: "murmur3 finalizer" (Appleby). Inodes of one file system differ in few bits. */
function hash(low: number, high: number, device: number): number {
  let h = low ^ Math.imul(high, 0x9e3779b1) ^ Math.imul(device, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function at(array: Int32Array | Float64Array, index: number): number {
  return array[index] ?? 0;
}
