// Owns what a command works on: which root, which layout, which saved plan. Says what is wrong with a flag or a file;
// must not look at the host any further.
import { checkBase, normaliseBase } from './base.ts';
import { diagnostic, EXIT, Problem } from './diagnostic.ts';
import { readTextFile, realDirectory } from './host/file.ts';
import { builtInMonitoring, type Monitoring } from './monitoring.ts';
import type { Plan } from './plan.ts';
import { builtInSpec } from './services/index.ts';
import { MAX_SPEC_BYTES, type Spec } from './spec.ts';

const DEFAULT_SPEC_FILE = '/etc/jts/hot-storage.yaml';

export interface LayoutFlags {
  readonly spec?: string;
  readonly base?: string;
  readonly root: string;
}

export interface Loaded {
  readonly root: string;
  readonly spec: Spec;
  /** The built-in one where no layout file was read. */
  readonly monitoring: Monitoring;
  /** null: the built-in layout, or a saved plan's. */
  readonly file: string | null;
}

export async function loadLayout(flags: LayoutFlags): Promise<Loaded> {
  const root = resolveRoot(flags.root);
  const { spec, monitoring, file } = await readLayout(flags.spec, root);
  return { root, spec: { ...spec, base: baseOf(flags, spec) }, monitoring, file };
}

function baseOf(flags: LayoutFlags, spec: Spec): string {
  if (flags.base === undefined) return spec.base;
  const complaint = checkBase(flags.base);
  if (complaint === null) return normaliseBase(flags.base);
  throw new Problem(EXIT.usage, [
    diagnostic('E_SPEC_BASE', 'refusing to use a base directory', {
      at: '--base',
      detail: `${complaint}; found ${JSON.stringify(flags.base)}`,
    }),
  ]);
}

async function readLayout(flag: string | undefined, root: string): Promise<Omit<Loaded, 'root'>> {
  const path = flag ?? (root === '/' ? DEFAULT_SPEC_FILE : root + DEFAULT_SPEC_FILE);
  const text = readTextFile(path, 'spec', MAX_SPEC_BYTES);
  if (text?.trim() === '')
    throw new Problem(EXIT.usage, [
      diagnostic('E_SPEC_EMPTY', 'refusing to take an empty file for a layout', {
        at: path,
        detail: 'want a layout, or no file at all for the built-in one; found nothing in it',
        hint: `for the built-in layout: rm ${path}`,
      }),
    ]);
  if (text !== null) {
    // Loaded only where there is a file: the YAML and schema libraries take their time.
    const { parseSpecFile } = await import('./spec-file.ts');
    return { ...parseSpecFile(text, path), file: path };
  }
  if (flag === undefined) return { spec: builtInSpec, monitoring: builtInMonitoring, file: null };
  throw new Problem(EXIT.usage, [
    diagnostic('E_UNREADABLE', 'cannot read the spec', {
      at: '--spec',
      detail: `want a file, found none at ${path}`,
      hint: 'to start one, save what this prints: jts-hot spec',
    }),
  ]);
}

/** For going back: the run itself says what its base was, and a spec that is broken by now must not be in the way. */
export async function loadRecorded(flags: LayoutFlags): Promise<Loaded> {
  return {
    root: resolveRoot(flags.root),
    spec: { ...builtInSpec, base: baseOf(flags, builtInSpec) },
    monitoring: builtInMonitoring,
    file: null,
  };
}

/** The saved plan, and the host it was made for. */
export async function loadPlan(file: string): Promise<{ readonly plan: Plan; readonly loaded: Loaded }> {
  const { readPlan, MAX_PLAN_BYTES } = await import('./saved-plan.ts');
  const text = readTextFile(file, 'saved plan', MAX_PLAN_BYTES);
  if (text === null)
    throw new Problem(EXIT.usage, [
      diagnostic('E_UNREADABLE', 'cannot read the saved plan', {
        at: '--plan',
        detail: `want a file, found none at ${file}`,
        hint: 'to make one: jts-hot plan --out FILE',
      }),
    ]);
  const plan = readPlan(text, file);
  const { spec } = plan;
  return { plan, loaded: { root: resolveRoot(plan.root), spec, monitoring: builtInMonitoring, file: null } };
}

/** Without links, so that what is under it stays the same while we work. */
function resolveRoot(root: string): string {
  // An empty one, as an unset variable gives it, would be the current directory.
  const path = root === '' ? null : realDirectory(root);
  if (path !== null) return path;
  throw new Problem(EXIT.usage, [
    diagnostic('E_ROOT', 'cannot find the alternate root', {
      at: '--root',
      detail: `want a directory, found none at ${JSON.stringify(root)}`,
      hint: 'mount the image first, or leave --root out to work on this host',
    }),
  ]);
}
