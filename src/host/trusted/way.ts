// Owns the way to a file: walked name by name, by descriptor, links resolved by hand, and who else than the owners named
// could change what is found there. Opens nothing but directories and what stands at the end; changes nothing.
import { closeSync } from 'node:fs';
import {
  linkTarget,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  openAt,
  RESOLVE,
  type Status,
  SystemError,
  statusAt,
} from '../syscalls.ts';

/** Numbers of the users whose files are taken for one's own. */
export type Owners = readonly number[];

/** Something on a way that others can change, and with it what is found at the end. */
export interface Weakness {
  /** Without links; below the root that was walked from. */
  readonly path: string;
  readonly type: Status['type'];
  readonly uid: number;
  readonly mode: number;
  /** `owner`: it is somebody else's. `mode`: it is open to others. */
  readonly why: 'owner' | 'mode';
}

const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;

/**
 * What others could do with an entry. `within`: the directory that it is in. In one like /tmp everybody makes files and
 * moves only his own, so there a link counts by its owner; elsewhere who may change the directory decides.
 */
export function weaknessOf(
  entry: Pick<Status, 'type' | 'uid' | 'mode'>,
  within: Pick<Status, 'mode'>,
  owners: Owners,
): Weakness['why'] | null {
  const { type, uid, mode } = entry;
  const shared = (within.mode & OTHERS_WRITE) !== 0;
  if (type === 'link') return shared && !owners.includes(uid) ? 'owner' : null;
  if (!owners.includes(uid)) return 'owner';
  const sticky = type === 'directory' && (mode & STICKY) !== 0;
  return (mode & OTHERS_WRITE) !== 0 && !sticky ? 'mode' : null;
}

export interface Way {
  /** What stands at the end, opened with O_PATH: no link. */
  readonly fd: number;
  readonly status: Status;
  /** Its directory, and its name in there; of the root itself null. */
  readonly parentFd: number | null;
  readonly name: string;
  /** Without links. */
  readonly path: string;
  /** In the order in which they were met. */
  readonly weaknesses: readonly Weakness[];
}

export interface WayOptions {
  /** Links lead no further up than to here. */
  readonly rootFd: number;
  readonly owners: Owners;
  /** `anywhere`: links are followed. `trusted`: only as long as nothing on the way could be changed by others. */
  readonly links: 'anywhere' | 'trusted';
}

/** As many as Linux follows. */
const MOST_LINKS = 40;
const PLAINLY = RESOLVE.noLinks | RESOLVE.beneath;

interface Stop {
  readonly fd: number;
  readonly name: string;
  readonly status: Status;
}

/**
 * Hands over what is at the end of an absolute path; its descriptors are closed afterwards. Each directory is looked
 * at on the descriptor from which the next name is opened, so the directory that was judged is the one that is used.
 * Throws SystemError.
 */
export function alongWay<T>(path: string, options: WayOptions, act: (way: Way) => T): T {
  const { rootFd, owners, links } = options;
  const weaknesses: Weakness[] = [];
  const stops: Stop[] = [];
  let followed = 0;

  const pathOf = (name: string) => `/${[...stops.slice(1).map((stop) => stop.name), name].join('/')}`;
  const judge = (name: string, status: Status, within: Pick<Status, 'mode'>) => {
    const why = weaknessOf(status, within, owners);
    if (why === null) return;
    const at = stops.length === 0 ? '/' : pathOf(name);
    if (weaknesses.some((one) => one.path === at)) return;
    weaknesses.push({ path: at, type: status.type, uid: status.uid, mode: status.mode, why });
  };
  const arrive = (fd: number, name: string, status: Status, within: Pick<Status, 'mode'>) => {
    judge(name, status, within);
    stops.push({ fd, name, status });
  };
  const goUp = () => {
    if (stops.length > 1) closeSync((stops.pop() as Stop).fd);
  };

  try {
    const start = openAt(rootFd, '.', { flags: O_PATH | O_DIRECTORY, resolve: PLAINLY });
    const ownStatus = statusAt(start, '');
    arrive(start, '', ownStatus, ownStatus);
    const names = path.split('/');
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        goUp();
        continue;
      }
      const here = stops.at(-1) as Stop;
      const fd = openAt(here.fd, name, { flags: O_PATH | O_NOFOLLOW, resolve: PLAINLY });
      const status = statusAt(fd, '');
      if (status.type !== 'link') {
        arrive(fd, name, status, here.status);
        continue;
      }
      try {
        judge(name, status, here.status);
        followed += 1;
        if (followed > MOST_LINKS || (links === 'trusted' && weaknesses.length > 0))
          throw new SystemError('openat2', ELOOP);
        const target = linkTarget(fd);
        if (target.startsWith('/')) while (stops.length > 1) goUp();
        names.unshift(...target.split('/'));
      } finally {
        closeSync(fd);
      }
    }
    const end = stops.at(-1) as Stop;
    return act({
      ...end,
      parentFd: stops.at(-2)?.fd ?? null,
      path: `/${stops
        .slice(1)
        .map((stop) => stop.name)
        .join('/')}`,
      weaknesses,
    });
  } finally {
    for (const { fd } of stops) closeSync(fd);
  }
}

const ELOOP = 40;

/** The same on this machine itself, whose path may begin at the current directory. */
export function alongHostWay<T>(
  path: string,
  options: Pick<WayOptions, 'owners' | 'links'>,
  act: (way: Way) => T,
): T {
  const rootFd = openAt(AT_FDCWD, '/', { flags: O_PATH | O_DIRECTORY, resolve: 0 });
  try {
    return alongWay(absolute(path), { ...options, rootFd }, act);
  } finally {
    closeSync(rootFd);
  }
}

const AT_FDCWD = -100;

/** Not normalised: `..` behind a link is not where the text says. */
function absolute(path: string): string {
  return path.startsWith('/') ? path : `${process.cwd()}/${path}`;
}

/** Of each of these files, whose directories are walked once. */
export function weaknessesAtAll(
  paths: readonly string[],
  owners: Owners,
): ReadonlyMap<string, readonly Weakness[]> {
  const found = new Map<string, readonly Weakness[]>();
  for (const [directory, files] of Map.groupBy(paths, directoryOf))
    asWay(() =>
      alongHostWay(directory, { owners, links: 'anywhere' }, (way) => {
        for (const path of files) asWay(() => found.set(path, weaknessesIn(way, path, owners)));
      }),
    );
  return found;
}

function directoryOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut === -1 ? '.' : path.slice(0, cut) || '/';
}

/** A link, and what is no plain name, is walked to by itself. */
function weaknessesIn(
  { fd: directory, status: within, path: at, weaknesses }: Way,
  path: string,
  owners: Owners,
): readonly Weakness[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (['', '.', '..'].includes(name)) return weaknessesAt(path, owners);
  const fd = openAt(directory, name, { flags: O_PATH | O_NOFOLLOW, resolve: PLAINLY });
  try {
    const { type, uid, mode } = statusAt(fd, '');
    if (type === 'link') return weaknessesAt(path, owners);
    const why = weaknessOf({ type, uid, mode }, within, owners);
    return why === null
      ? weaknesses
      : [...weaknesses, { path: `${at === '/' ? '' : at}/${name}`, type, uid, mode, why }];
  } finally {
    closeSync(fd);
  }
}

function asWay(walk: () => unknown): void {
  try {
    walk();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** A file that is not there has no findings: the error shows when it is used. */
export function weaknessesAt(path: string, owners: Owners): readonly Weakness[] {
  try {
    return alongHostWay(path, { owners, links: 'anywhere' }, ({ weaknesses }) => weaknesses);
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}
