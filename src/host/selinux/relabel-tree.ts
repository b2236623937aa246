// Owns giving a directory and what is in it labels of another type: by descriptor, through no link and onto no mount point. A link gets a
// label itself. It can be stopped anywhere and done again.
//
// A directory in the tree gets its label before what is in it, since what is made in it then begins with the same; the topmost one gets it
// last, so that it says whether all is done. What was made in it meanwhile is looked for once it has it.
import type { OperationOf } from '../../port/operation.ts';
import { type OtherLabels, type OtherLabelsAsked, typeIn, withType } from '../../port/selinux.ts';
import { errnoName } from '../../values/errno.ts';
import { decodeName } from '../../values/file-name.ts';
import { allocate, close, errno, open, readEntries, rewind, syncFileSystem } from '../copy/calls.ts';
import { createStatus, FORMAT } from '../copy/status.ts';
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
import { labelOf, setLabel } from './calls.ts';

/** Once for each entry; whether the entry, where it is a directory, is to be gone through. `fd`: of O_PATH. */
type Act = (fd: number, path: string) => boolean;

export interface Relabelling extends Pick<OperationOf<'setLabels'>, 'from' | 'to' | 'scope'> {
  readonly except: ReadonlySet<string>;
  /** By path. */
  readonly also: ReadonlyMap<string, { readonly from: string; readonly to: string }>;
}

/** struct linux_dirent64 */
const RECORD = { length: 16, name: 19 } as const;

/** `top`: open for reading. Pauses now and then, with how far it is. Where something is left, the directory itself is not done. */
export function* relabelTree(top: number, how: Relabelling): Generator<Passed, Passed> {
  const so = startPass();
  const at = { fd: top, path: '', depth: 0 };
  const act: Act = (fd, path) => relabel(fd, path, how, so);
  if (how.scope === 'tree')
    yield* goThrough(
      at,
      {
        except: how.except,
        act: (fd, path) => {
          act(fd, path);
          return true;
        },
      },
      so,
    );
  if (so.leftCount > 0) return so;
  act(top, '');
  if (how.scope === 'tree') {
    rewind(top);
    yield* goThrough(at, { except: how.except, act }, so);
  }
  if (syncFileSystem(top) !== 0) throw new SystemError('syncfs', errno());
  return so;
}

/** `top`: open for reading. */
export function otherLabelsIn(top: number, { type, except, most }: OtherLabelsAsked): OtherLabels {
  const first: { readonly path: string; readonly type: string }[] = [];
  const so = startPass();
  const work = goThrough(
    { fd: top, path: '', depth: 0 },
    {
      except: new Set(except),
      act(fd, path) {
        const label = labelOf(fd);
        if (label !== null && typeIn(label) !== type) first.push({ path, type: typeIn(label) });
        return first.length <= most;
      },
    },
    so,
  );
  for (const _ of work) if (first.length > most) break;
  return { first: first.slice(0, most), isAll: first.length <= most && so.leftCount === 0 };
}

interface How {
  readonly except: ReadonlySet<string>;
  readonly act: Act;
}

interface At {
  readonly fd: number;
  /** Below the top. */
  readonly path: string;
  readonly depth: number;
}

function* goThrough(at: At, how: How, so: Passed): Generator<Passed, void> {
  const { fd, path, depth } = at;
  const listing = takeListing(depth);
  const directories: Buffer[] = [];
  for (;;) {
    const length = readEntries(fd, listing);
    if (length < 0) throw new SystemError('getdents64', errno());
    if (length === 0) break;
    for (let from = 0; from < length; from += listing.bytes.readUInt16LE(from + RECORD.length)) {
      const start = from + RECORD.name;
      if (isDots(listing.bytes, start)) continue;
      const name = listing.bytes.subarray(start, listing.bytes.indexOf(0, start));
      so.looked += 1;
      if (so.looked % A_TURN === 0) yield so;
      const below = `${path}${path === '' ? '' : '/'}${decodeName(name)}`;
      if (how.except.has(below)) continue;
      if (isToEnter(fd, listing.address + start, { path: below, how, so }))
        directories.push(Buffer.from(name));
    }
  }
  const name = allocate(256);
  for (const bytes of directories) {
    const below = `${path}${path === '' ? '' : '/'}${decodeName(bytes)}`;
    if (depth >= DEEPEST) {
      note(so, below, `deeper than ${DEEPEST} directories`);
      continue;
    }
    name.bytes.set(bytes);
    name.bytes[bytes.length] = 0;
    const opened = open(fd, name.address, 'directory');
    if (opened < 0) {
      if (!isNothing(errno())) note(so, below, errnoName(errno()));
      continue;
    }
    try {
      yield* goThrough({ fd: opened, path: below, depth: depth + 1 }, how, so);
    } finally {
      close(opened);
    }
  }
}

const status = createStatus();

function isToEnter(
  dirfd: number,
  name: number,
  { path, how, so }: { readonly path: string; readonly how: How; readonly so: Passed },
): boolean {
  const seen = open(dirfd, name, 'path');
  if (seen < 0) {
    if (!isNothing(errno())) note(so, path, errnoName(errno()));
    return false;
  }
  try {
    if (!status.lookAt(seen)) return false;
    const isDirectory = status.format() === FORMAT.directory;
    return how.act(seen, path) && isDirectory;
  } finally {
    close(seen);
  }
}

/** Whether it was to change. */
function relabel(fd: number, path: string, how: Relabelling, so: Passed): boolean {
  const label = labelOf(fd);
  if (label === null) {
    note(so, path, errnoName(errno()));
    return false;
  }
  const type = typeIn(label);
  const own = how.also.get(path);
  const to =
    own !== undefined && own.from === type ? own.to : type === how.from && own === undefined ? how.to : type;
  if (to === type) return false;
  if (setLabel(fd, withType(label, to))) {
    so.changed += 1;
    return true;
  }
  note(so, path, errnoName(errno()));
  return false;
}
