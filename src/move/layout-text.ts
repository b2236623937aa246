// Owns writing a changed layout file, as a recorded run that `rollback` takes back. What is in it is the caller's.
import type { Context } from '../command/context.ts';
import { type Ran, runRecorded, taking, type Work } from '../command/recorded-run.ts';
import { type InstallPlan, planFiles } from '../configure/install-plan.ts';
import type { Applied } from '../engine/apply.ts';

export interface LayoutChange {
  readonly file: string;
  /** All of it, as it is to be. */
  readonly text: string;
  /** `+ base /srv/hot`, as a plan shows it. */
  readonly changes: readonly string[];
  /** Of which service, or `base`. */
  readonly about: string;
  readonly why: string;
}

export function writeLayout(
  context: Context,
  { file, text, changes, about, why }: LayoutChange,
): Promise<Ran<InstallPlan, Applied>> {
  const edited = {
    path: file,
    service: about,
    edit: () => ({ text, changes }),
    made: null,
    wayOf: null,
    purpose: why,
  };
  const work: Work<InstallPlan, Applied> = {
    command: 'config',
    scope: `${about} in the layout file`,
    plan: () => planFiles(context.host, [{ whole: [], edited: [edited] }], false),
    decisions: () => [`the layout ${why} (jts-hot move)`],
    act: taking(({ steps }) => steps),
    again: () => context.invocation,
  };
  return runRecorded(context, work);
}
