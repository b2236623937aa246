// Owns comparing mount options with what the table of mounts shows of them, and with those of a line of fstab. Pure. Which can be
// given at all is layout/mount-options.ts's.
import { splitOptions } from './access-times.ts';

/** Of mount(8) and systemd alone: the kernel is never told. */
const OF_FSTAB_ALONE =
  /^(defaults|nofail|fail|auto|noauto|_netdev|owner|group|(no)?users?|[xX]-.*|comment=.*)$/;

/** What the kernel is told, in its order. */
export function kernelOptions(options: readonly string[]): readonly string[] {
  return options.filter((option) => !OF_FSTAB_ALONE.test(option));
}

/** Options that say the same. */
const SAME: Readonly<Record<string, string>> = {
  pquota: 'prjquota',
  uquota: 'usrquota',
  quota: 'usrquota',
  gquota: 'grpquota',
  atime: 'relatime',
  nodiscard: 'no discard',
};

/** What the kernel does where the table of mounts shows none of the others of a group. */
const SILENT: readonly (readonly [option: string, others: RegExp])[] = [
  ['rw', /^ro$/],
  ['async', /^sync$/],
  ['dev', /^nodev$/],
  ['suid', /^nosuid$/],
  ['exec', /^noexec$/],
  ['strictatime', /^(noatime|relatime)$/],
  ['no discard', /^discard$/],
  ['nolazytime', /^lazytime$/],
  ['diratime', /^nodiratime$/],
  // ext4 and XFS name what differs from their own choice.
  ['nodiratime', /^diratime$/],
  ['data=ordered', /^data=/],
  ['barrier', /^(nobarrier|barrier=0)$/],
  ['barrier=1', /^(nobarrier|barrier=0)$/],
  ['delalloc', /^nodelalloc$/],
  ['auto_da_alloc', /^noauto_da_alloc$/],
  ['commit=5', /^commit=/],
  ['errors=continue', /^errors=/],
  ['init_itable=10', /^init_itable=/],
  ['nolargeio', /^largeio$/],
];

/** Shown where they differ from what the file system itself has as its default, which cannot be seen. */
const PERHAPS_SHOWN = /^errors=/;

/** Those of `wanted` that a mount does not have, by what the table of mounts shows of it. */
export function missingOptions(wanted: readonly string[], shown: readonly string[]): readonly string[] {
  return kernelOptions(wanted).filter((option) => {
    const plain = SAME[option] ?? option;
    if (shown.includes(plain) || shown.includes(option)) return false;
    const [, others] = SILENT.find(([silent]) => silent === plain) ?? [];
    if (others !== undefined) return shown.some((one) => others.test(one));
    return !PERHAPS_SHOWN.test(plain);
  });
}

/** The kernel shows each of these only where it was asked for; what takes it back, null: nothing but another mount does. */
const ASKED_FOR: Readonly<Record<string, string | null>> = {
  sync: 'async',
  nodev: 'dev',
  nosuid: 'suid',
  noexec: 'exec',
  nodiratime: 'diratime',
  lazytime: 'nolazytime',
  discard: 'nodiscard',
  nobarrier: 'barrier',
  'data=writeback': null,
  'data=journal': null,
};

export interface Drift {
  /** Wanted, and not there. */
  readonly missing: readonly string[];
  /** There, and not wanted: of those that are shown only where somebody asked for them. */
  readonly extra: readonly string[];
}

/** Shown as they are written. Of others that somebody added to a line nobody knows how the kernel shows them. */
const COMPARABLE = /^(commit=\d+|logbsize=\d+k|data=\w+)$/;

/** `wanted`: `ours`, and what others added to the line. */
export function driftOf(wanted: readonly string[], ours: readonly string[], shown: readonly string[]): Drift {
  const keys = new Set(wanted.map(keyOf));
  const isCompared = (option: string) =>
    ours.includes(option) || COMPARABLE.test(option) || GROUPS.some((one) => one.includes(option));
  return {
    missing: missingOptions(wanted.filter(isCompared), shown),
    extra: shown.filter((option) => Object.hasOwn(ASKED_FOR, option) && !keys.has(keyOf(option))),
  };
}

/** Taken by every file system while it is in use. */
const TAKEN_BY_ALL = /^(noatime|(no)?diratime|(no)?dev|(no)?suid|(no)?exec|a?sync|(no)?lazytime)$/;
/** XFS says nothing to these, and does nothing. */
const TAKEN_BY_EXT4 = /^((no)?discard|commit=\d+)$/;

/** What ends it with a remount; null: a remount does not, or not all of it. */
export function remountOptions(type: 'xfs' | 'ext4', { missing, extra }: Drift): readonly string[] | null {
  const all = [...missing, ...extra.map((option) => ASKED_FOR[option] ?? option)];
  const isTaken = (option: string) =>
    TAKEN_BY_ALL.test(option) || (type === 'ext4' && TAKEN_BY_EXT4.test(option));
  return all.every(isTaken) ? all : null;
}

/** Of each group a line has one at most. */
const GROUPS: readonly (readonly string[])[] = [
  ['noatime', 'relatime', 'strictatime', 'atime', 'norelatime', 'nostrictatime'],
  ['nofail', 'fail'],
  ['auto', 'noauto'],
  ['rw', 'ro'],
  ['dev', 'nodev'],
  ['suid', 'nosuid'],
  ['exec', 'noexec'],
  ['async', 'sync'],
  ['discard', 'nodiscard'],
  ['lazytime', 'nolazytime'],
  ['diratime', 'nodiratime'],
  ['inode32', 'inode64'],
  ['largeio', 'nolargeio'],
  ['prjquota', 'pquota', 'pqnoenforce'],
  ['barrier', 'nobarrier'],
  ['delalloc', 'nodelalloc'],
];

/** `data` of `data=ordered`; the first of its group for one that has opposites. */
function keyOf(option: string): string {
  const group = GROUPS.find((one) => one.includes(option));
  return group?.[0] ?? option.split('=', 1)[0] ?? option;
}

/**
 * The options of a line with ours in it: what is against ours gives way in its place, what ours say nothing of stays, in its
 * order, and what is missing comes last. As text, as it stood, where nothing is to change.
 */
export function withOptions(text: string, ours: readonly string[]): string {
  const all = splitOptions(text).filter((option) => option !== '');
  // A file system that is mounted by hand alone is not there after a start of the machine.
  const wanted = new Map([['auto', null as string | null], ...ours.map((one) => [keyOf(one), one] as const)]);
  const seen = new Set<string>();
  let changes = false;
  const kept = all.flatMap((option) => {
    const key = keyOf(option);
    const own = wanted.get(key);
    if (own === undefined || (own === null && option === 'auto')) return [option];
    const isSame = own !== null && (SAME[own] ?? own) === (SAME[option] ?? option);
    const once = seen.has(key) || own === null ? [] : [isSame ? option : own];
    if (once[0] !== option) changes = true;
    seen.add(key);
    return once;
  });
  const missing = ours.filter((one) => !seen.has(keyOf(one)));
  if (!changes && missing.length === 0) return text;
  // It says nothing beside others.
  const plain = kept.filter((option) => option !== 'defaults');
  return [...plain, ...missing].join(',') || 'defaults';
}
