// Owns naming what two trees differ in, once it is known that they do: both are gone through side by side until enough is found.
// Must not change anything.
import { DIFFERENCES_NAMED, type Difference } from '../../port/copy-tree.ts';
import { errnoName } from '../../values/errno.ts';
import { decodeName, printableName } from '../../values/file-name.ts';
import { createWay, eachAttribute } from './attributes.ts';
import { BLOCK_BYTES, blockMemory, fill } from './blocks.ts';
import { allocate, type Bearer, close, readLink } from './calls.ts';
import { partAt } from './content.ts';
import { sortedNames } from './names.ts';
import { createPace, Stopped } from './pace.ts';
import type { Answer, DifferStart } from './report.ts';
import { openDirectory, openFile } from './source.ts';
import { createStatus, FORMAT } from './status.ts';

/** Thrown once enough is found. */
class Enough extends Error {}

export function runDiffer({ oneFd, otherFd, control }: DifferStart): Answer {
  const pace = createPace(control, null);
  const differences: Difference[] = [];
  const path: string[] = [];
  const name = allocate(512);
  const [one, other] = [createStatus(), createStatus()];
  const [oneBlock, otherBlock] = [blockMemory(), blockMemory()];
  const [oneText, otherText] = [allocate(4097), allocate(4097)];
  const [oneWay, otherWay] = [createWay(), createWay()];
  /** Of each side: under which name a file was first met. */
  const [oneMet, otherMet] = [new Map<number | string, string>(), new Map<number | string, string>()];

  function tell(what: string): void {
    differences.push({ path: decodeName(Buffer.from(path.join('/'), 'latin1')), what });
    if (differences.length === DIFFERENCES_NAMED) throw new Enough();
  }

  function within<T>(names: readonly string[], act: () => T): T {
    path.push(...names);
    const done = act();
    path.length -= names.length;
    return done;
  }

  function directories(a: number, b: number): void {
    compareBearers({ fd: a }, { fd: b });
    const [names, others] = [sortedNames(a), sortedNames(b)];
    if (typeof names === 'number' || typeof others === 'number') {
      const error = typeof names === 'number' ? names : (others as number);
      return tell(`cannot be read: ${errnoName(error)}`);
    }
    for (let i = 0, j = 0; i < names.length || j < others.length; ) {
      pace.check();
      const [left, right] = [names[i], others[j]];
      const isLeft = right === undefined || (left !== undefined && left <= right);
      const isRight = left === undefined || (right !== undefined && right <= left);
      const own = (isLeft ? left : right) ?? '';
      if (isLeft) i += 1;
      if (isRight) j += 1;
      name.bytes.write(`${own}\0`, 'latin1');
      within([own], () => entry(a, b, { isLeft, isRight }));
    }
  }

  function entry(a: number, b: number, at: { readonly isLeft: boolean; readonly isRight: boolean }): void {
    const isHere = at.isLeft && one.look(a, name.address) && one.format() !== FORMAT.socket;
    const isThere = at.isRight && other.look(b, name.address) && other.format() !== FORMAT.socket;
    pace.entry();
    if (isHere && isThere) both(a, b);
    else if (isHere) tell('not at the other');
    else if (isThere) tell('at the other alone');
  }

  function both(a: number, b: number): void {
    if (one.format() !== other.format()) return tell('of another type');
    facts();
    if (one.isMountPoint() || other.isMountPoint()) return tell('a mount point');
    const first = firstName(one.inode(), one.links(), oneMet);
    const otherFirst = firstName(other.inode(), other.links(), otherMet);
    if (first !== otherFirst) return tell('a name of another file');
    if (first !== null) return;
    switch (one.format()) {
      case FORMAT.directory:
        return opened(openDirectory, a, b, directories);
      case FORMAT.file:
        return opened(openFile, a, b, files);
      default:
        compareBearers(oneWay(a, name.bytes, 0), otherWay(b, name.bytes, 0));
        if (one.format() === FORMAT.link) targets(a, b);
        else if (one.itsDevice() !== other.itsDevice()) tell('another device');
    }
  }

  function facts(): void {
    if (one.mode() !== other.mode()) tell(`mode ${octal(one.mode())}, not ${octal(other.mode())}`);
    if (!one.sameOwner(other)) tell(`owner ${one.uid()}:${one.gid()}, not ${other.uid()}:${other.gid()}`);
  }

  function opened(open: typeof openFile, a: number, b: number, act: (a: number, b: number) => void): void {
    const here = open(a, name.address, one);
    const there = open(b, name.address, other);
    try {
      if (typeof here === 'number' && typeof there === 'number') act(here, there);
      else tell('cannot be read, or changed while it was read');
    } finally {
      if (typeof here === 'number') close(here);
      if (typeof there === 'number') close(there);
    }
  }

  function files(a: number, b: number): void {
    compareBearers({ fd: a }, { fd: b });
    if (one.bytes() !== other.bytes()) return tell(`${one.bytes()} bytes, not ${other.bytes()}`);
    const bytes = one.bytes();
    for (let at = 0; at < bytes; ) {
      pace.check();
      const [part, otherPart] = [partAt(a, at, bytes), partAt(b, at, bytes)];
      if (!part.isData && !otherPart.isData) {
        at = Math.min(part.end, otherPart.end);
        continue;
      }
      const length = Math.min(BLOCK_BYTES, bytes - at);
      const error = fill(a, oneBlock, { at, length }) || fill(b, otherBlock, { at, length });
      if (error !== 0)
        return tell(error < 0 ? 'it changed while it was read' : `cannot be read: ${errnoName(error)}`);
      if (oneBlock.bytes.compare(otherBlock.bytes, 0, length, 0, length) !== 0)
        return tell(`content, from byte ${at + firstByte(length)} on`);
      pace.done(length);
      at += length;
    }
  }

  function firstByte(length: number): number {
    for (let i = 0; i < length; i += 1) if (oneBlock.bytes[i] !== otherBlock.bytes[i]) return i;
    return 0;
  }

  function targets(a: number, b: number): void {
    const length = readLink(a, name.address, oneText);
    const otherLength = readLink(b, name.address, otherText);
    if (length !== otherLength || oneText.bytes.compare(otherText.bytes, 0, length, 0, length) !== 0)
      tell('it leads elsewhere');
  }

  function compareBearers(a: Bearer, b: Bearer): void {
    const [ours, theirs] = [attributesOf(a), attributesOf(b)];
    for (const attribute of new Set([...ours.keys(), ...theirs.keys()]))
      if (ours.get(attribute) !== theirs.get(attribute)) tell(`attribute ${printableName(attribute)}`);
  }

  try {
    if (one.lookAt(oneFd) && other.lookAt(otherFd)) facts();
    directories(oneFd, otherFd);
  } catch (error) {
    if (error instanceof Stopped) return { of: 'stopped' };
    if (!(error instanceof Enough)) throw error;
  }
  return { of: 'differ', differences };

  /** null: this one is the first. */
  function firstName(
    inode: number | string,
    links: number,
    met: Map<number | string, string>,
  ): string | null {
    if (links === 1 || one.format() === FORMAT.directory) return null;
    const first = met.get(inode);
    if (first === undefined) met.set(inode, path.join('/'));
    return first ?? null;
  }
}

function attributesOf(of: Bearer): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  eachAttribute(of, (name, value) => found.set(name, value.toString('latin1')));
  return found;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
