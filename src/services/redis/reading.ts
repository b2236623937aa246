// What Redis and Valkey read when they start: the comments of redis.conf, "Passing arguments via the command line".
import { type CommandLine, PLAIN, type ReadingFacet } from '../reading.ts';

export const reading: ReadingFacet = {
  ...PLAIN,
  includes: { include: 'files' },
  // Units start it there.
  includesFrom: 'root',
  unsaid: () => '/',
  usualPlaces: ['/var/lib/redis', '/var/lib/valkey'],
  commandLine,
};

/** A file, then `--name words …`. One that runs shows its address instead of what it was started with. */
function commandLine(words: readonly string[]): CommandLine {
  const first = words.findIndex((word) => word.startsWith('--'));
  const [file] = (first < 0 ? words : words.slice(0, first)).filter((word) => word.startsWith('/'));
  const settings: { key: readonly string[]; value: string; flag: string }[] = [];
  for (let i = first; i >= 0 && i < words.length; ) {
    const next = words.findIndex((word, at) => at > i && word.startsWith('--'));
    const end = next < 0 ? words.length : next;
    const [name = '', ...values] = words.slice(i, end);
    if (values.length > 0)
      settings.push({
        key: [name.slice(2).toLowerCase()],
        value: values.join(' '),
        flag: [name, ...values].join(' '),
      });
    i = end;
  }
  return { file: file ?? null, settings };
}
