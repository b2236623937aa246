// What Node.js compiles of the program and of its libraries when they are built: functions that a run has called are in it. So
// some commands are run here, in an image that is made for it and thrown away. Must not change anything else, and no build may
// fail because one of them does: what is not compiled now is compiled when it is needed.
import { spawnSync } from 'node:child_process';
import fs, { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import type { CommandName } from './src/catalogue/commands.ts';
import type { BuiltFrom } from './src/host/built-from.ts';
import type { Sources } from './src/host/sources.ts';

export const DIST = join(import.meta.dirname, 'dist');
export const ENTRY = 'jts-hot.js';
/** What reading a layout file takes, and no command without one: by the names that the program asks for. */
export const LIBRARIES: readonly string[] = ['zod', 'yaml'];

/**
 * Commands that have compiled code of their own, which leaves out what only others need; and what is run to have what they need in
 * it. Of all other commands that of `setup` is taken. In an image that is set up for it and thrown away: where root builds, also
 * what root alone may do. On the host itself only what cannot change anything: `plan`, for what it asks of accounts and disks, and
 * what finds out which services run. What they do not reach is compiled when it is needed.
 */
const FAMILIES = {
  act: { commands: ['repair', 'rollback', 'schedule'], runs: ['setup IMAGE', 'plan IMAGE LAYOUT'] },
  setup: { commands: [], runs: ['plan', 'setup IMAGE'] },
  monitor: {
    commands: ['monitor', 'record', 'look', 'usage', 'history', 'serve'],
    runs: ['plan', 'look IMAGE', 'monitor IMAGE', 'monitor --summary IMAGE'],
  },
  validate: { commands: ['validate'], runs: ['plan', 'config --check', 'validate IMAGE'] },
  config: { commands: ['config'], runs: ['config all IMAGE', 'config --check'] },
} as const satisfies Readonly<
  Record<string, { readonly commands: readonly CommandName[]; readonly runs: readonly string[] }>
>;
type Family = keyof typeof FAMILIES;
const FAMILY_NAMES = Object.keys(FAMILIES) as Family[];

function wordsOf(run: string, scratch: string): readonly string[] {
  const flags: Readonly<Record<string, readonly string[]>> = {
    IMAGE: ['--root', join(scratch, 'image')],
    LAYOUT: ['--spec', join(scratch, 'layout.yaml')],
  };
  return run.split(' ').flatMap((word) => flags[word] ?? [word]);
}

/** In the scratch directory. */
const SOURCES = 'sources.json';

/** Names of texts in dist/. */
export interface Texts {
  readonly program: string;
  readonly libraries: string;
}

/** By command, the name of what is compiled for it. */
export function compiledFor(program: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    FAMILY_NAMES.flatMap((family) =>
      [family, ...FAMILIES[family].commands].map((word) => [word, compiledName(program, family)]),
    ),
  );
}

