// Owns what is on a place for a file system: its signature, what the file system's own tools say of it, and whether it holds
// anything. Reads only: what it mounts, it mounts read-only, without a replay of the journal, where nobody else sees it.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { unescapeOctal } from '../../disk/wanted.ts';
import { isStorageUuid } from '../../layout/storage.ts';
import type { BlockDevice } from '../../port/block-device.ts';
import type { AtPlace, FileSystemFound, Holding } from '../../port/file-system-on.ts';
import { placeDevice, sectorBytesOf } from '../../port/place-device.ts';
import type { Place } from '../../port/storage.ts';
import { pause } from '../pause.ts';
import { procText } from '../proc.ts';
import { O_EXCL } from '../syscalls.ts';
import { askAtOnce, type Said } from './ask-at-once.ts';
import { readBlockDevices } from './block-devices.ts';
import {
  isLogClean,
  isUnfinished,
  parseSignature,
  parseTune2fs,
  parseXfsInfo,
  START_BYTES,
  traceOf,
} from './superblock-output.ts';

/** Of a disk that answers, each takes milliseconds. */
const TIMEOUT_MS = 20_000;

export function fileSystemsOn(places: readonly Place[]): readonly (AtPlace | null)[] {
  const devices = readBlockDevices();
  return places.map((place) => {
    const device = placeDevice(devices, place);
    return device === null ? null : lookAt(device);
  });
}

type Device = Pick<
  BlockDevice,
  'path' | 'number' | 'sizeBytes' | 'logicalSectorBytes' | 'physicalSectorBytes'
>;

export function lookAt(device: Device): AtPlace {
  const { path, sizeBytes } = device;
  return { path, sizeBytes, sectorBytes: sectorBytesOf(device), has: lookFor(device) };
}

const NOTHING_READ = {
  features: [],
  sizeBytes: null,
  blockBytes: null,
  sectorBytes: null,
  allocationGroups: null,
  reservedBytes: null,
} as const;

function lookFor(device: Device): FileSystemFound | null {
  const { path, number } = device;
  // blkid(8): 2, nothing; 8, more than one thing.
  const probed = ask(['blkid', '-p', '-o', 'export', path]);
  const mountedAt = mountPointOf(number);
  const trace = probed.status === 2 ? traceOf(startOf(path)) : null;
  if (trace !== null)
    return { ...UNREADABLE, ...trace, label: null, mountedAt, holds: unknown('it is damaged') };
  if (probed.status === 2) return null;
  const signature = probed.status === 0 ? parseSignature(probed.output) : null;
  if (signature === null)
    return {
      ...NOTHING_READ,
      type: probed.status === 8 ? 'several' : 'unknown',
      uuid: null,
      label: null,
      state: 'unknown',
      mountedAt,
      holds: unknown(probed.said || 'blkid cannot tell what is there'),
    };
  const { type, uuid } = signature;
  const read =
    type === 'xfs' ? readXfs(path, mountedAt) : type === 'ext4' ? readExt4(path, mountedAt) : OTHER;
  if (read.state === 'to replay' && isHeld(path)) {
    if (mountedAt === null && isLetGoOf(path)) return lookFor(device);
    return {
      ...signature,
      ...read,
      state: 'mounted',
      mountedAt,
      holds: unknown('it is mounted where only others see it'),
    };
  }
  const isOurs = uuid !== null && isStorageUuid(uuid);
  const holds = isOurs
    ? holdingOf({ type, path, number, mountedAt }, read.state)
    : unknown('it is not one that jts-hot made');
  return { ...signature, ...read, mountedAt, holds };
}

const PATIENCE_MS = 1000;
const LOOK_EVERY_MS = 20;

/** A mount namespace that copied the mount may have just ended: the kernel unmounts in it a moment later. */
function isLetGoOf(path: string): boolean {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
    pause(LOOK_EVERY_MS);
    if (!isHeld(path)) return true;
  }
  return false;
}

/** open(2), O_EXCL: the kernel gives it to nobody alone. */
function isHeld(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | O_EXCL));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBUSY';
  }
}

