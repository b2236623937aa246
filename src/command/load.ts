// Owns what a command works on: which root, which layout, which saved plan. Says what is wrong with a flag or a file;
// must not look at the host any further.

import type { Plan } from '../engine/plan.ts';
import { SystemError } from '../host/syscalls.ts';
import { type Caller, thisCaller } from '../host/trusted/caller.ts';
import { readTextBelow, readTextFile } from '../host/trusted/file.ts';
import { requireTrusted } from '../host/trusted/finding.ts';
import { alongHostWay, type Weakness } from '../host/trusted/way.ts';
import { checkBase, checkPlace, normaliseBase } from '../layout/base.ts';
import { type Layout, MAX_LAYOUT_BYTES, servicePath } from '../layout/layout.ts';
import { builtInMonitoring, type Monitoring } from '../layout/monitoring.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import { builtInLayout } from '../services/index.ts';

const DEFAULT_LAYOUT_FILE = '/etc/jts/hot-storage.yaml';

export interface LayoutFlags {
  readonly spec?: string;
  readonly base?: string;
  readonly root: string;
}

export interface Loaded {
  readonly root: string;
  readonly layout: Layout;
  /** The built-in one where no layout file was read. */
  readonly monitoring: Monitoring;
  /** null: the built-in layout, or a saved plan's. */
  readonly file: string | null;
  /** Of the file, as it was read. */
  readonly text?: string;
}

export async function loadLayout(flags: LayoutFlags, caller: Caller = thisCaller()): Promise<Loaded> {
  const root = resolveRoot(flags.root, caller);
  const { layout, ...rest } = await readLayout(flags.spec, { root, caller });
  const based = onBase(layout, baseOf(flags, layout));
  requireOwnPlaces(based);
  return { root, layout: based, ...rest };
}

/** What the layout demands of the disk is said of its own base. */
function onBase(layout: Layout, base: string): Layout {
  if (base === layout.base) return layout;
  const { mount: _, storage: __, ...rest } = layout;
  return { ...rest, base };
}

function baseOf(flags: LayoutFlags, layout: Layout): string {
  if (flags.base === undefined) return layout.base;
  const complaint = checkBase(flags.base);
  if (complaint === null) return normaliseBase(flags.base);
  throw new Problem(EXIT.usage, [
    diagnostic('E_SPEC_BASE', 'refusing to use a base directory', {
      at: '--base',
      detail: `${complaint}; found ${JSON.stringify(flags.base)}`,
    }),
  ]);
}

/** The layout file of an image is read inside the image only; one that was named is a file of this machine. */
function readLayoutText(
  flag: string | undefined,
  { root, caller }: { readonly root: string; readonly caller: Caller },
): { readonly path: string; readonly text: string | null } {
  const reading = { what: 'layout file', maxBytes: MAX_LAYOUT_BYTES };
  if (flag === undefined && root !== '/') {
    return { path: root + DEFAULT_LAYOUT_FILE, text: readTextBelow(root, DEFAULT_LAYOUT_FILE, reading) };
  }
  const path = flag ?? DEFAULT_LAYOUT_FILE;
  return { path, text: readTextFile(path, reading, caller) };
}

async function readLayout(
  flag: string | undefined,
  where: { readonly root: string; readonly caller: Caller },
): Promise<Omit<Loaded, 'root'>> {
  const { path, text } = readLayoutText(flag, where);
  if (text?.trim() === '')
    throw new Problem(EXIT.usage, [
      diagnostic('E_SPEC_EMPTY', 'refusing to take an empty file for a layout', {
        at: path,
        detail: 'want a layout, or no file at all for the built-in one; found nothing in it',
        hint: `for the built-in layout: sudo rm ${shellWord(path)}`,
      }),
    ]);
  if (text !== null) {
    // Loaded only where there is a file: the YAML and schema libraries take their time.
    const { parseLayoutFile } = await import('../layout-file/layout-file.ts');
    return { ...parseLayoutFile(text, path), file: path, text };
  }
  if (flag === undefined) return { layout: builtInLayout, monitoring: builtInMonitoring, file: null };
  throw new Problem(EXIT.usage, [
    diagnostic('E_UNREADABLE', 'cannot read the layout file', {
      at: '--spec',
      detail: `want a file, found none at ${path}`,
      hint: 'to start one, save what this prints: jts-hot spec',
    }),
  ]);
}

