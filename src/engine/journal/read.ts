// Owns which part of a run's record can be believed: every line before the first that does not verify. Says what is wrong with
// the rest. Must not act, and must not fail whatever a file contains: one record does not block another.

import { JOURNAL_SCHEMA_VERSION } from '../../document/versions.ts';
import { Problem } from '../../messages/diagnostic.ts';
import type { JournalStore, RecordBytes, RecordFile } from '../../port/journal-store.ts';
import { describeOperation, type Operation } from '../../port/operation.ts';
import { endOfLines, linesBackward, linesForward, piecesOf } from '../../port/record-lines.ts';
import { SEAL_LENGTH, startVerifying, sumIn, sumOf } from './chain.ts';
import type { JournalRecord, RecordedRun } from './record.ts';

/** Only the number of the run is known. */
export interface UnreadableRun {
  readonly run: number;
  readonly unreadable: 'damaged' | 'newer version';
  readonly why: string;
}

export interface ReadableRun {
  readonly run: RecordedRun;
  /** Offset in the file: lines before it can be believed. */
  readonly end: number;
  /** 1 had no sums. */
  readonly version: number;
}

/** Of a larger record only the first and last lines are read until it is undone or completed: a large repair slows nothing down. */
const VERIFIED_AT_ONCE = 1024 * 1024;

