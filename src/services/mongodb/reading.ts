// What MongoDB reads when it starts: the manual, "mongod".
import { type CommandLine, PLAIN, type ReadingFacet, valueOfFlag } from '../reading.ts';

export const reading: ReadingFacet = {
  ...PLAIN,
  unsaid: () => '/data/db',
  usualPlaces: ['/var/lib/mongodb', '/var/lib/mongo'],
  commandLine,
};

/** Flags that say what the layout says. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  '--dbpath': ['storage', 'dbPath'],
  '--logpath': ['systemLog', 'path'],
  '--port': ['net', 'port'],
};

function commandLine(words: readonly string[]): CommandLine {
  const settings = Object.entries(FLAGS).flatMap(([flag, key]) => {
    const found = valueOfFlag(words, [flag]);
    return found === null ? [] : [{ key, ...found }];
  });
  return { file: valueOfFlag(words, ['-f', '--config'])?.value ?? null, settings };
}
