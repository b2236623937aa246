// Owns that setup puts on record what starts this program, so that the run-book's scripts work wherever they are copied to.
import type { Answer } from '../command/context.ts';
import { EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import type { SetupResult } from './setup-document.ts';

/** After a setup of this host that came to its end. What cannot be put on record is a failure, whatever else was done. */
export function recordingLauncher(
  answer: Answer<SetupResult>,
  { host, launcher }: { readonly host: Host; readonly launcher: string },
): Answer<SetupResult> {
  const outcome = answer.result?.outcome;
  const isDone = answer.exitCode === EXIT.ok && (outcome === 'applied' || outcome === 'unchanged');
  if (!isDone || host.root !== '/' || host.launcher() === launcher) return answer;
  try {
    host.setLauncher(launcher);
    return answer;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ...answer, exitCode: error.exitCode, problems: [...answer.problems, ...error.diagnostics] };
  }
}