export function readRecord(file: RecordFile, much: 'ends' | 'all'): ReadableRun | UnreadableRun {
  const { run } = file;
  try {
    const record = file.open();
    try {
      return record.size > VERIFIED_AT_ONCE
        ? readBytes(record, run, much)
        : readBytes(inMemory(record), run, 'all');
    } finally {
      record.close();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return damaged(run, error.diagnostics[0]?.detail.join(': ') ?? error.message);
  }
}

/** Whether a record says, to be believed or not, that its run is of this command: where none does, none has to be verified. */
export function someRecordIs(store: JournalStore, command: RecordedRun['command']): boolean {
  for (const file of store.newestFirst()) if (commandIn(file) === command) return true;
  return false;
}

/**
 * What a file of a record has, be it to be believed or not, of those whose run is of this command: whether all of `words` stand in it.
 * What is too large to look for is said to have them.
 */
export function someRecordHas(
  store: JournalStore,
  command: RecordedRun['command'],
  words: readonly string[],
): boolean {
  for (const file of store.newestFirst()) if (commandIn(file) === command && hasAll(file, words)) return true;
  return false;
}

function hasAll(file: RecordFile, words: readonly string[]): boolean {
  const found = opened(file, (record) => {
    if (record.size > VERIFIED_AT_ONCE) return true;
    const bytes = Buffer.allocUnsafe(record.size);
    const text = bytes.subarray(0, record.read(bytes, 0));
    return words.every((word) => text.includes(word));
  });
  return found ?? false;
}

/** null: it says none. */
function commandIn(file: RecordFile): string | null {
  return opened(file, (record) => {
    const [first] = linesForward(record, record.size);
    const header = first === undefined ? null : parseRecord(first.bytes);
    return header?.type === 'run' ? header.command : null;
  });
}

/** null: it cannot be read. */
function opened<T>(file: RecordFile, look: (record: RecordBytes) => T): T | null {
  try {
    const record = file.open();
    try {
      return look(record);
    } finally {
      record.close();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return null;
  }
}

function inMemory({ size, read }: RecordBytes): RecordBytes {
  const bytes = Buffer.allocUnsafe(size);
  const length = read(bytes, 0);
  return {
    size: length,
    read: (into, at) => (at < length ? bytes.copy(into, 0, at, length) : 0),
    close: () => {},
  };
}

function readBytes(record: RecordBytes, run: number, much: 'ends' | 'all'): ReadableRun | UnreadableRun {
  const end = endOfLines(record);
  if (end === 0)
    return damaged(run, record.size === 0 ? 'its record is empty' : 'line 1 of its record is cut off');
  const header = readHeader(record, run, end);
  if ('unreadable' in header) return header;
  const { schemaVersion: version, type: _, ...rest } = header;
  const bare = { ...rest, outcome: null, steps: null, left: null, damage: null };
  const [last] = linesBackward(record, end);
  const ending = last === undefined ? null : parseRecord(last.bytes);
  const sealed = version === 1 || (last !== undefined && sumIn(last.bytes) !== null);
  if (much === 'all' || ending === null || !sealed) {
    const { good, wrong } = version === 1 ? parseAll(record, end) : verifyAll(record, end);
    if (wrong !== null) return { run: { ...bare, damage: wrong }, end: good, version };
  }
  if (ending?.type !== 'end') return { run: bare, end, version };
  const { outcome, steps, left } = ending;
  return { run: { ...bare, outcome, steps, left }, end, version };
}

type Header = Extract<JournalRecord, { type: 'run' }>;

function readHeader(record: RecordBytes, run: number, end: number): Header | UnreadableRun {
  const [first] = linesForward(record, end);
  const bytes = first?.bytes ?? Buffer.alloc(0);
  const sum = sumIn(bytes);
  if (sum !== null && sum !== sumOf([bytes.subarray(0, -SEAL_LENGTH)])) return damaged(run, doesNotVerify(1));
  const header = parseRecord(bytes);
  if (header?.type !== 'run') return damaged(run, doesNotVerify(1));
  const { schemaVersion: version, program } = header;
  if (version > JOURNAL_SCHEMA_VERSION)
    return {
      run,
      unreadable: 'newer version',
      why: `jts-hot ${program} recorded it, in format ${version}; this program reads formats 1 to ${JOURNAL_SCHEMA_VERSION}`,
    };
  // A format without sums cannot have one, and the other way round.
  if ((version === 1) === (sum !== null)) return damaged(run, doesNotVerify(1));
  if (header.run !== run) return damaged(run, `its record is that of run ${header.run}`);
  return header;
}

interface Checked {
  /** Where the last line ends that can be believed. */
  readonly good: number;
  /** What is wrong with the next one; null: nothing, it is the end. */
  readonly wrong: string | null;
}

/** The last sum covers all lines: only where it does not verify, each line is looked at. */
function verifyAll(record: RecordBytes, end: number): Checked {
  const [last] = linesBackward(record, end);
  if (last !== undefined && sumIn(last.bytes) === sumOf(piecesOf(record, end - 1 - SEAL_LENGTH)))
    return { good: end, wrong: null };
  return firstWrong(record, end, startVerifying());
}

/** Format 1 has no sums: a line counts if it makes sense. */
function parseAll(record: RecordBytes, end: number): Checked {
  return firstWrong(record, end, (line) => {
    const read = parseRecord(line);
    return read !== null && (read.type !== 'doing' || [read.what.do, read.what.undo].every(makesSense));
  });
}

/** An operation that we cannot describe is not one of ours. */
function makesSense(operation: Operation | null): boolean {
  try {
    return operation === null || typeof describeOperation(operation) === 'string';
  } catch {
    return false;
  }
}

function firstWrong(record: RecordBytes, end: number, isRight: (line: Buffer) => boolean): Checked {
  let good = 0;
  let number = 0;
  for (const line of linesForward(record, end)) {
    number += 1;
    if (!isRight(line.bytes)) return { good, wrong: doesNotVerify(number) };
    good = line.end;
  }
  return { good, wrong: null };
}

function damaged(run: number, why: string): UnreadableRun {
  return { run, unreadable: 'damaged', why };
}

function doesNotVerify(line: number): string {
  return `line ${line} of its record does not verify`;
}

/** null: it is none. */
export function parseRecord(line: Buffer): JournalRecord | null {
  try {
    const record = JSON.parse(line.toString('utf8')) as JournalRecord;
    return isRecord(record) ? record : null;
  } catch {
    return null;
  }
}

function isRecord(record: JournalRecord): boolean {
  switch (record.type) {
    case 'run':
      return (
        Number.isSafeInteger(record.schemaVersion) &&
        record.schemaVersion > 0 &&
        // A later format may have other fields.
        (record.schemaVersion > JOURNAL_SCHEMA_VERSION || isHeader(record))
      );
    case 'doing':
      return typeof record.what.address === 'string' && areAll(record.what.needs, 'string');
    case 'done':
      return typeof record.step === 'number';
    case 'left':
      return typeof record.address === 'string' && typeof record.why === 'string';
    case 'end':
      return (
        ['applied', 'stopped', 'failed'].includes(record.outcome) &&
        typeof record.steps === 'number' &&
        typeof record.left === 'number'
      );
    default:
      record satisfies never;
      return false;
  }
}

function isHeader({
  command,
  scope,
  base,
  root,
  continues,
  undoes,
  decisions,
  mountPoint,
  at,
}: Header): boolean {
  return (
    areAll([command, scope, base, root, mountPoint, at], 'string') &&
    (continues === null || typeof continues === 'number') &&
    areAll(undoes, 'number') &&
    areAll(decisions, 'string')
  );
}

function areAll(values: readonly unknown[], type: 'string' | 'number'): boolean {
  return Array.isArray(values) && values.every((value) => typeof value === type);
}
