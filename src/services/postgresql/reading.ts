// What PostgreSQL reads when it starts: the manual, "Setting Parameters" and the options of postgres.
import { type CommandLine, PLAIN, type ReadingFacet, valueOfFlag } from '../reading.ts';

export const reading: ReadingFacet = {
  ...PLAIN,
  includes: { include: 'file', include_if_exists: 'file if there', include_dir: 'directory' },
  // ALTER SYSTEM writes it.
  last: 'postgresql.auto.conf',
  unsaid: (file) => file.slice(0, file.lastIndexOf('/')),
  usualPlaces: ['/var/lib/postgresql/*/*', '/var/lib/pgsql/data', '/var/lib/pgsql/*/data'],
  commandLine,
};

/** `-c name=value`, `--name=value`, `-p port`. With `-D` alone its file is in there; a file's data_directory counts more than `-D`. */
function commandLine(words: readonly string[]): CommandLine {
  const settings = words.flatMap((word, i) => {
    const port = word === '-p' ? (words[i + 1] ?? '') : (/^-p(\d+)$/.exec(word)?.[1] ?? '');
    if (port !== '') return [{ key: ['port'], value: port, flag: `-p ${port}` }];
    const isShort = word === '-c' || /^-c./.test(word);
    const text = word === '-c' ? (words[i + 1] ?? '') : word.replace(/^(-c|--)/, '');
    if (!isShort && !word.startsWith('--')) return [];
    const [, name, value] = /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) return [];
    const key = [name.toLowerCase().replaceAll('-', '_')];
    return [{ key, value, flag: word === '-c' ? `-c ${text}` : word }];
  });
  const file = settings.find(({ key }) => key[0] === 'config_file')?.value;
  const directory = valueOfFlag(words, ['-D'])?.value ?? words.find((word) => /^-D./.test(word))?.slice(2);
  return {
    file: file ?? (directory === undefined ? null : `${directory}/postgresql.conf`),
    settings: settings.filter(({ key }) => key[0] !== 'config_file'),
  };
}
