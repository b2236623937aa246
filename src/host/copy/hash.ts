// Owns the hash of a tree: one SHA-256 over all that a copy keeps but times, in the order of names, so that it is the same on every
// file system. Must not change anything, nor know of a copy.
import { createHash } from 'node:crypto';
import { DEEPEST_COPIED } from '../../port/copy-tree.ts';
import { errnoName } from '../../values/errno.ts';
import { decodeName } from '../../values/file-name.ts';
import { createWay, eachAttribute } from './attributes.ts';
import { blockMemory, eachBlock, SHORTER } from './blocks.ts';
import { allocate, close, errno, readLink } from './calls.ts';
import { sortedNames } from './names.ts';
import { createPace, Stopped } from './pace.ts';
import { type Answer, collectObstacles, type HashStart } from './report.ts';
import { type Closed, openDirectory, openFile, whyClosed } from './source.ts';
import { createStatus, FORMAT } from './status.ts';

export function runHash({ fd: top, control }: HashStart): Answer {
  const pace = createPace(control, null);
  const obstacles = collectObstacles();
  const sum = createHash('sha256');
  const is = createStatus();
  const way = createWay();
  const name = allocate(512);
  const text = allocate(4097);
  const block = blockMemory();
  /** Of files with several names: the number of the first one. */
  const met = new Map<number | string, number>();
  const path: string[] = [];
  let [entries, bytes] = [0, 0];
  let device = 0;

  const shownPath = () => decodeName(Buffer.from(path.join('/'), 'latin1'));
  const tell = (closed: Closed) => {
    if (closed === 'vanished')
      obstacles.add('unreadable', shownPath, 'it went, or changed, while it was read');
    else obstacles.add(closed.kind, shownPath, closed.what);
  };

  function count(own: string): void {
    entries += 1;
    pace.entry();
    const format = is.format();
    const words = [path.length, format, is.mode(), is.uid(), is.gid(), isNode(format) ? is.itsDevice() : 0];
    sum.update(`\n${words.join(' ')} ${own.length} ${own} `, 'latin1');
  }

  function attributes(of: Parameters<typeof eachAttribute>[0]): void {
    const read = eachAttribute(of, (attribute, value) => {
      sum.update(`@${attribute.length} ${attribute} ${value.length} `, 'latin1');
      sum.update(value);
    });
    if (read < 0) tell({ kind: 'unreadable', what: errnoName(errno()) });
  }

  function directory(fd: number, own: string): void {
    count(own);
    attributes({ fd });
    const names = sortedNames(fd);
    if (typeof names === 'number') return tell({ kind: 'unreadable', what: errnoName(names) });
    if (path.length >= DEEPEST_COPIED) return tell({ kind: 'too deep', what: '' });
    for (const one of names) {
      pace.check();
      path.push(one);
      name.bytes.write(`${one}\0`, 'latin1');
      if (is.look(fd, name.address)) entry(fd, one);
      else tell(whyClosed());
      path.pop();
    }
  }

  function entry(dirfd: number, own: string): void {
    if (is.isMountPoint()) return tell({ kind: 'mount point', what: '' });
    const format = is.format();
    if (format === FORMAT.socket) return;
    if (format === FORMAT.directory || format === FORMAT.file) {
      const open = format === FORMAT.file ? openFile : openDirectory;
      const fd = open(dirfd, name.address, is);
      if (typeof fd !== 'number') return tell(fd);
      try {
        if (format === FORMAT.file) file(fd, own);
        else if (is.device() === device) directory(fd, own);
        else tell({ kind: 'other file system', what: '' });
      } finally {
        close(fd);
      }
      return;
    }
    count(own);
    if (isNamedAgain()) return;
    attributes(way(dirfd, name.bytes, 0));
    if (format !== FORMAT.link) return;
    const length = readLink(dirfd, name.address, text);
    if (length < 0) return tell('vanished');
    sum.update(`>${length} `);
    sum.update(text.bytes.subarray(0, length));
  }

  function file(fd: number, own: string): void {
    count(own);
    if (isNamedAgain()) return;
    attributes({ fd });
    const length = is.bytes();
    sum.update(`:${length} `);
    const read = eachBlock(
      { fd, bytes: length, hasHoles: is.hasHoles(), into: block },
      pace,
      (index, data) => {
        sum.update(`#${index} `);
        sum.update(data);
        bytes += data.length;
      },
    );
    if (read === SHORTER) tell('vanished');
    else if (read !== 0) tell({ kind: 'unreadable', what: errnoName(read) });
  }

  /** Then it is what it was under its first name. */
  function isNamedAgain(): boolean {
    if (is.links() === 1) return false;
    const first = met.get(is.inode());
    if (first === undefined) met.set(is.inode(), entries);
    else sum.update(`=${first} `);
    return first !== undefined;
  }

  if (!is.lookAt(top)) tell(whyClosed());
  device = is.device();
  try {
    directory(top, '');
  } catch (error) {
    if (error instanceof Stopped) return { of: 'stopped' };
    throw error;
  }
  return { of: 'hash', hashed: { sha256: sum.digest('hex'), entries, bytes, obstacles: obstacles.all() } };
}

function isNode(format: number): boolean {
  return format !== FORMAT.directory && format !== FORMAT.file && format !== FORMAT.link;
}
