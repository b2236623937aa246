// Owns whether the disk below a base is the right one: from the record, the layout, what is mounted and what should be.
// One cause, the first that explains the others, and the command that mends it. Pure.

import type { MountDemand } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { asRoot, shellWord } from '../messages/typed-command.ts';
import type { BaseDisk, DiskView, KnownFileSystem, Mounted, WantedMount } from './base-disk.ts';

const SUMMARIES = {
  E_NOT_MOUNTED: 'refusing to work where the disk of the base is not mounted',
  E_OTHER_DISK: 'refusing to take another disk for the one on record',
  E_DISK_HIDDEN: 'refusing to work on what is mounted over the disk on record',
  E_BASE_MOVED: 'refusing to take another directory for the base on record',
  E_READ_ONLY: 'refusing to work on a disk that is mounted read-only',
  E_NO_ANSWER: 'cannot work on a file system that does not answer',
} as const;

/** Why the disk is not the right one. */
export interface Wrong {
  readonly code: keyof typeof SUMMARIES;
  readonly expected: string;
  readonly found: string;
  /** The command that mends it; null: none is known. */
  readonly fix: string | null;
  /** What to do or to know, in words. */
  readonly hint: string | null;
  /** `setup --new-disk` says that this is meant. */
  readonly maySayMeant: boolean;
}

export interface Judgement {
  readonly wrong: Wrong | null;
  /** It is the right one, and nothing can be changed on it; null: it can, or it is not the right one. */
  readonly readOnly: Wrong | null;
  /** What was on record and is no longer so, agreed to with --new-disk; null: nothing. */
  readonly moved: Wrong | null;
  readonly now: DiskView;
  /** Which disk is right was known from a record. */
  readonly isRecorded: boolean;
}

export interface Known {
  /** null: nothing is on record yet. */
  readonly record: BaseDisk | null;
  /** Of the layout; null: it says nothing. */
  readonly demand: MountDemand | null;
  /** Where `demand` is of `storage:`, which disk that means, in words: setup mounts it; left out: it is not. */
  readonly disk?: string;
  /** The caller wants another disk, or another directory, than the one on record: --new-disk. */
  readonly agreed: boolean;
  /** The directory beside the base that has this inode; null: there is none. */
  readonly beside: (inode: string) => string | null;
  /** Of a service that has a file system of its own: just there it must be mounted, all of it. */
  readonly at?: string;
}

export function judgeDisk(view: DiskView, known: Known): Judgement {
  const { record, agreed } = known;
  const differs = whyNotOnRecord(view, known);
  const meant = differs?.maySayMeant === true && agreed ? differs : null;
  const wrong = withDisk(
    view,
    known,
    whyNotMounted(view, record) ?? (meant === null ? differs : null) ?? whyNotDemanded(view, known),
  );
  const about = { wrong, now: view, isRecorded: record !== null };
  if (wrong !== null) return { ...about, readOnly: null, moved: null };
  return { ...about, readOnly: whyReadOnly(view), moved: meant };
}

/** `storage:` says which disk it is, wherever that is plugged in: setup finds it and mounts it. */
function withDisk(view: DiskView, { disk, demand }: Known, wrong: Wrong | null): Wrong | null {
  if (wrong === null || disk === undefined) return wrong;
  if (wrong.code !== 'E_NOT_MOUNTED' && wrong.code !== 'E_OTHER_DISK') return wrong;
  // It is there: something else is missing, or was on record.
  if (`UUID=${view.holder.uuid?.toLowerCase()}` === demand) return wrong;
  const isOver = wrong.code === 'E_OTHER_DISK' && view.holder.mountPoint !== '/';
  const setup = 'jts-hot setup';
  return {
    ...wrong,
    expected: `${wrong.expected}: on ${disk}, as \`storage:\` in the layout says`,
    fix: asRoot([...(isOver ? [unmount(view.holder.mountPoint)] : []), setup]),
    hint: 'which disks are plugged in: sudo jts-hot device list',
    maySayMeant: false,
  };
}

/** Whether what is there is what was recorded, whatever else should be mounted. */
export function isOnRecord(view: DiskView, record: BaseDisk): boolean {
  return isSameFileSystem(record, view) && isSameDirectory(record, view) !== false;
}

const OF_A_SERVICE: Readonly<Record<Wrong['code'], string>> = {
  ...SUMMARIES,
  E_NOT_MOUNTED: 'refusing to work where the file system of a service is not mounted',
  E_OTHER_DISK: 'refusing to take another file system for that of a service',
  E_DISK_HIDDEN: 'refusing to work on what is mounted over the file system of a service',
};

