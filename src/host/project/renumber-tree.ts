// Owns giving a directory and all that is in it another project: by descriptor, through no link and onto no mount point. Links, pipes,
// sockets and devices carry no project and are not opened. It can be stopped anywhere and done again.
//
// A directory gets its project after all that is in it: where it hands its project on, the kernel lets nothing of another project be
// renamed within it (EXDEV), and services rename all the time. What was made in it meanwhile is looked for once it has it.
import type { DirectoryProject } from '../../port/project-quota.ts';
import { errnoName } from '../../values/errno.ts';
import { decodeName } from '../../values/file-name.ts';
import { allocate, close, errno, open, readEntries, reopen, rewind, syncFileSystem } from '../copy/calls.ts';
import { createStatus, FORMAT, type Status } from '../copy/status.ts';
import { SystemError } from '../syscalls.ts';
import {
  A_TURN,
  DEEPEST,
  isDots,
  isNothing,
  note,
  type Passed,
  startPass,
  takeListing,
} from '../tree-pass.ts';
import { projectNumber, projectOf, renumber } from './calls.ts';

export interface Renumbering {
  readonly from: DirectoryProject;
  readonly to: DirectoryProject;
}

/** struct linux_dirent64 */
const RECORD = { length: 16, type: 18, name: 19 } as const;
const DT = { unknown: 0, directory: 4, file: 8 } as const;

/** `top`: open for reading. Pauses now and then, with how far it is. Where something is left, the directory itself is not done. */
export function* renumberTree(top: number, how: Renumbering): Generator<Passed, Passed> {
  const so = startPass();
  yield* renumberDirectory({ fd: top, path: '', depth: 0, again: false }, how, so);
  if (syncFileSystem(top) !== 0) throw new SystemError('syncfs', errno());
  return so;
}

interface At {
  readonly fd: number;
  /** Below the top. */
  readonly path: string;
  readonly depth: number;
  /** It was looked through before: only what came meanwhile is not done. */
  readonly again: boolean;
}

function* renumberDirectory(at: At, how: Renumbering, so: Passed): Generator<Passed, void> {
  const { to } = how;
  const { fd } = at;
  const own = projectOf(fd);
  if (own === null) throw new SystemError('ioctl', errno());
  // Somebody else's, with all that is in it: what Docker numbers itself.
  if (!isOurs(own.project, how)) return;
  const isDone = own.project === to.project && own.inherits === to.inherits;
  if (isDone && at.again) return;
  // While what is in it has two projects, it hands none on: else nothing of the other one could be renamed in it.
  if (own.inherits && !isDone && !renumber(fd, { project: own.project, inherits: false }))
    return leave(at, so);
  const before = createStatus();
  const after = createStatus();
  before.lookAt(fd);
  const isRecent = Date.now() - Number(before.changedAt() / 1_000_000n) < CLOCK_STEP_MS;
  const leftBefore = so.leftCount;
  yield* renumberEntries(at, how, so);
  if (isDone) return;
  // It is done when all below it is.
  if (at.depth === 0 && so.leftCount > leftBefore) return;
  after.lookAt(fd);
  const isQuiet = !isRecent && after.changedAt() === before.changedAt();
  if (!renumber(fd, to)) return leave(at, so);
  so.changed += 1;
  before.lookAt(fd);
  if (!to.inherits || (isQuiet && before.sameWritten(after))) return;
  rewind(fd);
  yield* renumberEntries({ ...at, again: true }, how, so);
}

/** Times of a kernel stand still for so long at most. */
const CLOCK_STEP_MS = 1000;

function isOurs(project: number, { from, to }: Renumbering): boolean {
  return project === 0 || project === from.project || project === to.project;
}

function* renumberEntries(at: At, how: Renumbering, so: Passed): Generator<Passed, void> {
  const { fd, path, depth, again } = at;
  const listing = takeListing(depth);
  const status = createStatus();
  const directories: Buffer[] = [];
  for (;;) {
    const length = readEntries(fd, listing);
    if (length < 0) throw new SystemError('getdents64', errno());
    if (length === 0) break;
    for (let from = 0; from < length; from += listing.bytes.readUInt16LE(from + RECORD.length)) {
      const start = from + RECORD.name;
      if (isDots(listing.bytes, start)) continue;
      so.looked += 1;
      if (so.looked % A_TURN === 0) yield so;
      const type = listing.bytes[from + RECORD.type];
      if (type !== DT.unknown && type !== DT.directory && type !== DT.file) continue;
      const isDirectory =
        type === DT.directory ||
        renumberFile({ dirfd: fd, name: listing.address + start, status }, how, so, () =>
          nameAt(path, listing.bytes, start),
        );
      if (isDirectory)
        directories.push(Buffer.from(listing.bytes.subarray(start, endOf(listing.bytes, start))));
    }
  }
  const name = allocate(256);
  for (const bytes of directories) {
    name.bytes.set(bytes);
    name.bytes[bytes.length] = 0;
    const below = `${path}${path === '' ? '' : '/'}${decodeName(bytes)}`;
    if (depth >= DEEPEST) {
      note(so, below, `deeper than ${DEEPEST} directories`);
      continue;
    }
    const opened = open(fd, name.address, 'directory');
    if (opened < 0) {
      if (!isNothing(errno())) note(so, below, errnoName(errno()));
      continue;
    }
    try {
      yield* renumberDirectory({ fd: opened, path: below, depth: depth + 1, again }, how, so);
    } finally {
      close(opened);
    }
  }
}

interface Named {
  readonly dirfd: number;
  readonly name: number;
  readonly status: Status;
}

/** true: it is a directory. */
function renumberFile(
  { dirfd, name, status }: Named,
  how: Renumbering,
  so: Passed,
  path: () => string,
): boolean {
  const seen = open(dirfd, name, 'path');
  if (seen < 0) {
    if (!isNothing(errno())) note(so, path(), errnoName(errno()));
    return false;
  }
  try {
    // Looked at before it is opened: to open a device can do something.
    if (!status.lookAt(seen)) return false;
    if (status.format() === FORMAT.directory) return true;
    if (status.format() !== FORMAT.file) return false;
    const file = reopen(seen);
    if (file < 0) {
      note(so, path(), errnoName(errno()));
      return false;
    }
    try {
      const project = projectNumber(file);
      if (project === how.to.project || (project >= 0 && !isOurs(project, how))) return false;
      if (project < 0 || !renumber(file, { project: how.to.project, inherits: false }))
        note(so, path(), errnoName(errno()));
      else so.changed += 1;
    } finally {
      close(file);
    }
    return false;
  } finally {
    close(seen);
  }
}

function leave({ path }: At, so: Passed): void {
  note(so, path, errnoName(errno()));
}

function endOf(bytes: Buffer, start: number): number {
  return bytes.indexOf(0, start);
}

function nameAt(path: string, bytes: Buffer, start: number): string {
  return `${path}${path === '' ? '' : '/'}${decodeName(bytes.subarray(start, endOf(bytes, start)))}`;
}
