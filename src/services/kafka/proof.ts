// How a restored directory of Kafka is proved: a broker alone on it reads every batch of every segment, since it finds no note of an
// orderly stop, cuts off from the first that does not check, and says how far each partition goes.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Count, ProveHands } from '../backing-up.ts';
import { INSTALL, scriptPaths, versionOf } from './programs.ts';
import { METADATA, topicOf } from './segments.ts';

export function countOf(directory: string, offset: number): Count {
  return { what: `end offset of ${directory}`, count: offset, isExact: true };
}

const PORT = 9092;
const CONTROLLER_PORT = 9093;
/** Of a disk, which gets the time that it needs. */
const SLOWEST_BYTES_PER_SECOND = 20e6;
const DAY_MS = 86_400_000;

export async function prove(hands: ProveHands): Promise<readonly Count[]> {
  const script = hands.program(scriptPaths('kafka-server-start'), INSTALL);
  const node = await nodeIn(hands);
  const file = await settingsFor(hands, node);
  const log = `${hands.beside}/server.log`;
  const environment = {
    LOG_DIR: hands.beside,
    KAFKA_HEAP_OPTS: '-Xms64m -Xmx1g',
    KAFKA_LOG4J_OPTS: await loggingTo(hands, log),
  };
  if (node.hasOthers) await standApart(hands, { node, file, environment });
  await hands.start([script, file], {
    environment,
    timeoutMs: 300_000 + Math.round((1000 * (await bytesIn(hands))) / SLOWEST_BYTES_PER_SECOND),
    isReady: () => isListening(hands),
  });
  await hands.stop();
  const ends = await loadedIn(hands, log);
  const missing = node.partitions.filter((directory) => !ends.has(directory));
  if (missing.length > 0)
    throw notGood(
      'want a broker that takes up each partition',
      `found it without ${missing.slice(0, 10).join(', ')}`,
    );
  // One that nobody counted, since it was being made or taken away, says nothing.
  const known = new Set([...hands.taken.before, ...hands.taken.after].map(({ what }) => what));
  return [...ends]
    .map(([directory, offset]) => countOf(directory, offset))
    .filter(({ what }) => known.has(what));
}

interface Node {
  readonly id: string;
  readonly clusterId: string;
  /** `log.dirs`. */
  readonly places: readonly string[];
  /** `metadata.log.dir`, and what is in it. */
  readonly metadata: string;
  readonly metadataLog: string;
  /** Directories that a broker has to load. */
  readonly partitions: readonly string[];
  /** Others have a vote, and it cannot be elected without them. */
  readonly hasOthers: boolean;
  /** Who has a vote is said in the settings; else in the metadata. */
  readonly isToldVoters: boolean;
}

async function nodeIn(hands: ProveHands): Promise<Node> {
  const count = Number(hands.taken.settings?.['directories'] ?? 1);
  const { directory } = hands;
  const places =
    count === 1 ? [directory] : Array.from({ length: count }, (_, i) => `${directory}/log-dir-${i + 1}`);
  const find = hands.program(['/usr/bin/find', '/bin/find'], 'findutils');
  const found = (
    await hands.run([find, ...places, '-mindepth', '1', '-maxdepth', '1', '-printf', '%H/%P\\n'])
  ).split('\n');
  const metadata = found.find((path) => path.endsWith(`/${METADATA}-0`));
  if (metadata === undefined) throw notGood(`want ${METADATA}-0 among what was restored`, 'found none');
  const cat = hands.program(['/usr/bin/cat', '/bin/cat'], 'coreutils');
  const properties = await hands.run([
    cat,
    `${metadata.slice(0, metadata.lastIndexOf('/'))}/meta.properties`,
  ]);
  const told = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(properties)?.[1] ?? '';
  const id = told('node\\.id');
  const quorum = JSON.parse(await hands.run([cat, `${metadata}/quorum-state`])) as {
    readonly data_version?: unknown;
  };
  return {
    id,
    clusterId: told('cluster\\.id'),
    places,
    metadata: metadata.slice(0, metadata.lastIndexOf('/')),
    metadataLog: metadata,
    partitions: found
      .map((path) => path.slice(path.lastIndexOf('/') + 1))
      .filter((name) => ![null, METADATA].includes(topicOf(name))),
    hasOthers: hands.taken.settings?.['hasOthers'] === 'yes',
    isToldVoters: quorum.data_version === 0,
  };
}

