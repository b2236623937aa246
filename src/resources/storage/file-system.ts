// A file system on a disk or a volume: made where nothing is, known by its UUID, grown when what it is on has grown. Anything else
// that is there is left alone, and so is one that is damaged: checking it is the operator's.
import type { Difference, Resource, Step } from '../../engine/resource.ts';
import { NO_DIFFERENCE } from '../../engine/resource.ts';
import type { FileSystemType } from '../../layout/storage.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import {
  type AtPlace,
  type FileSystemFound,
  type FileSystemOptions,
  LEAST_GROWTH_BYTES,
} from '../../port/file-system-on.ts';
import { describePlace, type Place } from '../../port/storage.ts';
import { formatBytes } from '../../values/size.ts';

export interface FileSystemWant {
  readonly place: Place;
  readonly type: FileSystemType;
  readonly uuid: string;
  readonly options: FileSystemOptions;
  readonly mountPoint: string;
  /** null: of all that have none of their own. */
  readonly service: string | null;
  /** The same plan erases what is there before. */
  readonly isErased: boolean;
  /** Of the volume once the plan is done; null: as it is. */
  readonly placeBytes: number | null;
  /** Addresses of what it stands on. */
  readonly needs: readonly string[];
}

const EXTENT_BYTES = 4 * 1024 ** 2;

export function fileSystemAddress(place: Place): string {
  return `file system on ${describePlace(place)}`;
}

export const fileSystem: Resource<FileSystemWant, AtPlace | null> = {
  kind: 'file system',
  role: 'device',
  creates: ['makeFileSystem'],
  tools: {
    'mkfs.xfs': 'xfsprogs',
    xfs_db: 'xfsprogs',
    xfs_logprint: 'xfsprogs',
    xfs_growfs: 'xfsprogs',
    mke2fs: 'e2fsprogs',
    tune2fs: 'e2fsprogs',
    resize2fs: 'e2fsprogs',
    blkid: 'util-linux',
    wipefs: 'util-linux',
    mount: 'mount',
  },
  isRepaired: false,
  irreversible: null,
  address: ({ place }) => fileSystemAddress(place),
  checkId: ({ service }) => `file-system.${service ?? 'base'}`,
  service: ({ service }) => service,
  observe: (host, wants) => host.fileSystemsOn(wants.map(({ place }) => place)),
  diff(want, at) {
    const has = at?.has ?? null;
    const isOurs = has !== null && has.uuid === want.uuid && has.type === want.type;
    if (want.isErased || has === null || (isOurs && has.state === 'unfinished'))
      return { ...NO_DIFFERENCE, steps: [making(want)] };
    if (!isOurs) return refused(another(want, has));
    if (has.state === 'damaged') return refused(damaged(want, has, at?.path ?? ''));
    if (has.sizeBytes === null) return { ...NO_DIFFERENCE, warnings: differences(want, has) };
    // A volume is made of whole extents.
    const planned = Math.floor((want.placeBytes ?? 0) / EXTENT_BYTES) * EXTENT_BYTES;
    const placeBytes = Math.max(planned, at?.sizeBytes ?? 0);
    if (has.sizeBytes > placeBytes) return refused(tooLarge(want, has.sizeBytes, placeBytes));
    const grows = placeBytes - has.sizeBytes >= LEAST_GROWTH_BYTES;
    return {
      steps: grows ? [growing(want, has.sizeBytes, placeBytes)] : [],
      refusals: [],
      warnings: differences(want, has),
    };
  },
  expected: ({ type, uuid }) => `${type} ${uuid}`,
  found(_want, at) {
    if (at === null) return 'no such disk or volume';
    if (at.has === null) return 'nothing';
    const { type, uuid, state, sizeBytes } = at.has;
    const size = sizeBytes === null ? '' : `, ${formatBytes(sizeBytes)}`;
    return `${type} ${uuid ?? 'without a UUID'}${size}${state === 'clean' || state === 'mounted' ? '' : `, ${state}`}`;
  },
};

