// Owns complete programs: all that a running jts-hot consists of, with its Node.js, as a copy of root's that runs without
// the place that it was copied from. Known by a hash of all its bytes; whole or not there. What it is for is not known here.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { BuiltProgram } from '../port/host.ts';
import type { OperationOf } from '../port/operation.ts';
import { asidePath } from '../port/operations/aside.ts';
import type { ProgramSource } from '../port/operations/words.ts';
import { changedSince } from './changed-since.ts';
import { run } from './process.ts';
import { requireRootsWay } from './small-file.ts';
import { O_RDONLY, renameAt, unlinkAt } from './syscalls.ts';
import type { Tree } from './tree.ts';

export interface ProgramFiles {
  /** Of the running program, which may be anybody's. Throws a Problem where a part is missing. */
  built(source: ProgramSource): BuiltProgram;
  /** The hash of the complete program there; null: there is none, or one that others than root can change. */
  hashAt(path: string): string | null;
  /** Where a link leads, without following it; null: no link is there. */
  link(path: string): string | null;
  /** Names in a directory, sorted; none where there is none. */
  names(path: string): readonly string[];
  install(operation: OperationOf<'installProgram'>): void;
  remove(path: string): void;
  switchLink(operation: OperationOf<'switchLink'>): void;
}

interface Part {
  /** Below the program: `dist/jts-hot.js`. */
  readonly name: string;
  readonly from: string;
  readonly executable: boolean;
}

export function openProgramFiles(root: string, { within }: Pick<Tree, 'within'>): ProgramFiles {
  const hashes = new Map<string, string>();

  function inParent<T>(path: string, act: (parent: number, name: string) => T): T {
    const cut = path.lastIndexOf('/');
    return within(path.slice(0, cut) || '/', O_RDONLY, (parent) => act(parent, path.slice(cut + 1)));
  }

  /** Of the bytes. A run asks for it several times, and there are a hundred million of them: read once, while they stay the same. */
  function hashOfFile(path: string): string {
    // As whole numbers: inodes of overlays are larger than 2^53, and files of one build have one time.
    const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    const key = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    const hash = hashes.get(key) ?? hashIn(path);
    hashes.set(key, hash);
    return hash;
  }

  function hashOf(parts: readonly Part[]): string {
    const sum = createHash('sha256');
    for (const { name, from, executable } of parts.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      sum.update(`${name} ${executable ? 'x' : '-'} ${hashOfFile(from)}\n`);
    return sum.digest('hex');
  }

  function hashBelow(directory: string): string | null {
    const parts = partsBelow(directory, '');
    return parts === null ? null : hashOf(parts);
  }

  return {
    built(source) {
      const parts = partsOf(source);
      // Read once the parts are known to be there.
      const { version } = JSON.parse(readFileSync(join(programRoot(source), 'package.json'), 'utf8'));
      const bytes = parts.reduce((sum, { from }) => sum + lstatSync(from).size, 0);
      return { version: String(version), hash: hashOf(parts), bytes };
    },

    hashAt: (path) => orMissing(null, () => inParent(path, (parent, name) => hashBelow(below(parent, name)))),

    link: (path) =>
      orMissing(null, () =>
        inParent(path, (parent, name) => {
          const place = below(parent, name);
          return lstatSync(place).isSymbolicLink() ? readlinkSync(place) : null;
        }),
      ),

    names: (path) =>
      orMissing<readonly string[]>([], () =>
        within(path, O_RDONLY, (fd) => readdirSync(`/proc/self/fd/${fd}`).sort()),
      ),

    install({ path, hash, source }) {
      requireRootsWay(within, path);
      inParent(path, (parent, name) => {
        const aside = asideOf(name);
        const making = below(parent, aside);
        rmSync(making, { recursive: true, force: true });
        if (hashBelow(below(parent, name)) !== hash) {
          try {
            copy(partsOf(source), making);
            if (hashBelow(making) !== hash) throw changedSource(path, source);
            // Of an image nothing is run.
            if (root === '/') requireStarts(asidePath(path), path);
            const isThere = isSomething(below(parent, name));
            renameAt(parent, aside, name, isThere ? 'exchange' : 'noReplace');
          } finally {
            rmSync(making, { recursive: true, force: true });
          }
        }
        fsyncSync(parent);
      });
    },

    remove(path) {
      requireRootsWay(within, path);
      inParent(path, (parent, name) => {
        const aside = asideOf(name);
        rmSync(below(parent, aside), { recursive: true, force: true });
        // In one step: half a program is none.
        if (isSomething(below(parent, name))) renameAt(parent, name, aside, 'noReplace');
        fsyncSync(parent);
        rmSync(below(parent, aside), { recursive: true, force: true });
        fsyncSync(parent);
      });
    },

    switchLink({ path, from, to }) {
      requireRootsWay(within, path);
      inParent(path, (parent, name) => {
        const aside = asideOf(name);
        const there = linkIn(parent, name);
        // Left by a run that was killed.
        if (linkIn(parent, aside) !== null) unlinkAt(parent, aside);
        if (there !== to) {
          const isOther = there === null && isSomething(below(parent, name));
          if (there !== from || isOther) throw changedLink(path, from, isOther ? 'something else' : there);
          if (to !== null) symlinkSync(to, below(parent, aside));
          try {
            if (from === null) renameAt(parent, aside, name, 'noReplace');
            else if (to === null) renameAt(parent, name, aside, 'noReplace');
            else renameAt(parent, aside, name, 'exchange');
          } finally {
            // The one before, or ours where another run was faster.
            if (linkIn(parent, aside) !== null) unlinkAt(parent, aside);
          }
        }
        fsyncSync(parent);
      });
    },
  };

  function linkIn(parent: number, name: string): string | null {
    return orMissing(null, () => readlinkSync(below(parent, name)));
  }
}

/** In pieces that stay in the processor's cache: in one of a hundred megabytes, making room costs more than the hash. */
const PIECE_BYTES = 1 << 18;

function hashIn(path: string): string {
  const sum = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      const found = readSync(fd, piece);
      if (found === 0) return sum.digest('hex');
      sum.update(piece.subarray(0, found));
    }
  } finally {
    closeSync(fd);
  }
}

