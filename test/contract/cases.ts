// Owns the words that the cases of the contract share: a bench, a case, and how what a host answers is looked at.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Problem } from '../../src/messages/diagnostic.ts';
import type { DeclaredMount } from '../../src/port/declared-mount.ts';
import type { Entry } from '../../src/port/entry.ts';
import type { Host, Identity, Probe, WalkEntry } from '../../src/port/host.ts';
import type { Amount, Measured, MeasureRequest } from '../../src/port/measure.ts';
import type { Operation } from '../../src/port/operation.ts';
import type { Written } from '../file-state.ts';
import type { Preparation } from '../memory-host/memory-host.ts';

export interface Bench {
  readonly host: Host;
  readonly prepare: Preparation;
  /** What a process with this uid and gid, and no other group, is told. */
  entryAs(uid: number, path: string): Entry;
  /** Takes away what the case made, accounts included. */
  dispose(): void;
}

export const ROOT_ITSELF: Identity = { uid: 0, gid: 0, groups: [] };

export function tryWrite(host: Host, path: string, identity: Identity): Probe {
  return host.probeWrites([path], identity, 1)[0] as Probe;
}

export function tryList(host: Host, path: string, identity: Identity): Probe {
  return host.probeReach([path], identity)[0]?.list as Probe;
}

/** One case, on a host of its own below a base of its own, which is there already, root's and empty. */
export type OnHost = (
  what: string,
  act: (bench: Bench, base: string) => void | Promise<void>,
  /** By the name of its service, which is its place below the base, and its UUID. */
  mounts?: Readonly<Record<string, string>>,
) => void;

/** A host without service users, nothing at `base` and nothing above it but `/`. */
export type MakeBench = (base: string, mounts?: readonly DeclaredMount[]) => Bench;

/** Ids that nobody has, not even the machine that the suite runs on. */
export const [UID, GID, OTHER] = [60_001, 60_002, 60_003];

export const ROOT = { user: 0, group: 0 } as const;

/** A kernel's time for files stands still between two ticks: of what is made within one, all is born at once. */
export const CLOCK_TICK_MS = 20;

export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** A file as our own are. */
export const OURS: Written = { text: 'after\n', mode: '0644', owner: ROOT };

export function fileAt(host: Host, path: string): readonly unknown[] {
  const entry = host.entry(path);
  return [host.text(path), modeOf(entry), ...ownerOf(entry)];
}

export function plainly(path: string): Operation {
  return { type: 'makeDirectory', path, owner: ROOT, mode: '0755' };
}

export function removal(path: string): Operation {
  return { type: 'removeDirectory', path, owner: ROOT };
}

export function own(
  path: string,
  inode: string,
  change: {
    readonly from: readonly [string | number, string | number];
    readonly to: readonly [string | number, string | number];
  },
): Operation {
  const { from, to } = change;
  return {
    type: 'changeOwner',
    path,
    inode,
    from: { user: from[0], group: from[1] },
    to: { user: to[0], group: to[1] },
  };
}

export function fails(host: Host, operation: Operation, code: string): void {
  const what = JSON.stringify(operation);
  assert.throws(() => host.perform(operation), isProblem(code, what), `${what} must fail with ${code}`);
}

export function isProblem(code: string, what = code): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Problem, `${what}: want a Problem ${code}, found ${String(error)}`);
    const [first] = error.diagnostics;
    assert.equal(first?.code, code, `${what}: ${error.message}`);
    assert.match(first?.summary ?? '', /^(cannot|refusing to) /);
    return true;
  };
}

/** Things that are no plain directory, at the base; the link and the mount point have something `inside`. */
export const OBSTACLES = ['link', 'file', 'pipe', 'mounted'] as const;

export function obstacles(prepare: Preparation, base: string, outside: string): void {
  prepare.directory(`${outside}/inside`);
  prepare.link(`${base}/link`, outside);
  prepare.file(`${base}/file`);
  prepare.special(`${base}/pipe`);
  prepare.directory(`${base}/mounted`);
  prepare.mount(`${base}/mounted`);
  prepare.directory(`${base}/mounted/inside`);
}

