// Owns what of a document is meant to be followed: its blocks and rows, and a copy of the checkout to follow it in.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { REPOSITORY } from './throwaway-host.ts';

export interface Block {
  readonly words: readonly string[];
  readonly lines: readonly string[];
  /** Index of its first line in the document. */
  readonly start: number;
}

interface Row {
  readonly command: string;
  readonly status: number;
  readonly start: number;
}

type Part = ({ readonly type: 'block' } & Block) | ({ readonly type: 'row' } & Row);

export function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  const lines = text.split('\n');
  let table = false;
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] as string;
    const fence = /^```(\S.*)?$/.exec(line);
    if (fence !== null) {
      const end = lines.indexOf('```', i + 1);
      assert.notEqual(end, -1, `line ${i + 1}: the fence is not closed`);
      const words = (fence[1] ?? '').split(' ');
      parts.push({ type: 'block', words, lines: lines.slice(i + 1, end), start: i + 1 });
      i = end;
      continue;
    }
    const [, where, hidden] = /^<!-- (run|vm): (.*) -->$/.exec(line) ?? [];
    if (where !== undefined && hidden !== undefined)
      parts.push({ type: 'block', words: ['sh', where], lines: [hidden], start: i });
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (cells[2] === 'exit status') table = true;
    else if (!line.startsWith('|')) table = false;
    else if (table && !/^[-:]+$/.test(cells[1] ?? '')) {
      const command = /^`(.*)`$/.exec(cells[1] ?? '')?.[1]?.replaceAll('\\|', '|');
      assert.ok(command, `line ${i + 1}: want a command in backticks`);
      parts.push({ type: 'row', command, status: Number(cells[2]), start: i });
    }
  }
  return parts;
}

export function settingOf(words: readonly string[], key: string): string | undefined {
  return words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
}

export function writeTo(path: string, lines: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${lines.join('\n')}\n`);
}

export interface Copy extends Disposable {
  readonly path: string;
  /** The text of one of its files. */
  read(path: string): string;
}

/** A copy of what TypeScript reads, to change. `more`: beside `src`. */
export function copyOfSources(more: readonly string[] = []): Copy {
  const path = mkdtempSync(join(tmpdir(), 'jts-hot-docs-'));
  for (const name of ['src', 'package.json', 'schema', ...more])
    cpSync(join(REPOSITORY, name), join(path, name), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(path, 'node_modules'));
  const { compilerOptions } = JSON.parse(readFileSync(join(REPOSITORY, 'tsconfig.json'), 'utf8'));
  writeFileSync(
    join(path, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src', ...more], exclude: ['**/*.test.ts'] }),
  );
  return copyAt(path);
}

function copyAt(path: string): Copy {
  return {
    path,
    read: (file) => readFileSync(join(path, file), 'utf8'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

/** All that is in it, to change and to test: what is installed is shared, what is built is not. */
export function copyOfCheckout(): Copy {
  const path = mkdtempSync(join(tmpdir(), 'jts-hot-copy-'));
  const own = ['.git', 'node_modules', 'dist'];
  cpSync(REPOSITORY, path, {
    recursive: true,
    filter: (from) => !own.includes(relative(REPOSITORY, from)),
  });
  // No link, since esbuild would look behind it; hard links where both are on one disk.
  const installed = [join(REPOSITORY, 'node_modules'), join(path, 'node_modules')];
  if (spawnSync('cp', ['-al', ...installed]).status !== 0) {
    rmSync(join(path, 'node_modules'), { recursive: true, force: true });
    cpSync(join(REPOSITORY, 'node_modules'), join(path, 'node_modules'), { recursive: true });
  }
  return copyAt(path);
}

/** Applies the `diff apply` blocks and writes the `file=src/…` blocks of a document. */
export function follow(name: string, checkout: string): void {
  for (const part of partsOf(readFileSync(join(REPOSITORY, name), 'utf8'))) {
    if (part.type !== 'block') continue;
    const file = settingOf(part.words, 'file');
    if (file?.startsWith('src/')) writeTo(join(checkout, file), part.lines);
    if (!part.words.includes('apply')) continue;
    const { status, stderr } = spawnSync('git', ['apply', '--recount', '--unidiff-zero', '-'], {
      cwd: checkout,
      input: `${part.lines.join('\n')}\n`,
      encoding: 'utf8',
      // Not the repository that the temporary directory may lie in.
      env: { ...process.env, GIT_DIR: '/nonexistent' },
    });
    assert.equal(status, 0, `${name}:${part.start + 1}: ${stderr}`);
  }
}

/** The files of the checkout that a reader who follows it changes or makes. */
export function touchedBy(name: string): readonly string[] {
  const files = partsOf(readFileSync(join(REPOSITORY, name), 'utf8')).flatMap((part) => {
    if (part.type !== 'block') return [];
    const file = settingOf(part.words, 'file');
    const applied = part.words.includes('apply') ? part.lines : [];
    return [
      ...(file === undefined || file.startsWith('/') ? [] : [file]),
      ...applied.flatMap((line) => /^\+\+\+ b\/(.*)$/.exec(line)?.[1] ?? []),
    ];
  });
  return [...new Set(files)].toSorted();
}

/** Files with type errors, with the errors. */
export function typeErrors(checkout: string): ReadonlyMap<string, string> {
  const tsc = join(REPOSITORY, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(tsc, ['-p', checkout, '--pretty', 'false'], {
    cwd: checkout,
    encoding: 'utf8',
  });
  const errors = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const file = /^(\S+)\(\d+,\d+\): error/.exec(line)?.[1];
    if (file !== undefined) errors.set(file, `${errors.get(file) ?? ''}${line}\n`);
  }
  return errors;
}
