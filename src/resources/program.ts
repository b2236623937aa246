// The complete program that regular runs use: a copy of root's beside its earlier ones, and the link that leads to it.
// It needs nothing of the checkout it comes from: an update there, half done or broken, stops nothing that runs.

import type { Difference, Step } from '../engine/resource.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import type { Entry } from '../port/entry.ts';
import type { BuiltProgram, Host, HostReader } from '../port/host.ts';
import { asidePath, type FileState, type ProgramSource } from '../port/operation.ts';
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

export interface ProgramHave {
  /** At the wanted place. */
  readonly entry: Entry;
  readonly hash: string | null;
  readonly link: string | null;
  readonly linkEntry: Entry;
  /** A run that was killed left something beside the program, or the link. */
  readonly aside: { readonly program: boolean; readonly link: boolean };
  /** Those that make room: they neither run nor were the last to start. */
  readonly old: readonly { readonly name: string; readonly hash: string }[];
}

export function programAddress(path: string): string {
  return `program ${path}`;
}

function linkAddress(path: string): string {
  return `link ${path}`;
}

/** `0.1.0-3f9a52c0d1e4b7a6`: the version for people, a hash that no two programs share. */
export function programName({ version, hash }: BuiltProgram): string {
  return `${version}-${hash.slice(0, 16)}`;
}

export function observeProgram(host: HostReader, { built }: ProgramWant): ProgramHave {
  const name = programName(built);
  const path = `${PROGRAMS}/${name}`;
  const link = host.link(PROGRAM_LINK);
  const started = startedProgram(host);
  const kept = [name, link, started];
  const there = host.names(PROGRAMS);
  // Room is made only where another one takes over, and only while one that has shown that it works stays.
  const isReplaced = link !== name && started !== null && there.includes(started);
  const old = (isReplaced ? there : []).flatMap((other) => {
    if (kept.includes(other) || other.startsWith('.')) return [];
    const hash = host.programAt(`${PROGRAMS}/${other}`);
    // What is not just what its name says is not ours to remove.
    return hash !== null && other.endsWith(`-${hash.slice(0, 16)}`) ? [{ name: other, hash }] : [];
  });
  const isAside = (place: string) => host.entry(asidePath(place)).type !== 'missing';
  return {
    entry: host.entry(path),
    hash: host.programAt(path),
    link,
    linkEntry: host.entry(PROGRAM_LINK),
    aside: { program: isAside(path), link: isAside(PROGRAM_LINK) },
    old,
  };
}

/** `steps`: before anything calls it. `cleanUp`: after. */
export function diffProgram(
  { built, source }: ProgramWant,
  have: ProgramHave,
): Difference & { readonly cleanUp: readonly Step[] } {
  const name = programName(built);
  const path = `${PROGRAMS}/${name}`;
  const refusals = [
    ...inTheWay(path, have.entry, 'directory'),
    ...inTheWay(PROGRAM_LINK, have.linkEntry, 'link'),
  ];
  if (refusals.length > 0) return { steps: [], cleanUp: [], refusals, warnings: [] };
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
      // What was there, damaged or not, is not given back damaged.
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
  const cleanUp = have.old.map(
    (old): Step => ({
      address: programAddress(`${PROGRAMS}/${old.name}`),
      action: '~',
      summary: `${PROGRAMS}/${old.name}  removed`,
      reason: 'a newer one has started since, and the one before this run is kept',
      do: { type: 'removeProgram', path: `${PROGRAMS}/${old.name}`, hash: old.hash },
      undo: null,
      needs: [],
    }),
  );
  return { steps, cleanUp, refusals: [], warnings: [] };
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
 * by it. `entry`: where the program is. What cannot be noted is left: the copy before is then kept for longer.
 */
export function noteStarted(host: Host, entry: string): void {
  const [name = ''] = entry.startsWith(`${PROGRAMS}/`) ? entry.slice(PROGRAMS.length + 1).split('/') : [];
  if (name === '' || host.root !== '/') return;
  const root = { user: 0, group: 0 };
  const state = (text: string): FileState => ({ text, mode: '0600', owner: root });
  try {
    const before = startedProgram(host);
    if (before === name) return;
    const from = before === null ? null : state(`${before}\n`);
    host.perform({ type: 'writeFile', path: STARTED_FILE, from, to: state(`${name}\n`) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}
