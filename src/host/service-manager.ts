// Owns talking to systemd: which units are active, enabling, starting and stopping them, having it read changed files.
// Always through systemctl. Of an alternate root only files are changed, and nothing is started.
import { closeSync, existsSync } from 'node:fs';
import { FSTAB } from '../disk/wanted.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Unit } from '../port/host.ts';
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import { run } from './process.ts';
import {
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  openAt,
  RESOLVE,
  readDirectory,
  SystemError,
  statusAt,
} from './syscalls.ts';
import { linkInRoot } from './trusted/finding.ts';

export interface ServiceManager {
  /** Units that it does not know are neither active nor outdated. */
  units(names: readonly string[]): ReadonlyMap<string, Unit>;
  /** Units that start this one when something asks for it: sockets, timers, paths. */
  triggers(unit: string): readonly string[];
  /** Services that are stopped with this one. */
  dependents(unit: string): readonly string[];
  enable(unit: string): void;
  disable(unit: string): void;
  start(unit: string): void;
  stop(unit: string): void;
  /**
   * Makes it read the unit's file again, if it holds an older one, and forget the failure of a unit whose file is gone. `path`:
   * what was written. Of a drop-in in a new directory it does not know that there is one, so it is always told.
   */
  refresh(unit: string, path: string): void;
  /** From now on everything is asked for again. */
  forget(): void;
}

const IDLE: Unit = { active: false, outdated: false };

/** As sd_booted(3) finds it out. */
export function runsSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

export function openServiceManager(root: string, lockFd: () => number | null): ServiceManager {
  const inRoot = root === '/' ? [] : [`--root=${root}`];

  const isLive = () => root === '/' && runsSystemd();

  const change = (...words: readonly string[]): void => {
    run(['systemctl', ...words], { keepOpen: lockFd() });
  };

  /** Asked once, until we change something. */
  const known = new Map<string, Unit>();

  function units(names: readonly string[]): ReadonlyMap<string, Unit> {
    if (!isLive()) return new Map(names.map((name) => [name, IDLE]));
    // A template is no unit: nothing runs by its name.
    const unknown = names.filter((name) => !known.has(name) && !isTemplate(name));
    for (const [name, unit] of ask(unknown)) known.set(name, unit);
    return new Map(names.map((name) => [name, known.get(name) ?? IDLE]));
  }

  function ask(names: readonly string[]): ReadonlyMap<string, Unit> {
    if (names.length === 0) return new Map();
    const properties = '--property=ActiveState,NeedDaemonReload';
    // A block of lines for each, in the order asked for; also for those that it cannot find.
    const blocks = run(['systemctl', 'show', properties, '--', ...names])
      .trimEnd()
      .split('\n\n');
    return new Map(names.map((name, i) => [name, unitIn(blocks[i] ?? '')]));
  }

  function triggers(unit: string): readonly string[] {
    if (!isLive()) return [];
    const said = run(['systemctl', 'show', '--property=TriggeredBy', '--value', '--', unit]).trim();
    return said === '' ? [] : said.split(/\s+/);
  }

  function dependents(unit: string): readonly string[] {
    if (!isLive()) return [];
    const found = new Set<string>();
    const left = [unit];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const properties = '--property=RequiredBy,RequisiteOf,BoundBy,ConsistsOf';
      const said = run(['systemctl', 'show', properties, '--value', '--', next]).split(/\s+/);
      for (const name of said)
        if (name.endsWith('.service') && name !== unit && !found.has(name)) {
          found.add(name);
          left.push(name);
        }
    }
    return [...found];
  }

  function failedAndGone(unit: string): boolean {
    const lines = run(['systemctl', 'show', '--property=LoadState,ActiveState', '--', unit]).split('\n');
    return lines.includes('LoadState=not-found') && lines.includes('ActiveState=failed');
  }

  function requireRunning(unit: string): void {
    if (isLive()) return;
    throw new Problem(EXIT.failed, [
      diagnostic('E_NO_SYSTEMD', 'cannot start or stop a unit where systemd does not run', {
        at: `unit ${unit}`,
        detail: 'want /run/systemd/system on the live host, found none',
        fix: 'sudo jts-hot schedule --cron --install',
      }),
    ]);
  }

  return {
    units,
    triggers,
    dependents,
    enable(unit) {
      requirePlainWants(root);
      change(...inRoot, '--quiet', 'enable', '--', unit);
    },
    disable(unit) {
      requirePlainWants(root);
      change(...inRoot, '--quiet', 'disable', '--', unit);
    },
    start(unit) {
      requireRunning(unit);
      change('start', '--', unit);
    },
    stop(unit) {
      requireRunning(unit);
      change('stop', '--', unit);
    },
    refresh(unit, path) {
      if (!isLive()) return;
      const isDropIn = path.startsWith(`${UNIT_DIRECTORY}/${unit}.d/`);
      // Nor of a line of fstab that is new.
      if (isDropIn || path === FSTAB || ask([unit]).get(unit)?.outdated === true) change('daemon-reload');
      if (!isTemplate(unit) && failedAndGone(unit)) change('reset-failed', '--', unit);
    },
    forget: () => known.clear(),
  };
}

/** Of an image: systemctl works by path, and a link where it makes one would lead it to the live host. */
function requirePlainWants(root: string): void {
  if (root === '/') return;
  const rootFd = openAt(-100, root, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
  try {
    const units = openAt(rootFd, 'etc/systemd/system', { flags: O_RDONLY | O_DIRECTORY, resolve: PLAINLY });
    try {
      readDirectory(units, (name) => {
        const { type } = statusAt(units, name);
        if (/\.(wants|requires|upholds)$/.test(name) && type !== 'directory')
          throw linkInRoot(`${root}/etc/systemd/system/${name}`, type);
        return undefined;
      });
    } finally {
      closeSync(units);
    }
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code !== 'ENOENT') throw linkInRoot(`${root}/etc/systemd/system`, error.code);
  } finally {
    closeSync(rootFd);
  }
}

function isTemplate(unit: string): boolean {
  return unit.includes('@.');
}

const PLAINLY = RESOLVE.noLinks | RESOLVE.beneath;

function unitIn(block: string): Unit {
  const lines = block.split('\n');
  return {
    active: lines.includes('ActiveState=active'),
    outdated: lines.includes('NeedDaemonReload=yes'),
  };
}
