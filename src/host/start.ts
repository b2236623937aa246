// Owns the first thing that runs (dist/jts-hot.js): tells the version, notices that what was built is no longer what the
// checkout has, and loads the program with the code that was compiled for it. Must run, in a way, on any Node.js: it has
// no static import of Node.js's own modules, which take longer to load than the whole program.
import type { Worker } from 'node:worker_threads';
import { SCAN_WORKER_OPTIONS } from './scan/worker-options.ts';
import { haveChangedByNode, type Sources } from './sources.ts';

/** The build (build.ts) writes these in. */
declare const VERSION: string;
/** Names of the texts of the program and of its libraries, and of the compiled code of both, beside this file. */
declare const PROGRAM: string;
declare const LIBRARIES: string;
declare const COMPILED_LIBRARIES: string;
/** By command; those that are not in it take that of `setup`. */
declare const COMPILED: { readonly setup: string; readonly [command: string]: string };
/** What the program asks for by these names is in the libraries' text. */
declare const LIBRARY_NAMES: readonly string[];
/** The program of a thread that scans. */
declare const SCAN_WORKER: string;
/** Commands that measure. */
declare const MEASURING: readonly string[];
/** Each source and directory of sources, when it was built. */
declare const SOURCES: Sources;
/** The first line of this file, by which bin/jts-hot knows which build it is. */
declare const BUILD: string;

/** build.ts sees to it that only single names are imported from these. */
declare const LATE: readonly string[];

const WORKS_WITH = 24;
const [, , ...words] = process.argv;
const beside = decodeURIComponent(import.meta.url.slice('file://'.length).replace(/[^/]*$/, ''));

/** By bin/jts-hot in a checkout: a program that was copied from it has nothing to compare with. */
const inCheckout = process.env['JTS_HOT_SOURCES'] === 'compare';
delete process.env['JTS_HOT_SOURCES'];

if (!process.version.startsWith(`v${WORKS_WITH}.`)) await prepareFirst('another Node.js');
else {
  const asksVersion = words.length === 1 && (words[0] === '--version' || words[0] === '-V');
  if (!asksVersion) run();
  else if (inCheckout && haveChangedByNode(process.getBuiltinModule('node:fs'), `${beside}..`, SOURCES))
    await prepareFirst(BUILD);
  else if (!isTold(process.getBuiltinModule('node:fs'))) run();
}

/** false: not a byte of it was. The program then says why. */
function isTold({ writeSync }: typeof import('node:fs')): boolean {
  try {
    if (writeSync(1, `${VERSION}\n`) < VERSION.length + 1) process.exitCode = 1;
    return true;
  } catch {
    return false;
  }
}

/** Has bin/jts-hot bring up to date what is not, in the place of this process. `stale`: what that is. */
async function prepareFirst(stale: string): Promise<void> {
  const argv = ['sh', `${beside}../bin/jts-hot`, ...words];
  const env = { ...process.env, JTS_HOT_STALE: stale };
  process.execve?.('/bin/sh', argv, env);
  // A Node.js that cannot be replaced is one that the program does not run on: it comes to this once.
  const { spawnSync } = await import('node:child_process');
  const { status } = spawnSync('/bin/sh', argv.slice(1), { env, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

function run(): void {
  // The kernel makes a thread in no time, and waits for all of them where each core has something else to do.
  process.env['UV_THREADPOOL_SIZE'] = '3';
  // As early as can be: it takes as long to get ready as the program does.
  const scanWorker = MEASURING.includes(words[0] ?? '') ? startScanWorker() : null;
  load(PROGRAM, COMPILED[words[0] ?? ''] ?? COMPILED.setup)(
    requireLate(),
    import.meta.url,
    scanWorker,
    // It compares before it does anything, faster than can be done here.
    inCheckout ? { checkout: `${beside}..`, sources: SOURCES, buildAnew: () => prepareFirst(BUILD) } : null,
  );
}

/** The name of the compiled code has the hash of the text: of another text of the same length V8 would take it, too. */
function load(text: string, code: string): (...given: readonly unknown[]) => unknown {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { Script } = process.getBuiltinModule('node:vm');
  const filename = beside + text;
  const options = { filename, ...compiled(() => readFileSync(beside + code)) };
  return new Script(readFileSync(filename, 'latin1'), options).runInThisContext();
}

function startScanWorker(): Worker {
  const threads = process.getBuiltinModule('node:worker_threads');
  const url = new URL(SCAN_WORKER, import.meta.url);
  return new threads.Worker(url, { ...SCAN_WORKER_OPTIONS, env: threads.SHARE_ENV });
}

/** Without it, or with that of another Node.js, which is not taken, all is compiled anew: slower, and the same. */
function compiled(read: () => Buffer): { readonly cachedData?: Buffer } {
  try {
    return { cachedData: read() };
  } catch {
    return {};
  }
}

/**
 * Modules of Node.js that most commands ask little of, and that take milliseconds: loaded when they are first asked. The
 * libraries that read files are loaded where the program comes to them, which it does only where there is a file.
 */
function requireLate(): (name: string) => unknown {
  const require = process.getBuiltinModule as (name: string) => {
    readonly [property: string | symbol]: unknown;
  };
  let libraries: { readonly [name: string]: unknown } | null = null;
  return (name) => {
    if (LIBRARY_NAMES.includes(name)) {
      libraries ??= load(LIBRARIES, COMPILED_LIBRARIES)(require) as { readonly [name: string]: unknown };
      return libraries[name];
    }
    if (!LATE.includes(name)) return require(name);
    return new Proxy({}, { get: (_, property) => require(name)[property] });
  };
}
