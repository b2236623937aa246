// Owns how a file system is made: every feature that matters is said, on or off, so that neither the machine's own configuration
// nor a newer mkfs makes another one. Pure. docs/storage.md says why each is as it is.
import type { FileSystemType } from '../../layout/storage.ts';
import type { FileSystemMakers, FileSystemOptions } from '../../port/file-system-on.ts';

export const BLOCK_BYTES = 4096;

export interface OptionsFor {
  readonly type: FileSystemType;
  /** Of what it will be on. */
  readonly sizeBytes: number;
  /** `AtPlace.sectorBytes`; of a volume that is still to be made, that of the disk. */
  readonly sectorBytes: number;
  readonly makers: FileSystemMakers;
  /** `StorageFacet.files` of what it is for. */
  readonly files: 'few large' | 'many small';
}

export function chooseOptions(wanted: OptionsFor): FileSystemOptions {
  return wanted.type === 'xfs' ? xfsOptions(wanted) : ext4Options(wanted);
}

/** In every XFS since Linux 3.16, or part of format 5. */
const XFS_FEATURES = ['crc', 'finobt', 'sparse', 'reflink', 'projid32bit', 'ftype', 'lazy-count'];

function xfsOptions({ sizeBytes, sectorBytes, makers }: OptionsFor): FileSystemOptions {
  const { kernel, xfsprogs, cores } = makers;
  // Times beyond 2038, and counters of free inodes: marked as experimental before.
  const isRecent = isAtLeast(kernel, '5.15') && knows(xfsprogs, '5.10');
  const recent = isRecent ? 1 : 0;
  const groups = allocationGroups(sizeBytes, cores);
  const words = [
    ...['-b', `size=${BLOCK_BYTES}`, '-s', `size=${sectorBytes}`],
    ...[
      '-m',
      `crc=1,finobt=1,rmapbt=0,reflink=1${knows(xfsprogs, '5.10') ? `,bigtime=${recent},inobtcount=${recent}` : ''}`,
    ],
    ...(knows(xfsprogs, '6.13') ? ['-m', 'metadir=0'] : []),
    ...['-i', `size=512,sparse=1,projid32bit=1`],
    ...(knows(xfsprogs, '5.19') ? ['-i', 'nrext64=0'] : []),
    ...(knows(xfsprogs, '6.10') ? ['-i', 'exchange=0'] : []),
    ...['-n', `ftype=1${knows(xfsprogs, '6.10') ? ',parent=0' : ''}`],
    ...['-d', `agcount=${groups},noalign`],
    ...['-l', 'internal=1,version=2,lazy-count=1'],
  ];
  return {
    words,
    features: isRecent ? [...XFS_FEATURES, 'bigtime', 'inobtcount'] : XFS_FEATURES,
    blockBytes: BLOCK_BYTES,
    sectorBytes,
    allocationGroups: groups,
  };
}

const TIB = 1024 ** 4;
const MOST_GROUP_BYTES = TIB;
const LEAST_GROUP_BYTES = 4 * 1024 ** 3;
const LEAST_GROUPS = 4;

/**
 * In each part one process at a time takes or frees room, so there are as many as cores, but none below 4 GiB: a file that grows
 * is to stay in one piece. The size of one is at most 1 TiB.
 */
export function allocationGroups(sizeBytes: number, cores: number): number {
  const most = Math.max(LEAST_GROUPS, Math.floor(sizeBytes / LEAST_GROUP_BYTES));
  const needed = Math.max(LEAST_GROUPS, Math.ceil(sizeBytes / (MOST_GROUP_BYTES - BLOCK_BYTES)));
  return Math.max(needed, Math.min(cores, most));
}

const EXT4_FEATURES = [
  ...['has_journal', 'ext_attr', 'resize_inode', 'dir_index', 'filetype', 'extent', '64bit', 'flex_bg'],
  ...['sparse_super', 'large_file', 'huge_file', 'dir_nlink', 'extra_isize', 'metadata_csum'],
];
const EXT4_QUOTA = ['project', 'quota'];
const INODE_BYTES = { 'many small': 16_384, 'few large': 65_536 } as const;

function ext4Options({ makers, files }: OptionsFor): FileSystemOptions {
  const features = [...EXT4_FEATURES, ...(makers.keepsQuotas ? EXT4_QUOTA : [])];
  const extended = [
    ...['lazy_itable_init=1', 'lazy_journal_init=1', 'discard', 'root_owner=0:0'],
    ...(makers.keepsQuotas ? ['quotatype=prjquota'] : []),
  ];
  return {
    words: [
      // From nothing on: what a newer mke2fs adds by itself is not taken.
      ...['-O', ['none', ...features].join(','), '-E', extended.join(',')],
      ...['-b', `${BLOCK_BYTES}`, '-I', '256', '-i', `${INODE_BYTES[files]}`],
      ...['-m', '0', '-e', 'remount-ro'],
    ],
    features,
    blockBytes: BLOCK_BYTES,
    sectorBytes: null,
    allocationGroups: null,
  };
}

/** What of them a small image can be made with. */
export function trialWords({ words }: FileSystemOptions): readonly string[] {
  return words.map((word) => word.replace(/^agcount=\d+,/, ''));
}

/** null: it is not known, and so taken for an old one. */
function knows(tool: string | null, version: string): boolean {
  return tool !== null && isAtLeast(tool, version);
}

/** Of `6.1.0-38-amd64`, the two first numbers. */
export function isAtLeast(found: string, wanted: string): boolean {
  const [one, other] = [found, wanted].map((text) => text.split(/[.-]/).map(Number));
  const [major = 0, minor = 0] = one ?? [];
  const [atMajor = 0, atMinor = 0] = other ?? [];
  return major > atMajor || (major === atMajor && minor >= atMinor);
}
