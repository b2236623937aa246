// Files that are broken, or larger than any: a FormatError with its place or a faithful edit, soon and with little memory.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../../src/formats/format.ts';
import { loadFormat } from '../../src/formats/index.ts';
import { random } from '../random.ts';
import { asRead, FLAT, flatFiles, segmentsOf } from './files.ts';
import type { Took } from './huge-files.ts';
import { nestedFiles } from './nested-files.ts';

const RUNS = random(500, 20261127);
/** What means something in some language. */
const SIGNS = [
  ...'\n\r\t "\'\\#=:,;!{}[]<>/&$`-?|*%\0\ufeff\udce9a1',
  '\\u',
  '<!--',
  ']]>',
  '---',
  '\\\n',
  '&a',
  '*a',
  '""',
];

/** A few places of a file changed: a sign gone, put in, or doubled. */
const wounds = fc.array(fc.record({ at: fc.nat(), length: fc.nat(2), sign: fc.constantFrom('', ...SIGNS) }), {
  minLength: 1,
  maxLength: 4,
});

function wounded(text: string, all: readonly { at: number; length: number; sign: string }[]): string {
  return all.reduce((one, { at, length, sign }) => {
    const place = at % (one.length + 1);
    return `${one.slice(0, place)}${sign}${one.slice(place + length)}`;
  }, text);
}

const XML_TEXT = `<?xml version="1.0"?>
<clickhouse>
    <logger replace="1"><level>trace</level></logger> <!-- a -->
    <path>/var/lib/&lt;x&#65;</path><![CDATA[ ]]>
</clickhouse>`;

for (const name of [...FLAT, 'json', 'yaml', 'xml'] as const)
  describe(`${name}, broken`, async () => {
    const format = await loadFormat(name);
    const files =
      name === 'xml'
        ? fc.constant(XML_TEXT)
        : name === 'json' || name === 'yaml'
          ? nestedFiles(name, format.refusal).map(({ text }) => text)
          : flatFiles(name).map((file) => segmentsOf(file).join(''));
    const garbage = fc.array(fc.constantFrom(...SIGNS), { maxLength: 30 }).map((signs) => signs.join(''));
    const broken = fc.oneof(
      fc.tuple(files, wounds).map(([text, all]) => wounded(text, all)),
      garbage,
    );

    it('is refused with its place, or edited as any other', () => {
      let taken = 0;
      fc.assert(
        fc.property(broken, fc.constantFrom('/data/jts', "it's a # \\ $x", 5), (text, value) => {
          if (format.refusal(value) !== null) return;
          const change = { key: ['NEW'], value };
          try {
            const before = format.read(text);
            const after = format.edit(text, [change]);
            taken += 1;
            assert.equal(format.edit(after, [change]), after);
            const isOther = ({ key }: { readonly key: readonly string[] }) =>
              key.join('.').toLowerCase() !== 'new';
            const read = format.read(after);
            assert.deepEqual(read.findLast((one) => !isOther(one))?.value, asRead(name, value));
            const settings = (all: typeof read) => all.filter(isOther).map((one) => [one.key, one.value]);
            assert.deepEqual(settings(read), settings(before));
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
            const lines = text.split(/\r\n|\r|\n/).length;
            assert.ok(error.line >= 1 && error.line <= lines + 1, `line ${error.line} of ${lines}`);
            assert.ok(error.column === null || error.column >= 1);
          }
        }),
        RUNS,
      );
      // Else nothing would have been tried.
      if (name !== 'xml') assert.ok(taken > 20, `${taken}`);
    });
  });

describe('huge files', () => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--max-old-space-size=256', join(import.meta.dirname, 'huge-files.ts')],
    { encoding: 'utf8', maxBuffer: 2 ** 24 },
  );
  const all: readonly Took[] = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

  it('are read and edited with 256 MiB', () => {
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      all.filter(({ thrown }) => thrown !== null),
      [],
    );
  });

  it('take less than a second of a processor, odd ones less than five', () =>
    assert.deepEqual(
      all.filter(({ ms, isUsual }) => ms > (isUsual ? 1000 : 5000)),
      [],
    ));
});