/** For each family in a process of its own. */
export async function compile(
  { program, libraries }: Texts,
  sources: Sources,
): Promise<readonly (readonly [name: string, code: Buffer])[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'jts-hot-build-'));
  try {
    await makeImage(scratch);
    writeFileSync(join(scratch, SOURCES), JSON.stringify(sources));
    for (const family of FAMILY_NAMES) {
      const argv = [import.meta.filename, scratch, family, program, libraries];
      spawnSync(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 20_000 });
    }
    const codes = FAMILY_NAMES.map((family) => [program, compiledName(program, family)] as const);
    return [...codes, [libraries, compiledName(libraries)] as const].flatMap(([text, name]) => {
      if (!existsSync(join(scratch, name))) return [];
      const cachedData = readFileSync(join(scratch, name));
      // What changes the settings of V8 (src/host/heap.ts) would make it useless.
      if (new Script(readFileSync(join(DIST, text), 'latin1'), { cachedData }).cachedDataRejected)
        throw new Error(`cannot use the compiled code that was made of ${text}`);
      return [[name, cachedData] as const];
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

export function compiledName(text: string, family?: Family): string {
  return text.replace(/js$/, family === undefined ? 'compiled' : `${family}.compiled`);
}

const SETTINGS: Readonly<Record<string, string>> = {
  'etc/postgresql/15/main/postgresql.conf': "# for tests\nport = 5432 # a port\ninclude_dir = 'conf.d'\n",
  'etc/redis/redis.conf': '# a comment\nport 6379\ndir "/var/lib/redis"\ninclude /etc/redis/other.conf\n',
  'etc/redis/other.conf': 'maxmemory 1gb\n',
  'etc/clickhouse-server/config.xml':
    '<?xml version="1.0"?>\n<!-- a comment -->\n<clickhouse>\n  <path a="b">/var/lib/clickhouse/</path>\n  <a/>\n</clickhouse>\n',
  'etc/docker/daemon.json':
    '{ "data-root": "/var/lib/docker", "log-opts": { "max-file": 5 }, "list": [true, "a"] }\n',
  'opt/kafka/config/server.properties':
    '# a comment\nlog.dirs=/tmp/kafka-logs\nlisteners=PLAINTEXT://:9092\n',
};

/** With the accounts of all services: to make them would take programs, and seconds. */
async function makeImage(scratch: string): Promise<void> {
  // Not needed by who compiles.
  const { builtInLayout } = await import('./src/services/index.ts');
  const { base, services } = builtInLayout;
  const image = join(scratch, 'image');
  mkdirSync(join(image, 'etc'), { recursive: true });
  writeFileSync(join(scratch, 'layout.yaml'), 'version: 1\nservices: { kafka: { planned: 1TB } }\n');
  const names = [...new Set(services.map(({ user }) => user))].filter((user) => user !== 'root');
  const lines = (line: (name: string, id: number) => string) =>
    names.map((name, i) => `${line(name, 900 + i)}\n`).join('');
  const homes = new Map(services.map(({ name, user }) => [user, join(base, name)]));
  writeFileSync(
    join(image, 'etc/passwd'),
    lines((name, id) => `${name}:x:${id}:${id}::${homes.get(name)}:/bin/false`),
  );
  writeFileSync(
    join(image, 'etc/group'),
    lines((name, id) => `${name}:x:${id}:`),
  );
  // What reads the languages of settings.
  for (const [path, text] of Object.entries(SETTINGS)) {
    mkdirSync(join(image, path, '..'), { recursive: true });
    writeFileSync(join(image, path), text);
  }
}

/** What a run throws in the place of its end. */
const ENDED = new Error('the run has ended');

/** Programs end their process, by way of Node.js or of the kernel; here the next one follows. */
function stayWhenTheyEnd(): void {
  process.exit = () => {
    throw ENDED;
  };
  const { dlopen } = process;
  process.dlopen = (module: { exports: Koffi }, ...more) => {
    dlopen.call(process, module, ...(more as [string]));
    const { load } = module.exports;
    module.exports = {
      ...module.exports,
      load(path) {
        const library = load(path);
        return {
          func: (prototype) => (prototype.includes(' _exit(') ? process.exit : library.func(prototype)),
        };
      },
    };
  };
}

interface Koffi {
  load(path: string | null): { func(prototype: string): (...given: readonly never[]) => unknown };
}

async function compileHere(
  scratch: string,
  family: Family,
  [programName = '', librariesName = '']: readonly string[],
): Promise<void> {
  const scriptOf = (name: string) => {
    const filename = join(DIST, name);
    const script = new Script(readFileSync(filename, 'latin1'), { filename });
    return { script, start: script.runInThisContext() };
  };
  const program = scriptOf(programName);
  let libraries = null as ReturnType<typeof scriptOf> | null;
  const require = createRequire(join(DIST, programName));
  const sources: Sources = JSON.parse(readFileSync(join(scratch, SOURCES), 'utf8'));
  const { exit } = process;
  stayWhenTheyEnd();
  const files = {
    ...fs,
    // Nobody reads it; a host that is refused is as good an example.
    writeSync: (fd: number, text: Buffer | string) =>
      fd > 2 ? fs.writeSync(fd, text as string) : Buffer.byteLength(text),
    // At its end.
    closeSync: (fd: number) => fd > 2 && fs.closeSync(fd),
  };
  for (const run of FAMILIES[family].runs) {
    process.argv = [process.execPath, join(DIST, ENTRY), ...wordsOf(run, scratch)];
    const ended = new Promise((resolve) => {
      process.once('unhandledRejection', resolve);
      // The process would end here, were there nothing more to do.
      process.once('beforeExit', () => setImmediate(resolve, ENDED));
    });
    let error: unknown = null;
    try {
      program.start(
        (name: string) => {
          if (LIBRARIES.includes(name)) {
            libraries ??= scriptOf(librariesName);
            return libraries.start(require)[name];
          }
          return name === 'node:fs' ? files : require(name);
        },
        pathToFileURL(join(DIST, ENTRY)).href,
        undefined,
        // Where one has changed meanwhile, it is built again anyway.
        { checkout: join(DIST, '..'), sources, buildAnew: () => process.exit() } satisfies BuiltFrom,
      );
      error = await ended;
    } catch (thrown) {
      error = thrown;
    }
    if (error !== ENDED) console.error(`cannot run what is to be compiled: ${run}:`, error);
  }
  writeFileSync(join(scratch, compiledName(programName, family)), program.script.createCachedData());
  if (libraries !== null)
    writeFileSync(join(scratch, compiledName(librariesName)), libraries.script.createCachedData());
  // One that measured has left a thread.
  exit.call(process, 0);
}

if (process.argv[1] === import.meta.filename) {
  const [, , scratch = '', family, ...texts] = process.argv;
  await compileHere(scratch, family as Family, texts);
}
