// Owns who called, a person or a timer, and so whose files are trusted. Reads the process; decides nothing else.
import { closeSync, constants, openSync } from 'node:fs';
import type { Owners } from './way.ts';

export interface Caller {
  /** The users whose files root takes for its own. */
  readonly owners: Owners;
  /** Files that others can change are refused; a user who is not root harms only himself. */
  readonly isRoot: boolean;
  /** A person typed it: warned of where the program stands, instead of refused. */
  readonly attended: boolean;
}

/**
 * `sudoUid` as sudo sets it: who calls through it is a person, or works in a person's name. Without it, root with a
 * terminal is one who logged in as root; root without one is a timer, a service, or a cron line.
 */
export function callerOf(given: {
  readonly uid: number;
  readonly sudoUid: string | undefined;
  readonly hasTerminal: () => boolean;
}): Caller {
  const { uid, sudoUid, hasTerminal } = given;
  if (uid !== 0) return { owners: [0, uid], isRoot: false, attended: true };
  const behind = /^\d{1,10}$/.test(sudoUid ?? '') ? Number(sudoUid) : null;
  return {
    owners: behind === null || behind === 0 ? [0] : [0, behind],
    isRoot: true,
    attended: (behind !== null && behind !== 0) || hasTerminal(),
  };
}

let known: Caller | null = null;

export function thisCaller(): Caller {
  known ??= callerOf({
    uid: process.geteuid?.() ?? 0,
    sudoUid: process.env['SUDO_UID'],
    hasTerminal,
  });
  return known;
}

/** tty(4): only a process with a controlling terminal can open it. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}
