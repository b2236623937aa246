// What dockerd reads when it starts: dockerd(8).
import { type CommandLine, PLAIN, type ReadingFacet, valueOfFlag } from '../reading.ts';

export const reading: ReadingFacet = {
  ...PLAIN,
  unsaid: () => '/var/lib/docker',
  usualPlaces: ['/var/lib/docker'],
  commandLine,
};

/** With a flag and a file that say the same thing, dockerd does not start. */
const FLAGS: readonly (readonly [flags: readonly string[], key: readonly string[]])[] = [
  [['--data-root', '--graph', '-g'], ['data-root']],
  [['--log-driver'], ['log-driver']],
];

function commandLine(words: readonly string[]): CommandLine {
  const settings = FLAGS.flatMap(([flags, key]) => {
    const found = valueOfFlag(words, flags);
    return found === null ? [] : [{ key, ...found }];
  });
  return { file: valueOfFlag(words, ['--config-file'])?.value ?? null, settings };
}
