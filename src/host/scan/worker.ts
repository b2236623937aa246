// Owns one thread of a measurement: takes part when it is told to, until nothing is left to do, and ends.
// Only this thread opens directories that may never answer; the main thread must not.
import { parentPort } from 'node:worker_threads';
import type { Entry } from '../../port/entry.ts';
import { SystemError } from '../syscalls.ts';
import { type Tree, treeFrom } from '../tree.ts';
import { close } from './calls.ts';
import type { Message, Report, Start } from './report.ts';
import { openShared, type Shared } from './shared.ts';
import { createWalker } from './walk.ts';

parentPort?.once('message', (start: Start) => {
  const shared = openShared(start.memory);
  if (shared.join()) {
    takePart(start, shared);
    post({ type: 'over' });
  }
  parentPort?.close();
});

function post(message: Message): void {
  parentPort?.postMessage(message);
}

function takePart(start: Start, shared: Shared): void {
  const { worker, rootFd, base, mounts, trees, depth, find, owners, inspection, apart } = start;
  const tree = treeFrom(rootFd, base, mounts);
  const pathOf = (index: number) => trees[index] ?? '';
  const walker = createWalker({
    shared,
    worker,
    depth,
    find,
    owners,
    inspection,
    apart,
    openTop: (index) => {
      const opened = open(tree, pathOf(index));
      return 'fd' in opened ? opened.fd : -1;
    },
  });
  let at = -1;
  /** Sent as soon as a tree is left: the thread may hang in the next one, and its knowledge with it. */
  const move = (to: number) => {
    if (to === at) return;
    if (at !== -1) post({ type: 'report', report: { ...walker.report(), error: null } });
    at = to;
    if (to !== -1) walker.begin(to);
  };
  for (let turn = shared.next(worker); turn !== null; turn = shared.next(worker)) {
    if ('job' in turn) {
      move(shared.treeOf(turn.job.slot));
      walker.walk(turn.job);
    } else {
      move(turn.tree);
      const opened = open(tree, pathOf(turn.tree));
      if ('fd' in opened) walker.walkTop(opened.fd);
      else post({ type: 'report', report: failed(turn.tree, opened.error) });
    }
  }
  move(-1);
  for (const fd of shared.takeLeftovers()) close(fd);
}

function failed(tree: number, error: string): Report {
  const nothing = { accounts: [], mountPoints: [], unreadable: [], found: [], owned: [], noticed: null };
  return { tree, ...nothing, error };
}

function open(tree: Tree, path: string): { readonly fd: number } | { readonly error: string } {
  try {
    return { fd: tree.openDirectory(path) };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { error: whatIs(tree, path) ?? error.code };
  }
}

/** What is there instead of a readable directory; null: a directory that cannot be read. */
function whatIs(tree: Tree, path: string): Exclude<Entry['type'], 'directory' | 'hidden'> | null {
  try {
    const { type } = tree.entry(path);
    return type === 'directory' || type === 'hidden' ? null : type;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return null;
  }
}
