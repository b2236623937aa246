// What Kafka reads when it starts: kafka-server-start.sh, and "Broker Configs" of its documentation.
import { type CommandLine, PLAIN, type ReadingFacet } from '../reading.ts';

export const reading: ReadingFacet = {
  ...PLAIN,
  unsaid: () => '/tmp/kafka-logs',
  usualPlaces: ['/var/lib/kafka', '/tmp/kafka-logs', '/tmp/kraft-combined-logs'],
  commandLine,
  // A topic and the number of a partition, and what it renames them to.
  ownDirectories: /^.+-\d+(\.[\da-f]{32}-(delete|future|stray))?$/i,
};

/** Its file, then `--override name=value`. */
function commandLine(words: readonly string[]): CommandLine {
  const settings = words.flatMap((word, i) => {
    const text = word === '--override' ? words[i + 1] : undefined;
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text ?? '') ?? [];
    if (name === undefined || value === undefined) return [];
    return [{ key: [name.trim()], value: value.trim(), flag: `--override ${text}` }];
  });
  return { file: words.find((word) => /^\/.*\.properties$/.test(word)) ?? null, settings };
}
