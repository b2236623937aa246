// Owns what may be shown of a file that changes: lines that change, and of these only values that we set and that are no
// secrets. What is masked cannot be told from its length. Pure.
import { diffLines } from './line-diff.ts';

/** As many as a person reads. */
const MOST_LINES = 40;
const MOST_CHARACTERS = 200;
const MASK = '********';
/** Parts of names: `requirepass`, `masterauth`, `ssl_key_password`, `sasl.jaas.config`, `API_TOKEN`. */
const SECRET =
  /pass|secret|token|credential|auth|private|api[-_.]?key|(^|[-_.])key($|[-_.])|jaas|cookie|salt|dsn|conn(ection)?[-_.]?(str|info|uri|url)/i;
/** `user:password@` in an address. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
/** `<password>x</password>`, `key = value`, `key: value`, `key value`. */
const SETTING = /^(\s*(?:export\s+)?(?:<)?)(["']?[\w][\w./-]*["']?)(\s*[=:>]\s*|\s+|$)(.*)$/;

/** `- maxmemory 1gb`, `+ maxmemory 2gb`, `+ requirepass ********`. `before` '': there was no file. */
export function shownChanges(before: string, after: string): readonly string[] {
  const changes = diffLines(before, after);
  const set = keysIn(changes.flatMap(({ sign, line }) => (sign === '+' ? [line] : [])));
  const shown = changes
    .slice(0, MOST_LINES)
    .map(({ sign, line }) => `${sign} ${sign === '+' ? masked(line) : shownFound(line, set)}`);
  const more = changes.length - shown.length;
  return more === 0 ? shown : [...shown, `… ${more} more`];
}

/** A line of somebody's file that stands where `wanted` is to be. */
export function shownLine(line: string, wanted: string): string {
  return shownFound(line, keysIn(wanted.split('\n')));
}

function keysIn(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => keyOf(line) ?? []));
}

function shownFound(line: string, set: ReadonlySet<string>): string {
  const key = keyOf(line);
  return key !== null && set.has(key) ? masked(line) : withoutValue(line);
}

/** Of somebody's file: what its line is about, but not what it says. */
export function withoutValue(line: string): string {
  const [, before = '', key = '', between = ' ', value = ''] = SETTING.exec(line) ?? [];
  if (line.trim() === '') return '';
  // A word alone may be the value itself.
  return key === '' || value === '' ? MASK : cut(`${before}${key}${between}${MASK}`);
}

function masked(line: string): string {
  const [, before = '', key = '', between = ''] = SETTING.exec(line) ?? [];
  const isSecret = SECRET.test(key) || (key === '' && SECRET.test(line));
  if (isSecret) return key === '' ? MASK : cut(`${before}${key}${between}${MASK}`);
  // A secret that does not stand first: `user default on >secret`, `--password=secret`, `-e TOKEN=secret`.
  const rest = line.replace(USER_INFO, `$1${MASK}@`);
  return cut(rest.replace(INNER, (_whole, name: string, sign: string) => `${name}${sign}${MASK}`));
}

const INNER =
  /([\w.-]*(?:pass|secret|token|credential|api[-_.]?key)[\w.-]*["']?)(\s*[=:]\s*|\s+)("[^"]*"|'[^']*'|\S+)/gi;

/** What a name and its value tell. What only turns something on, times it or names a file is no secret. */
export function isSecret(name: string, value: string): boolean {
  if (value.search(USER_INFO) >= 0 || value.search(INNER) >= 0 || /-----BEGIN [A-Z ]*KEY/.test(value))
    return true;
  const isSwitch = /^(true|false|on|off|yes|no|none|enabled|disabled|required|requested|optional)$/i.test(
    value,
  );
  const isFile = /(file|path|location|dir)$/i.test(name) && /^[/.]/.test(value);
  const isKind = /(timeout|interval|age|ms|encryption|mechanisms?|iterations|type|protocol)$/i.test(name);
  return SECRET.test(name) && !isSwitch && !isFile && !isKind;
}

function keyOf(line: string): string | null {
  const key = SETTING.exec(line)?.[2]?.replace(/["']/g, '').toLowerCase();
  return key === undefined || line.trim().startsWith('#') ? null : key;
}

function cut(line: string): string {
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS)}…`;
}
