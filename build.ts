// Bundles src/main.ts into dist/: one small entry and a chunk a command, so that a command loads only what it needs; and
// the program of the threads that scan.
// Must not leave a program half built: chunks are named by their content and come first, the entry comes last.
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const checkout = import.meta.dirname;
const dist = join(checkout, 'dist');
const entry = 'jts-hot.js';

const sources = [
  'build.ts',
  'package.json',
  'src',
  ...readdirSync(join(checkout, 'src'), { recursive: true, encoding: 'utf8' }).map((path) =>
    join('src', path),
  ),
];
/** When a source last changed, in seconds since the epoch. */
const sourcesChanged =
  Math.max(
    ...sources.map((path) => statSync(join(checkout, path), { throwIfNoEntry: false })?.mtimeMs ?? 0),
  ) / 1000;

/** Loads the native part of koffi, and not its loader, which takes longer than all it loads: in every thread. */
const koffi: Plugin = {
  name: 'koffi',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^koffi$/ }, () => ({ path: 'koffi', namespace: 'native' }));
    onLoad({ filter: /^koffi$/, namespace: 'native' }, () => ({
      contents: `
        import { createRequire } from 'node:module';
        const { resolve } = createRequire(import.meta.url);
        export default createRequire(resolve('koffi'))('@koromix/koffi-linux-' + process.arch);`,
    }));
  },
};

const common = {
  absWorkingDir: checkout,
  outdir: dist,
  write: false,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  plugins: [koffi],
  legalComments: 'none',
  minifySyntax: true,
  sourcemap: false,
} as const satisfies BuildOptions;

/** Whole in one file, since every thread loads it; named by its content, since a running program may yet start some. */
const worker = await build({
  ...common,
  entryPoints: { 'scan-worker': 'src/host/scan/worker.ts' },
  entryNames: '[name]-[hash]',
}).catch(() => process.exit(1)); // esbuild has printed why.

const program = await build({
  ...common,
  entryPoints: { 'jts-hot': 'src/main.ts' },
  splitting: true,
  // The build of yaml for Node is CommonJS, which would need a `require` in the bundle; the other one is ES modules.
  alias: { yaml: join(checkout, 'node_modules/yaml/browser/index.js') },
  define: {
    'process.env.JTS_HOT_VERSION': JSON.stringify(
      JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')).version,
    ),
    SCAN_WORKER: JSON.stringify(`./${basename(worker.outputFiles[0]?.path ?? '')}`),
  },
}).catch(() => process.exit(1));

mkdirSync(dist, { recursive: true });
// Whatever the umask: it is run by root, and read by everybody.
chmodSync(dist, 0o755);
const outputFiles = [...worker.outputFiles, ...program.outputFiles];
const built = new Map(outputFiles.map((file) => [basename(file.path), file.contents]));
const entryLast = [...built.keys()].sort((a, b) => Number(a === entry) - Number(b === entry));
for (const name of entryLast) {
  const half = join(dist, `${name}.${process.pid}`);
  // Flushed, because a power cut could otherwise leave an empty program, which does nothing and succeeds.
  writeFileSync(half, built.get(name) ?? '', { flush: true });
  chmodSync(half, 0o644);
  // Not the time of the build, so that bin/jts-hot also notices a source that changed during it, or came later with an
  // older date. The millisecond more is for what a number of seconds cannot hold.
  if (name === entry) utimesSync(half, sourcesChanged, sourcesChanged + 0.001);
  renameSync(half, join(dist, name));
}

// A command that is running now may yet load its chunks, so those of earlier builds stay for a day.
const yesterday = Date.now() - 24 * 60 * 60 * 1000;
for (const name of readdirSync(dist)) {
  const path = join(dist, name);
  // Somebody may be waiting for the lock of bin/jts-hot.
  if (name === '.lock') continue;
  if (!built.has(name) && statSync(path).mtimeMs < yesterday) rmSync(path, { recursive: true, force: true });
}
