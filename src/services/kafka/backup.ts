// How a Kafka broker is backed up: it has no tool of its own for that, so the files of its partitions are read while it runs.
// A segment is only ever appended to: what a broker makes of the files that it finds after a power cut, it makes of these.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { AskHands, BackupFacet, Count, RestoreHands, TakeHands, Taken } from '../backing-up.ts';
import { type Offsets, parseOffsets, renderOffsets } from './checkpoint.ts';
import { type Links, linksBeside } from './links.ts';
import { namesIn, offsetsIn, settled, textIn } from './noted.ts';
import { versionOf } from './programs.ts';
import { countOf, prove } from './proof.ts';
import { type Files, judge, METADATA, partitionsIn, topicOf } from './segments.ts';

export const backup: BackupFacet = {
  wants: 'either',
  estimate,
  take,
  restore,
  prove,
  keepsOwners: false,
  afterRestore: [
    'the broker reads all of it when it first starts on it, and makes its index files anew: 600 GB take about an hour',
    'what is older than its retention goes half a minute after that start: log.initial.task.delay.ms=86400000 in its file leaves a day to raise retention.ms of the topics',
    'with several log.dirs each is laid out in a directory of its own, log-dir-1 the first: name them in log.dirs in that order',
    'transactions that were open: kafka-transactions.sh find-hanging lists what nobody will end any more, and abort ends it',
    'in a cluster give it back only to the node that it is of (node.id in meta.properties), and only where its other replicas are lost, too',
  ],
};

/** What it makes anew, and what is on its way in or out. */
const NOT_KEPT = [
  '*.index',
  '*.timeindex',
  '*.txnindex',
  '*.deleted',
  '*.cleaned',
  '*.swap',
  '*.tmp',
  '*.part',
];
const ATTEMPTS = 6;
const START_OFFSETS = 'log-start-offset-checkpoint';
/** A name of 249 characters, which a topic may have, and an ending are too long for a file. */
const LONGEST = 200;

const LIMITS = [
  'each partition is as it was at a moment of its own: no one moment across partitions',
  'transactions that were open, or were ended meanwhile, may be there in some of their partitions only',
  'offsets of consumers are older than the messages: some messages are consumed again',
  'what the broker had in tiered storage is not in it',
];

const ONE_OF_SEVERAL =
  'other nodes have a vote in its cluster: proved is that a broker reads each partition, and not that it knows them';

/** `log.dirs`, and where the metadata is if that is not among them; the one that is known to be in use, where they disagree. */
function directoriesOf({ told, place }: AskHands): readonly string[] {
  const wordsIn = (key: string) =>
    String(told(key) ?? '')
      .split(',')
      .map((word) => word.trim().replace(/(?<=.)\/+$/, ''))
      .filter((word) => word.startsWith('/'));
  const [dirs, dir] = [wordsIn('log.dirs'), wordsIn('log.dir')];
  const all = [...new Set([...(dirs.length > 0 ? dirs : dir), ...wordsIn('metadata.log.dir')])];
  return all.includes(place) ? all : [place];
}

/** Before the name of each file of one of several directories. */
function prefixOf(index: number, count: number): string {
  return count === 1 ? '' : `log-dir-${index + 1}/`;
}

async function estimate(hands: AskHands) {
  const others = directoriesOf(hands).filter((directory) => directory !== hands.place);
  let bytes = await hands.measure('');
  for (const directory of others) {
    const du = hands.program(['/usr/bin/du'], 'coreutils');
    bytes += Number.parseInt(await hands.run([du, '-s', '-x', '-B1', directory]), 10);
  }
  return { bytes, says: 'the files of its partitions, by topic, compressed', isCompressed: true };
}

