// Owns which mount options cannot be: taken by no kernel, of another type of file system, or against each other. Pure.
// What the kernel that runs takes beside these is found out by a trial (host/storage/trial.ts). Must not know a service.
import { FILE_SYSTEM_TYPES, type FileSystemType } from './storage.ts';

export interface BrokenOption {
  /** Those that cannot be, as they were given. */
  readonly options: readonly string[];
  readonly because: string;
}

/** `logbsize` of `logbsize=256k`. */
export function optionKey(option: string): string {
  return option.split('=', 1)[0] ?? option;
}

/** As a line of fstab and the table of mounts can hold it. */
const OPTION = /^[A-Za-z][\w.-]*(=[^\s,"'\\#]+)?$/;

const OWN: { readonly [type in FileSystemType]: readonly string[] } = {
  xfs: [
    ...['allocsize', 'attr2', 'noattr2', 'filestreams', 'ikeep', 'noikeep', 'inode32', 'inode64', 'largeio'],
    ...['nolargeio', 'logbsize', 'logbufs', 'logdev', 'noalign', 'nouuid', 'pqnoenforce', 'pquota', 'rtdev'],
    ...['sunit', 'swalloc', 'swidth', 'wsync'],
  ],
  ext4: [
    ...['auto_da_alloc', 'noauto_da_alloc', 'barrier', 'nobarrier', 'commit', 'data', 'data_err', 'delalloc'],
    ...['nodelalloc', 'dioread_lock', 'dioread_nolock', 'errors', 'init_itable', 'noinit_itable', 'stripe'],
    ...['inode_readahead_blks', 'journal_async_commit', 'journal_checksum', 'journal_ioprio', 'noload'],
    ...['max_batch_time', 'min_batch_time', 'resgid', 'resuid'],
  ],
};

/** Of each group, one may be given. */
const ONE_OF: readonly (readonly string[])[] = [
  ['noatime', 'relatime', 'strictatime', 'atime'],
  ['diratime', 'nodiratime'],
  ['lazytime', 'nolazytime'],
  ['ro', 'rw'],
  ['sync', 'async'],
  ['dev', 'nodev'],
  ['exec', 'noexec'],
  ['suid', 'nosuid'],
  ['discard', 'nodiscard'],
  ['inode32', 'inode64'],
  ['largeio', 'nolargeio'],
  ['delalloc', 'nodelalloc'],
  ['barrier', 'nobarrier'],
];

/** null: both take it, or nobody knows it. */
export function onlyOf(option: string): FileSystemType | null {
  const key = optionKey(option);
  return FILE_SYSTEM_TYPES.find((type) => OWN[type].includes(key)) ?? null;
}

const READ_ONLY = ['ro', 'noload', 'norecovery'];

export function brokenOptions(
  options: readonly string[],
  { type, features }: { readonly type: FileSystemType; readonly features: readonly string[] },
): readonly BrokenOption[] {
  const whys = options.flatMap((option) => {
    const because = whyNot(option, type, features);
    return because === null ? [] : [{ options: [option], because }];
  });
  const groups = ONE_OF.flatMap((group) => {
    const given = [...new Set(options.filter((option) => group.includes(option)))];
    return given.length < 2
      ? []
      : [{ options: given, because: `they say the opposite: one of ${given.join(', ')}` }];
  });
  const keys = [...new Set(options.map(optionKey))].flatMap((key) => {
    const given = [...new Set(options.filter((option) => optionKey(option) === key))];
    return given.length < 2 ? [] : [{ options: given, because: `${key} can have one value` }];
  });
  return [...whys, ...groups, ...keys];
}

function whyNot(option: string, type: FileSystemType, features: readonly string[]): string | null {
  const key = optionKey(option);
  if (!OPTION.test(option)) return 'want a word, or a word with a value: noatime, logbsize=256k';
  if (READ_ONLY.includes(key)) return 'services could not write';
  if (type === 'xfs' && (key === 'nobarrier' || key === 'barrier'))
    return 'XFS always keeps the order of its writes: Linux 4.19 took the option away';
  if (type === 'ext4' && key === 'data' && !features.includes('has_journal'))
    return 'it says how the journal is written, and this file system has none (^has_journal)';
  const owner = onlyOf(option);
  return owner === null || owner === type ? null : `an option of ${owner}, not of ${type}`;
}