/** Also a link that leads nowhere. */
function isSomething(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** By the descriptor of its directory: the way there was looked at, and is not walked again. */
function below(parent: number, name: string): string {
  return `/proc/self/fd/${parent}/${name}`;
}

function asideOf(name: string): string {
  return asidePath(`/${name}`).slice(1);
}

function orMissing<T>(missing: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL', 'EACCES'].includes(code ?? '')) return missing;
    throw error;
  }
}

function programRoot({ launcher }: ProgramSource): string {
  return dirname(dirname(realpathSync(launcher)));
}

/** Of a checkout, an installed package (whose libraries may stand beside it), or a complete program. */
function partsOf(source: ProgramSource): readonly Part[] {
  try {
    const root = programRoot(source);
    const koffi = createRequire(join(root, 'dist/jts-hot.js')).resolve('koffi');
    // Where build.ts makes the program look for it.
    const native = dirname(createRequire(koffi).resolve(`@koromix/koffi-linux-${process.arch}/package.json`));
    const plain = (name: string, from: string): Part => ({ name, from, executable: false });
    return [
      { name: 'bin/jts-hot', from: realpathSync(source.launcher), executable: true },
      { name: 'bin/node', from: realpathSync(source.node), executable: true },
      plain('package.json', realpathSync(join(root, 'package.json'))),
      ...chunksIn(join(root, 'dist')).map((name) => plain(`dist/${name}`, join(root, 'dist', name))),
      plain('node_modules/koffi/package.json', join(dirname(koffi), 'package.json')),
      plain(`node_modules/koffi/${koffi.slice(dirname(koffi).length + 1)}`, koffi),
      ...filesIn(native).map((name) =>
        plain(`node_modules/@koromix/koffi-linux-${process.arch}/${name}`, join(native, name)),
      ),
    ];
  } catch (error) {
    throw new Problem(EXIT.failed, [
      diagnostic('E_PROGRAM_PARTS', 'cannot find all parts of the program that runs', {
        at: source.launcher,
        detail: `found: ${(error as Error).message.split('\n')[0]}`,
        hint: `start it once from its checkout: sudo ${source.launcher} --version`,
      }),
    ]);
  }
}

