// Owns what passes through a tree by descriptor share that change each entry of it (its project, its label): how far they are, what could
// not be changed, what is nothing to tell of. Must not know what is changed.
import { closeSync } from 'node:fs';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { LongProgress } from '../port/host.ts';
import { describeOperation, type Operation } from '../port/operation.ts';
import { errnoName } from '../values/errno.ts';
import { changedSince } from './changed-since.ts';
import { allocate, ENOENT, EXDEV, type Memory } from './copy/calls.ts';
import { statusAt } from './syscalls.ts';
import type { Tree } from './tree.ts';

export interface Passed {
  looked: number;
  changed: number;
  /** Could not be changed: how many, and the first of them with the reason. */
  leftCount: number;
  readonly left: { readonly path: string; readonly error: string }[];
  /** Their paths: a directory may be looked through twice, and what is left in it counts once. */
  readonly known: Set<string>;
}

export function startPass(): Passed {
  return { looked: 0, changed: 0, leftCount: 0, left: [], known: new Set() };
}

/** Each level holds a descriptor, and a service user can nest as deep as the disk allows. */
export const DEEPEST = 200;
/** Entries between two pauses. */
export const A_TURN = 2048;
const NAMED = 5;
const MOST_KNOWN = 10_000;

export function note(so: Passed, path: string, error: string): void {
  if (so.known.has(path)) return;
  if (so.known.size < MOST_KNOWN) so.known.add(path);
  so.leftCount += 1;
  if (so.left.length < NAMED) so.left.push({ path, error });
}

/** It went meanwhile, became something else, or something is mounted there. */
export function isNothing(error: number): boolean {
  return error === ENOENT || error === EXDEV || NOT_THERE.has(errnoName(error));
}

const NOT_THERE: ReadonlySet<string> = new Set(['ENOTDIR', 'ELOOP']);

const listings: Memory[] = [];

/** One a level: they are read in turn. */
export function takeListing(depth: number): Memory {
  const known = listings[depth];
  if (known !== undefined) return known;
  const made = allocate(32_768);
  listings[depth] = made;
  return made;
}

const DOT = 46;

/** Whether the name that begins there is `.` or `..`. */
export function isDots(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== DOT) return false;
  return bytes[at + 1] === 0 || (bytes[at + 1] === DOT && bytes[at + 2] === 0);
}

type Passing = Extract<Operation, { type: 'setProject' | 'setLabels' }>;

/**
 * Goes through the directory of an operation, if it is the one that was planned for, with how far it is now and then. `refusal`: what is
 * said where something is left.
 */
export function* passing(
  tree: Tree,
  operation: Passing,
  {
    work,
    refusal,
  }: {
    readonly work: (fd: number) => Generator<Passed, Passed>;
    readonly refusal: Pick<Diagnostic, 'code' | 'summary'>;
  },
): Generator<LongProgress, void> {
  const { path, inode, born } = operation;
  const begun = Date.now();
  const fd = tree.openDirectory(path);
  try {
    const status = statusAt(fd, '');
    if ((inode !== undefined && status.inode !== inode) || (born !== undefined && status.born !== born))
      throw changedSince(path, [`want: ${describeOperation(operation)}`, 'found another directory']);
    const going = work(fd);
    for (let next = going.next(); ; next = going.next()) {
      if (next.done) return requireAll(path, next.value, refusal);
      const { looked, changed } = next.value;
      yield { looked, changed, seconds: (Date.now() - begun) / 1000 };
    }
  } finally {
    closeSync(fd);
  }
}

function requireAll(
  path: string,
  { leftCount, left }: Passed,
  { code, summary }: Pick<Diagnostic, 'code' | 'summary'>,
): void {
  if (leftCount === 0) return;
  throw new Problem(EXIT.failed, [
    diagnostic(code, summary, {
      at: path,
      detail: [
        `want all of them, found ${leftCount} that cannot be changed`,
        ...left.map((one) => `${one.path || '.'}: ${one.error}`),
      ],
      hint: 'look at what is there (sudo dmesg | tail, where it is EIO), then run the same command again',
    }),
  ]);
}
