// Owns whether the program is still that of the sources beside it, which it finds out before it does anything else. Must not act
// on what it finds: that is the entry's (start.ts).
import { closeSync, openSync, statSync } from 'node:fs';
import { haveChangedByNode, type Sources } from './sources.ts';

export interface BuiltFrom {
  readonly checkout: string;
  readonly sources: Sources;
  /** Has it built, and runs that in the place of this process. */
  readonly buildAnew: () => Promise<void>;
}

/** From the entry; null: there are no sources to compare with. */
declare const builtFrom: BuiltFrom | null;

export async function requireFresh(): Promise<void> {
  if (typeof builtFrom !== 'object' || builtFrom === null) return;
  if (!(await haveChanged(builtFrom.checkout, builtFrom.sources))) return;
  await builtFrom.buildAnew();
  process.exit();
}

/** Told by `haveChangedByNode`, and faster. */
export async function haveChanged(checkout: string, sources: Sources): Promise<boolean> {
  try {
    return await haveChangedByKernel(checkout, sources);
  } catch {
    // What calls the kernel may have been another version when this was built.
    return haveChangedByNode({ statSync }, checkout, sources);
  }
}

const O_PATH = 0o10000000;
const STATX_MTIME = 0x40;
const STATX_SIZE = 0x200;

/** Node.js itself takes four times as long for so many files. In struct statx: stx_size at 40, stx_mtime at 112. */
async function haveChangedByKernel(checkout: string, { paths, numbers }: Sources): Promise<boolean> {
  const { default: koffi } = await import('koffi');
  const statx = koffi
    .load(null)
    .func('int statx(int dirfd, uintptr_t path, int flags, uint32_t mask, uintptr_t buffer)');
  // Of their own, never of Node's pool: their addresses stay.
  const answer = Buffer.allocUnsafeSlow(4096);
  const names = Buffer.allocUnsafeSlow(Buffer.byteLength(paths) + 4096);
  const length = names.write(paths);
  const into = Number(koffi.address(answer));
  const first = Number(koffi.address(names));
  const words = new Uint32Array(answer.buffer, answer.byteOffset, 64);
  const signed = new Int32Array(answer.buffer, answer.byteOffset, 64);
  const directory = openSync(checkout, O_PATH);
  try {
    for (let at = 0, i = 0; at < length; at = names.indexOf(0, at) + 1, i += 2) {
      if (statx(directory, first + at, 0, STATX_MTIME | STATX_SIZE, into) !== 0) return true;
      const [size = 0, seconds = 0, more = 0, nanoseconds = 0] = [
        words[10],
        words[28],
        signed[29],
        words[30],
      ];
      // As Node.js makes one number of them, with which it was built.
      if ((more * 2 ** 32 + seconds) * 1000 + nanoseconds / 1e6 !== numbers[i]) return true;
      const bytes = numbers[i + 1] ?? -1;
      if (bytes >= 0 && size !== bytes) return true;
    }
    return false;
  } finally {
    closeSync(directory);
  }
}