export function unreachable(
  { host, prepare }: Bench,
  base: string,
  operation: (path: string, inode: string) => Operation,
): void {
  const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
  prepare.directory(outside);
  obstacles(prepare, base, outside);
  prepare.link(`${base}/link to a file`, `${base}/file`);
  const outsideBefore = [host.entry(outside), host.entry(`${outside}/inside`)];
  const targets = [
    ['link', inodeOf(host.entry(outside)), 'E_CHANGED'],
    ['link', inodeOf(host.entry(`${base}/link`)), 'E_CHANGED'],
    ['link to a file', inodeOf(host.entry(`${base}/file`)), 'E_CHANGED'],
    ['pipe', inodeOf(host.entry(`${base}/pipe`)), 'E_CHANGED'],
    ['mounted', '1', 'E_UNREACHABLE'],
    ['mounted/inside', '1', 'E_UNREACHABLE'],
    ['link/inside', inodeOf(host.entry(`${outside}/inside`)), 'E_UNREACHABLE'],
    ['file/x', '1', 'E_UNREACHABLE'],
  ] as const;
  const before = targets.map(([path]) => host.entry(`${base}/${path}`));
  for (const [path, inode, code] of targets) fails(host, operation(`${base}/${path}`, inode), code);
  assert.deepEqual(
    targets.map(([path]) => host.entry(`${base}/${path}`)),
    before,
  );
  assert.deepEqual([host.entry(outside), host.entry(`${outside}/inside`)], outsideBefore);
}

export function walked(host: Host, path: string) {
  const seen = new Map<string, WalkEntry>();
  const walk = { mountPoints: [] as string[], unreadable: [] as { path: string; error: string }[] };
  for (const met of host.walk(path)) {
    if (met.type === 'mount point') walk.mountPoints.push(met.path);
    else if (met.type === 'unreadable') walk.unreadable.push({ path: met.path, error: met.error });
    else {
      assert.equal(seen.has(met.path), false, `${met.path} was met twice`);
      seen.set(met.path, { ...met });
    }
  }
  return { seen, walk };
}

export function measure(host: Host, request: Partial<MeasureRequest>): Promise<Measured> {
  return host.measure({ trees: [], depth: 0, find: null, timeoutMs: null, onProgress: () => {}, ...request });
}

/** Directories take room on one file system and none on another. */
export function withoutDirectories(host: Host, total: Amount, { path }: { readonly path: string }): Amount {
  let diskBytes = 0;
  for (const met of host.walk(path)) if (met.type === 'directory') diskBytes += met.diskBytes;
  return { ...total, diskBytes: total.diskBytes - diskBytes };
}

export function inodeOf(entry: Entry): string {
  assert.ok('inode' in entry, `want something with an inode, found ${JSON.stringify(entry)}`);
  assert.match(entry.inode, /^[1-9][0-9]*$/);
  return entry.inode;
}

export function bornOf(entry: Entry): string | null {
  assert.ok('born' in entry, `want something with a birth time, found ${JSON.stringify(entry)}`);
  assert.match(entry.born ?? '1', /^[1-9][0-9]*$/);
  return entry.born;
}

export function knownBy(entry: Entry): { readonly inode: string; readonly born: string | null } {
  return { inode: inodeOf(entry), born: bornOf(entry) };
}

export function modeOf(entry: Entry, otherwise = 'none'): string {
  return 'mode' in entry ? entry.mode : otherwise;
}

export function ownerOf(entry: Entry): readonly number[] {
  return 'uid' in entry ? [entry.uid, entry.gid] : [];
}

export function entriesOf(entry: Entry): number | null {
  return entry.type === 'directory' ? entry.entries : null;
}

export function casesOn(make: MakeBench): OnHost {
  let cases = 0;
  return (what, act, mounts = {}) => {
    it(what, async () => {
      cases++;
      const top = `/contract-${cases}`;
      const base = `${top}/hot`;
      const declared = Object.entries(mounts).map(([service, uuid]) => {
        return { service, path: `${base}/${service}`, uuid };
      });
      const bench = make(base, declared);
      try {
        bench.prepare.directory(base);
        await act(bench, base);
      } finally {
        bench.dispose();
      }
    });
  };
}
