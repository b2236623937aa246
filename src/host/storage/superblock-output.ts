// Owns what is read out of the answers of blkid, tune2fs, xfs_db, xfs_logprint and mkfs.xfs. Pure; starts none of them.

/** Of `blkid -p -o export`; null: it found nothing. */
export function parseSignature(
  output: string,
): { readonly type: string; readonly uuid: string | null; readonly label: string | null } | null {
  const lines = output.split('\n').map((line) => /^([A-Z_]+)=(.*)$/.exec(line));
  const said = (key: string) => lines.find((line) => line?.[1] === key)?.[2] ?? null;
  const type = said('TYPE') ?? said('PTTYPE');
  return type === null ? null : { type, uuid: said('UUID'), label: said('LABEL') };
}

/** Where XFS and ext4 have their superblocks, and in these a magic number and the UUID (Linux, fs/xfs and fs/ext4). */
export const START_BYTES = 4096;
const EXT4_AT = 1024;

/** What is left of a file system whose superblock is not whole, from the first bytes of a device; null: nothing. */
export function traceOf(start: Buffer): { readonly type: string; readonly uuid: string | null } | null {
  if (start.toString('latin1', 0, 4) === 'XFSB') return { type: 'xfs', uuid: uuidAt(start, 32) };
  const isExt = start.length >= EXT4_AT + 1024 && start.readUInt16LE(EXT4_AT + 0x38) === 0xef53;
  return isExt ? { type: 'ext4', uuid: uuidAt(start, EXT4_AT + 0x68) } : null;
}

function uuidAt(bytes: Buffer, at: number): string {
  return bytes.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export interface Ext4Said {
  readonly uuid: string;
  readonly features: readonly string[];
  readonly blockBytes: number;
  readonly sizeBytes: number;
  readonly reservedBytes: number;
  /** It found errors in itself. */
  readonly hasErrors: boolean;
  /** It was not unmounted: its journal has what is not in its place yet. */
  readonly needsReplay: boolean;
}

/** Of `tune2fs -l`; null: it says no such thing. */
export function parseTune2fs(output: string): Ext4Said | null {
  const said = (key: string) =>
    output
      .split('\n')
      .find((line) => line.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim() ?? '';
  const numberOf = (key: string) => Number.parseInt(said(key), 10);
  const blockBytes = numberOf('Block size');
  const sizeBytes = numberOf('Block count') * blockBytes;
  const reservedBytes = numberOf('Reserved block count') * blockBytes;
  const features = said('Filesystem features').split(/\s+/);
  if (!Number.isFinite(sizeBytes + reservedBytes) || !features.includes('filetype')) return null;
  const state = said('Filesystem state');
  return {
    uuid: said('Filesystem UUID'),
    // Comes and goes with each mount.
    features: features.filter((one) => one !== 'needs_recovery' && one !== 'orphan_present'),
    blockBytes,
    sizeBytes,
    reservedBytes,
    hasErrors: state.includes('errors'),
    needsReplay: features.includes('needs_recovery') || state.includes('not clean'),
  };
}

export interface XfsSaid {
  /** Those that are on: `crc`, `reflink`, … */
  readonly features: readonly string[];
  readonly blockBytes: number;
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  readonly allocationGroups: number;
}

/** What xfs_info calls a feature; the rest of what it says are numbers. */
const XFS_FEATURES = [
  ...['projid32bit', 'crc', 'finobt', 'sparse', 'rmapbt', 'reflink', 'bigtime', 'inobtcount', 'nrext64'],
  ...['exchange', 'metadir', 'ascii-ci', 'ftype', 'parent', 'lazy-count'],
];

/** Of `xfs_info`, `xfs_db -c info` and mkfs.xfs itself; null: they say no such thing. */
export function parseXfsInfo(output: string): XfsSaid | null {
  const section = (name: string) =>
    output.split(/^(?==?[a-z]|[a-z])/m).find((part) => part.startsWith(name)) ?? '';
  const [meta, data] = [section('meta-data'), section('data')];
  const numberIn = (text: string, key: string) =>
    Number.parseInt(new RegExp(`[ ,]${key}=(\\d+)`).exec(text)?.[1] ?? '', 10);
  const blockBytes = numberIn(data, 'bsize');
  const said = {
    features: XFS_FEATURES.filter((name) => numberIn(output, name) === 1),
    blockBytes,
    sizeBytes: numberIn(data, 'blocks') * blockBytes,
    sectorBytes: numberIn(meta, 'sectsz'),
    allocationGroups: numberIn(meta, 'agcount'),
  };
  return Number.isFinite(said.sizeBytes + said.sectorBytes + said.allocationGroups) ? said : null;
}

/** Of `xfs_db -c 'sb 0' -c 'p inprogress'`: mkfs.xfs sets it first and takes it off last. */
export function isUnfinished(output: string): boolean {
  return /^inprogress = 1$/m.test(output);
}

/** Of `xfs_logprint -t`; null: it says nothing of it. */
export function isLogClean(output: string): boolean | null {
  const state = /state: <(CLEAN|DIRTY)>/.exec(output)?.[1];
  return state === undefined ? null : state === 'CLEAN';
}

/** Of `mkfs.xfs -V`. */
export function parseXfsprogs(output: string): string | null {
  return /version (\d+\.\d+\.\d+)/.exec(output)?.[1] ?? null;
}
