// `jts-hot tune`: disk and host after each other, each in a run of its own. Where one of them is refused the other is done all the
// same.
import type { Answer, Context } from '../command/context.ts';
import { EXIT, Problem } from '../messages/diagnostic.ts';
import type { TuneOptions } from './run-tuning.ts';
import { tuneDisk } from './tune-disk.ts';
import type { BothResult } from './tune-document.ts';
import { tuneHost } from './tune-host.ts';

export async function tuneBoth(context: Context, options: TuneOptions): Promise<Answer<BothResult>> {
  const disk = await answered(() => tuneDisk(context, options));
  // A signal that came during the first one ends the command.
  const isStopped = context.stopRequested();
  const host = isStopped ? null : await answered(() => tuneHost(context, options));
  const codes = [disk, ...(host === null ? [] : [host])].map(({ exitCode }) => exitCode);
  const [first = EXIT.failed] = codes;
  return {
    exitCode: codes.every((code) => code === first) ? first : EXIT.failed,
    problems: [...disk.problems, ...(host?.problems ?? [])],
    result: { what: 'both', disk: disk.result, host: host?.result ?? null },
  };
}

async function answered<R>(act: () => Promise<Answer<R>>): Promise<Answer<R>> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { exitCode: error.exitCode, problems: error.diagnostics, result: null };
  }
}