async function take(hands: TakeHands): Promise<Taken> {
  requireKraft(hands);
  const places = directoriesOf(hands);
  const before = await offsetsIn(hands, places);
  const gone = new Set<string>();
  const prefix = (place: string) => prefixOf(places.indexOf(place), places.length);
  // Before their segments: it may not be ahead of them.
  const starts = new Map<string, Map<string, number>>();
  const topics: {
    readonly place: string;
    readonly topic: string;
    readonly directories: readonly string[];
  }[] = [];
  for (const place of places) {
    starts.set(place, new Map(parseOffsets(await textIn(hands, place, START_OFFSETS))));
    const found = Map.groupBy(
      (await partitionsIn(hands, place)).keys(),
      (directory) => topicOf(directory) ?? '',
    );
    for (const [topic, directories] of found) topics.push({ place, topic, directories });
  }
  const links = new Map<string, Links | null>();
  for (const place of places) links.set(place, await linksBeside(hands, place, places));
  for (const { place, topic, directories } of topics.toSorted(inOrder)) {
    // Last: it must know of all that the partitions say.
    if (topic === METADATA) continue;
    const copied = await copy(hands, {
      place,
      name: `${prefix(place)}topics/${fileNameOf(topic)}`,
      directories,
      links: links.get(place) ?? null,
    });
    for (const directory of copied.gone) gone.add(directory);
    const own = starts.get(place);
    for (const [directory, offset] of copied.startsAt)
      own?.set(directory, Math.max(offset, own.get(directory) ?? 0));
  }
  for (const [place, offsets] of starts)
    await hands.write(`${prefix(place)}${START_OFFSETS}`, renderOffsets(offsets));
  for (const place of places) {
    const hasMetadata = topics.some((one) => one.topic === METADATA && one.place === place);
    await copyBroker(hands, { place, prefix: prefix(place), hasMetadata });
  }
  await settled(hands, places);
  const after = await offsetsIn(hands, places);
  // Of one that was killed, the ends that it noted are older than what it wrote.
  const isExact = hands.isRunning || hands.names('').includes('.kafka_cleanshutdown');
  const kept = (offsets: Offsets): readonly Count[] =>
    [...offsets]
      .filter(([directory]) => !gone.has(directory))
      .map(([directory, offset]) => ({ ...countOf(directory, offset), isExact }));
  const version = await versionOf(hands);
  return {
    tool: 'tar',
    versions: version === null ? {} : { kafka: version },
    position: null,
    parent: null,
    before: kept(before),
    after: kept(after),
    limits: [...(hands.isRunning ? LIMITS : LIMITS.slice(-1)), ...(hasOthers(hands) ? [ONE_OF_SEVERAL] : [])],
    elsewhere: null,
    settings: {
      directories: `${places.length}`,
      ...(gone.size === 0 ? {} : { gone: [...gone].join(' ') }),
      ...(hasOthers(hands) ? { hasOthers: 'yes' } : {}),
    },
  };
}

/** Offsets of consumers may not be ahead of the messages, and what is known of a transaction may not be behind them. */
function inOrder({ topic: a }: { readonly topic: string }, { topic: b }: { readonly topic: string }): number {
  const rank = (topic: string) => (FIRST.includes(topic) ? 0 : topic === '__transaction_state' ? 2 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

const FIRST = ['__consumer_offsets', '__share_group_state'];

function fileNameOf(topic: string): string {
  return topic.length <= LONGEST ? topic : `${topic.slice(0, LONGEST)}+${topic.length}`;
}

interface Wanted {
  readonly place: string;
  readonly name: string;
  readonly directories: readonly string[];
  /** Beside the directories. */
  readonly files?: readonly string[];
  /** Its first segments may not go either: a snapshot would not fit to what is left. */
  readonly isWhole?: boolean;
  /** Under second names where there can be any. */
  readonly links?: Links | null;
}

/** Again, until nothing was exchanged or taken away while it was read. */
async function copy(hands: TakeHands, wanted: Wanted) {
  const { place, name, directories, files = [], isWhole = false, links = null } = wanted;
  const startsAt = new Map<string, number>();
  const gone: string[] = [];
  let left: readonly string[] = directories;
  for (let attempt = 1; left.length > 0; attempt += 1) {
    if (attempt > ATTEMPTS) throw changesTooFast(left);
    const before = await partitionsIn(hands, place, left);
    const there = left.filter((directory) => before.has(directory));
    gone.push(...left.filter((directory) => !before.has(directory)));
    if (there.length === 0) break;
    const judged = (after: ReadonlyMap<string, Files>) =>
      there.map((directory) => ({
        directory,
        found: judge(before.get(directory) as Files, after.get(directory), {
          isWhole,
          isLinked: links !== null,
        }),
      }));
    const linked = links === null ? null : judged(await links.make(there));
    const readable =
      linked === null
        ? there
        : linked.filter(({ found }) => found.is === 'whole').map((one) => one.directory);
    const archived = await isArchived(async () => {
      if (readable.length === 0) return;
      await hands.archive(attempt === 1 ? name : `${name}+again${attempt}`, {
        place: links?.place ?? place,
        names: [...files, ...readable],
        except: NOT_KEPT,
        mayChange: hands.isRunning,
      });
    });
    if (linked !== null && archived !== null) throw archived;
    const after = linked === null ? await partitionsIn(hands, place, there) : null;
    // A topic that is deleted takes its directories away while they are read; nothing else does.
    if (archived !== null && there.every((directory) => after?.has(directory))) throw archived;
    const found = linked ?? judged(after ?? new Map());
    for (const { directory, found: one } of found) {
      if (one.is === 'gone') gone.push(directory);
      if (one.is === 'whole' && one.startsAt !== null) startsAt.set(directory, one.startsAt);
    }
    left = found
      .filter(({ found: one }) => one.is === 'changed' || (archived !== null && one.is === 'whole'))
      .map(({ directory }) => directory);
  }
  await links?.remove();
  return { startsAt, gone };
}

/** null: it is; else why not. */
async function isArchived(archive: () => Promise<void>): Promise<Problem | null> {
  try {
    await archive();
    return null;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** What it knows of its cluster, and which node of it it is. */
async function copyBroker(
  hands: TakeHands,
  of: { readonly place: string; readonly prefix: string; readonly hasMetadata: boolean },
): Promise<void> {
  const { place, prefix, hasMetadata } = of;
  const there = await namesIn(hands, place);
  const files = ['meta.properties', 'bootstrap.checkpoint'].filter((name) => there.includes(name));
  const name = `${prefix}broker`;
  if (hasMetadata) await copy(hands, { place, name, directories: [`${METADATA}-0`], files, isWhole: true });
  else await hands.archive(name, { place, names: files, mayChange: hands.isRunning });
}

function requireKraft({ text, place }: TakeHands): void {
  const properties = text('meta.properties');
  if (properties !== null && /^version=1$/m.test(properties)) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_KAFKA_NOT_KRAFT', 'cannot back up this directory of Kafka', {
      detail: [
        'want meta.properties with version=1, as a broker without ZooKeeper has it',
        `found ${properties === null ? 'none' : 'another version'} in ${place}`,
      ],
      hint: 'a broker with ZooKeeper keeps in ZooKeeper which topics there are: move it to KRaft first',
    }),
  ]);
}

