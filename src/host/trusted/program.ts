// Owns whether a program that root starts could be changed by others: the file, what interprets it, and the script that is
// handed to an interpreter. A program that only the owners can change cannot be swapped before it starts.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Diagnostic } from '../../messages/diagnostic.ts';
import { SystemError } from '../syscalls.ts';
import { readBeginning } from './file.ts';
import { findings } from './finding.ts';
import { alongHostWay, type Owners, type Weakness, weaknessesAtAll } from './way.ts';

/** Linux follows no longer chain of interpreters. */
const MOST_INTERPRETERS = 4;

/** Programs whose arguments are programs. */
const TAKES_PROGRAMS =
  /^(env|nice|ionice|nohup|setsid|timeout|chrt|stdbuf|flock|sudo|setpriv|runuser|(ba|da|k|z|tc|c|a)?sh|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|node(js)?|php[\d.]*|lua[\d.]*|tclsh[\d.]*|awk|gawk|mawk|java)$/;

/** A program that cannot be found has no findings: starting it reports the error. */
export function weaknessesOfCommand(argv: readonly string[], owners: Owners): readonly Weakness[] {
  const [program = '', ...rest] = argv;
  const own = weaknessesOf(program, owners, MOST_INTERPRETERS);
  const names = [basename(program), ...own.interpreters.map((path) => basename(path))];
  const programs = names.some((name) => TAKES_PROGRAMS.test(name))
    ? rest.filter((argument) => argument.startsWith('/'))
    : [];
  const all = [...own.weaknesses, ...programs.flatMap((path) => weaknessesOf(path, owners, 1).weaknesses)];
  return all.filter((one, i) => all.findIndex(({ path }) => path === one.path) === i);
}

interface Looked {
  readonly weaknesses: readonly Weakness[];
  /** From the first line on: what starts it. */
  readonly interpreters: readonly string[];
}

const NOTHING: Looked = { weaknesses: [], interpreters: [] };

function weaknessesOf(path: string, owners: Owners, depth: number): Looked {
  let found: { readonly weaknesses: readonly Weakness[]; readonly interpreter: readonly string[] };
  try {
    found = alongHostWay(path, { owners, links: 'anywhere' }, (way) => ({
      // A device, a socket or a pipe is no program.
      weaknesses: way.status.type === 'file' ? way.weaknesses : [],
      interpreter: way.status.type === 'file' ? interpreterIn(readBeginning(way, FIRST_LINE_BYTES)) : [],
    }));
  } catch (error) {
    if (error instanceof SystemError) return NOTHING;
    throw error;
  }
  const [interpreter, ...handed] = found.interpreter;
  if (interpreter === undefined || depth === 0) return { ...found, interpreters: [] };
  // `#!/usr/bin/env -S /home/x/python`
  const further = [interpreter, ...handed.filter((word) => word.startsWith('/'))].map((word) =>
    weaknessesOf(word, owners, depth - 1),
  );
  return {
    weaknesses: [...found.weaknesses, ...further.flatMap(({ weaknesses }) => weaknesses)],
    interpreters: [interpreter, ...further.flatMap(({ interpreters }) => interpreters)],
  };
}

/** execve(2): this much of the first line counts. */
const FIRST_LINE_BYTES = 256;

function interpreterIn(bytes: Buffer): readonly string[] {
  const line = bytes.toString('latin1').split('\n', 1)[0] ?? '';
  return line.startsWith('#!') ? line.slice(2).trim().split(/\s+/) : [];
}

/** Of this program itself, started from `main`: its own files, and all that the kernel has loaded for it. */
export function programFindings(main: string, owners: Owners): readonly Diagnostic[] {
  const seen = new Set<string>();
  const paths = [...new Set([main, ...filesBeside(main), ...loadedFiles()])];
  const found = weaknessesAtAll(paths, owners);
  return paths.flatMap((path) => {
    const weaknesses = (found.get(path) ?? []).filter((one) => !seen.has(one.path));
    for (const one of weaknesses) seen.add(one.path);
    return findings(weaknesses, { what: 'program itself', path, owners });
  });
}

/** It is built as many files, which are loaded as they are needed. */
function filesBeside(main: string): readonly string[] {
  const directory = dirname(main);
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(directory, entry.name));
}

/** proc(5), /proc/pid/maps: Node.js, its libraries, native parts of ours. One that was replaced meanwhile is not there. */
function loadedFiles(): readonly string[] {
  const paths = readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .map((line) => line.slice(line.indexOf('/')).trim());
  return [...new Set(paths)].filter((path) => path.startsWith('/') && !/ \(deleted\)$|^\/dev\//.test(path));
}
