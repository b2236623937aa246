// The directory below a mount: made root's and immutable, so that nothing can be written where no file system is mounted. Looked at
// below whatever is mounted over it.
import type { MountPlace } from '../mount-point.ts';
import { ANOTHER, changed, DONE, type Effect, HOLDS_DATA, OPEN, operation } from './operation-entry.ts';

const MODE = '0755';

type Directory = Extract<MountPlace, { type: 'directory' }>;

export function isOurs({ uid, gid, mode, isClosed, holds }: Directory): boolean {
  return uid === 0 && gid === 0 && mode === MODE && isClosed && holds.length === 0;
}

export const makeMountPoint = operation({
  fields: ({ absolutePath }) => ({ mountPoint: absolutePath('Where') }),
  does: 'Makes a directory to mount on, root’s and immutable; one that is there already must be root’s and empty',
  failure: 'cannot make a directory to mount on',
  describe: ({ mountPoint }) => `create ${mountPoint} to mount on, root:root ${MODE}, immutable`,
  cells: ({ mountPoint }) => ['mount point', mountPoint, 'immutable while nothing is mounted'],
  sign: () => '+',
  creates: 'place',
  undo: 'possible',
  effect({ mountPoint }, host) {
    const place = host.mountPlace(mountPoint);
    if (place.type === 'missing' || place.type === 'unreachable') return OPEN;
    if (place.type !== 'directory') return changed(describePlaceFound(place));
    if (isOurs(place)) return DONE;
    if (place.holds.length > 0) return HOLDS_DATA;
    return place.uid === 0 ? OPEN : changed(describePlaceFound(place));
  },
  known({ mountPoint }, host) {
    const place = host.mountPlace(mountPoint);
    return place.type === 'directory' ? { inode: place.inode, born: place.born } : {};
  },
});

export const removeMountPoint = operation({
  fields: ({ absolutePath, inode, born }) => ({
    mountPoint: absolutePath('Which'),
    inode: inode.exactOptional(),
    born: born.exactOptional(),
  }),
  does: 'Removes such a directory, only while nothing is mounted on it and it is empty and the same one',
  failure: 'cannot remove a directory to mount on',
  describe: ({ mountPoint }) => `remove empty directory ${mountPoint}`,
  cells: ({ mountPoint }) => ['mount point', mountPoint, 'removed'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect({ mountPoint, inode, born }, host) {
    const place = host.mountPlace(mountPoint);
    if (place.type === 'missing') return DONE;
    if (place.type !== 'directory') return changed(describePlaceFound(place));
    if (place.isCovered) return changed('something is mounted on it');
    if (place.holds.length > 0) return HOLDS_DATA;
    if (inode !== undefined) return isSame(place, { inode, born }) ? OPEN : ANOTHER;
    return place.uid === 0 ? OPEN : changed(describePlaceFound(place));
  },
  again: (undo, { inode, born }) =>
    inode === undefined ? undo : { ...undo, inode, ...(born !== undefined && { born }) },
});

/** Of one that was there before us, with something mounted on it or not. */
export const closeMountPoint = operation({
  fields: ({ absolutePath, inode, born }) => ({ mountPoint: absolutePath('Which'), inode, born }),
  does: 'Makes the directory below a mount immutable, whatever is mounted on it, only while it is the same one',
  failure: 'cannot make a directory immutable',
  describe: ({ mountPoint }) => `make the directory below ${mountPoint} immutable`,
  cells: ({ mountPoint }) => ['mount point', mountPoint, 'immutable below the mount'],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect: (of, host) => effectOnFlag(of, host.mountPlace(of.mountPoint), true),
});

export const openMountPoint = operation({
  fields: ({ absolutePath, inode, born }) => ({ mountPoint: absolutePath('Which'), inode, born }),
  does: 'Takes that back',
  failure: 'cannot take a flag from a directory',
  describe: ({ mountPoint }) => `let the directory below ${mountPoint} be changed again`,
  cells: ({ mountPoint }) => ['mount point', mountPoint, 'no longer immutable'],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect: (of, host) => effectOnFlag(of, host.mountPlace(of.mountPoint), false),
});

interface Same {
  readonly inode: string;
  readonly born?: string | null | undefined;
}

function isSame(place: Directory, { inode, born }: Same): boolean {
  return place.inode === inode && (born === undefined || place.born === born);
}

function effectOnFlag(of: Same, place: MountPlace, isClosed: boolean): Effect {
  if (place.type !== 'directory') return changed(describePlaceFound(place));
  if (!isSame(place, of)) return ANOTHER;
  return place.isClosed === isClosed ? DONE : OPEN;
}

export function describePlaceFound(place: MountPlace): string {
  switch (place.type) {
    case 'missing':
      return 'it is not there';
    case 'directory':
      return `found a directory of ${place.uid}:${place.gid}, ${place.mode}`;
    case 'other':
      return `found a ${place.what}`;
    case 'unreachable':
      return `found no way to it: ${place.why}`;
    case 'hidden':
      return 'it is hidden from us';
    default:
      return place satisfies never;
  }
}
