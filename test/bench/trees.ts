// Owns growing trees of the sizes that scans are measured on, with one or two system calls a file.
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';

const mknodat = koffi
  .load(null)
  .func('int mknodat(int dirfd, const char *path, uint32_t mode, uint64_t device)');
const S_IFREG = 0o100000;

/** Of ten files one holds 5 kB, the others nothing. */
const CONTENT = Buffer.alloc(5000);
const EMPTY_BETWEEN = 10;

let grown = 0;

function fill(directory: string, files: number): void {
  const fd = openSync(directory, 'r');
  for (let i = 0; i < files; i += 1, grown += 1) {
    const name = `segment-${`${grown}`.padStart(8, '0')}.dat`;
    if (grown % EMPTY_BETWEEN === 0) writeFileSync(join(directory, name), CONTENT);
    else if (mknodat(fd, name, S_IFREG | 0o644, 0) !== 0) throw new Error(`mknodat: errno ${koffi.errno()}`);
  }
  closeSync(fd);
}

/** Directories of 100 files, 100 of them in each of those above. */
export function growWide(top: string, files: number): void {
  for (let directory = 0; directory * 100 < files; directory += 1) {
    const path = join(top, `${Math.floor(directory / 100)}`, `${directory}`);
    mkdirSync(path, { recursive: true });
    fill(path, 100);
  }
}

export function growFlat(top: string, files: number): void {
  mkdirSync(top, { recursive: true });
  fill(top, files);
}

/** Chains of 100 directories, each in the one before, with 100 files in each. */
export function growDeep(top: string, files: number): void {
  for (let chain = 0; chain * 10_000 < files; chain += 1) {
    let path = join(top, `${chain}`);
    for (let level = 0; level < 100; level += 1, path = join(path, `level-${level}`)) {
      mkdirSync(path, { recursive: true });
      fill(path, 100);
    }
  }
}
