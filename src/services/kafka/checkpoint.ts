// The small text files in which a broker notes an offset of each partition (`OffsetCheckpointFile`): a version, how many lines
// follow, then `topic partition offset` a line.

/** By the directory of the partition: `orders-0`. */
export type Offsets = ReadonlyMap<string, number>;

export function parseOffsets(text: string | null): Offsets {
  const lines = (text ?? '').split('\n').flatMap((line) => {
    const [, topic, partition, offset] = /^(\S+) (\d+) (\d+)$/.exec(line) ?? [];
    return topic === undefined ? [] : [[`${topic}-${partition}`, Number(offset)] as const];
  });
  return new Map(lines);
}

export function renderOffsets(offsets: Offsets): string {
  const lines = [...offsets].map(([directory, offset]) => {
    const at = directory.lastIndexOf('-');
    return `${directory.slice(0, at)} ${directory.slice(at + 1)} ${offset}`;
  });
  return `0\n${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`;
}
