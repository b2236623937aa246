// Makes many empty files in a new directory, with one system call each. Usage: node scan-entries.ts DIRECTORY COUNT
import { mkdirSync } from 'node:fs';
import koffi from 'koffi';

const [, , directory = '', count = '0'] = process.argv;
const mknod = koffi.load(null).func('int mknod(const char *path, uint32_t mode, uint64_t device)');
const S_IFREG = 0o100000;

mkdirSync(directory);
for (let i = 0; i < Number(count); i += 1)
  if (mknod(`${directory}/${i}`, S_IFREG | 0o644, 0) !== 0) throw new Error(`mknod: errno ${koffi.errno()}`);
