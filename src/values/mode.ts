// Owns modes as text: reading what an operator wrote into the one spelling that everything else uses.
// Must not know what a mode does on a host.

/** Four octal digits, for example `0750`: modes are text everywhere but in the system call. */
export type Mode = string;

export const WANT_MODE = 'want an octal mode such as 0750';

/** What `parseMode` takes, for editors. */
export const MODE_PATTERN = '^(0o)?0?7[0-7][0145]$';

/** A complaint says what is wanted; the caller adds what was found. */
type ParsedMode = { readonly mode: Mode } | { readonly complaint: string };

/** `750`, `0750` and `0o750` are one mode. Only modes that are safe for a service directory are taken. */
export function parseMode(text: string): ParsedMode {
  const parts = /^(?:0o)?([0-7])?([0-7])([0-7])([0-7])$/.exec(text);
  if (parts === null) return { complaint: WANT_MODE };
  const [, special = '0', owner, group, other] = parts;
  if (special !== '0') return { complaint: 'want a mode without setuid, setgid and sticky bits' };
  if (owner !== '7')
    return { complaint: 'want a mode whose owner may read, write and enter (0700 at least)' };
  if (Number(other) & 0o2) return { complaint: 'want a mode that is not world-writable' };
  return { mode: `0${owner}${group}${other}` };
}

/** Of the twelve bits as a number. */
export function modeText(bits: number): Mode {
  return bits.toString(8).padStart(4, '0');
}

/** Three bits as ls and getfacl show them: `r-x`. */
export function permissionText(bits: number): string {
  return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`;
}
