// Properties of editing: what is not ours stays byte for byte, ours is read, twice equals once. On random files; the seed is fixed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Change, Format } from '../../src/formats/format.ts';
import { loadFormat } from '../../src/formats/index.ts';
import { decodeName, encodeName } from '../../src/values/file-name.ts';
import { random } from '../random.ts';
import { asRead, changesFor, FLAT, flatFiles, namesFor, segmentsOf } from './files.ts';

const RUNS = random(500, 20261127);

function isFlatName(key: readonly string[], name: string | null): boolean {
  return name !== null && key[0]?.toLowerCase() === name.toLowerCase();
}

/** Names whose lines add up. */
const REPEATED = ['save', 'user', 'client-output-buffer-limit', 'include_dir'];

for (const name of FLAT)
  describe(`${name}, random files`, async () => {
    const format: Format = await loadFormat(name);
    const changes = changesFor(
      namesFor(name).map((one) => [one]),
      format.refusal,
    );

    it('keeps all other pieces byte for byte, and reads what it set', () =>
      fc.assert(
        fc.property(flatFiles(name), changes, (file, change) => {
          const segments = segmentsOf(file);
          const text = segments.join('');
          const after = format.edit(text, [change]);
          assert.equal(format.edit(after, [change]), after);
          const read = format.read(after).filter(({ key }) => key[0] === change.key[0]);
          const isOurs = file.pieces.map((piece) => isFlatName(change.key, piece.name));
          if (change.value === null) {
            assert.equal(after, segments.filter((_, index) => !isOurs[index]).join(''));
            assert.deepEqual(read, []);
            return;
          }
          const value = asRead(name, change.value);
          if (after === text) {
            assert.ok(read.some((one) => isDeepStrictEqual(one.value, value)));
            return;
          }
          assert.deepEqual(read.at(-1)?.value, value);
          const last = REPEATED.includes(change.key[0] ?? '') ? -1 : isOurs.lastIndexOf(true);
          const before = last < 0 ? text : segments.slice(0, last).join('');
          const rest = last < 0 ? '' : segments.slice(last + 1).join('');
          assert.ok(after.startsWith(before) && after.endsWith(rest), after);
          // What is between is one setting.
          const middle = after.slice(before.length, after.length - rest.length);
          assert.deepEqual(
            format.read(middle).map((one) => one.value),
            [value],
          );
          assert.equal(text === '' || text.endsWith('\n'), after.endsWith('\n'));
        }),
        RUNS,
      ));

    it('does several changes at once as one by one', () =>
      fc.assert(
        fc.property(
          flatFiles(name),
          fc.uniqueArray(changes, { maxLength: 4, selector: ({ key: [one] }) => one }),
          (file, several) => {
            const text = segmentsOf(file).join('');
            const settled = (edited: string) =>
              format
                .read(edited)
                .map(({ key, value }) => JSON.stringify([key, value]))
                .sort();
            const atOnce = format.edit(text, several);
            const oneByOne = several.reduce((edited, change) => format.edit(edited, [change]), text);
            assert.deepEqual(settled(atOnce), settled(oneByOne));
            assert.equal(format.edit(atOnce, several), atOnce);
          },
        ),
        RUNS,
      ));

    it('goes through bytes and back, and twice equals once there, too', () =>
      fc.assert(
        fc.property(flatFiles(name), changes, (file, change) => {
          const bytes = encodeName(segmentsOf(file).join('')).subarray(0, -1);
          const edit = (from: Buffer, one: Change) =>
            encodeName(format.edit(decodeName(from), [one])).subarray(0, -1);
          const once = edit(bytes, change);
          assert.ok(edit(once, change).equals(once));
        }),
        RUNS,
      ));

    it('writes what it then reads, hints and comments left out', () =>
      fc.assert(
        fc.property(
          fc.array(fc.tuple(changes, fc.boolean(), fc.option(fc.constantFrom('why', 'two\nlines')))),
          (all) => {
            const items = all.flatMap(([{ key, value }, isHint, comment]) =>
              value === null ? [] : [{ key, value, isHint, comment }],
            );
            assert.deepEqual(
              format.read(format.render(items)).map(({ key, value }) => [key, value]),
              items.filter(({ isHint }) => !isHint).map(({ key, value }) => [key, asRead(name, value)]),
            );
          },
        ),
        RUNS,
      ));
  });
