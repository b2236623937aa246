// Owns finding out whether a directory answers at all, before a call that cannot be given up asks it. What automounts
// there is mounted by this.
import { close, constants, open } from 'node:fs';
import { noteThread } from './threads.ts';

/** false: it did not within the time. Whatever the answer is: missing and forbidden are answers, too. */
export async function answers(path: string, timeoutMs: number): Promise<boolean> {
  const answered = await new Promise<boolean>((resolve) => {
    const patience = setTimeout(resolve, timeoutMs, false);
    const { O_RDONLY, O_DIRECTORY, O_NONBLOCK } = constants;
    // Opening makes an automount mount; asking for its status does not. With a callback: what Node.js has for
    // promises takes longer to load.
    open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, (error, fd) => {
      clearTimeout(patience);
      // Whatever the error is, that was the answer.
      if (error !== null) resolve(true);
      else close(fd, () => resolve(true));
    });
  });
  if (!answered) noteThread();
  return answered;
}