async function settingsFor(hands: ProveHands, node: Node): Promise<string> {
  const controller = `127.0.0.1:${CONTROLLER_PORT}`;
  return await hands.write(
    'server.properties',
    [
      'process.roles=broker,controller',
      `node.id=${node.id}`,
      `log.dirs=${node.places.join(',')}`,
      `metadata.log.dir=${node.hasOthers ? `${hands.beside}/metadata` : node.metadata}`,
      `listeners=PLAINTEXT://127.0.0.1:${PORT},CONTROLLER://${controller}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${PORT}`,
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      node.isToldVoters || node.hasOthers
        ? `controller.quorum.voters=${node.id}@${controller}`
        : `controller.quorum.bootstrap.servers=${controller}`,
      // What is older than its retention is to be read as well.
      `log.initial.task.delay.ms=${DAY_MS}`,
      'log.cleaner.enable=false',
      'auto.create.topics.enable=false',
      '',
    ].join('\n'),
  );
}

/** With metadata of its own that knows of no topic: it loads each partition, and then finds that it has no use for it. */
async function standApart(
  hands: ProveHands,
  {
    node,
    file,
    environment,
  }: { readonly node: Node; readonly file: string; readonly environment: Record<string, string> },
): Promise<void> {
  const storage = hands.program(scriptPaths('kafka-storage'), INSTALL);
  await hands.run(['/bin/mv', node.metadataLog, `${hands.beside}/not-used`]);
  await hands.run(
    [storage, 'format', '--ignore-formatted', '--cluster-id', node.clusterId, '--config', file],
    { environment },
  );
}

async function bytesIn(hands: ProveHands): Promise<number> {
  const du = hands.program(['/usr/bin/du', '/bin/du'], 'coreutils');
  return Number.parseInt(await hands.run([du, '-s', '-B1', hands.directory]), 10);
}

/** Kafka 4 logs with log4j 2, those before it with log4j 1. */
async function loggingTo(hands: ProveHands, log: string): Promise<string> {
  const version = await versionOf(hands);
  if (version !== null && Number.parseInt(version, 10) < 4) {
    const file = await hands.write('log4j.properties', LOG4J_1(log));
    return `-Dlog4j.configuration=file:${file}`;
  }
  return `-Dlog4j2.configurationFile=${await hands.write('log4j2.properties', LOG4J_2(log))}`;
}

const LOG4J_1 = (log: string) => `log4j.rootLogger=INFO, server
log4j.appender.server=org.apache.log4j.FileAppender
log4j.appender.server.File=${log}
log4j.appender.server.layout=org.apache.log4j.PatternLayout
log4j.appender.server.layout.ConversionPattern=%p %m%n
`;

const LOG4J_2 = (log: string) => `appender.server.type=File
appender.server.name=server
appender.server.fileName=${log}
appender.server.layout.type=PatternLayout
appender.server.layout.pattern=%p %m%n
rootLogger.level=info
rootLogger.appenderRef.server.ref=server
`;

/** It listens once it has loaded all. Throws where it does not yet. */
async function isListening(hands: ProveHands): Promise<boolean> {
  const bash = hands.program(['/usr/bin/bash', '/bin/bash'], 'bash');
  await hands.ask([bash, '-c', `: </dev/tcp/127.0.0.1/${PORT}`]);
  return true;
}

/** Each partition's end as it was found, before anything could be written to it. */
async function loadedIn(hands: ProveHands, log: string): Promise<ReadonlyMap<string, number>> {
  const sed = hands.program(['/usr/bin/sed', '/bin/sed'], 'sed');
  const end = 's/.*Completed load of .*Log(dir=\\(.*\\), topicId=.*logEndOffset=\\([0-9]*\\)).*/\\2 \\1/p';
  const lines = (await hands.run([sed, '-n', end, log])).split('\n');
  const ends = lines.flatMap((line) => {
    const [, offset, path] = /^(\d+) (.+)$/.exec(line) ?? [];
    const name = path?.slice(path.lastIndexOf('/') + 1).replace(/\.[\da-f]{32}-stray$/, '');
    return name === undefined ? [] : [[name, Number(offset)] as const];
  });
  return new Map(ends);
}

function notGood(want: string, found: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NOT_PROVED', 'cannot start a broker with all of what was restored', {
      detail: [want, found],
    }),
  ]);
}
