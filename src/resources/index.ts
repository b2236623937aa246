// The kinds of resource; the list is the order of work. Adding a kind is one file and one line.
import type { HostReader } from '../host/host.ts';
import type { Consent, Difference, Resource } from '../resource.ts';
import type { Spec } from '../spec.ts';
import { directory } from './directory.ts';
import { group } from './group.ts';
import { user } from './user.ts';

/** One wanted thing held against the host. */
export interface Finding {
  readonly kind: string;
  readonly address: string;
  readonly checkId: string;
  readonly service: string | null;
  readonly expected: string;
  readonly found: string;
  readonly difference: Difference;
}

type Examiner = (spec: Spec, host: HostReader, consent: Consent) => readonly Finding[];

/** Forgets the kind's own types, so that kinds can stand in one list. */
function examiner<Want, Have>(resource: Resource<Want, Have>): Examiner {
  return (spec, host, consent) => {
    const wants = resource.desire(spec);
    const haves = resource.observe(host, wants);
    return wants.map((want, i) => {
      const have = haves[i] as Have;
      return {
        kind: resource.kind,
        address: resource.address(want),
        checkId: resource.checkId(want),
        service: resource.service(want),
        expected: resource.expected(want),
        found: resource.found(want, have),
        difference: refuseHiddenFromRoot(host, resource.diff(want, have, consent)),
      };
    });
  };
}

/** What root may not see (a network file system, a container) nobody may set up: no warning, but a refusal. */
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

const kinds: readonly Examiner[] = [examiner(group), examiner(user), examiner(directory)];

/** Reads only. Every wanted thing, in the order of work. */
export function examine(spec: Spec, host: HostReader, consent: Consent): readonly Finding[] {
  return kinds.flatMap((kind) => kind(spec, host, consent));
}
