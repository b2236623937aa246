// Owns what is said of something that others could change: what it is for, who could, and the command that mends it.
import { type Diagnostic, diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import type { Owners, Weakness } from './way.ts';

export interface Use {
  /** What root uses it for: `spec`, `alert command`. */
  readonly what: string;
  /** As it was named. */
  readonly path: string;
  readonly owners: Owners;
}

/** Throws a Problem with every finding. */
export function requireTrusted(weaknesses: readonly Weakness[], use: Use): void {
  if (weaknesses.length > 0) throw new Problem(EXIT.refused, findings(weaknesses, use));
}

export function findings(
  weaknesses: readonly Weakness[],
  { what, path, owners }: Use,
): readonly Diagnostic[] {
  return weaknesses.map((weakness) =>
    diagnostic('E_CHANGEABLE', 'refusing to let root use what others can change', {
      at: path,
      detail: [`want only ${wanted(owners)} to be able to change the ${what}`, foundText(weakness)],
      ...mendingOf(weakness),
    }),
  );
}

/** In one line, for a report. */
export function findingText(weakness: Weakness): string {
  const { fix, hint } = mendingOf(weakness);
  return `refused: others than root can change it; ${foundText(weakness)}; ${fix ?? hint}`;
}

function wanted(owners: Owners): string {
  const others = owners.filter((uid) => uid !== 0);
  return ['root', ...others.map((uid) => `uid ${uid} (who called)`)].join(' and ');
}

function foundText({ path, type, uid, mode, why }: Weakness): string {
  const kind = type === 'special' ? 'entry' : type;
  return why === 'owner'
    ? `found ${kind} ${shellWord(path)} of uid ${uid}`
    : `found ${kind} ${shellWord(path)} with mode ${mode.toString(8).padStart(4, '0')}`;
}

/** Somebody's directory is often a home: changing its owner would do harm, so the advice begins with moving the file. */
function mendingOf({ path, type, why }: Weakness): Pick<Diagnostic, 'fix' | 'hint'> {
  if (why === 'mode') return { fix: `sudo chmod go-w ${shellWord(path)}`, hint: null };
  if (type !== 'directory')
    return { fix: `sudo chown ${type === 'link' ? '-h ' : ''}root ${shellWord(path)}`, hint: null };
  const hint = `move the file to where only root can write; or, where that directory is for root alone: sudo chown root ${shellWord(path)}`;
  return { fix: null, hint };
}

export function linkInRoot(at: string, found: string): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_LINK_IN_ROOT', 'refusing to go through a link in the alternate root', {
      at,
      detail: `want a plain file, found ${found}`,
      hint: 'replace the link by what it stands for',
    }),
  ]);
}
