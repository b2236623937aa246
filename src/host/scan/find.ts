// Owns which files a measurement names: by size, by the end of the name, by age; the largest few of each kind.
import type { FindRequest, FoundFile } from '../../port/measure.ts';
import { type DataPlaces, isDataPath } from '../../values/data-places.ts';
import type { NumberedName } from '../../values/numbered-name.ts';
import { DIRENT, statusWords, WORD } from './calls.ts';
import { compareFound } from './report.ts';

export interface Finder {
  /** What follows is in this tree. */
  begin(tree: number): void;
  /** Looks at the file whose entry is at `at` in the listing and whose status was just asked for. `path` is below the tree. */
  consider(listing: Buffer, at: number, path: () => string): void;
  /** Hands over what was kept, and forgets it. */
  take(): readonly FoundFile[];
}

export function createFinder(request: FindRequest): Finder {
  const { filesOverBytes, logsOverBytes, temporaryBefore, most } = request;
  const notLogs = request.notLogs.map(({ digits, ending }) => ({ digits, ending: Buffer.from(ending) }));
  let kept = new Map<FoundFile['kind'], FoundFile[]>();
  let data: DataPlaces = NO_DATA;

  function keep(kind: FoundFile['kind'], file: Omit<FoundFile, 'kind' | 'path'>, path: () => string): void {
    const files = kept.get(kind) ?? [];
    const last = files.at(-1);
    if (files.length >= most && (last === undefined || last.diskBytes > file.diskBytes)) return;
    kept.set(kind, insert(files, { kind, path: path(), ...file }, most));
  }

  return {
    begin(tree) {
      data = request.dataPlaces[tree] ?? NO_DATA;
    },
    consider(listing, at, path) {
      const diskBytes =
        ((statusWords[WORD.blocks] ?? 0) + (statusWords[WORD.blocks + 1] ?? 0) * 2 ** 32) * 512;
      const isLarge = filesOverBytes !== null && diskBytes >= filesOverBytes;
      const mayBeLog = logsOverBytes !== null && diskBytes >= logsOverBytes && isLog(listing, at, notLogs);
      const isOld = temporaryBefore !== null && endsWith(listing, at, TMP) && changedAt() < temporaryBefore;
      if (!isLarge && !mayBeLog && !isOld) return;
      // Read before its path is told: for that another status may be asked for.
      const apparentBytes = (statusWords[WORD.length] ?? 0) + (statusWords[WORD.length + 1] ?? 0) * 2 ** 32;
      const file = { diskBytes, apparentBytes, changedAt: changedAt() };
      if (isLarge) keep('large', file, path);
      if (mayBeLog && !isDataPath(path(), data)) keep('log', file, path);
      if (isOld) keep('temporary', file, path);
    },
    take() {
      const files = [...kept.values()].flat();
      kept = new Map();
      return files;
    },
  };
}

const NO_DATA: DataPlaces = { below: [], except: [] };

/** `files` is in order, and stays so. */
function insert(files: FoundFile[], file: FoundFile, most: number): FoundFile[] {
  let [low, high] = [0, files.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = files[middle];
    if (there !== undefined && compareFound(there, file) <= 0) low = middle + 1;
    else high = middle;
  }
  files.splice(low, 0, file);
  if (files.length > most) files.pop();
  return files;
}

/** Milliseconds since the epoch; struct statx_timestamp: s64 seconds, u32 nanoseconds. */
function changedAt(): number {
  const seconds = (statusWords[WORD.changed] ?? 0) + ((statusWords[WORD.changed + 1] ?? 0) | 0) * 2 ** 32;
  return Math.floor(seconds * 1000 + (statusWords[WORD.changed + 2] ?? 0) / 1e6);
}

const LOG = Buffer.from('.log');
const TMP = Buffer.from('.tmp');

/** A name that is such a number, with its ending as bytes. */
type Numbered = Pick<NumberedName, 'digits'> & { readonly ending: Buffer };

function isLog(listing: Buffer, at: number, notLogs: readonly Numbered[]): boolean {
  if (!endsWith(listing, at, LOG)) return false;
  const start = at + DIRENT.name;
  let digits = 0;
  while (isDigit(listing[start + digits])) digits += 1;
  return !notLogs.some(
    ({ digits: wanted, ending }) =>
      digits === wanted && listing[start + digits + ending.length] === 0 && endsWith(listing, at, ending),
  );
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** On the bytes of the name: to decode a million names would take longer than to find the few. */
function endsWith(listing: Buffer, at: number, ending: Buffer): boolean {
  // The record's length is the name's, with its NUL, rounded up to eight: the NUL is among the last eight bytes.
  const length = (listing[at + DIRENT.length] ?? 0) | ((listing[at + DIRENT.length + 1] ?? 0) << 8);
  let end = Math.max(at + DIRENT.name, at + length - 8);
  while (listing[end] !== 0) end += 1;
  if (end - ending.length < at + DIRENT.name) return false;
  for (let i = 0; i < ending.length; i += 1) if (listing[end - ending.length + i] !== ending[i]) return false;
  return true;
}
