// Owns the words that every kind of resource shares: what is wanted, what is there, the steps between.
// A kind is one file in resources/; everything else (plan, apply, rollback, validate) is written once, here and beside.

import type { Layout } from '../layout/layout.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { Operation } from '../port/operation.ts';

export interface Step {
  /** What it is about: `directory /data/jts/hot/kafka`. */
  readonly address: string;
  /** `+` makes something new, `~` changes something that is there. */
  readonly action: '+' | '~';
  readonly summary: string;
  readonly reason: string;
  readonly do: Operation;
  /** null: cannot be undone, and the plan says so. */
  readonly undo: Operation | null;
  /** Addresses that must stay on the host for as long as this one does (its owner, its parent). */
  readonly needs: readonly string[];
}

/** Named permission to take something over: service names given with `--adopt`, and `base`. */
export interface Consent {
  readonly adopt: ReadonlySet<string>;
  /** `repair` gives root-owned directories back to their service; `setup` does not assume that. */
  readonly fromRoot: boolean;
}

export interface Difference {
  readonly steps: readonly Step[];
  /** Things that setup will not do without consent, or at all. */
  readonly refusals: readonly Diagnostic[];
  /** Kept as it is, but the operator should know. */
  readonly warnings: readonly Diagnostic[];
}

export interface Resource<Want, Have> {
  readonly kind: string;
  /** Pure. In the order in which they must be made. */
  desire(layout: Layout): readonly Want[];
  address(want: Want): string;
  /** Stable ID of its check in `validate`: `directory.kafka/data`. */
  checkId(want: Want): string;
  /** The service it belongs to, or null for what all share. */
  service(want: Want): string | null;
  /** Reads only. One have for each want, in order. */
  observe(host: HostReader, wants: readonly Want[]): readonly Have[];
  /** Pure. */
  diff(want: Want, have: Have, consent: Consent): Difference;
  expected(want: Want): string;
  found(want: Want, have: Have): string;
}
