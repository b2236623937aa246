// Owns what an alert channel may be called and where it may lead: programs, addresses, the places of secrets. Pure.
// A complaint says what is wanted; the caller adds what was found. null: nothing to complain of.
import { checkComponents } from '../values/name.ts';

/** Safe as it stands in a report, a label of a metric and a name of a file. */
export const CHANNEL_PATTERN = '^[A-Za-z][A-Za-z0-9_.-]{0,31}$';
const channelPattern = new RegExp(CHANNEL_PATTERN);

export function checkChannelName(name: string): string | null {
  return channelPattern.test(name)
    ? null
    : 'want a name of letters, digits, `_`, `.` and `-`, a letter first, at most 32 characters';
}

export const WANT_FILE = 'want the absolute path of a file such as /etc/jts/token';
export const WANT_PROGRAM = 'want the absolute path of a program, such as /usr/local/bin/page';

export function checkFile(path: string): string | null {
  return checkAbsolutePath(path, WANT_FILE);
}

/** Nothing is looked up on a PATH: what root runs is said in full. */
export function checkProgram(path: string): string | null {
  return checkAbsolutePath(path, WANT_PROGRAM);
}

function checkAbsolutePath(path: string, want: string): string | null {
  return path.startsWith('/') ? checkComponents(path.slice(1).split('/')) : want;
}

/** Of a program. Control characters would end in somebody's terminal or log. */
export function checkArgument(argument: string): string | null {
  return /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(argument) ? 'want an argument of one line' : null;
}

/** IEEE Std 1003.1, 8.1: what a shell can set, in the case that is used. */
export const VARIABLE_PATTERN = '^[A-Za-z_][A-Za-z0-9_]{0,127}$';
const variablePattern = new RegExp(VARIABLE_PATTERN);

export function checkVariable(name: string): string | null {
  return variablePattern.test(name)
    ? null
    : 'want the name of an environment variable such as JTS_ALERT_TOKEN';
}

export const WANT_URL = 'want an address that begins with https:// or http://';
const LONGEST_URL = 2048;

export function checkUrl(text: string): string | null {
  // URL would drop line breaks and tabs without a word.
  if (/[^\x21-\x7e]/.test(text)) return 'want an address of ASCII characters without blanks';
  if (text.length > LONGEST_URL) return `want an address of at most ${LONGEST_URL} characters`;
  if (!/^https?:\/\/[^/?#]/i.test(text) || !URL.canParse(text)) return WANT_URL;
  if (text.includes('#')) return 'want an address without `#`: nothing behind it is sent';
  return null;
}

/** A user name or password before the host: a secret, and shown with every report of the address. */
export function hasCredentials(url: string): boolean {
  return /^https?:\/\/[^/?#]*@/i.test(url);
}

export const MAIL_PATTERN =
  "^[A-Za-z0-9_][A-Za-z0-9_.+%'=~-]{0,63}(@[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)?$";
const mailPattern = new RegExp(MAIL_PATTERN);

/**
 * What every sendmail takes for a recipient and nothing else: not an option (`-`), not a command (`|`) or a file (`/`).
 * Without `@` it is a user of this machine.
 */
export function checkMailAddress(address: string): string | null {
  return mailPattern.test(address) && !address.includes('..')
    ? null
    : 'want a mail address such as ops@example.org, or a user of this machine such as root';
}

/** Hosts that ask for nothing but the address: anybody who knows it can post. */
const SECRET_ADDRESSES =
  /^https?:\/\/(hooks\.slack\.com|discord(app)?\.com\/api\/webhooks|[^/]+\.webhook\.office\.com|chat\.googleapis\.com)\//i;

export function isSecretAddress(url: string): boolean {
  return SECRET_ADDRESSES.test(url);
}

/** To another machine without encryption. Takes what `checkUrl` accepts. */
export function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
