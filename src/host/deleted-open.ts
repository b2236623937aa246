// Owns finding files without a name that processes keep on the disk. Reads /proc alone until it is known that a file is on
// the file system that is asked for: one that does not answer must not be asked. Changes nothing, and signals nobody.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { DeletedOpen, DeletedOpenFound } from '../port/deleted-open.ts';
import { decodeName } from '../values/file-name.ts';

/** `fd`: anything on the file system. */
export function deletedOpenOn(fd: number): DeletedOpenFound {
  const mounts = createMounts();
  const device = mounts.deviceOf('self', `${fd}`);
  const found = new Map<string, DeletedOpen>();
  let unseen = 0;
  if (device === null) return { files: [], unseen };
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const descriptors = listed(`/proc/${pid}/fd`);
    if (descriptors === 'closed') unseen += 1;
    else for (const file of deletedOf(pid, { descriptors, device, mounts })) add(found, file, pid);
  }
  return { files: [...found.values()].toSorted((a, b) => b.diskBytes - a.diskBytes), unseen };
}

type Seen = Omit<DeletedOpen, 'pid' | 'command' | 'holders'>;

function add(found: Map<string, DeletedOpen>, file: Seen, pid: string): void {
  const known = found.get(file.inode);
  if (known === undefined)
    found.set(file.inode, { ...file, pid: Number(pid), command: commandOf(pid), holders: 1 });
  else found.set(file.inode, { ...known, holders: known.holders + 1 });
}

/** Each file once, however often the process has it. */
function deletedOf(
  pid: string,
  on: { readonly descriptors: readonly string[]; readonly device: string; readonly mounts: Mounts },
): readonly Seen[] {
  const found = new Map<string, Seen>();
  const look = (link: string, path: string) => {
    const status = orNull(() => statSync(link, { bigint: true }));
    // A file may be called so and have its name.
    if (status === null || status.nlink !== 0n || !status.isFile()) return;
    found.set(`${status.ino}`, {
      inode: `${status.ino}`,
      path,
      diskBytes: Number(status.blocks) * 512,
      apparentBytes: Number(status.size),
    });
  };
  for (const descriptor of on.descriptors) {
    const path = deletedPath(readText(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`, BYTES)));
    if (path !== null && on.mounts.deviceOf(pid, descriptor) === on.device)
      look(`/proc/${pid}/fd/${descriptor}`, path);
  }
  for (const { range, path } of deletedMaps(pid, on.device)) look(`/proc/${pid}/map_files/${range}`, path);
  return [...found.values()];
}

const BYTES = { encoding: 'buffer' } as const;
const DELETED = ' (deleted)';

/** null: it has its name, as far as the kernel says. */
function deletedPath(shown: string): string | null {
  return shown.startsWith('/') && shown.endsWith(DELETED) ? shown.slice(0, -DELETED.length) : null;
}

/** proc(5): `address perms offset dev inode path`, the device as hexadecimal major:minor. */
function deletedMaps(
  pid: string,
  device: string,
): readonly { readonly range: string; readonly path: string }[] {
  return readText(() => readFileSync(`/proc/${pid}/maps`))
    .split('\n')
    .flatMap((line) => {
      const [, range = '', dev = '', shown = ''] = /^(\S+) \S+ \S+ (\S+) \d+ +(\/.*)$/.exec(line) ?? [];
      const path = deletedPath(shown);
      return path === null || decimal(dev) !== device ? [] : [{ range: withoutZeros(range), path }];
    });
}

function decimal(hexadecimal: string): string {
  return hexadecimal
    .split(':')
    .map((part) => Number.parseInt(part, 16))
    .join(':');
}

/** As map_files writes what maps fills up. */
function withoutZeros(range: string): string {
  return range
    .split('-')
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join('-');
}

interface Mounts {
  /** `major:minor` of the file system that an open file of a process is on; null: not mounted where the process can see it. */
  deviceOf(pid: string, descriptor: string): string | null;
}

/** By the tables of mounts, each of which many processes share. */
function createMounts(): Mounts {
  const tables = new Map<string, ReadonlyMap<string, string>>();
  const tableOf = (pid: string): ReadonlyMap<string, string> => {
    // What a process sees is bounded by its namespace and by its root.
    const key = ['ns/mnt', 'root']
      .map((link) => readText(() => readlinkSync(`/proc/${pid}/${link}`, BYTES)))
      .join(' ');
    const known = tables.get(key);
    if (known !== undefined) return known;
    const lines = readText(() => readFileSync(`/proc/${pid}/mountinfo`)).split('\n');
    const table = new Map(
      lines.map((line) => {
        const [id = '', , device = ''] = line.split(' ', 3);
        return [id, device] as const;
      }),
    );
    tables.set(key, table);
    return table;
  };
  return {
    deviceOf(pid, descriptor) {
      const about = readText(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`));
      const id = /^mnt_id:\s*(\d+)/m.exec(about)?.[1];
      return id === undefined ? null : (tableOf(pid).get(id) ?? null);
    },
  };
}

/** `closed`: not for us to look into. A process that has ended has nothing. */
function listed(directory: string): readonly string[] | 'closed' {
  try {
    return readdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM' ? 'closed' : [];
  }
}

function commandOf(pid: string): string {
  return readText(() => readFileSync(`/proc/${pid}/comm`)).trim() || '?';
}

/** Processes end while we look: what cannot be read any more is not open any more. */
function readText(read: () => Buffer): string {
  const bytes = orNull(read);
  return bytes === null ? '' : decodeName(bytes);
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
