// Owns the words that every kind of resource shares: what is wanted, what is there, the steps between.
// A kind is one file in resources/; everything else (plan, apply, rollback, validate) is written once, here and beside.

import type { Layout } from '../layout/layout.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { Operation } from '../port/operation.ts';
import type { Step } from './step-document.ts';

export type { Step };

/** A flag of the command line: `--replace`. */
export type Flag = `--${string}`;

/** What the operator agreed to beforehand. */
export interface Consent {
  /** Named permission to take something over: service names given with `--adopt`, and `base`. */
  readonly adopt: ReadonlySet<string>;
  /** `repair` gives root-owned directories back to their service; `setup` does not assume that. */
  readonly fromRoot: boolean;
  /** Flags that kinds ask for, that were given. */
  readonly flags: ReadonlySet<Flag>;
}

export interface Difference {
  readonly steps: readonly Step[];
  /** Things that setup will not do without consent, or at all. */
  readonly refusals: readonly Diagnostic[];
  /** Kept as it is, but the operator should know. */
  readonly warnings: readonly Diagnostic[];
}

export const NO_DIFFERENCE: Difference = { steps: [], refusals: [], warnings: [] };

/** There is nothing to do, and nothing is refused: of a difference, or of a plan. */
export function isAsWanted({
  steps,
  refusals,
}: {
  readonly steps: readonly unknown[];
  readonly refusals: readonly unknown[];
}): boolean {
  return steps.length === 0 && refusals.length === 0;
}

/**
 * What a kind is to the others.
 * account: owns what others make, and must be there before them; device: what holds data; data: holds what services
 * write, or leads there, below the base or on the way to it; file: root's small files and programs; setting: how the
 * host behaves.
 */
export type Role = 'account' | 'device' | 'data' | 'file' | 'setting';

/** What is known of a kind without a host. */
export interface KindFacts {
  readonly kind: string;
  readonly role: Role;
  /** Operations that make a new one; a step `+` does one of them. None: it changes what every host has. */
  readonly creates: readonly Operation['type'][];
  /** Programs that observing, acting and undoing start, and the Debian package of each. */
  readonly tools: { readonly [program: string]: string };
  /** `repair` mends it. What `repair` does not mend is left to `setup`. */
  readonly isRepaired: boolean;
  /** Whether there is such a thing on this host; else it is neither planned nor checked. Left out: on each. */
  readonly applies?: (host: HostReader) => boolean;
  /** The flag that agrees to its steps that cannot be undone; null: it has no such steps. */
  readonly irreversible: Flag | null;
}

export interface Resource<Want, Have> extends KindFacts {
  address(want: Want): string;
  /** Stable ID of its check in `validate`: `directory.kafka/data`. */
  checkId(want: Want): string;
  /** The service it belongs to, or null for what all share. */
  service(want: Want): string | null;
  /** Reads only. One have for each want, in order. */
  observe(host: HostReader, wants: readonly Want[]): readonly Have[];
  /** Pure. */
  diff(want: Want, have: Have, consent: Consent): Difference;
  /** In a few words, as people read it in `validate`. */
  expected(want: Want): string;
  found(want: Want, have: Have): string;
}

/** A kind whose wants are in every layout. */
export interface LayoutResource<Want, Have> extends Resource<Want, Have> {
  /** Pure. In the order in which they must be made. */
  desire(layout: Layout): readonly Want[];
}
