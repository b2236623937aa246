// Owns looking at running processes by the names of their programs. Reads /proc alone; what costs more than a name is read
// of those that match, when it is asked for. Changes nothing, and signals nobody.
import { closeSync, openSync } from 'node:fs';
import type { Held, Running } from '../port/running.ts';
import {
  createMounts,
  deletedPath,
  linkText,
  listed,
  type Mount,
  type Mounts,
  mountNumber,
  orNull,
  procText,
} from './proc.ts';
import { O_DIRECTORY, O_PATH } from './syscalls.ts';

export function runningOf(commands: readonly string[]): readonly Running[] {
  const wanted = new Set(commands);
  const pids = listed('/proc');
  if (pids === 'closed') return [];
  const mounts = createMounts();
  return pids
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = procText(`/proc/${pid}/comm`).replace(/\n$/, '');
      const status = wanted.has(command) ? statusOf(pid) : null;
      // A zombie has ended.
      if (status === null || status.state === 'Z') return [];
      return [runningAt({ pid, command, mounts, ...status })];
    })
    .toSorted((a, b) => a.pid - b.pid);
}

interface About {
  readonly pid: string;
  readonly command: string;
  readonly state: string;
  readonly parent: number;
  readonly mounts: Mounts;
}

function runningAt({ pid, command, state, parent, mounts }: About): Running {
  return {
    pid: Number(pid),
    parent,
    command,
    words: wordsOf(pid, state),
    get uid() {
      const [, effective] = /^Uid:\s*\d+\s+(\d+)/m.exec(procText(`/proc/${pid}/status`)) ?? [];
      return effective === undefined ? null : Number(effective);
    },
    get isElsewhere() {
      return mounts.rootOf(pid) !== mounts.rootOf('self');
    },
    get unit() {
      return unitIn(procText(`/proc/${pid}/cgroup`));
    },
    get directory() {
      return directoryOf(pid, mounts);
    },
    holds: (ends) => heldBy(pid, ends, mounts),
  };
}

/** proc(5): `pid (comm) state ppid …`; the name may have anything in it. null: it has ended. */
function statusOf(pid: string): Pick<About, 'state' | 'parent'> | null {
  const text = procText(`/proc/${pid}/stat`);
  const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ', 2);
  return state === undefined || parent === undefined ? null : { state, parent: Number(parent) };
}

/** Waits for a disk. Who asks for its command line, which is in its memory, may have to wait with it. */
const HANGS = 'D';
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 10;

function staysHanging(pid: string, state: string): boolean {
  for (let look = 1, now = state; now === HANGS; look += 1) {
    if (look === LOOKS) return true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BETWEEN_LOOKS_MS);
    now = statusOf(pid)?.state ?? '';
  }
  return false;
}

function wordsOf(pid: string, state: string): readonly string[] {
  const text = staysHanging(pid, state) ? '' : procText(`/proc/${pid}/cmdline`);
  // Each ends with a NUL, unless the process has written something else there.
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/** cgroups(7): `number:controllers:/path`, of which systemd makes one directory a unit; in one of two hierarchies, or in both. */
export function unitIn(text: string): string | null {
  const paths = [...text.matchAll(/^(?:0:|\d+:name=systemd)[^/]*(\/.*)$/gm)].map(([, path = '']) => path);
  return paths.flatMap((path) => path.split('/')).findLast((name) => name.endsWith('.service')) ?? null;
}

function directoryOf(pid: string, mounts: Mounts): Held | null {
  const link = `/proc/${pid}/cwd`;
  const shown = linkText(link);
  if (shown === '') return null;
  // Only its place in the table of mounts is asked for: the file system is not.
  const id = orNull(() => {
    const fd = openSync(link, O_PATH | O_DIRECTORY);
    try {
      return mountNumber('self', `${fd}`);
    } finally {
      closeSync(fd);
    }
  });
  return heldAs(shown, id === null ? null : mounts.mountNumbered(pid, id));
}

function heldBy(pid: string, ends: readonly string[], mounts: Mounts): readonly Held[] | null {
  const descriptors = listed(`/proc/${pid}/fd`);
  if (descriptors === 'closed') return null;
  return descriptors.flatMap((descriptor): readonly Held[] => {
    const shown = linkText(`/proc/${pid}/fd/${descriptor}`);
    const path = deletedPath(shown) ?? shown;
    if (!isFile(shown) || !ends.some((end) => path.endsWith(end))) return [];
    return [heldAs(shown, mounts.mountOf(pid, descriptor))];
  });
}

/** Not a socket, a pipe, a device, or memory that is called like a file. */
function isFile(shown: string): boolean {
  return shown.startsWith('/') && !/^\/(?:(?:dev|proc)\/|memfd:|SYSV)/.test(shown);
}

function heldAs(shown: string, mount: Mount | null): Held {
  const deleted = deletedPath(shown);
  const { device, readOnlyAt } = mount ?? { device: null, readOnlyAt: null };
  return { path: deleted ?? shown, isDeleted: deleted !== null, device, readOnlyAt };
}