/** The entry and what it names, and what that names: chunks of earlier builds lie beside them. */
function chunksIn(dist: string): readonly string[] {
  const there = readdirSync(dist, { withFileTypes: true }).flatMap((one) => (one.isFile() ? [one.name] : []));
  const needed = new Set(['jts-hot.js']);
  // A set is walked in the order of what is added, also while it is.
  for (const name of needed) {
    const text = readFileSync(join(dist, name), 'utf8');
    for (const other of there) if (text.includes(`./${other}`)) needed.add(other);
  }
  return [...needed];
}

function filesIn(directory: string): readonly string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => !name.endsWith('.md') && lstatSync(join(directory, name)).isFile());
}

/** null: it is no complete program, or others than root could change it. */
function partsBelow(directory: string, prefix: string): readonly Part[] | null {
  if (!existsSync(directory)) return null;
  const parts: Part[] = [];
  for (const name of ['', ...readdirSync(directory)]) {
    const from = join(directory, name);
    const status = lstatSync(from);
    if (status.uid !== 0 || (status.mode & 0o022) !== 0) return null;
    if (status.isDirectory()) {
      const inside = name === '' ? [] : partsBelow(from, `${prefix}${name}/`);
      if (inside === null) return null;
      parts.push(...inside);
    } else if (status.isFile())
      parts.push({ name: prefix + name, from, executable: (status.mode & 0o111) !== 0 });
    else return null;
  }
  return parts;
}

/** With fixed modes, whatever the umask, and synced to the disk. */
function copy(parts: readonly Part[], to: string): void {
  const directories = new Set<string>();
  const makeDirectory = (directory: string): void => {
    if (directories.has(directory)) return;
    if (directory !== to) makeDirectory(dirname(directory));
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    directories.add(directory);
  };
  for (const { name, from, executable } of parts) {
    const path = join(to, name);
    makeDirectory(dirname(path));
    // Shares blocks where the file system can (copy on write), and is a file of its own in any case.
    copyFileSync(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    chmodSync(path, executable ? 0o755 : 0o644);
    synced(path);
  }
  for (const directory of directories) synced(directory);
}

function synced(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** `--help` loads the program, which `--version` does not; what all commands load of others is loaded as well. */
function requireStarts(copied: string, path: string): void {
  const native = `${copied}/node_modules/@koromix/koffi-linux-${process.arch}`;
  try {
    run([`${copied}/bin/jts-hot`, '--help']);
    run([`${copied}/bin/node`, '--eval', 'require(process.argv[1])', native]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(EXIT.failed, [
      diagnostic('E_PROGRAM_BROKEN', 'refusing to switch to a program that does not start', {
        at: `program ${path}`,
        detail: error.diagnostics.flatMap(({ detail }) => detail),
        hint: 'see whether programs may run there: findmnt --output TARGET,OPTIONS --target /usr/local',
      }),
    ]);
  }
}

function changedSource(path: string, { launcher }: ProgramSource): Problem {
  return changedSince(
    `program ${path}`,
    `want a copy of the program that runs, found that ${launcher} is another one by now`,
  );
}

function changedLink(path: string, wanted: string | null, found: string | null): Problem {
  return changedSince(`link ${path}`, `want ${wanted ?? 'none'}, found ${found ?? 'none'}`);
}
