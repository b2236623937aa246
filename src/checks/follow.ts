// Owns which failures follow from others, so that one thing that is wrong is told once. Must not look at the host: a check
// comes with what may be its cause.
import type { Check } from './check.ts';

/** A check before the other results are known. */
export interface Draft extends Omit<Check, 'because' | 'fix' | 'hint'> {
  /** One command, complete with sudo, quoted for a shell; left out or null: none is known that is safe. */
  readonly fix?: string | null;
  /** Advice in words; left out or null: none. */
  readonly hint?: string | null;
  /** IDs of checks, the likeliest cause first: if one of them failed, this one follows from it. */
  readonly causes: readonly string[];
  /** It looks below the base: on a wrong disk it cannot be tried. */
  readonly belowBase?: boolean;
  /** Its fix agrees to something by naming the service: nothing else may take its place. */
  readonly consents?: true;
}

/**
 * Ties what does not hold to the first of its causes that failed as an error, and gives it the fix and the hint of that one. A cause
 * that follows from another stands for the other.
 */
export function follow(drafts: readonly Draft[]): readonly Check[] {
  const failed = new Map(
    drafts
      .filter(({ status, severity }) => status === 'fail' && severity === 'error')
      .map((draft) => [draft.id, draft]),
  );
  const roots = new Map<string, Draft>();
  const rootOf = (draft: Draft): Draft => {
    const known = roots.get(draft.id);
    if (known !== undefined) return known;
    // It is its own root until its cause is known: a circle of causes ends here.
    roots.set(draft.id, draft);
    const cause = draft.causes.map((id) => failed.get(id)).find((found) => found !== undefined);
    const root = cause === undefined ? draft : rootOf(cause);
    roots.set(draft.id, root);
    return root;
  };
  return drafts.map((draft) => {
    const { causes: _, belowBase: __, consents: ___, ...check } = draft;
    const { id, fix = null, hint = null } = draft.status === 'pass' ? draft : rootOf(draft);
    return { ...check, fix, hint, because: id === draft.id ? null : id };
  });
}
