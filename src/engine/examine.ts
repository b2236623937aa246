// Owns holding what is wanted against what a host has, for any kinds of resource. Which kinds a layout has is
// resources/index.ts. Reads only.
import { diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { isIrreversible } from '../port/operation.ts';
import type { Consent, Difference, KindFacts, Resource } from './resource.ts';

/** One wanted thing held against the host. */
export interface Finding {
  readonly kind: KindFacts;
  readonly address: string;
  readonly checkId: string;
  readonly service: string | null;
  readonly expected: string;
  readonly found: string;
  readonly difference: Difference;
}

/** A kind with what is wanted of it. Several make a list, which is the order of work. */
export type Wanted = (host: HostReader, consent: Consent) => readonly Finding[];

/** Forgets the kind's own types, so that kinds can stand in one list. */
export function wanted<Want, Have>(kind: Resource<Want, Have>, wants: readonly Want[]): Wanted {
  return (host, consent) => {
    if (kind.applies?.(host) === false) return [];
    const haves = kind.observe(host, wants);
    return wants.map((want, i) => {
      const have = haves[i] as Have;
      const difference = refuseHiddenFromRoot(host, kind.diff(want, have, consent));
      return {
        kind,
        address: kind.address(want),
        checkId: kind.checkId(want),
        service: kind.service(want),
        expected: kind.expected(want),
        found: kind.found(want, have),
        difference: refuseIrreversible(kind, difference, consent),
      };
    });
  };
}

/** Every wanted thing, in the order of work. */
export function examine(host: HostReader, all: readonly Wanted[], consent: Consent): readonly Finding[] {
  return all.flatMap((some) => some(host, consent));
}

/** What even root cannot see (a network file system, a container) cannot be set up: a refusal, not a warning. */
function refuseHiddenFromRoot(host: HostReader, { steps, refusals, warnings }: Difference): Difference {
  if (!warnings.some((warning) => warning.code === 'W_HIDDEN') || host.surroundings().effectiveUid !== 0)
    return { steps, refusals, warnings };
  const hidden = warnings.map((warning) => ({
    ...warning,
    code: 'E_HIDDEN',
    summary: 'refusing to work on what even root cannot see',
    hint: 'see what file system it is (findmnt --target DIRECTORY), and whether this is a container',
  }));
  return { steps, refusals: [...refusals, ...hidden], warnings: [] };
}

/** The steps stay in the plan, so that people see what they are asked to agree to. */
function refuseIrreversible(
  { kind, irreversible }: KindFacts,
  difference: Difference,
  consent: Consent,
): Difference {
  const final = difference.steps.filter(isIrreversible);
  if (final.length === 0) return difference;
  if (irreversible === null)
    throw new Error(`${kind}: a step that cannot be undone, and no flag that agrees to it`);
  if (consent.flags.has(irreversible)) return difference;
  const refusals = final.map(({ address, summary }) =>
    diagnostic('E_IRREVERSIBLE', 'refusing to do what cannot be undone', {
      at: address,
      detail: `want ${irreversible} for this step, found no such flag: ${summary}`,
      hint: `if nothing of it is needed any more, run the same command with ${irreversible}`,
    }),
  );
  return { ...difference, refusals: [...difference.refusals, ...refusals] };
}
