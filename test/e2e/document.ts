// Owns the parts of a document that tests act on (docs.test.ts says which), and what comes of following it in a copy of
// the checkout. Must not decide what is right.
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

export interface Row {
  readonly command: string;
  readonly status: number;
  readonly start: number;
}

export type Part = ({ readonly type: 'block' } & Block) | ({ readonly type: 'row' } & Row);

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
    const hidden = /^<!-- run: (.*) -->$/.exec(line)?.[1];
    if (hidden !== undefined) parts.push({ type: 'block', words: ['sh', 'run'], lines: [hidden], start: i });
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

/** A copy of what TypeScript reads, to change. */
export function copyOfSources(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'jts-hot-docs-'));
  cpSync(join(REPOSITORY, 'src'), join(path, 'src'), { recursive: true });
  for (const name of ['package.json', 'schema'])
    cpSync(join(REPOSITORY, name), join(path, name), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(path, 'node_modules'));
  const { compilerOptions } = JSON.parse(readFileSync(join(REPOSITORY, 'tsconfig.json'), 'utf8'));
  writeFileSync(
    join(path, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src'], exclude: ['src/**/*.test.ts'] }),
  );
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** All that is in it, to change and to test: what is installed is shared, what is built is not. */
export function copyOfCheckout(): { readonly path: string } & Disposable {
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
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
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
