// Owns copying and comparing trees as the main thread sees it: opens the trees, starts threads, tells how far they are, hands a signal
// on, and says what went wrong. Must not read what is in the trees.
import { closeSync, readFileSync } from 'node:fs';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Compared, CompareRequest, Copied, CopyRequest, TreeCopying } from '../../port/copy-tree.ts';
import { errnoText } from '../../values/errno.ts';
import { asLookProblem, HINTS } from '../kernel-answer.ts';
import { statusAt } from '../syscalls.ts';
import { noteThread } from '../threads.ts';
import type { Tree } from '../tree.ts';
import { countsIn, createControl, requestStop } from './pace.ts';
import type { Answer, Start } from './report.ts';

/** The bundle's build writes its name in. */
declare const COPY_WORKER: string;
const PROGRAM = new URL(typeof COPY_WORKER === 'string' ? COPY_WORKER : './worker.ts', import.meta.url);

const PROGRESS_MS = 100;

export function openTreeCopying(tree: Pick<Tree, 'openDirectory'>): TreeCopying {
  const open = (path: string) => asLookProblem(path, () => tree.openDirectory(path));

  async function copyTree(request: CopyRequest): Promise<Copied> {
    const { from, to, pass, suspects, bytesPerSecond, signal, onProgress } = request;
    const cut = to.lastIndexOf('/');
    requireApart(from, to);
    return await withOpen([from, to.slice(0, cut) || '/'], open, async ([fromFd = -1, parentFd = -1]) => {
      requireRoots(to.slice(0, cut) || '/', parentFd);
      const control = createControl();
      const start = {
        work: 'copy',
        fromFd,
        parentFd,
        name: to.slice(cut + 1),
        pass,
        suspects: suspects === 'all' ? suspects : [...suspects],
        bytesPerSecond,
        boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
        control,
      } as const;
      const tell = () => onProgress(countsIn(control));
      const answer = await runThread(start, { signal, tell });
      if (answer.of === 'failure') throw writeProblem(to, answer);
      if (answer.of === 'unknown') throw unknownProblem(to);
      if (answer.of !== 'copy') throw new Error(`a copy ended with ${answer.of}`);
      return answer.copied;
    });
  }

  async function compareTrees(request: CompareRequest): Promise<Compared> {
    const { signal, onProgress } = request;
    return await withOpen([request.one, request.other], open, async ([oneFd = -1, otherFd = -1]) => {
      const controls = [createControl(), createControl()];
      const tell = () => {
        const all = controls.map(countsIn);
        const sum = (of: 'entries' | 'bytes') => all.reduce((total, counts) => total + counts[of], 0);
        onProgress({ entries: sum('entries'), bytes: sum('bytes') });
      };
      const [first, second] = await Promise.all(
        [oneFd, otherFd].map((fd, i) => {
          const control = controls[i] ?? createControl();
          return runThread({ work: 'hash', fd, control }, { signal, tell });
        }),
      );
      if (first?.of !== 'hash' || second?.of !== 'hash') return { outcome: 'stopped' };
      const [one, other] = [first.hashed, second.hashed];
      const isWhole = [one, other].every(({ obstacles }) => Object.keys(obstacles.counts).length === 0);
      if (isWhole && one.sha256 === other.sha256) return { outcome: 'equal', one, other, differences: [] };
      const control = createControl();
      const differ = await runThread({ work: 'differ', oneFd, otherFd, control }, { signal, tell: () => {} });
      if (differ.of !== 'differ') return { outcome: 'stopped' };
      return { outcome: 'different', one, other, differences: differ.differences };
    });
  }

  return { copyTree, compareTrees };
}

async function withOpen<T>(
  paths: readonly string[],
  open: (path: string) => number,
  act: (fds: readonly number[]) => Promise<T>,
): Promise<T> {
  const fds: number[] = [];
  try {
    for (const path of paths) fds.push(open(path));
    return await act(fds);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

/** A thread of its own for each: it is ended with its work. */
function runThread(
  start: Start,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: () => void },
): Promise<Answer> {
  noteThread();
  const worker = new Worker(PROGRAM, { ...WORKER_OPTIONS, env: SHARE_ENV });
  const stop = () => requestStop(start.control);
  const progress = setInterval(tell, PROGRESS_MS);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return new Promise<Answer>((resolve, reject) => {
    let answer: Answer | null = null;
    worker.once('message', (message: Answer) => {
      answer = message;
    });
    worker.once('error', reject);
    // It has closed what it opened by then.
    worker.once('exit', () => {
      if (answer !== null) resolve(answer);
      else reject(new Error('a thread that copies ended without an answer'));
    });
    worker.postMessage(start);
  }).finally(() => {
    clearInterval(progress);
    signal.removeEventListener('abort', stop);
    tell();
  });
}

const WORKER_OPTIONS = {
  execArgv: [],
  // Descriptors are the main thread's.
  trackUnmanagedFds: false,
  stdout: true,
  stderr: true,
  // Names of a large directory, and files with several names.
  resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 1024, stackSizeMb: 4 },
};

/** Nobody but root can reach what is in it: then the copy need not be watched. */
function requireRoots(path: string, fd: number): void {
  const { uid, mode } = statusAt(fd, '');
  if (uid === 0 && (mode & 0o077) === 0) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_COPY_OPEN', 'refusing to copy to where others than root can enter', {
      at: path,
      detail: `want uid 0, mode 0700; found uid ${uid}, mode ${mode.toString(8).padStart(4, '0')}`,
      hint: 'copy into a directory that is closed to all others: chown root, chmod 0700',
    }),
  ]);
}

/** One in the other would be copied without end, or taken away as what is gone. */
function requireApart(from: string, to: string): void {
  if (from !== to && !`${to}/`.startsWith(`${from}/`) && !`${from}/`.startsWith(`${to}/`)) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_COPY_INSIDE', 'refusing to copy a directory into itself', {
      at: to,
      detail: `want it outside of ${from}, and ${from} outside of it`,
      hint: 'copy to a place beside it',
    }),
  ]);
}

function unknownProblem(to: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic(
      'E_COPY_UNKNOWN',
      'refusing to take away what is in a directory that is no copy of its source',
      {
        at: to,
        detail: `want ${to}.copied of a first pass, found none of this source`,
        hint: 'copy again from the beginning, into a place where nothing is',
      },
    ),
  ]);
}

function writeProblem(to: string, { path, call, code }: Extract<Answer, { of: 'failure' }>): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_COPY', 'cannot write the copy', {
      at: path === '' ? to : `${to}/${path}`,
      detail: `want it written, found ${errnoText(code)} in ${call}`,
      hint: HINTS[code] ?? 'run the same command again: it goes on where this one stopped',
    }),
  ]);
}
