// Which files of a running broker's partitions were there, each under its name, all the time while they were read: only then is a
// copy whole. Compaction puts one file in the place of several, and retention takes the oldest away.
import type { AskHands } from '../backing-up.ts';

/** What stands for a file as long as nobody puts another one in its place. */
interface File {
  readonly inode: string;
  /** Of the last change of its content, its name, or its owner. */
  readonly changed: string;
}

/** By its name. */
export type Files = ReadonlyMap<string, File>;

export type Judged =
  /** `startsAt`: what stood before this offset has been taken away meanwhile; null: nothing has. */
  | { readonly is: 'whole'; readonly startsAt: number | null }
  | { readonly is: 'changed' }
  | { readonly is: 'gone' };

/** `orders-0`, by whose name Kafka finds the topic and the number of the partition. */
const PARTITION = /^(.+)-(\d+)$/s;
/** What it renames one to that is deleted, moved to another directory, or of no topic. */
const RENAMED = /\.[\da-f]{32}-(delete|future|stray)$/;
export const METADATA = '__cluster_metadata';

/** null: it is none that is to be kept. */
export function topicOf(directory: string): string | null {
  return RENAMED.test(directory) ? null : (PARTITION.exec(directory)?.[1] ?? null);
}

/** Those in `place`, or the named ones of them that are there, each with its files that hold messages. */
export async function partitionsIn(
  hands: Pick<AskHands, 'program' | 'run'>,
  place: string,
  names: readonly string[] | null = null,
): Promise<ReadonlyMap<string, Files>> {
  const find = hands.program(['/usr/bin/find', '/bin/find'], 'findutils');
  const look = async (paths: readonly string[], depth: number, ...what: readonly string[]) =>
    await hands.run([
      find,
      ...paths,
      '-ignore_readdir_race',
      '-maxdepth',
      `${depth}`,
      ...what,
      '-printf',
      SHOWN,
    ]);
  if (names === null) return partitionsOf(await look([place], 2, ...HELD), place);
  try {
    return partitionsOf(
      await look(
        names.map((name) => `${place}/${name}`),
        1,
        ...HELD,
      ),
      place,
    );
  } catch (error) {
    // One that goes meanwhile is no failure; anything else is.
    const there = partitionsOf(await look([place], 1, '-type', 'd'), place);
    const left = names.filter((name) => there.has(name));
    if (left.length === names.length) throw error;
    return left.length === 0 ? new Map() : await partitionsIn(hands, place, left);
  }
}

const HELD = [
  '(',
  '-type',
  'd',
  '-o',
  '-name',
  '*.log',
  '-o',
  '-name',
  '*.swap',
  '-o',
  '-name',
  '*.checkpoint',
  ')',
];
const SHOWN = '%y %i %C@ %p\\n';

function partitionsOf(found: string, place: string): ReadonlyMap<string, Files> {
  const partitions = new Map<string, Map<string, File>>();
  for (const line of found.split('\n')) {
    const [, type, inode, changed, path] = /^(\S) (\d+) (\S+) (.+)$/.exec(line) ?? [];
    if (type === undefined || inode === undefined || changed === undefined || path === undefined) continue;
    const [directory = '', name = ''] = path.slice(place.length + 1).split('/');
    if (topicOf(directory) === null) continue;
    const files = partitions.get(directory) ?? new Map<string, File>();
    if (type === 'd' && name === '') partitions.set(directory, files);
    if (type === 'f' && name !== '') partitions.set(directory, files.set(name, { inode, changed }));
  }
  return partitions;
}

const SEGMENT = /^(\d{20})\.log$/;

export interface Judging {
  /** The first ones may not go either. */
  readonly isWhole?: boolean;
  /** `after` is of second names for them: making these changes the time of change. */
  readonly isLinked?: boolean;
}

/** `before` and `after` they were read. */
export function judge(
  before: Files,
  after: Files | undefined,
  { isWhole = false, isLinked = false }: Judging = {},
): Judged {
  if (after === undefined) return { is: 'gone' };
  if ([...before.keys(), ...after.keys()].some((name) => name.endsWith('.swap'))) return { is: 'changed' };
  const first = basesIn(after)[0];
  const bases = basesIn(before);
  if (first === undefined || bases.length === 0)
    return { is: bases.length === 0 ? 'whole' : 'changed', startsAt: null };
  const kept = [...before].filter(([name]) => {
    const base = baseOf(name);
    return base === null || base >= first;
  });
  const last = bases.at(-1);
  const isSame = kept.every(([name, { inode, changed }]) => {
    const now = after.get(name);
    // The last one is written to, until there is another one.
    return now?.inode === inode && (isLinked || now.changed === changed || baseOf(name) === last);
  });
  if (!isSame || !bases.includes(first) || (isWhole && first !== bases[0])) return { is: 'changed' };
  return { is: 'whole', startsAt: first === bases[0] ? null : first };
}

function baseOf(name: string): number | null {
  const base = SEGMENT.exec(name)?.[1];
  return base === undefined ? null : Number(base);
}

function basesIn(files: Files): readonly number[] {
  return [...files.keys()].flatMap((name) => baseOf(name) ?? []).sort((a, b) => a - b);
}
