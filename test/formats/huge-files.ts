// Reads and edits files as large as they may be in each language, and prints what that took: run by bad-input.test.ts with little
// memory. Must not judge.
import type { FormatName } from '../../src/formats/format.ts';
import { loadFormat } from '../../src/formats/index.ts';

export interface Took {
  readonly format: FormatName;
  readonly file: string;
  readonly isUsual: boolean;
  readonly ms: number;
  /** What was thrown, other than a FormatError. */
  readonly thrown: string | null;
}

const ALL: readonly FormatName[] = [
  'postgresql',
  'redis',
  'properties',
  'export',
  'dotenv',
  'systemd',
  'json',
  'yaml',
  'xml',
];

/** Of `bytes` bytes or a few less, ended where a part ends. */
function filled(bytes: number, part: string, before = '', after = ''): string {
  return `${before}${part.repeat((bytes - before.length - after.length) / part.length)}${after}`;
}

const COMMENT = '# a comment that is about as long as they are\n';
const USUAL: Readonly<Record<FormatName, (bytes: number) => string>> = {
  postgresql: (bytes) => filled(bytes, `${COMMENT}name = 'value of it'\t# comment\n`),
  redis: (bytes) => filled(bytes, `${COMMENT}client-name "value of it" 5\n`),
  properties: (bytes) => filled(bytes, `${COMMENT}name.of.it=value of it\n`),
  export: (bytes) => filled(bytes, `${COMMENT}export NAME='value of it'\n`),
  dotenv: (bytes) => filled(bytes, `${COMMENT}NAME='value of it' # comment\n`),
  systemd: (bytes) => filled(bytes, `${COMMENT}NAME="value of it"\n`),
  json: (bytes) => filled(bytes, '"a string in a list",\n', '{"a": [', '""]}'),
  yaml: (bytes) => filled(bytes, COMMENT, 'storage:\n  dbPath: /data\n'),
  xml: (bytes) => filled(bytes, '<name>value of it</name>\n<!-- comment -->\n', '<a>', '</a>'),
};

const ODD: readonly (readonly [string, (bytes: number) => string])[] = [
  ['line feeds', (bytes) => filled(bytes, '\n')],
  ['carriage returns', (bytes) => filled(bytes, '\r')],
  ['blanks', (bytes) => filled(bytes, ' ')],
  ['NUL bytes', (bytes) => filled(bytes, '\0')],
  ['bytes that are not UTF-8', (bytes) => filled(bytes, '\udce9')],
  ['a long name', (bytes) => filled(bytes, 'a')],
  ['a long value', (bytes) => filled(bytes, 'a', 'a = ')],
  ['a long value at once', (bytes) => filled(bytes, 'a', 'A=')],
  ['many words', (bytes) => filled(bytes, 'b ', 'a ')],
  ['a quote that is open', (bytes) => filled(bytes, 'x', "a = '")],
  ['backslashes in quotes', (bytes) => filled(bytes, '\\\\', 'A="', '"')],
  ['quotes in quotes', (bytes) => filled(bytes, "''", "a='", "'")],
  ['quotes one after the other', (bytes) => filled(bytes, "'x'", 'A=')],
  ['lines that go on', (bytes) => filled(bytes, 'b\\\n', 'a=', 'x')],
  ['short lines', (bytes) => filled(bytes, 'a b\n')],
  ['objects one in another', (bytes) => filled(bytes, '{"a":')],
  ['lists one in another', (bytes) => filled(bytes, '[', '{"a":')],
  ['maps one in another', (bytes) => filled(bytes, '{a: ')],
  ['elements one in another', (bytes) => filled(bytes, '<a>')],
  ['many attributes', (bytes) => filled(bytes, ' b="1"', '<a', '/>')],
  ['many references', (bytes) => filled(bytes, '&amp;', '<a>', '</a>')],
];

if (import.meta.main)
  for (const format of ALL) {
    const bytes = (format === 'yaml' ? 256 : 1024) * 1024;
    const { read, edit } = await loadFormat(format);
    const files = [
      ['as large as may be', true, USUAL[format](bytes)],
      ['of 10 MB', true, USUAL[format](10_000_000)],
      ...ODD.map(([file, write]) => [file, false, write(bytes)] as const),
    ] as const;
    for (const [file, isUsual, text] of files)
      for (const act of [() => read(text), () => edit(text, [{ key: ['NEW'], value: 1 }])]) {
        const before = process.cpuUsage();
        let thrown: string | null = null;
        try {
          act();
        } catch (error) {
          if ((error as Error).name !== 'FormatError') thrown = String(error);
        }
        const { user, system } = process.cpuUsage(before);
        const took: Took = { format, file, isUsual, ms: (user + system) / 1000, thrown };
        console.log(JSON.stringify(took));
      }
  }