/** blkid does not name one whose superblock is not whole. */
function startOf(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const start = Buffer.alloc(START_BYTES);
    return start.subarray(0, readSync(fd, start, 0, START_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

type Read = Omit<FileSystemFound, 'type' | 'uuid' | 'label' | 'mountedAt' | 'holds'>;

const OTHER: Read = { ...NOTHING_READ, state: 'unknown' };
const UNREADABLE: Read = { ...NOTHING_READ, state: 'damaged' };

function readXfs(path: string, mountedAt: string | null): Read {
  const superblock = ask(['xfs_db', '-r', '-c', 'sb 0', '-c', 'p inprogress', '-c', 'info', path]).output;
  if (isUnfinished(superblock)) return { ...NOTHING_READ, state: 'unfinished' };
  // Of one that is mounted the kernel knows more than is on the disk.
  const text = mountedAt === null ? superblock : ask(['xfs_info', mountedAt]).output;
  const said = parseXfsInfo(text) ?? parseXfsInfo(superblock);
  if (said === null) return UNREADABLE;
  const isClean = mountedAt === null ? isLogClean(ask(['xfs_logprint', '-t', path]).output) : true;
  const unmounted = isClean === null ? 'damaged' : isClean ? 'clean' : 'to replay';
  return { ...said, reservedBytes: null, state: mountedAt === null ? unmounted : 'mounted' };
}

function readExt4(path: string, mountedAt: string | null): Read {
  const said = parseTune2fs(ask(['tune2fs', '-l', path]).output);
  if (said === null) return UNREADABLE;
  const { uuid: _, hasErrors, needsReplay, ...rest } = said;
  const unmounted = needsReplay ? 'to replay' : 'clean';
  const state = hasErrors ? 'damaged' : mountedAt === null ? unmounted : 'mounted';
  return { ...rest, sectorBytes: null, allocationGroups: null, state };
}

interface Looked {
  readonly type: string;
  readonly path: string;
  readonly number: string;
  readonly mountedAt: string | null;
}

/** Of $1, mounted where only this shell sees it. The first that is no directory ends the search. */
const searchIn = (how: string) => `
mount --no-mtab --internal-only ${how} "$1" /run >/dev/null || exit 3
mount --no-mtab --internal-only -o remount,bind,ro /run >/dev/null || exit 3
cd /run && find . -xdev ! -type d -print -quit
status=$?
# What goes with the namespace alone goes a little later: until then the file system looks like one that was not unmounted.
cd / && umount --no-mtab --internal-only /run
exit $status`;

const HOW: { readonly [type: string]: string } = {
  xfs: '-t xfs -o ro,norecovery,nouuid',
  ext4: '-t ext4 -o ro,noload',
};

function holdingOf({ type, path, number, mountedAt }: Looked, state: FileSystemFound['state']): Holding {
  const how = mountedAt === null ? HOW[type] : '--bind';
  if (how === undefined) return unknown(`a ${type} is not looked into`);
  if (state === 'to replay')
    return unknown('it was not unmounted: what was written last is still in its journal');
  if (state === 'damaged' || state === 'unfinished') return unknown(`it is ${state}`);
  const source = mountedAt ?? path;
  if (mountedAt !== null && mountPointOf(number) !== mountedAt) return unknown('it is being unmounted');
  const found = ask([
    'setpriv',
    ...['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--propagation', 'private', '--'],
    ...['sh', '-c', searchIn(how), 'sh', source],
  ]);
  if (found.status !== 0) return unknown(found.said || 'it cannot be mounted to look into it');
  const first = found.output.split('\n', 1)[0] ?? '';
  return first === '' ? { is: 'nothing' } : { is: 'something', first: first.replace(/^\./, '') };
}

function unknown(why: string): Holding {
  return { is: 'unknown', why };
}

/** proc(5), mountinfo: the first mount of all of it. */
export function mountPointOf(number: string): string | null {
  for (const line of procText('/proc/self/mountinfo').split('\n')) {
    const [, , device, part, mountPoint = ''] = line.split(' ', 5);
    if (device === number && part === '/') return unescapeOctal(mountPoint);
  }
  return null;
}

interface Answer {
  /** null: it has not ended, or was not started. */
  readonly status: number | null;
  readonly output: string;
  /** Why, in a line. */
  readonly said: string;
}

function ask(argv: readonly [string, ...string[]]): Answer {
  const [said] = askAtOnce([argv], TIMEOUT_MS);
  return answerOf(argv[0], said);
}

function answerOf(program: string, said: Said | undefined): Answer {
  if (said?.ended === 'exit')
    return {
      status: said.status,
      output: said.output.toString('utf8'),
      said: said.error.trim().split('\n', 1)[0] ?? '',
    };
  return {
    status: null,
    output: '',
    said: said?.ended === 'not started' ? said.why : `${program} had no answer in time`,
  };
}
