// Bundles src/main.ts into dist/: one small entry (src/host/start.ts), the program and the libraries that read files as a text
// each with the code that Node.js compiles of it, and the programs of the threads that scan and of those that copy.
// Must not leave a program half built: files are named by their content and come first, the entry comes last.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { compile, compiledFor, compiledName, DIST, ENTRY, LIBRARIES } from './compile.ts';
import { COMMAND_NAMES, COMMANDS } from './src/catalogue/commands.ts';
import type { Sources } from './src/host/sources.ts';

const checkout = import.meta.dirname;

/** As they are now. Of a directory the date alone tells that a file came or went. */
function sourcesNow(): Sources {
  const inside = readdirSync(join(checkout, 'src'), { recursive: true, encoding: 'utf8' }).sort();
  const all = ['build.ts', 'compile.ts', 'package.json', 'src', ...inside.map((path) => `src/${path}`)];
  const found = all
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => {
      const status = statSync(join(checkout, path), { throwIfNoEntry: false });
      return status === undefined ? [] : [{ path, status }];
    });
  return {
    paths: found.map(({ path }) => `${path}\0`).join(''),
    numbers: found.flatMap(({ status }) => [status.mtimeMs, status.isDirectory() ? -1 : status.size]),
  };
}

function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest('hex').slice(0, 16);
}

/**
 * Loads the native part of koffi, and not its loader, which takes longer than all it loads: in every thread. From the place where
 * npm puts it into a checkout, else from where it is found; its own loader also knows other C libraries.
 */
const koffi: Plugin = {
  name: 'koffi',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^koffi$/ }, () => ({ path: 'koffi', namespace: 'native' }));
    onLoad({ filter: /^koffi$/, namespace: 'native' }, () => ({
      contents: `
        import { fileURLToPath } from 'node:url';
        const name = '@koromix/koffi-linux-' + process.arch;
        function load() {
          try {
            const native = { exports: {} };
            const file = '../node_modules/' + name + '/linux_' + process.arch + '/koffi.node';
            process.dlopen(native, fileURLToPath(new URL(file, import.meta.url)));
            return native.exports;
          } catch {
            const { createRequire } = process.getBuiltinModule('node:module');
            const { resolve } = createRequire(import.meta.url);
            return createRequire(resolve('koffi'))(name);
          }
        }
        export default load();`,
    }));
  },
};

/** Our messages are our own: of its forty languages zod needs none. */
const withoutLanguages: Plugin = {
  name: 'without languages',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: join(checkout, 'node_modules/zod/v4/locales'),
    }));
  },
};

/** It takes whole modules of Node.js, of which a copy would be made, name by name. */
const commander: Plugin = {
  name: 'commander',
  setup({ onLoad }) {
    onLoad({ filter: /\/commander\/lib\/command\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /^import (\w+) from ('node:\w+');$/gm,
        'const $1 = require($2);',
      ),
    }));
  },
};

const common = {
  absWorkingDir: checkout,
  outdir: DIST,
  write: false,
  bundle: true,
  platform: 'node',
  target: 'node24',
  plugins: [koffi, commander],
  legalComments: 'none',
  minifySyntax: true,
  sourcemap: false,
} as const satisfies BuildOptions;

/** Modules of Node.js that take milliseconds to load; see src/host/start.ts. */
const LATE = [
  'child_process',
  'crypto',
  'fs/promises',
  'http',
  'net',
  'os',
  'sqlite',
  'stream/consumers',
  'timers/promises',
  'tty',
  'v8',
  'worker_threads',
  'zlib',
].map((name) => `node:${name}`);