/** Others have a vote in what the cluster is. */
function hasOthers({ told, text }: TakeHands): boolean {
  const roles = told('process.roles');
  if (roles !== null && !String(roles).includes('controller')) return true;
  const state = text(`${METADATA}-0/quorum-state`);
  const { currentVoters } = (state === null ? {} : JSON.parse(state)) as {
    readonly currentVoters?: readonly unknown[];
  };
  const servers = String(told('controller.quorum.bootstrap.servers') ?? '').split(',');
  return (currentVoters?.length ?? servers.length) > 1;
}

function changesTooFast(directories: readonly string[]): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_KAFKA_CHANGES', 'cannot copy a partition that changes faster than it can be read', {
      detail: `want no segment exchanged while it is read, found that ${ATTEMPTS} times: ${directories.join(', ')}`,
      hint: 'have the topic compacted less often: raise its min.compaction.lag.ms or min.cleanable.dirty.ratio',
    }),
  ]);
}

async function restore(hands: RestoreHands): Promise<void> {
  const { files, directory, taken } = hands;
  const count = Number(taken.settings?.['directories'] ?? 1);
  for (let index = 0; index < count; index += 1) {
    const prefix = prefixOf(index, count);
    const below = prefix.slice(0, -1);
    const into = below === '' ? directory : `${directory}/${below}`;
    for (const { archive, attempt } of archivesIn(files, prefix)) {
      if (attempt === 1) await hands.extract(archive, below);
      else {
        await hands.extract(archive, 'again');
        await hands.run([
          hands.program(['/bin/sh'], 'dash'),
          '-c',
          REPLACE,
          'sh',
          `${directory}/again`,
          into,
        ]);
      }
    }
    const startOffsets = `${prefix}${START_OFFSETS}`;
    await hands.put(files.find((file) => file.startsWith(startOffsets)) ?? startOffsets, startOffsets);
    const gone = (taken.settings?.['gone'] ?? '').split(' ').filter(Boolean);
    if (gone.length > 0) await hands.run(['/bin/rm', '-rf', '--', ...gone.map((name) => `${into}/${name}`)]);
  }
}

/** Directories that were read again take the place of what was read first. */
const REPLACE = `set -e
cd "$1"
for each in *; do
  rm -rf -- "$2/$each"
  mv -- "$each" "$2/$each"
done
cd /
rmdir -- "$1"`;

/** Of one log directory, in the order in which they were read. */
function archivesIn(files: readonly string[], prefix: string) {
  const own = new RegExp(`^${prefix}(broker|topics/.+?)(?:\\+again(\\d+))?\\.tar(\\.\\w+)?$`);
  return files
    .flatMap((file) => {
      const [, name, attempt = '1'] = own.exec(file) ?? [];
      return name === undefined ? [] : [{ archive: file, attempt: Number(attempt) }];
    })
    .sort((a, b) => a.attempt - b.attempt);
}