/** For rollback: the run itself says what its base was, and a layout that is broken by now must not be in the way. */
export async function loadRecorded(flags: LayoutFlags, caller: Caller = thisCaller()): Promise<Loaded> {
  return {
    root: resolveRoot(flags.root, caller),
    layout: { ...builtInLayout, base: baseOf(flags, builtInLayout) },
    monitoring: builtInMonitoring,
    file: null,
  };
}

/** The saved plan, and the host it was made for. */
export async function loadPlan(
  file: string,
  caller: Caller = thisCaller(),
): Promise<{ readonly plan: Plan; readonly loaded: Loaded }> {
  const { readPlan, MAX_PLAN_BYTES } = await import('../engine/saved-plan.ts');
  const text = readTextFile(file, { what: 'saved plan', maxBytes: MAX_PLAN_BYTES }, caller);
  if (text === null)
    throw new Problem(EXIT.usage, [
      diagnostic('E_UNREADABLE', 'cannot read the saved plan', {
        at: '--plan',
        detail: `want a file, found none at ${file}`,
        hint: 'to make one: sudo jts-hot plan --out /root/hot.plan',
      }),
    ]);
  const plan = readPlan(text, file);
  const { spec: layout } = plan;
  requireOwnPlaces(layout);
  const root = resolveRoot(plan.root, caller);
  return { plan, loaded: { root, layout, monitoring: builtInMonitoring, file: null } };
}

/** Also with `--base`, a service may not come to lie in a place that the system reads or runs. */
function requireOwnPlaces(layout: Layout): void {
  const places = layout.services.flatMap((service) => {
    const path = servicePath(layout, service);
    return [path, ...service.directories.map((directory) => `${path}/${directory.name}`)];
  });
  const wrong = places.flatMap((path) => {
    const complaint = checkPlace(path);
    return complaint === null ? [] : [{ path, complaint }];
  });
  if (wrong.length > 0)
    throw new Problem(
      EXIT.usage,
      wrong.map(({ path, complaint }) =>
        diagnostic('E_SERVICE_PLACE', 'refusing to put a service where the system looks', {
          at: path,
          detail: complaint,
        }),
      ),
    );
}

/**
 * Without links, so that what is under it stays the same while we work: account programs are given its path, so nobody
 * else may be able to put another directory there.
 */
function resolveRoot(root: string, { owners, isRoot }: Caller): string {
  // An empty one, as an unset variable gives it, would be the current directory.
  const found = root === '' ? null : directoryAt(root, owners);
  if (found !== null) {
    if (isRoot) requireTrusted(found.weaknesses, { what: 'alternate root', path: root, owners });
    return found.path;
  }
  throw new Problem(EXIT.usage, [
    diagnostic('E_ROOT', 'cannot find the alternate root', {
      at: '--root',
      detail: `want a directory, found none at ${JSON.stringify(root)}`,
      hint: 'mount the image first, or leave --root out to work on this host',
    }),
  ]);
}

function directoryAt(
  path: string,
  owners: Caller['owners'],
): { readonly path: string; readonly weaknesses: readonly Weakness[] } | null {
  // This machine as it is, no matter who set it up.
  if (path === '/') return { path, weaknesses: [] };
  try {
    return alongHostWay(path, { owners, links: 'anywhere' }, ({ status, path: real, weaknesses }) =>
      status.type === 'directory' ? { path: real, weaknesses } : null,
    );
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}
