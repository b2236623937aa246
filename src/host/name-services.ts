// Owns whether anybody but the machine's own files could know of an account, as the name service switch has it
// (nsswitch.conf(5)). Where systemd comes after the files, what it could know is looked for where it keeps that (nss-systemd(8)).
// Must not say no where getent could find something.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';

export type Database = 'passwd' | 'group' | 'shadow' | 'initgroups';

/** The files of this machine; a test has its own. */
export interface Looks {
  /** null: it cannot be read. */
  text(path: string): string | null;
  /** Names in a directory, none where it is missing. null: it cannot be listed. */
  names(path: string): readonly string[] | null;
  isThere(path: string): boolean;
}

export const THIS_MACHINE: Looks = {
  text(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  names(path) {
    try {
      return statSync(path, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(path);
    } catch {
      return null;
    }
  },
  isThere: existsSync,
};

/**
 * The services of a database in the order in which they are asked; null: none are named, or something in brackets says what
 * else happens with an answer. Groups of a user are looked for where groups are, unless they have a line of their own.
 */
export function servicesOf(database: Database, looks = THIS_MACHINE): readonly string[] | null {
  const lines = looks
    .text('/etc/nsswitch.conf')
    ?.split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line.startsWith(`${database}:`));
  const [line, ...others] = lines ?? [];
  if (line === undefined) return database === 'initgroups' ? servicesOf('group', looks) : null;
  const services = line.slice(database.length + 1).trim();
  return others.length > 0 || services === '' || services.includes('[') ? null : services.split(/\s+/);
}

/** Whether what the files do not have nobody has. Keys: names, or numbers where `database` is asked for them. */
export function onlyFilesKnow(database: Database, keys: readonly string[], looks = THIS_MACHINE): boolean {
  const [first, second, ...more] = servicesOf(database, looks) ?? [];
  return (
    first === 'files' &&
    more.length === 0 &&
    (second === undefined || (second === 'systemd' && isUnknownToSystemd(database, keys, looks))) &&
    // It may remember what was so.
    !looks.isThere('/var/run/nscd/socket')
  );
}

/**
 * What the module for systemd knows beside root and nobody comes from files in directories of its own, and from sockets. Of the
 * sockets that systemd itself always has, one is about users that it makes for a unit (DynamicUser=) and their groups, of which
 * none has members; their names are in a directory, their numbers in a range of their own. The others are about all that there is.
 */
export function isUnknownToSystemd(
  database: Database,
  keys: readonly string[],
  looks = THIS_MACHINE,
): boolean {
  return (
    RECORDS.every((path) => looks.names(path)?.length === 0) &&
    looks.names(SOCKETS)?.every((name) => OF_SYSTEMD.includes(name)) === true &&
    (database === 'initgroups' || keys.every((key) => isNeverDynamic(key, looks)))
  );
}

const RECORDS = ['/etc', '/run', '/run/host', '/usr/local/lib', '/usr/lib'].map((at) => `${at}/userdb`);
const SOCKETS = '/run/systemd/userdb';
const OF_SYSTEMD: readonly string[] = [
  'io.systemd.DropIn',
  'io.systemd.DynamicUser',
  'io.systemd.Multiplexer',
  'io.systemd.NameServiceSwitch',
];

function isNeverDynamic(key: string, looks: Looks): boolean {
  if (/^\d+$/.test(key)) return Number(key) > 0 && Number(key) <= LAST_OF_USERS;
  if (ALWAYS_KNOWN.test(key)) return false;
  return looks.names('/run/systemd/dynamic-uid')?.includes(`direct:${key}`) === false;
}

/** Above it are numbers that systemd gives out by itself (uids-gids in its documentation). */
const LAST_OF_USERS = 60_000;
const ALWAYS_KNOWN = /^(?:root|nobody|nogroup|nfsnobody|foreign-.*)$/;
