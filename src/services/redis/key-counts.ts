// How many keys a Redis has in each database, and whether the number of a backup must lie between two such looks.
// Must not ask the server anything that takes longer with more keys.
import type { Count } from '../backing-up.ts';
import { type Client, infoOf } from './asking.ts';

/** What one look finds, all of it at one moment. */
export interface Look {
  readonly info: ReadonlyMap<string, string>;
  readonly keys: ReadonlyMap<number, number>;
}

export async function look(client: Client): Promise<Look> {
  // In one question: nothing happens within it.
  const info = infoOf(await client.ask('INFO', 'all'));
  return { info, keys: keysIn(info) };
}

export function keysIn(info: ReadonlyMap<string, string>): ReadonlyMap<number, number> {
  return new Map(
    [...info].flatMap(([name, value]) => {
      const database = /^db(\d+)$/.exec(name)?.[1];
      const keys = /^keys=(\d+),/.exec(value)?.[1];
      return database === undefined || keys === undefined ? [] : [[Number(database), Number(keys)] as const];
    }),
  );
}

export const SNAPSHOT = 'snapshot';
export const APPENDED = 'append-only files';
export type Kept = typeof SNAPSHOT | typeof APPENDED;

/** The same databases for each of `looks`: one without keys is not in what the server says. */
export function countsOf(
  keys: ReadonlyMap<number, number>,
  {
    of,
    databases,
    isExact,
  }: { readonly of: Kept; readonly databases: readonly number[]; readonly isExact: boolean },
): readonly Count[] {
  return databases.map((database) => ({
    what: `keys of database ${database} in the ${of}`,
    count: keys.get(database) ?? 0,
    isExact,
  }));
}

export function databasesOf(...all: readonly ReadonlyMap<number, number>[]): readonly number[] {
  return [...new Set(all.flatMap((keys) => [...keys.keys()]))].sort((a, b) => a - b);
}

/** Commands that write, and never make keys fewer. */
const ONLY_ADD: readonly string[] = [
  ...['append', 'bitfield', 'decr', 'decrby', 'geoadd', 'getset', 'hincrby', 'hincrbyfloat', 'hmset', 'hset'],
  ...[
    'hsetnx',
    'incr',
    'incrby',
    'incrbyfloat',
    'linsert',
    'lpush',
    'lpushx',
    'lset',
    'mset',
    'msetnx',
    'pfadd',
  ],
  ...['rpush', 'rpushx', 'sadd', 'set', 'setbit', 'setnx', 'setrange', 'xadd', 'zadd', 'zincrby'],
];

/**
 * Whether the number of keys can only have grown from one look to the other: then what is restored lies between both. Where keys
 * were deleted, expired or evicted meanwhile, nobody knows how many there were at the moment of the snapshot. `writing`: its
 * commands that write; null: not known.
 */
export function onlyGrew(before: Look, after: Look, writing: readonly string[] | null): boolean {
  if (writing === null) return false;
  const number = ({ info }: Look, name: string) => Number(info.get(name) ?? 0);
  if (['expired_keys', 'evicted_keys'].some((name) => number(before, name) !== number(after, name)))
    return false;
  if (number(after, 'total_commands_processed') < number(before, 'total_commands_processed')) return false;
  return [...after.info.keys()]
    .filter((name) => name.startsWith('cmdstat_'))
    .filter((name) => callsOf(before, name) !== callsOf(after, name))
    .map((name) => name.slice('cmdstat_'.length))
    .every((name) => ONLY_ADD.includes(name) || !writing.includes(name));
}

function callsOf({ info }: Look, name: string): string | undefined {
  return /^calls=(\d+),/.exec(info.get(name) ?? '')?.[1];
}
