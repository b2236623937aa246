// Owns the directories that backups are made and kept in: `staging`, where one is made, and `daily/SERVICE/NAME`, which only root
// can enter. A backup is what was renamed into place, and nothing else. Must not know what is in one.
import {
  closeSync,
  constants,
  createReadStream,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import type { Readable } from 'node:stream';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { DeclaredMount } from '../../port/declared-mount.ts';
import { errnoText } from '../../values/errno.ts';
import type { Mode } from '../../values/mode.ts';
import { namesIn } from '../names-in.ts';
import { renameInto } from '../project/rename-into.ts';
import { isRemoved, removeAll } from '../remove-all.ts';
import {
  changeOwnerOf,
  makeDirectoryAt,
  O_DIRECTORY,
  O_RDONLY,
  openAt,
  RESOLVE,
  renameAt,
  SystemError,
  statusAt,
} from '../syscalls.ts';
import { openTree } from '../tree.ts';
import {
  directoriesIn,
  filesIn,
  makeIfMissing,
  openDirectory,
  PRIVATE,
  requirePrivate,
  requireRoots,
  type StoredFile,
  syncAll,
} from './directories.ts';

export type { StoredFile };

export interface BackupPlaces {
  readonly base: string;
  readonly mounts?: readonly DeclaredMount[];
  /** Both below the base, and made by the layout. */
  readonly staging: string;
  readonly daily: string;
}

/** A finished backup. */
export interface Stored {
  readonly service: string;
  readonly name: string;
  /** Its own path, for people. */
  readonly path: string;
  /** All of them but those that say something of the backup. */
  files(): readonly StoredFile[];
  /** null: there is none. */
  text(file: string): string | null;
  /** Whole and synced. */
  setText(file: string, text: string): void;
  read(file: string): NodeJS.ReadableStream;
}

/** A directory of ours in staging, which is as if it had never been until it is kept. */
export interface Draft {
  /** Its path: others than root can pass through it, and see nothing. */
  readonly path: string;
  /** Where what will be the backup stands; root's alone. A path by descriptor: for us, not for other programs. */
  readonly made: string;
  /** An empty directory of a user, closed to all others; its path. */
  directoryFor(name: string, owner: Owner): string;
  /** By descriptor, which is open until what `act` answers has come. */
  within<T>(name: string, act: (fd: number) => T): T;
  /** What is read of a file that was taken over, by its path below the draft. */
  read(path: string): Readable;
  /** A path in `made` for a new file of the backup, whose directories are made. */
  placeFor(file: string): string;
  /** A file that was taken over becomes one of the backup. */
  adopt(path: string, file: string): void;
  setMode(directory: string, mode: Mode): void;
  /** One of its directories becomes `as` in the directory `into`, over nothing. Throws a Problem where that cannot be. */
  moveOut(name: string, into: string, as: string): void;
  /** Makes it a backup: synced, then renamed into place. */
  keep(service: string, name: string): void;
  /** Takes it away; what cannot go is a leftover. */
  end(): void;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface BackupStore {
  /** Of which services there are any. */
  services(): readonly string[];
  /** What lies where backups are kept and is none; each by its path, with why. */
  others(): readonly { readonly path: string; readonly why: string }[];
  /** Oldest first. */
  names(service: string): readonly string[];
  open(service: string, name: string): Stored;
  /** Deletes it: half deleted it is none any more. */
  remove(service: string, name: string): void;
  /** What a killed run left, by its name; in staging, and of removals. */
  leftovers(): readonly string[];
  /** Those that went. */
  removeLeftovers(): readonly string[];
  draft(what: string): Draft;
  close(): void;
}

/** `20261127T101403Z`. */
export const NAME_PATTERN = /^\d{8}T\d{6}Z$/;
const DRAFT = /^jts-hot-[a-z]+-.*\.tmp$/;
const REMOVED = '.removed-';
const MADE = 'made';
export const MANIFEST = 'manifest.json';
export const VERIFICATION = 'verification.json';
/** As sha256sum(1) writes and checks it; of the manifest too. */
export const SUMS = 'SHA256SUMS';
/** What says something of a backup, and is none of its files. */
export const ABOUT: readonly string[] = [MANIFEST, VERIFICATION, SUMS];
/** As one of them is written before it takes its name; killed there, it stays until that is written again. */
const begunName = (file: string) => `.${file}.new`;
const NOT_OF_IT: readonly string[] = [...ABOUT, ...ABOUT.map(begunName)];

const NO_LINKS = RESOLVE.noLinks | RESOLVE.beneath;
const TO_PASS = 0o711;

/** Throws a Problem where others than root can change either directory. */
export function openBackupStore({ base, mounts = [], staging, daily }: BackupPlaces): BackupStore {
  const tree = openTree('/', base, mounts);
  const stagingFd = requireRoots(tree.openDirectory(staging), staging);
  const dailyFd = requireRoots(tree.openDirectory(daily), daily);
  const at = (fd: number, path = '') => `/proc/self/fd/${fd}${path === '' ? '' : `/${path}`}`;

  function inService<T>(service: string, act: (fd: number) => T, without: T): T {
    let fd: number;
    try {
      fd = openDirectory(dailyFd, service);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'ENOENT') return without;
      throw noDirectory(`${daily}/${service}`, error);
    }
    try {
      return act(requirePrivate(fd, `${daily}/${service}`));
    } finally {
      closeSync(fd);
    }
  }

  function removedIn(service: string): readonly string[] {
    return inService(
      service,
      (fd) =>
        namesIn(fd)
          .sort()
          .filter((name) => name.startsWith(REMOVED)),
      [],
    );
  }

  /** Of another's directory nothing is believed. */
  const services = () =>
    directoriesIn(dailyFd).filter((name) => !name.startsWith('.') && notOurs(name) === null);

  function notOurs(service: string): string | null {
    try {
      return inService(service, () => null, null);
    } catch (error) {
      if (error instanceof Problem) return error.diagnostics[0]?.detail.join('; ') ?? "not root's alone";
      throw error;
    }
  }

  return {
    services,
    others() {
      const ours = services();
      const above = namesIn(dailyFd)
        .sort()
        .flatMap((name) => {
          if (ours.includes(name)) return [];
          const isDirectory = statusAt(dailyFd, name).type === 'directory';
          const why = isDirectory ? (notOurs(name) ?? 'it is hidden') : 'want a directory of a service';
          return [{ path: `${daily}/${name}`, why }];
        });
      const below = ours.flatMap((service) =>
        inService(
          service,
          (fd) =>
            namesIn(fd)
              .sort()
              .filter(
                (name) =>
                  !name.startsWith(REMOVED) && !(isName(name) && statusAt(fd, name).type === 'directory'),
              )
              .map((name) => ({
                path: `${daily}/${service}/${name}`,
                why: 'want a directory called as its time',
              })),
          [],
        ),
      );
      return [...above, ...below];
    },
    names: (service) => inService(service, (fd) => directoriesIn(fd).filter(isName), []),
    open: (service, name) => openStored({ dailyFd, daily, service, name }),
    remove(service, name) {
      inService(
        service,
        (fd) => {
          renameAt(fd, name, `${REMOVED}${name}`, 'noReplace');
          fsyncSync(fd);
          removeAll(fd, `${REMOVED}${name}`);
          fsyncSync(fd);
        },
        undefined,
      );
    },
    leftovers: () => [
      ...namesIn(stagingFd)
        .sort()
        .filter((name) => DRAFT.test(name)),
      ...services().flatMap((service) => removedIn(service).map((name) => `${service}/${name}`)),
    ],
    removeLeftovers() {
      const drafts = namesIn(stagingFd)
        .sort()
        .filter((name) => DRAFT.test(name));
      const gone = drafts.filter((name) => isRemoved(stagingFd, name));
      const removed = services().flatMap((service) =>
        removedIn(service).map((name) => {
          inService(service, (fd) => removeAll(fd, name), undefined);
          return `${service}/${name}`;
        }),
      );
      return [...gone, ...removed];
    },
    draft(what) {
      const name = `jts-hot-${what}.tmp`;
      makeDirectoryAt(stagingFd, name, PRIVATE);
      const fd = openDirectory(stagingFd, name);
      makeDirectoryAt(fd, MADE, PRIVATE);
      const madeFd = openDirectory(fd, MADE);
      // A service's user passes through it to what is its own.
      fchmodSync(fd, TO_PASS);
      let isOpen = true;
      const close = () => {
        if (!isOpen) return;
        isOpen = false;
        closeSync(madeFd);
        closeSync(fd);
      };
      const placeFor = (file: string) => {
        const cut = file.lastIndexOf('/');
        if (cut > 0) mkdirSync(`${at(madeFd)}/${file.slice(0, cut)}`, { recursive: true, mode: PRIVATE });
        return `${at(madeFd)}/${file}`;
      };
      return {
        path: `${staging}/${name}`,
        made: at(madeFd),
        directoryFor(directory, { uid, gid }) {
          makeDirectoryAt(fd, directory, PRIVATE);
          const own = openDirectory(fd, directory);
          try {
            changeOwnerOf(own, uid, gid);
          } finally {
            closeSync(own);
          }
          return `${staging}/${name}/${directory}`;
        },
        within(directory, act) {
          const own = directory === '' ? openDirectory(fd, '.') : openDirectory(fd, directory);
          let isLater = false;
          try {
            const done = act(own);
            isLater = done instanceof Promise;
            return done instanceof Promise ? (done.finally(() => closeSync(own)) as typeof done) : done;
          } finally {
            if (!isLater) closeSync(own);
          }
        },
        read: (path) => createReadStream(at(fd, path)),
        placeFor,
        adopt: (path, file) => renameSync(at(fd, path), placeFor(file)),
        setMode(directory, mode) {
          const own = openDirectory(fd, directory);
          try {
            fchmodSync(own, Number.parseInt(mode, 8));
          } finally {
            closeSync(own);
          }
        },
        moveOut(directory, into, as) {
          const to = requireRoots(
            openAt(tree.rootFd, into.slice(1), { flags: O_RDONLY | O_DIRECTORY, resolve: NO_LINKS }),
            into,
          );
          try {
            renameInto({ dirfd: fd, name: directory }, { dirfd: to, name: as });
            fsyncSync(to);
          } catch (error) {
            throw asMoveProblem(error, `${into}/${as}`);
          } finally {
            closeSync(to);
          }
        },
        keep(service, as) {
          syncAll(madeFd);
          makeIfMissing(dailyFd, service);
          inService(
            service,
            (into) => {
              renameAt(fd, MADE, as, 'noReplace', into);
              fsyncSync(into);
            },
            undefined,
          );
          fsyncSync(fd);
        },
        end() {
          close();
          isRemoved(stagingFd, name);
        },
      };
    },
    close() {
      closeSync(stagingFd);
      closeSync(dailyFd);
      closeSync(tree.rootFd);
    },
  };
}

function openStored(of: {
  readonly dailyFd: number;
  readonly daily: string;
  readonly service: string;
  readonly name: string;
}): Stored {
  const { dailyFd, daily, service, name } = of;
  const path = `/proc/self/fd/${dailyFd}/${service}/${name}`;
  return {
    service,
    name,
    path: `${daily}/${service}/${name}`,
    files: () => {
      const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      try {
        return filesIn(fd).filter(({ name: file }) => !NOT_OF_IT.includes(file));
      } finally {
        closeSync(fd);
      }
    },
    text(file) {
      try {
        return readFileSync(`${path}/${file}`, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
    setText(file, text) {
      const begun = `${path}/${begunName(file)}`;
      writeFileSync(begun, text, { mode: 0o600, flush: true });
      renameSync(begun, `${path}/${file}`);
      const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    },
    read: (file) => createReadStream(`${path}/${file}`, { highWaterMark: 1024 * 1024 }),
  };
}

function noDirectory(at: string, { code }: SystemError): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_IN_THE_WAY', 'refusing to use what is no directory of its own for backups', {
      at,
      detail: `want root's directory, on the disk of the others and no link; found ${errnoText(code)}`,
      hint: 'look at what it is, and move it away',
    }),
  ]);
}

function asMoveProblem(error: unknown, path: string): unknown {
  if (!(error instanceof SystemError)) return error;
  const isOther = error.code === 'EXDEV';
  return new Problem(EXIT.failed, [
    diagnostic('E_MOVE', 'cannot put what was restored where it is wanted', {
      at: path,
      detail: `found ${errnoText(error.code)}`,
      hint: isOther
        ? 'want a place on the file system of backup staging, in the same project: restore without --to, then copy it (cp -a)'
        : 'want a place that is free',
    }),
  ]);
}

function isName(name: string): boolean {
  return NAME_PATTERN.test(name);
}
