// File systems: made with the UUID and the options that were planned, taken away while they are those and hold nothing, grown
// while they are mounted.

import { formatBytes } from '../../values/size.ts';
import { type AtPlace, LEAST_GROWTH_BYTES } from '../file-system-on.ts';
import type { HostReader } from '../host-reader.ts';
import { describePlace, type Place } from '../storage.ts';
import { ANOTHER, changed, DONE, type Effect, HOLDS_DATA, OPEN, operation } from './operation-entry.ts';

function seenAt(place: Place, host: HostReader): AtPlace | null {
  return host.fileSystemsOn([place])[0] ?? null;
}

export const makeFileSystem = operation({
  fields: ({ z, text, absolutePath, whole, place, fileSystem }) => ({
    place: place.meta({ description: 'What it is on' }),
    fileSystem,
    uuid: text('Its UUID, as planned'),
    options: z
      .strictObject({
        words: z.array(text('A word of the command')).meta({
          description: 'What mkfs.xfs or mke2fs is told, but for the UUID and the device',
        }),
        features: z.array(text('As tune2fs and xfs_info call it')).meta({
          description: 'Features that it must have afterwards, and no others',
        }),
        blockBytes: whole('Size of its blocks, in bytes'),
        sectorBytes: whole('Size of the sectors of XFS, in bytes')
          .nullable()
          .meta({ description: 'Size of the sectors of XFS, in bytes; null: of ext4' }),
        allocationGroups: whole('How many parts XFS divides it into')
          .nullable()
          .meta({ description: 'How many parts XFS divides it into; null: of ext4' }),
      })
      .meta({ description: 'How it is made, as chosen when it was planned' }),
    mountPoint: absolutePath('Where it is to be mounted'),
  }),
  does: 'Makes a file system where there is no signature of anything',
  failure: 'cannot make a file system',
  describe: ({ place, fileSystem, mountPoint }) =>
    `make an ${fileSystem} file system for ${mountPoint} on ${describePlace(place)}`,
  cells: ({ place, fileSystem, mountPoint }) => [
    'file system',
    mountPoint,
    `${fileSystem} on ${describePlace(place)}`,
  ],
  sign: () => '+',
  creates: 'place',
  undo: 'possible',
  effect({ place, uuid, fileSystem }, host) {
    const has = seenAt(place, host)?.has ?? null;
    if (has === null) return OPEN;
    if (has.uuid === uuid && has.type === fileSystem) return has.state === 'unfinished' ? OPEN : DONE;
    return changed(`found ${has.type} ${has.uuid ?? 'without a UUID'}`);
  },
});

export const eraseFileSystem = operation({
  fields: ({ text, absolutePath, place, fileSystem }) => ({
    place: place.meta({ description: 'What it is on' }),
    fileSystem,
    uuid: text('Its UUID'),
    mountPoint: absolutePath('Where it was to be mounted'),
  }),
  does: 'Takes the signature of a file system away, only while it is not mounted and holds nothing',
  failure: 'cannot take a file system away',
  describe: ({ place, mountPoint }) =>
    `erase the empty file system for ${mountPoint} on ${describePlace(place)}`,
  cells: ({ place, mountPoint }) => ['file system', mountPoint, `erased on ${describePlace(place)}`],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  goneIsDamage: true,
  effect: ({ place, fileSystem, uuid }, host) => eraseEffect(seenAt(place, host), { fileSystem, uuid }),
});

export function eraseEffect(
  at: AtPlace | null,
  { fileSystem, uuid }: { readonly fileSystem: string; readonly uuid: string },
): Effect {
  const has = at?.has ?? null;
  if (has === null) return DONE;
  if (has.uuid !== uuid || has.type !== fileSystem) return ANOTHER;
  if (has.state === 'unfinished') return OPEN;
  if (has.mountedAt !== null) return changed(`it is mounted at ${has.mountedAt}`);
  if (has.holds.is === 'something') return HOLDS_DATA;
  return has.holds.is === 'nothing' ? OPEN : changed(`nobody can say whether it is empty: ${has.holds.why}`);
}

export const growFileSystem = operation({
  fields: ({ text, absolutePath, whole, place, fileSystem }) => ({
    place: place.meta({ description: 'What it is on' }),
    fileSystem,
    uuid: text('Its UUID'),
    mountPoint: absolutePath('Where it is mounted'),
    fromBytes: whole('Its size before, in bytes'),
    toBytes: whole('Size of what it is on, in bytes'),
  }),
  does: 'Grows a file system to the size of the volume or disk that it is on, also while it is in use',
  failure: 'cannot grow a file system',
  describe: ({ mountPoint, place, fromBytes, toBytes }) =>
    `grow the file system for ${mountPoint} on ${describePlace(place)} from ${formatBytes(fromBytes)} to ${formatBytes(toBytes)}`,
  cells: ({ mountPoint, fromBytes, toBytes }) => [
    'file system',
    mountPoint,
    `${formatBytes(fromBytes)} -> ${formatBytes(toBytes)}`,
  ],
  sign: () => '~',
  creates: null,
  undo: 'needless',
  effect({ place, fileSystem, uuid, toBytes }, host) {
    const has = seenAt(place, host)?.has ?? null;
    if (has === null || has.uuid !== uuid || has.type !== fileSystem || has.sizeBytes === null)
      return changed(has === null ? 'no file system is there' : 'another file system is there');
    return toBytes - has.sizeBytes < LEAST_GROWTH_BYTES ? DONE : OPEN;
  },
});
