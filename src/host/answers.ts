// Owns finding out whether a directory answers at all, before a call that cannot be given up asks it. What automounts
// there is mounted by this.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

let hung = false;

/** Whether a thread still waits for a disk: the process cannot end as it usually does (`exitNow`). */
export function isHung(): boolean {
  return hung;
}

/** false: it did not within the time. Whatever the answer is: missing and forbidden are answers, too. */
export async function answers(path: string, timeoutMs: number): Promise<boolean> {
  const patience = new AbortController();
  const asked = opened(path).then(() => true);
  const gaveUp = setTimeout(timeoutMs, false, { signal: patience.signal }).catch(() => false);
  const answered = await Promise.race([asked, gaveUp]);
  patience.abort();
  hung ||= !answered;
  return answered;
}

/** Opening makes an automount mount; asking for its status does not. */
async function opened(path: string): Promise<void> {
  try {
    const { O_RDONLY, O_DIRECTORY, O_NONBLOCK } = constants;
    const directory = await open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    await directory.close();
  } catch {
    // That was the answer.
  }
}