export function wrongDiagnostic(wrong: Wrong, at: string, of: 'base' | 'service' = 'base'): Diagnostic {
  const meant = wrong.maySayMeant ? ['where this is meant: sudo jts-hot setup --new-disk'] : [];
  const hints = [...(wrong.hint === null ? [] : [wrong.hint]), ...meant];
  return diagnostic(wrong.code, (of === 'base' ? SUMMARIES : OF_A_SERVICE)[wrong.code], {
    at,
    detail: [`want ${wrong.expected}`, `found ${wrong.found}`],
    fix: wrong.fix,
    hint: hints.length === 0 ? null : hints.join('; '),
  });
}

/** fstab, a unit, or an automount that did not mount. */
function whyNotMounted(view: DiskView, record: BaseDisk | null): Wrong | null {
  const missing = view.wanted.filter(
    ({ mountPoint, options }) => isDemanded(options) && !isMounted(view, mountPoint),
  );
  const { holder } = view;
  if (missing.length === 0 && holder.type !== 'autofs') return null;
  const places = missing.length > 0 ? missing.map(({ mountPoint }) => mountPoint) : [holder.mountPoint];
  const named = missing.map(
    ({ mountPoint, unit, what }) => `${what} at ${mountPoint} (${unit ?? '/etc/fstab'})`,
  );
  return {
    code: 'E_NOT_MOUNTED',
    expected: `mounted: ${named.join(', ') || `what ${holder.mountPoint} mounts when it is entered`}`,
    found: `${view.path} on ${described(holder)}`,
    ...mounting(places.map((place) => mountCommand(view, place, record?.fileSystem ?? null))),
    maySayMeant: false,
  };
}

/** `noauto` is mounted by hand, or by an automount. */
function isDemanded(options: readonly string[]): boolean {
  return !options.includes('noauto') || options.includes('x-systemd.automount');
}

/** What another mount covers is mounted, too. */
function isMounted({ mounts }: DiskView, mountPoint: string): boolean {
  return mounts.some((mount) => mount.mountPoint === mountPoint && mount.type !== 'autofs');
}

function whyNotOnRecord(view: DiskView, known: Known): Wrong | null {
  const { record } = known;
  if (record === null) return whyHidden(view, (mount) => isLower(mount, view)) ?? whyNotNamed(view);
  if (!isSameFileSystem(record, view))
    return whyHidden(view, (mount) => isOfRecord(mount, record)) ?? whyOtherDisk(view, record);
  if (isSameDirectory(record, view) !== false) return null;
  return isGone(view, record) ? whyOtherDisk(view, record) : whyMoved(view, known, record);
}

/** By UUID where both are known. Names of devices change from boot to boot: the base's own birth tells more. */
function isSameFileSystem(
  { fileSystem, directory }: BaseDisk,
  { holder, directory: now }: DiskView,
): boolean {
  const known = fileSystem;
  if (known.uuid !== null && holder.uuid !== null) return known.uuid === holder.uuid;
  if (known.source === null) return known.mountPoint === holder.mountPoint;
  const sameDirectory =
    directory !== null &&
    typeof now !== 'string' &&
    now.born !== null &&
    now.born === directory.born &&
    now.inode === directory.inode;
  return sameDirectory || isSameSource(known, holder);
}

function isSameSource(known: KnownFileSystem, mount: Mounted): boolean {
  return known.source === mount.source && known.type === mount.type;
}

/** null: it cannot be told. */
function isSameDirectory({ directory }: BaseDisk, { directory: now }: DiskView): boolean | null {
  if (directory === null || now === 'hidden') return null;
  if (now === 'missing' || now.inode !== directory.inode) return false;
  return now.born === null || directory.born === null || now.born === directory.born;
}

/** The disk is mounted where it should be, and something else is mounted over it or above it. */
function whyHidden(view: DiskView, isRight: (mount: Mounted) => boolean): Wrong | null {
  const hidden = view.mounts.find(
    (mount) => mount.id !== view.holder.id && mount.type !== 'autofs' && isRight(mount),
  );
  if (hidden === undefined) return null;
  // With these gone it is seen again; what it stands on itself stays.
  const below = chainOf(view, hidden);
  const over = chainOf(view, view.holder).filter((mount) => !below.includes(mount));
  if (over.length === 0) return null;
  return {
    code: 'E_DISK_HIDDEN',
    expected: described(hidden),
    found: `${view.path} on ${described(view.holder)}, which hides it`,
    fix: asRoot(over.map(({ mountPoint }) => `umount ${shellWord(mountPoint)}`)),
    hint: null,
    maySayMeant: true,
  };
}

/** The mount, the one it is mounted on, and so on. */
function chainOf({ mounts }: DiskView, mount: Mounted): readonly Mounted[] {
  const chain: Mounted[] = [];
  for (
    let at: Mounted | undefined = mount;
    at !== undefined && !chain.includes(at);
    at = mounts.find(({ id }) => id === chain.at(-1)?.parent)
  )
    chain.push(at);
  return chain;
}

