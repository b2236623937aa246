// The complete program that regular runs use: a copy of root's beside its earlier ones, and the link that leads to it.
// It needs nothing of the checkout it comes from: an update there, half done or broken, stops nothing that runs.

import type { Difference, Resource, Step } from '../engine/resource.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import type { Entry } from '../port/entry.ts';
import type { BuiltProgram, Host, HostReader } from '../port/host.ts';
import { asidePath } from '../port/operations/aside.ts';
import type { FileState, ProgramSource } from '../port/operations/words.ts';
import { directoryAddress } from './directory.ts';

/** In /usr, where programs may run however the host is hardened, and where nothing of a distribution is. */
export const PROGRAMS = '/usr/local/libexec/jts-hot';
export const PROGRAM_LINK = `${PROGRAMS}/current`;
/** What timers and cron call. */
export const PROGRAM = `${PROGRAM_LINK}/bin/jts-hot`;
/** The name of the program that a regular run was last started with: one that has shown that it works. */
const STARTED_FILE = '/var/lib/jts-hot/started';

export interface ProgramWant {
  readonly built: BuiltProgram;
  readonly source: ProgramSource;
}

interface ProgramHave {
  /** At the wanted place. */
  readonly entry: Entry;
  readonly hash: string | null;
  readonly link: string | null;
  readonly linkEntry: Entry;
  /** A run that was killed left something beside the program, or the link. */
  readonly aside: { readonly program: boolean; readonly link: boolean };
}

interface Copy {
  readonly name: string;
  readonly hash: string;
}

export function programAddress(path: string): string {
  return `program ${path}`;
}

function linkAddress(path: string): string {
  return `link ${path}`;
}

function pathOf(built: BuiltProgram): string {
  return `${PROGRAMS}/${programName(built)}`;
}

/** `0.1.0-3f9a52c0d1e4b7a6`: the version for people, a hash that no two programs share. */
export function programName({ version, hash }: BuiltProgram): string {
  return `${version}-${hash.slice(0, 16)}`;
}

/** Its name says what it holds. */
export function isNamed(name: string, hash: string): boolean {
  return name.endsWith(`-${hash.slice(0, 16)}`);
}

/** The copy and the link that leads to it: before anything calls it. */
export const program: Resource<ProgramWant, ProgramHave> = {
  kind: 'program',
  role: 'file',
  creates: ['installProgram', 'switchLink'],
  tools: {},
  isRepaired: false,
  irreversible: null,
  address: ({ built }) => programAddress(pathOf(built)),
  checkId: () => 'program',
  service: () => null,
  observe: (host, wants) => wants.map(({ built }) => observeProgram(host, pathOf(built))),
  diff: diffProgram,
  expected: ({ built }) => `program ${programName(built)}, and the link to it`,
  found: (_want, { entry, link }) =>
    `${entry.type === 'missing' ? 'no such program' : 'a program'}, and ${link === null ? 'no link' : `a link to ${link}`}`,
};

/** Earlier copies that make room: they neither run nor were the last to start. After the new one is in use. */
export const earlierPrograms: Resource<ProgramWant, readonly Copy[]> = {
  kind: 'earlier programs',
  role: 'file',
  creates: [],
  tools: {},
  isRepaired: false,
  irreversible: null,
  address: () => programAddress(PROGRAMS),
  checkId: () => 'program.earlier',
  service: () => null,
  observe: (host, wants) => wants.map(({ built }) => earlierCopies(host, programName(built))),
  diff: (_want, copies) => ({ steps: copies.map(removalOf), refusals: [], warnings: [] }),
  expected: () => 'none but the last that started',
  found: (_want, copies) => (copies.length === 0 ? 'none' : copies.map(({ name }) => name).join(', ')),
};

function observeProgram(host: HostReader, path: string): ProgramHave {
  const isAside = (place: string) => host.entry(asidePath(place)).type !== 'missing';
  return {
    entry: host.entry(path),
    hash: host.programAt(path),
    link: host.link(PROGRAM_LINK),
    linkEntry: host.entry(PROGRAM_LINK),
    aside: { program: isAside(path), link: isAside(PROGRAM_LINK) },
  };
}

