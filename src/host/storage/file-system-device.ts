// Owns finding the block device that a file system is on: of those that can be its place, the one whose superblock has the UUID.
// Links of udev are not believed: of two copies of a disk they name any. Reads only.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Place } from '../../port/storage.ts';
import { describePlace } from '../../port/storage.ts';
import { readBlockDevices } from './block-devices.ts';

export interface FoundDevice {
  /** `/dev/dm-0`. */
  readonly path: string;
  /** `major:minor`. */
  readonly number: string;
}

export interface Superblock {
  readonly type: 'ext4' | 'xfs';
  readonly uuid: string;
}

/** Throws a Problem where there is none, or more than one. */
export function deviceOf(
  place: Place,
  { type, uuid }: { readonly type: string; readonly uuid: string },
): FoundDevice {
  const candidates = candidatesFor(place);
  const found = candidates.filter((device) => {
    const superblock = superblockOf(device.path);
    return superblock?.type === type && superblock.uuid === uuid;
  });
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  const names = found.map(({ path }) => path).join(', ');
  throw new Problem(EXIT.failed, [
    second === undefined
      ? diagnostic('E_NO_FILE_SYSTEM', 'cannot find the file system that is to be mounted', {
          at: describePlace(place),
          detail: [
            `want ${type} with UUID ${uuid}`,
            `found ${candidates.length === 0 ? 'no such device' : `none of that UUID on ${candidates.map(({ path }) => path).join(', ')}`}`,
          ],
          hint: 'see which disks there are: lsblk -o NAME,SERIAL,FSTYPE,UUID; if it is there, run the same command again',
        })
      : diagnostic('E_UUID_TWICE', 'refusing to choose between two file systems with one UUID', {
          at: describePlace(place),
          detail: `want one with UUID ${uuid}, found ${names}: one is a copy`,
          hint: 'take the copy out of the machine, or give it another UUID (tune2fs -U, xfs_admin -U)',
        }),
  ]);
}

/** Of all disks and volumes. */
export function devicesWith({
  type,
  uuid,
}: {
  readonly type: string;
  readonly uuid: string;
}): readonly FoundDevice[] {
  return readBlockDevices().filter(({ path }) => {
    const superblock = superblockOf(path);
    return superblock?.type === type && superblock.uuid === uuid;
  });
}

/** A volume by its name; a disk by its serial number, and where none has it, all that tell none. */
function candidatesFor({ disk, volume }: Place): readonly FoundDevice[] {
  const all = readBlockDevices();
  if (volume !== null) {
    const wanted = [volume.group, volume.name].map((part) => part.replaceAll('-', '--')).join('-');
    return all.filter(({ mapper }) => mapper?.name === wanted);
  }
  const whole = all.filter(({ kind }) => kind === 'disk' || kind === 'loop');
  const named = whole.filter(
    ({ serial, namespace }) => serial === disk.serial && namespace === disk.namespace,
  );
  return named.length > 0 ? named : whole.filter(({ serial }) => serial === null);
}

/** null: neither of the two, or it cannot be read. */
export function superblockOf(path: string): Superblock | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    if (!fstatSync(fd).isBlockDevice()) return null;
    const start = Buffer.alloc(2048);
    return readSync(fd, start, 0, start.length, 0) === start.length ? parseSuperblock(start) : null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

/** Where ext4 has its superblock, and in it the magic number and the UUID; of XFS these two (Linux, fs/ext4 and fs/xfs). */
const EXT4 = { at: 1024, magicAt: 0x38, magic: 0xef53, uuidAt: 0x68 } as const;
const XFS = { magic: 'XFSB', uuidAt: 32 } as const;

/** Of the first 2048 bytes of a device. */
export function parseSuperblock(start: Buffer): Superblock | null {
  if (start.toString('latin1', 0, 4) === XFS.magic) return { type: 'xfs', uuid: uuidAt(start, XFS.uuidAt) };
  if (start.readUInt16LE(EXT4.at + EXT4.magicAt) === EXT4.magic)
    return { type: 'ext4', uuid: uuidAt(start, EXT4.at + EXT4.uuidAt) };
  return null;
}

function uuidAt(bytes: Buffer, at: number): string {
  const text = bytes.toString('hex', at, at + 16);
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
