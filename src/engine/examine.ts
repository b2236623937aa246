// Owns holding what a layout wants against what a host has, for any kind of resource. Which kinds there are is
// resources/index.ts. Reads only.
import type { Layout } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import type { Consent, Difference, Resource } from './resource.ts';

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

export type Examiner = (layout: Layout, host: HostReader, consent: Consent) => readonly Finding[];

/** Forgets the kind's own types, so that kinds can stand in one list. */
export function examiner<Want, Have>(resource: Resource<Want, Have>): Examiner {
  return (layout, host, consent) => {
    const wants = resource.desire(layout);
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