/** Of such a module as a whole there is nothing to take a copy of before it is loaded. */
function requireSingleNames(program: string): void {
  for (const [, variable = '', module = ''] of program.matchAll(
    /(\w+) = __toESM\(require\("(node:[^"]+)"\)/g,
  )) {
    const wrong = LATE.includes(module) && program.match(new RegExp(`\\b${variable}\\.(?!default\\b)\\w+`));
    if (wrong) throw new Error(`import single names from ${module} or all of it, not both: ${wrong[0]}`);
  }
  for (const [, module = ''] of program.matchAll(/=> __toESM\(require\("(node:[^"]+)"\)/g))
    if (LATE.includes(module))
      throw new Error(
        `import ${module} at the top of the file, or take it from LATE: as import() it would be empty`,
      );
}

/** Of a file that Node.js loads with `require`. */
const FILE_URL = {
  banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
  define: { 'import.meta.url': 'moduleUrl' },
} as const;

async function bundle(options: BuildOptions): Promise<string> {
  // esbuild has printed why.
  const { outputFiles } = await build({ ...common, ...options, write: false }).catch(() => process.exit(1));
  return outputFiles[0]?.text ?? '';
}

async function buildAll(): Promise<void> {
  // Before anything is read: what changes from now on is noticed at the next start.
  const sources = sourcesNow();
  const version = JSON.stringify(JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')).version);
  // Whole in one file, since every thread loads it; named by its content, since a running program may yet start some.
  const worker = await bundle({ entryPoints: ['src/host/scan/worker.ts'], format: 'cjs', ...FILE_URL });
  const workerName = `scan-worker-${hashOf(worker)}.cjs`;
  const copier = await bundle({ entryPoints: ['src/host/copy/worker.ts'], format: 'cjs', ...FILE_URL });
  const copierName = `copy-worker-${hashOf(copier)}.cjs`;
  const libraries = await bundle({
    stdin: {
      contents: LIBRARIES.map((name) => `export * as ${name} from '${name}';`).join('\n'),
      resolveDir: checkout,
    },
    format: 'cjs',
    plugins: [withoutLanguages],
    // The build of yaml for Node would load modules of Node's that it does not need here.
    alias: { yaml: join(checkout, 'node_modules/yaml/browser/index.js') },
    banner: { js: '(function (require) { const module = {};' },
    footer: { js: 'return module.exports; })' },
  });
  const program = await bundle({
    entryPoints: ['src/main.ts'],
    format: 'cjs',
    external: [...LIBRARIES],
    supported: { 'dynamic-import': false },
    banner: { js: '(function (require, moduleUrl, firstScanWorker, builtFrom) { const module = {};' },
    footer: { js: '})' },
    define: {
      'import.meta.url': 'moduleUrl',
      'process.env.JTS_HOT_VERSION': version,
      SCAN_WORKER: JSON.stringify(`./${workerName}`),
      COPY_WORKER: JSON.stringify(`./${copierName}`),
    },
  });
  requireSingleNames(program);
  const programName = `program-${hashOf(program)}.js`;
  const librariesName = `libraries-${hashOf(libraries)}.js`;
  const id = `// ${hashOf(program, libraries, worker, copier, JSON.stringify(sources), process.version)}`;
  const start = await bundle({
    entryPoints: ['src/host/start.ts'],
    format: 'esm',
    banner: { js: id },
    define: {
      VERSION: version,
      PROGRAM: JSON.stringify(`./${programName}`),
      LIBRARIES: JSON.stringify(`./${librariesName}`),
      LIBRARY_NAMES: JSON.stringify(LIBRARIES),
      COMPILED: JSON.stringify(
        Object.fromEntries(
          Object.entries(compiledFor(programName)).map(([command, name]) => [command, `./${name}`]),
        ),
      ),
      COMPILED_LIBRARIES: JSON.stringify(`./${compiledName(librariesName)}`),
      SOURCES: JSON.stringify(sources),
      BUILD: JSON.stringify(id),
      LATE: JSON.stringify(LATE),
      SCAN_WORKER: JSON.stringify(`./${workerName}`),
      MEASURING: JSON.stringify(COMMAND_NAMES.filter((name) => COMMANDS[name].measures)),
    },
  });

  mkdirSync(DIST, { recursive: true });
  // Whatever the umask: it is run by root, and read by everybody.
  chmodSync(DIST, 0o755);
  const built = new Map<string, string | Buffer>([
    [workerName, worker],
    [copierName, copier],
    [programName, program],
    [librariesName, libraries],
  ]);
  for (const [name, content] of built) put(name, content);
  for (const [name, code] of await compile({ program: programName, libraries: librariesName }, sources)) {
    built.set(name, code);
    put(name, code);
  }
  built.set(ENTRY, start);
  put(ENTRY, start);

  // A command that is running now may yet start threads, so what was built before stays for a day.
  const yesterday = Date.now() - 24 * 60 * 60 * 1000;
  for (const name of readdirSync(DIST)) {
    const path = join(DIST, name);
    // The notes of bin/jts-hot; somebody may be waiting for its lock.
    if (name.startsWith('.')) continue;
    if (!built.has(name) && statSync(path).mtimeMs < yesterday)
      rmSync(path, { recursive: true, force: true });
  }
}

function put(name: string, content: string | Buffer): void {
  const half = join(DIST, `${name}.${process.pid}`);
  // Flushed, because a power cut could otherwise leave an empty program, which does nothing and succeeds.
  writeFileSync(half, content, { flush: true });
  chmodSync(half, 0o644);
  renameSync(half, join(DIST, name));
}

await buildAll();