/** What is mounted lower than what is seen cannot be seen. */
function isLower({ mountPoint }: Mounted, { holder }: DiskView): boolean {
  return mountPoint.length > holder.mountPoint.length;
}

function isOfRecord(mount: Mounted, { fileSystem: known }: BaseDisk): boolean {
  if (known.uuid !== null && mount.uuid !== null) return known.uuid === mount.uuid;
  return isSameSource(known, mount);
}

/** Nothing is mounted any more where it was. */
function isGone(view: DiskView, { fileSystem }: BaseDisk): boolean {
  return fileSystem.mountPoint !== '/' && !isMounted(view, fileSystem.mountPoint);
}

function whyOtherDisk(view: DiskView, record: BaseDisk): Wrong {
  const { holder } = view;
  const known = record.fileSystem;
  const mount = mountCommand(view, known.mountPoint, known);
  return {
    code: isGone(view, record) ? 'E_NOT_MOUNTED' : 'E_OTHER_DISK',
    expected: described(known),
    found: `${view.path} on ${described(holder)}`,
    ...mounting([
      ...(isGone(view, record) || holder.mountPoint !== known.mountPoint || holder.mountPoint === '/'
        ? []
        : [unmount(holder.mountPoint)]),
      mount,
    ]),
    maySayMeant: true,
  };
}

/** Nothing is on record: fstab or a unit says which disk it should be. */
function whyNotNamed(view: DiskView): Wrong | null {
  const { holder } = view;
  const named = view.wanted.find(({ mountPoint }) => mountPoint === holder.mountPoint);
  if (named === undefined || isSameAsWanted(named, holder) !== false) return null;
  const hidden = whyHidden(
    view,
    (mount) => mount.mountPoint === named.mountPoint && isSameAsWanted(named, mount) === true,
  );
  if (hidden !== null) return hidden;
  return {
    code: 'E_OTHER_DISK',
    expected: `${named.what} at ${named.mountPoint} (${named.unit ?? '/etc/fstab'})`,
    found: described(holder),
    ...mounting([unmount(holder.mountPoint), mountCommand(view, holder.mountPoint, null)]),
    maySayMeant: true,
  };
}

/** null: it cannot be told. */
function isSameAsWanted({ what, device }: WantedMount, holder: Mounted): boolean | null {
  if (device !== null && holder.device !== null) return device === holder.device;
  const [, uuid] = /^UUID=(.+)$/.exec(what) ?? [];
  return uuid === undefined || holder.uuid === null ? null : uuid.toLowerCase() === holder.uuid.toLowerCase();
}

function whyMoved(view: DiskView, { beside }: Known, { directory, fileSystem }: BaseDisk): Wrong {
  const inode = directory?.inode ?? '';
  const { path } = view;
  const there = beside(inode);
  const isThere = view.directory !== 'missing';
  const back =
    there === null
      ? null
      : [
          ...(isThere ? [`mv ${shellWord(path)} ${shellWord(`${path}.other`)}`] : []),
          `mv ${shellWord(there)} ${shellWord(path)}`,
        ];
  return {
    code: 'E_BASE_MOVED',
    expected: `${path} as it was recorded, inode ${inode} of ${described(fileSystem)}`,
    found: `${isThere ? 'another directory' : 'none'} there${there === null ? '' : `, and that one at ${there}`}`,
    fix: back === null ? null : asRoot(back),
    hint:
      back === null
        ? `see where it went: sudo find ${shellWord(view.holder.mountPoint)} -xdev -inum ${inode}`
        : null,
    maySayMeant: true,
  };
}

