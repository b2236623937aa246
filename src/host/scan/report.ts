// Owns what a thread of a measurement tells besides sums: which account is which directory, what was met on the way.
// Plain data that is copied to the main thread.

import type { DeclaredMount } from '../../port/declared-mount.ts';
import type { FindRequest, FoundFile } from '../../port/measure.ts';
import type { Owned } from '../../port/owner-search.ts';
import type { Inspection, Noticed } from './inside.ts';
import type { SoughtOwners } from './owners.ts';
import type { SharedMemory } from './shared.ts';

/** To a thread: take part. */
export interface Start {
  readonly worker: number;
  readonly memory: SharedMemory;
  readonly rootFd: number;
  readonly base: string;
  readonly mounts: readonly DeclaredMount[];
  readonly trees: readonly string[];
  readonly depth: number;
  readonly apart: readonly (readonly string[])[];
  readonly find: FindRequest | null;
  readonly owners: SoughtOwners | null;
  readonly inspection: Inspection | null;
}

/** From a thread: what it has met in one tree; `over`: it will do no more. */
export type Message = { readonly type: 'report'; readonly report: Report } | { readonly type: 'over' };

export interface Report {
  readonly tree: number;
  readonly accounts: { readonly slot: number; readonly parent: number; readonly name: string }[];
  readonly mountPoints: string[];
  readonly unreadable: { readonly path: string; readonly error: string }[];
  readonly found: readonly FoundFile[];
  /** With paths below the tree. */
  readonly owned: readonly Owned[];
  /** null: nothing was inspected. */
  readonly noticed: Noticed | null;
  /** Why the tree was not measured at all. */
  readonly error: string | null;
}

const KINDS = ['large', 'log', 'temporary'] as const;

/** Of each kind the largest `most`, from all threads; of the same size the first by name. */
export function largest(found: readonly FoundFile[], most: number): readonly FoundFile[] {
  return KINDS.flatMap((kind) =>
    found
      .filter((file) => file.kind === kind)
      .sort(compareFound)
      .slice(0, most),
  );
}

export function compareFound(a: FoundFile, b: FoundFile): number {
  return b.diskBytes - a.diskBytes || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}
