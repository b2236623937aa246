// Answers the scripts of `completion`, while somebody types: what it does not know it leaves out, and nothing is a failure.
import { answerShell } from '../completion/answer.ts';
import { SHELLS } from '../completion/script.ts';
import { writeOut } from '../host/output.ts';

/** `complete bash setup --ad`: the shell, then the words behind `jts-hot`; the last one is being typed. */
export async function completeWord([name, ...words]: readonly string[]): Promise<void> {
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined) return;
  try {
    // Most words need no host, and no more of the program.
    const lines = await answerShell(shell, words, async (from, host) =>
      (await import('./engine.ts')).lookup(from, host),
    );
    writeOut('stdout', lines.map((line) => `${line}\n`).join(''));
  } catch {
    // Nobody reads a message there.
  }
}
