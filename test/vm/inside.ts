// Owns running a file of tests inside a virtual machine: bundled into one file, since loading two hundred takes an emulated
// processor half a minute. Must not know what it tests.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { REPOSITORY } from '../e2e/throwaway-host.ts';
import { type Machine, mustRun } from './machine.ts';
import { PLACE } from './product.ts';

/** Its native part is in the machine, with the product; its loader would look for it in node_modules. */
const koffi: Plugin = {
  name: 'koffi',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^koffi$/ }, () => ({ path: 'koffi', namespace: 'native' }));
    onLoad({ filter: /^koffi$/, namespace: 'native' }, () => ({
      contents: `
        const native = { exports: {} };
        process.dlopen(native, '${PLACE}/node_modules/@koromix/koffi-linux-' + process.arch + '/linux_' + process.arch + '/koffi.node');
        export default native.exports;`,
    }));
  },
};

const TIMEOUT_MS = 300_000;

/**
 * Runs a file of this checkout, such as `test/contract/storage-inside.ts`, in a machine that putProduct() was called for. Throws
 * with all that it said where a test fails, is skipped, or there is none; gives what it said else.
 */
export async function runInside(
  machine: Machine,
  file: string,
  { variables = {}, timeoutMs = TIMEOUT_MS }: InsideOptions = {},
): Promise<string> {
  const program = await putInside(machine, file);
  const { status, stdout, stderr } = machine.run(
    [
      ...['env', 'NO_COLOR=1', ...Object.entries(variables).map(([key, value]) => `${key}=${value}`)],
      ...[`${PLACE}/bin/node`, '--test-reporter=spec', program],
    ],
    { timeoutMs },
  );
  const [, passed = '0'] = /^ℹ pass (\d+)$/m.exec(stdout) ?? [];
  if (status !== 0 || Number(passed) === 0 || !/^ℹ skipped 0$/m.test(stdout))
    throw new Error(`${file} in the machine: exit status ${status}\n${stdout}${stderr}`);
  return stdout;
}

const put = new WeakMap<Machine, Map<string, string>>();

/** Gives the path of that file in the machine. */
export async function putInside(machine: Machine, file: string): Promise<string> {
  const known = put.get(machine) ?? new Map<string, string>();
  put.set(machine, known);
  const there = known.get(file);
  if (there !== undefined) return there;
  const name = `${basename(file, '.ts')}.mjs`;
  const device = machine.plugImage(await packed(file, name), basename(file, '.ts').slice(0, 20));
  mustRun(machine, ['tar', '-xf', device, '-C', '/root']);
  known.set(file, `/root/${name}`);
  return `/root/${name}`;
}

export interface InsideOptions {
  /** Of its environment. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A tar as a file without a name, by which QEMU finds it while this process lives. */
async function packed(file: string, name: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: REPOSITORY,
    entryPoints: [file],
    outdir: '/',
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Lines of a failure are those of the sources.
    sourcemap: 'inline',
    sourcesContent: false,
    plugins: [koffi],
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  });
  const scratch = mkdtempSync('/var/tmp/machine-tests-');
  try {
    writeFileSync(join(scratch, name), outputFiles[0]?.contents ?? '');
    const tar = join(scratch, 'tar');
    const { status, stderr } = spawnSync('tar', ['-cf', tar, '-C', scratch, name], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`tar: exit status ${status}: ${stderr}`);
    const fd = openSync(tar, 'r');
    process.on('exit', () => closeSync(fd));
    return `/proc/${process.pid}/fd/${fd}`;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
