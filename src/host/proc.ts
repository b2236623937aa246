// Owns reading what /proc tells of other processes and of the file systems they see. Reads no file system but /proc, so that
// a disk that does not answer cannot hold us up. A process may end at any moment: what is gone reads as empty.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { decodeName } from '../values/file-name.ts';

export interface Mount {
  /** `major:minor` of its file system. */
  readonly device: string;
  /** As `Held.readOnlyAt`. */
  readonly readOnlyAt: string | null;
}

export interface Mounts {
  /** That an open file of a process is on; null: not mounted where the process can see it. */
  mountOf(pid: string, descriptor: string): Mount | null;
  /** The one with that number, in the table of the process. */
  mountNumbered(pid: string, id: string): Mount | null;
  /** What its root directory is: the device, and the place on it; null: its table does not say. */
  rootOf(pid: string): string | null;
}

interface Table {
  /** By the number of the mount. */
  readonly mounts: ReadonlyMap<string, Mount>;
  readonly root: string | null;
}

/** By the tables of mounts, each of which many processes share. */
export function createMounts(): Mounts {
  const tables = new Map<string, Table>();
  const tableOf = (pid: string): Table => {
    // What a process sees is bounded by its namespace and by its root.
    const key = ['ns/mnt', 'root'].map((link) => linkText(`/proc/${pid}/${link}`)).join(' ');
    const known = tables.get(key);
    if (known !== undefined) return known;
    const mounts = new Map<string, Mount>();
    let root: string | null = null;
    for (const line of procText(`/proc/${pid}/mountinfo`).split('\n')) {
      const [id = '', , device = '', part = '', mountPoint = '', how = ''] = line.split(' ', 6);
      const isOfTheWhole = isReadOnly(line.slice(line.lastIndexOf(' ') + 1));
      mounts.set(id, { device, readOnlyAt: isReadOnly(how) && !isOfTheWhole ? decoded(mountPoint) : null });
      // Of several on one place the last one is seen.
      if (mountPoint === '/') root = `${device} ${part}`;
    }
    const table = { mounts, root };
    tables.set(key, table);
    return table;
  };
  const mountNumbered = (pid: string, id: string) => tableOf(pid).mounts.get(id) ?? null;
  return {
    mountNumbered,
    mountOf(pid, descriptor) {
      const id = mountNumber(pid, descriptor);
      return id === null ? null : mountNumbered(pid, id);
    },
    rootOf: (pid) => tableOf(pid).root,
  };
}

/** Of a list of options. */
function isReadOnly(options: string): boolean {
  return options.split(',').includes('ro');
}

/** Blanks and backslashes stand there in octal. */
function decoded(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Of the mount that an open file is on. */
export function mountNumber(pid: string, descriptor: string): string | null {
  return /^mnt_id:\s*(\d+)/m.exec(procText(`/proc/${pid}/fdinfo/${descriptor}`))?.[1] ?? null;
}

const DELETED = ' (deleted)';

/** null: it has its name, as far as the kernel says. */
export function deletedPath(shown: string): string | null {
  return shown.startsWith('/') && shown.endsWith(DELETED) ? shown.slice(0, -DELETED.length) : null;
}

/** `closed`: not for us to look into. A process that has ended has nothing. */
export function listed(directory: string): readonly string[] | 'closed' {
  try {
    return readdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM' ? 'closed' : [];
  }
}

export function procText(file: string): string {
  const bytes = orNull(() => readFileSync(file));
  return bytes === null ? '' : decodeName(bytes);
}

export function linkText(link: string): string {
  const bytes = orNull(() => readlinkSync(link, { encoding: 'buffer' }));
  return bytes === null ? '' : decodeName(bytes);
}

export function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