function making({ place, type, uuid, options, mountPoint, needs }: FileSystemWant): Step {
  const which = { place, fileSystem: type, uuid, mountPoint } as const;
  return {
    address: fileSystemAddress(place),
    action: '+',
    summary: `${mountPoint}  ${type} on ${describePlace(place)}`,
    reason: `${type} ${uuid}`,
    do: { type: 'makeFileSystem', ...which, options },
    undo: { type: 'eraseFileSystem', ...which },
    needs,
  };
}

function growing({ place, type, uuid, mountPoint, needs }: FileSystemWant, from: number, to: number): Step {
  return {
    address: fileSystemAddress(place),
    action: '~',
    summary: `${mountPoint}  ${formatBytes(from)} -> ${formatBytes(to)}`,
    reason: 'what it is on is larger; it stays in use meanwhile',
    do: {
      type: 'growFileSystem',
      place,
      fileSystem: type,
      uuid,
      mountPoint,
      fromBytes: from,
      toBytes: to,
    },
    undo: null,
    needs,
  };
}

function refused(refusal: Diagnostic): Difference {
  return { ...NO_DIFFERENCE, refusals: [refusal] };
}

function another(want: FileSystemWant, { type, uuid }: FileSystemFound): Diagnostic {
  const detail = [
    `want ${want.type} with UUID ${want.uuid} for ${want.mountPoint}`,
    `found ${type} with ${uuid === null ? 'no UUID' : `UUID ${uuid}`}`,
  ];
  const at = describePlace(want.place);
  return uuid === want.uuid
    ? diagnostic('E_FILE_SYSTEM_TYPE', 'refusing to make another type of file system in place of ours', {
        at,
        detail,
        hint: `say in the layout \`filesystem: ${type}\`, or move the data away and take the file system away by hand`,
      })
    : diagnostic('E_OTHER_FILE_SYSTEM', 'refusing to use what somebody else made', {
        at,
        detail,
        hint: 'if nobody needs it, take it away by hand; else name another disk in the layout',
      });
}

/** Both look and change nothing. */
const CHECKS = { xfs: 'xfs_repair -n', ext4: 'e2fsck -n' } as const;

function damaged(want: FileSystemWant, { mountedAt }: FileSystemFound, path: string): Diagnostic {
  return diagnostic('E_FILE_SYSTEM_DAMAGED', 'refusing to use a damaged file system', {
    at: describePlace(want.place),
    detail: `want ${want.type} ${want.uuid} without errors, found it damaged`,
    hint: `${mountedAt === null ? '' : `stop what uses it, umount ${mountedAt}, then `}look at it: sudo ${CHECKS[want.type]} ${path}; have a backup before you mend it`,
  });
}

function tooLarge(want: FileSystemWant, has: number, place: number): Diagnostic {
  return diagnostic(
    'E_FILE_SYSTEM_LARGER',
    'refusing to use a file system that is larger than what it is on',
    {
      at: describePlace(want.place),
      detail: `want at most ${place} bytes, found ${has}: its end is cut off`,
      hint: 'the volume or disk was made smaller: make it as large as it was before anything is written',
    },
  );
}

/** What cannot be changed where it is. */
function differences(want: FileSystemWant, has: FileSystemFound): readonly Diagnostic[] {
  const { options } = want;
  const missing = options.features.filter((one) => !has.features.includes(one));
  const wrong = [
    ...(missing.length === 0 || has.features.length === 0
      ? []
      : [`want ${missing.join(', ')}, found it without`]),
    ...compare('blocks of', options.blockBytes, has.blockBytes),
    ...(want.type === 'xfs' ? compare('sectors of', options.sectorBytes, has.sectorBytes) : []),
    ...(want.type === 'ext4' && (has.reservedBytes ?? 0) > 0
      ? [
          `want nothing kept for root alone, found ${formatBytes(has.reservedBytes ?? 0)}: sudo tune2fs -m 0 gives it back`,
        ]
      : []),
  ];
  if (wrong.length === 0) return [];
  return [
    diagnostic('W_FILE_SYSTEM_OPTIONS', 'a file system was made with other options than it would be today', {
      at: describePlace(want.place),
      detail: wrong,
      hint: 'it works as it is; features change only by making it anew',
    }),
  ];
}

function compare(what: string, want: number | null, has: number | null): readonly string[] {
  return has === null || want === null || want === has ? [] : [`want ${what} ${want} bytes, found ${has}`];
}
