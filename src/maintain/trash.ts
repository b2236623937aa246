// Owns the trashes, one on each file system that services are on: whether each may be used, what it holds, whose turn that is.
// Reads only.
import type { Layout } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { asRoot, shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import { trashOf } from '../port/operations/trash.ts';
import { wholeOf } from '../port/whole.ts';
import { mountsIn } from '../space/holders.ts';
import { deviceOf, type Surroundings } from './listing.ts';

export const TRASH_MS = 3 * 86_400_000;

/** What one run put there, or what it put there to go at once. */
export interface Stamped {
  readonly stamp: string;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** It goes as soon as that is agreed to. */
  readonly isDue: boolean;
  /** Sorted. */
  readonly numbers: readonly number[];
  /** Those of them that a process has open. */
  readonly inUse: ReadonlySet<number>;
  /** What the disk has more of without them; of these, without those that are open. */
  readonly bytes: number;
  readonly bytesInUse: number;
}

/** What is cleaned is only renamed: so into a trash on its own file system. */
export interface Trash {
  /** The service that has the file system for itself; null: the base's. */
  readonly service: string | null;
  /** The directory that it is in: the base, or where the file system of a service is mounted. */
  readonly at: string;
  readonly surroundings: Surroundings;
  /** Why it may not be used; null: nothing speaks against it. */
  readonly wrong: Diagnostic | null;
  /** What is in it, in order of time. */
  readonly stamped: readonly Stamped[];
}

/** The base's first. */
export function trashesOf(host: HostReader, layout: Layout, nowMs: number): readonly [Trash, ...Trash[]] {
  const trashIn = (service: string | null, at: string): Trash => {
    const device = deviceOf(host, at) ?? '';
    const surroundings = { device, open: device === '' ? new Map() : host.openInodes(at) };
    const wrong = trashProblem(host, { service, at });
    const stamped = wrong === null ? listTrash(host, { base: at, nowMs }, surroundings) : [];
    return { service, at, surroundings, wrong, stamped };
  };
  const own = mountsIn(layout, host);
  return [trashIn(null, layout.base), ...own.map(({ service, path }) => trashIn(service, path))];
}

/** Listed anew. */
export function nowIn(host: HostReader, { service, at, surroundings: { device } }: Trash, nowMs: number) {
  const wrong = trashProblem(host, { service, at });
  // Its user owns the directory that it is in, and may have put another one there.
  if (device === '' || wrong !== null) return [];
  return listTrash(host, { base: at, nowMs }, { device, open: host.openInodes(at) });
}

/** In order of time. */
export function listTrash(
  host: HostReader,
  { base, nowMs }: { readonly base: string; readonly nowMs: number },
  all: Surroundings,
): readonly Stamped[] {
  const trash = trashOf(base);
  const groups = new Map<
    string,
    { numbers: number[]; inUse: Set<number>; bytes: number; bytesInUse: number }
  >();
  if (host.entry(trash).type !== 'directory') return [];
  for (const met of host.walk(trash, 'here')) {
    const [, stamp, number] = /^(\d{8}T\d{6}Zd?)-(\d{1,9})$/.exec(met.path) ?? [];
    if (stamp === undefined) continue;
    const whole = wholeOf(met.type === 'directory' ? host.walk(`${trash}/${met.path}`) : [met], all);
    const group = groups.get(stamp) ?? { numbers: [], inUse: new Set(), bytes: 0, bytesInUse: 0 };
    group.numbers.push(Number(number));
    if (whole.obstacle?.startsWith('open by ') === true) {
      group.inUse.add(Number(number));
      group.bytesInUse += whole.freedBytes;
    }
    group.bytes += whole.freedBytes;
    groups.set(stamp, group);
  }
  return [...groups]
    .map(([stamp, { numbers, ...of }]) => {
      const at = timeOf(stamp);
      const isDue = stamp.endsWith('d') || at + TRASH_MS <= nowMs;
      return { stamp, at, isDue, numbers: numbers.sort((a, b) => a - b), ...of };
    })
    .sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
}

export function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}

function timeOf(stamp: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(stamp) ?? [];
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
}

/** One that nothing in the trash has, and whose time is not before `ms`. */
export function freeStamp(ms: number, there: readonly Stamped[]): string {
  const taken = new Set(there.map(({ stamp }) => stamp.replace('d', '')));
  for (let at = ms; ; at += 1000) if (!taken.has(stampOf(at))) return stampOf(at);
}

/** Ranges of numbers with nothing in them that is open; a step is to take no longer than a signal can wait. */
export function* rangesOf({ numbers, inUse }: Pick<Stamped, 'numbers' | 'inUse'>): Generator<{
  readonly first: number;
  readonly last: number;
  readonly count: number;
}> {
  let some: number[] = [];
  const range = () => ({ first: some[0] ?? 0, last: some.at(-1) ?? 0, count: some.length });
  for (const number of numbers) {
    const isFar = some.length > 0 && number - (some[0] ?? 0) >= NUMBERS_A_STEP;
    if (some.length > 0 && (inUse.has(number) || isFar)) {
      yield range();
      some = [];
    }
    if (!inUse.has(number)) some.push(number);
  }
  if (some.length > 0) yield range();
}

/** A signal does not wait longer than for so many. */
export const NUMBERS_A_STEP = 1000;

/** null: it is not there yet, or root's alone. */
function trashProblem(host: HostReader, of: Pick<Trash, 'service' | 'at'>): Diagnostic | null {
  const at = trashOf(of.at);
  const entry = host.entry(at);
  if (entry.type === 'missing') return null;
  if (entry.type === 'directory' && entry.uid === 0 && (Number.parseInt(entry.mode, 8) & 0o077) === 0)
    return null;
  if (entry.type !== 'directory')
    return diagnostic('E_IN_THE_WAY', 'refusing to use what is no directory for a trash', {
      at,
      detail: `want root's directory of mode 0700, found a ${entry.type}`,
      hint: 'look at what it is, and move it away',
    });
  return diagnostic('E_TRASH_OPEN', 'refusing to use a trash that others than root can enter', {
    at,
    detail: `want uid 0, mode 0700; found uid ${entry.uid}, mode ${entry.mode}`,
    // Whose directory it is in can put a link in its place at any time: nothing is done to it by its name.
    fix: of.service === null ? asRoot([`chown root: ${shellWord(at)}`, `chmod 0700 ${shellWord(at)}`]) : null,
    hint: of.service === null ? 'look at what is in it first' : 'look at what is in it, and move it away',
  });
}