function earlierCopies(host: HostReader, name: string): readonly Copy[] {
  const link = host.link(PROGRAM_LINK);
  const started = startedProgram(host);
  const kept = [name, link, started];
  const there = host.names(PROGRAMS);
  // Old copies are removed only where a new one takes over, and only while a copy that has shown that it works stays.
  if (link === name || started === null || !there.includes(started)) return [];
  return there.flatMap((other) => {
    if (kept.includes(other) || other.startsWith('.')) return [];
    const hash = host.programAt(`${PROGRAMS}/${other}`);
    // We remove a copy only if its content is what its name says.
    return hash !== null && isNamed(other, hash) ? [{ name: other, hash }] : [];
  });
}

function diffProgram({ built, source }: ProgramWant, have: ProgramHave): Difference {
  const name = programName(built);
  const path = pathOf(built);
  const refusals = [
    ...inTheWay(path, have.entry, 'directory'),
    ...inTheWay(PROGRAM_LINK, have.linkEntry, 'link'),
  ];
  if (refusals.length > 0) return { steps: [], refusals, warnings: [] };
  const { hash } = built;
  const steps: Step[] = [];
  if (have.hash !== hash || have.aside.program) {
    const install = { type: 'installProgram', path, hash, source } as const;
    steps.push({
      address: programAddress(path),
      action: have.entry.type === 'missing' ? '+' : '~',
      summary: `${path}  ${Math.round(built.bytes / 1e6)} MB`,
      reason: programReason(have),
      do: install,
      // A damaged copy is not given back.
      undo: have.entry.type === 'missing' ? { type: 'removeProgram', path, hash } : install,
      needs: [directoryAddress(PROGRAMS)],
    });
  }
  if (have.link !== name || have.aside.link)
    steps.push({
      address: linkAddress(PROGRAM_LINK),
      action: have.link === null ? '+' : '~',
      summary: `${PROGRAM_LINK}  -> ${name}`,
      reason: 'regular runs use the newest program that was copied',
      do: { type: 'switchLink', path: PROGRAM_LINK, from: have.link, to: name },
      undo: { type: 'switchLink', path: PROGRAM_LINK, from: name, to: have.link },
      needs: [programAddress(path)],
    });
  return { steps, refusals: [], warnings: [] };
}

function removalOf({ name, hash }: Copy): Step {
  const path = `${PROGRAMS}/${name}`;
  return {
    address: programAddress(path),
    action: '-',
    summary: `${path}  removed`,
    reason: 'a newer one has started since, and the one before this run is kept',
    do: { type: 'removeProgram', path, hash },
    undo: null,
    needs: [],
  };
}

function programReason({ entry, hash, aside }: ProgramHave): string {
  if (entry.type === 'missing') return 'regular runs use a complete copy of root’s';
  if (hash !== null && aside.program) return 'a run that was killed left something beside it';
  return 'it is not as it was copied';
}

function inTheWay(path: string, entry: Entry, wanted: 'directory' | 'link'): Difference['refusals'] {
  if (entry.type === 'missing' || entry.type === wanted) return [];
  const found = entry.type === 'blocked' ? `a ${entry.by} at ${entry.at}` : `a ${entry.type}`;
  return [
    diagnostic('E_PROGRAM_PLACE', 'refusing to use a place where something else is', {
      at: path,
      detail: `want nothing or a ${wanted} there, found ${found}`,
      hint: `look at it, then move it away: ls -ld ${entry.type === 'blocked' ? entry.at : path}`,
    }),
  ];
}

/** The name of the program that a regular run was last started with; null: none was yet, or it cannot be read. */
function startedProgram(host: HostReader): string | null {
  return host.entry(STARTED_FILE).type === 'file' ? (host.text(STARTED_FILE)?.trim() ?? null) : null;
}

/**
 * Notes that the program that runs works, where it is a copy. Not a run of the journal: nothing of the host is changed
 * by it. `entry`: where the program is. If it cannot be noted, nothing fails: the copy before is then kept for longer.
 */
export function noteStarted(host: Host, entry: string): void {
  const [name = ''] = entry.startsWith(`${PROGRAMS}/`) ? entry.slice(PROGRAMS.length + 1).split('/') : [];
  if (name === '' || host.root !== '/') return;
  const root = { user: 0, group: 0 };
  const state = (text: string): FileState => ({ ...host.hold(text), mode: '0600', owner: root });
  try {
    const before = startedProgram(host);
    if (before === name) return;
    const from = before === null ? null : state(`${before}\n`);
    host.perform({ type: 'writeFile', path: STARTED_FILE, from, to: state(`${name}\n`) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}
