// What ClickHouse reads when it starts: the manual, "Configuration Files".
import { type CommandLine, PLAIN, type ReadingFacet, valueOfFlag } from '../reading.ts';

export const reading: ReadingFacet = {
  ...PLAIN,
  over: { directories: ['conf.d', 'config.d'], ends: ['.xml', '.conf'] },
  // Files of versions before 20 have another root.
  sameKey: ([root, ...rest]) =>
    root === undefined ? [] : [root === 'yandex' ? 'clickhouse' : root, ...rest],
  unsaid: () => '/var/lib/clickhouse/',
  usualPlaces: ['/var/lib/clickhouse'],
  commandLine,
};

/** `--config-file=…`; behind `--`, settings as `--path=…`. */
function commandLine(words: readonly string[]): CommandLine {
  const file = valueOfFlag(words, ['--config-file', '--config', '-C'])?.value ?? null;
  const behind = words.includes('--') ? words.slice(words.indexOf('--') + 1) : [];
  const settings = behind.flatMap((word) => {
    const [, name, value] = /^--([\w.]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined) return [];
    return [{ key: ['clickhouse', ...name.split('.')], value, flag: word }];
  });
  return { file, settings };
}
