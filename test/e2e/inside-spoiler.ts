// Makes work for `repair --recursive` as root, inside a throwaway host and while a service user swaps what is there: owner,
// mode, access lists and a flag of a file or directory, by descriptor and never through a link. Usage:
// node inside-spoiler.ts PATH   Exit status 0: spoiled; 1: something else was there.
import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlags, setLists } from '../../src/host/entry-attributes.ts';

const LETS_IN = 'user::---,user:4242:rwx,group::r-x,mask::rwx,other::---';

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url))
  process.exitCode = spoil(process.argv[2] ?? '') ? 0 : 1;

export function spoil(path: string): boolean {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return false;
  }
  try {
    const status = fstatSync(fd);
    // A name of somebody else's file is the attacker's bait, and not ours to spoil.
    if (!status.isDirectory() && status.nlink !== 1) return false;
    fchownSync(fd, 0, 0);
    // A file that runs as its group is left alone, and so would the rest of it be.
    fchmodSync(fd, status.isDirectory() ? 0o2007 : 0o007);
    setLists(fd, { access: LETS_IN, inherited: status.isDirectory() ? LETS_IN : null });
    setFlags(fd, [status.isDirectory() ? 'append-only' : 'immutable']);
    return true;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}