/** What the layout demands. */
function whyNotDemanded(view: DiskView, { demand, record, at }: Known): Wrong | null {
  if (demand === null) return null;
  const { holder, path } = view;
  const found = `${path} on ${described(holder)}`;
  const known = record?.fileSystem ?? null;
  const place =
    at ??
    (known !== null && known.mountPoint !== '/'
      ? known.mountPoint
      : (view.wanted.at(-1)?.mountPoint ?? path));
  if (demand === 'required') {
    if (holder.mountPoint !== '/') return null;
    const isKnown = view.wanted.length > 0 || (known !== null && known.mountPoint !== '/');
    const ways = isKnown
      ? mounting([mountCommand(view, place, known)])
      : { fix: null, hint: `mount the disk of the hot tier at ${path} or above it` };
    const expected = `a file system mounted at ${path} or above it (\`mount: required\` in the layout)`;
    return { code: 'E_NOT_MOUNTED', expected, found, ...ways, maySayMeant: false };
  }
  const uuid = demand.slice('UUID='.length);
  const line = view.wanted.find(({ mountPoint, what }) => mountPoint === place && what === demand);
  const isRight = (mount: Mounted) => {
    if (at !== undefined && (mount.mountPoint !== at || mount.part !== '/')) return false;
    if (mount.uuid !== null) return mount.uuid.toLowerCase() === uuid.toLowerCase();
    // What is covered is not asked itself.
    return mount.id !== holder.id && line !== undefined && isSameAsWanted(line, mount) === true;
  };
  if (isRight(holder)) return null;
  const hidden = whyHidden(view, isRight);
  if (hidden !== null) return { ...hidden, maySayMeant: false };
  const isOver = isMounted(view, place);
  const ways = mounting([
    ...(isOver ? [unmount(place)] : []),
    ...(line === undefined
      ? demandedMount(place, demand, at !== undefined && view.directory !== 'missing')
      : [mountCommand(view, place, null)]),
  ]);
  const expected = `the file system ${demand} (\`${at === undefined ? 'mount' : 'storage'}:\` in the layout)`;
  return { code: isOver ? 'E_OTHER_DISK' : 'E_NOT_MOUNTED', expected, found, ...ways, maySayMeant: false };
}

function demandedMount(place: string, demand: string, isMade: boolean): readonly Mounting[] {
  const make = isMade ? [] : [`mkdir -p ${shellWord(place)}`];
  return [...make, `mount ${shellWord(demand)} ${shellWord(place)}`];
}

function whyReadOnly({ holder, wanted, path }: DiskView): Wrong | null {
  if (!holder.options.includes('ro')) return null;
  const named = wanted.find(({ mountPoint }) => mountPoint === holder.mountPoint);
  const remount = `sudo mount -o remount,rw ${shellWord(holder.mountPoint)}`;
  return {
    code: 'E_READ_ONLY',
    expected: `${path} mounted for reading and writing`,
    found: `${described(holder)}, read-only`,
    fix: remount,
    hint: named?.options.includes('ro')
      ? `${named.unit ?? '/etc/fstab'} says so: take \`ro\` out of its options there, or it comes back`
      : 'see first what the kernel says of the disk: sudo dmesg | tail',
    maySayMeant: false,
  };
}

/** A command, or in words what to mount where none is known. */
type Mounting = string | { readonly advice: string };

/** One command; where a part of it is not known, all of it in words. */
function mounting(parts: readonly Mounting[]): Pick<Wrong, 'fix' | 'hint'> {
  const commands = parts.filter((part) => typeof part === 'string');
  if (commands.length === parts.length) return { fix: asRoot(commands), hint: null };
  const words = parts.map((part) => (typeof part === 'string' ? part : part.advice));
  return { fix: null, hint: words.join(', then ') };
}

function unmount(mountPoint: string): string {
  return `umount ${shellWord(mountPoint)}`;
}

/** What mounts it again at this place; `known`: what was mounted there. */
function mountCommand(view: DiskView, place: string, known: KnownFileSystem | null): Mounting {
  const wanted = view.wanted.find(({ mountPoint }) => mountPoint === place);
  if (wanted !== undefined)
    return wanted.unit === null ? `mount ${shellWord(place)}` : `systemctl start ${shellWord(wanted.unit)}`;
  const bound = known === null ? null : boundFrom(view, known);
  if (bound !== null) return `mount --bind ${shellWord(bound)} ${shellWord(place)}`;
  const source =
    known?.uuid !== null && known?.source?.startsWith('/dev/') ? `UUID=${known.uuid}` : known?.source;
  const part =
    known === null || known.part === '/' ? '' : known.type === 'btrfs' ? `-o subvol=${known.part} ` : null;
  if (source === undefined || source === null || part === null || known?.type === 'tmpfs')
    return { advice: `mount it at ${place} as it was` };
  const isLocal = source.startsWith('/dev/') || source.startsWith('UUID=');
  const type = isLocal || known?.type === null ? '' : `-t ${known?.type} `;
  return `mount ${type}${part}${shellWord(source)} ${shellWord(place)}`;
}

/** Where the directory of a bind mount can be seen; null: it was none, or it cannot. */
function boundFrom({ mounts }: DiskView, known: KnownFileSystem): string | null {
  if (known.part === '/' || known.type === 'btrfs') return null;
  const whole = mounts.find((mount) => mount.part === '/' && isSameSource(known, mount));
  return whole === undefined ? null : `${whole.mountPoint === '/' ? '' : whole.mountPoint}${known.part}`;
}

function described({ mountPoint, source, type, uuid }: KnownFileSystem): string {
  if (source === null) return `what is mounted at ${mountPoint}`;
  return `${type} from ${source}${uuid === null ? '' : ` (UUID=${uuid})`}, mounted at ${mountPoint}`;
}
