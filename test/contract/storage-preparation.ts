// Owns preparing a disk that is really there for the contract about storage: signing it, using it, taking its lock.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import type { StoragePreparation } from './storage-cases.ts';

/** `name`: what the kernel calls it. `settle`: after it was written to. */
export function preparationOn(name: string, settle: () => void): StoragePreparation {
  return {
    sign(type, on = name) {
      const [program, ...words] = type === 'ext4' ? ['mkfs.ext4', '-q', '-F'] : ['mkfs.xfs', '-q', '-f'];
      execFileSync(program as string, [...words, `/dev/${on}`]);
      settle();
    },
    use(on = name) {
      const at = mkdtempSync('/run/used-');
      execFileSync('mount', [`/dev/${on}`, at]);
      return () => execFileSync('umount', [at]);
    },
    lock() {
      const mark = `${mkdtempSync('/run/locked-')}/mark`;
      const holder = spawn('sh', ['-c', `exec 9</dev/${name}; flock 9; touch ${mark}; exec sleep 1000`], {
        stdio: 'ignore',
      });
      while (!existsSync(mark)) execFileSync('sleep', ['0.05']);
      return () => {
        holder.kill('SIGKILL');
      };
    },
  };
}
