// Owns which labels each service has where SELinux is on. Must not name a service: its folder says it.
import { builtIn } from './index.ts';
import type { LabelFacet } from './labelling.ts';

/** What every service may look through on its way, and what one gets that the policy does not know. */
export const ANY_TYPE = 'var_lib_t';

/** null: no policy knows it. */
export function labelsOf(service: string): LabelFacet | null {
  return builtIn(service)?.labels ?? null;
}
