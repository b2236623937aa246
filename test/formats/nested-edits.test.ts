// Properties of editing JSON and YAML: what is not ours stays byte for byte, what is there afterwards is what was asked for by
// other readers, too. On random files; the seed is fixed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { FormatError, type Value } from '../../src/formats/format.ts';
import { loadFormat } from '../../src/formats/index.ts';
import { random } from '../random.ts';
import {
  empty,
  isObject,
  type NestedName,
  nestedChanges,
  nestedFiles,
  type Plain,
  set,
} from './nested-files.ts';

const RUNS = random(500, 20261127);

const READERS: Readonly<Record<NestedName, (text: string) => Plain>> = {
  json: (text) => (text.trim() === '' ? {} : JSON.parse(text)),
  yaml: (text) => parse(text) ?? {},
};

/** What was there with the change made. A map that is left empty goes, too, where `dropsEmpty`. */
function changed(
  have: { [name: string]: Plain },
  key: readonly string[],
  value: Value | null,
  dropsEmpty: boolean,
): Plain {
  const copy = structuredCopy(have);
  if (value !== null) {
    set(copy, key, value);
    return copy;
  }
  const remove = (object: { [name: string]: Plain }, [name = '', ...below]: readonly string[]): void => {
    const inner = object[name];
    if (below.length === 0) delete object[name];
    else if (isObject(inner)) {
      remove(inner, below);
      if (dropsEmpty && Object.keys(inner).length === 0) delete object[name];
    }
  };
  remove(copy, key);
  return copy;
}

function structuredCopy(object: { [name: string]: Plain }): { [name: string]: Plain } {
  const copy = empty();
  for (const [name, value] of Object.entries(object))
    copy[name] = isObject(value) ? structuredCopy(value) : value;
  return copy;
}

/** Without prototypes, which do not count. */
function canonical(value: Plain): string {
  return JSON.stringify(value, (_, one) =>
    isObject(one) ? Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)) : one,
  );
}

/** What one text has between the beginning and the end that it has in common with the other. */
function difference(one: string, other: string): { readonly removed: string; readonly added: string } {
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  while (start < shorter && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < shorter - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return { removed: one.slice(start, one.length - end), added: other.slice(start, other.length - end) };
}

function isAt(object: Plain | undefined, [name, ...below]: readonly string[]): boolean {
  if (name === undefined) return object !== undefined;
  return isObject(object) && isAt(object[name], below);
}

for (const name of ['json', 'yaml'] as const)
  describe(`${name}, random files`, async () => {
    const format = await loadFormat(name);
    const read = READERS[name];

    it('has what was asked for, and nothing else is touched', () => {
      let refused = 0;
      fc.assert(
        fc.property(
          nestedFiles(name, format.refusal),
          nestedChanges(name, format.refusal),
          ({ text, have }, change) => {
            const { key, value } = change;
            assert.equal(canonical(read(text.replace(/^\ufeff/, ''))), canonical(have));
            const isBlocked =
              value !== null &&
              key.some(
                (_, depth) =>
                  depth > 0 && isAt(have, key.slice(0, depth)) && !isObject(at(have, key.slice(0, depth))),
              );
            let after: string;
            try {
              after = format.edit(text, [change]);
            } catch (error) {
              assert.ok(error instanceof FormatError, String(error));
              refused += isBlocked ? 0 : 1;
              return;
            }
            assert.equal(format.edit(after, [change]), after);
            assert.equal(
              canonical(read(after.replace(/^\ufeff/, ''))),
              canonical(changed(have, key, value, name === 'yaml')),
              after,
            );
            const { removed, added } = difference(text, after);
            if (value === null) assert.equal(added, '', after);
            else if (!isAt(have, key)) assert.match(removed, /^[\s{}]*$/, after);
            else if (typeof value !== 'object' && typeof at(have, key) !== 'object')
              assert.doesNotMatch(removed, /\n/, after);
            const comments = (from: string) =>
              name === 'json' ? [] : from.split('\n').filter((line) => /^ *#/.test(line));
            const missing = comments(text).length - comments(after).length;
            assert.ok(value === null ? missing >= 0 : missing === 0, after);
            assert.equal(after.startsWith('\ufeff'), text.startsWith('\ufeff'));
            if (text.includes('\r\n')) assert.doesNotMatch(after, /[^\r]\n/);
          },
        ),
        RUNS,
      );
      // Where a line feed is in a list; else all can be changed.
      assert.ok(refused < 10, `${refused}`);
    });

    it('writes what it and others then read', () =>
      fc.assert(
        fc.property(nestedFiles(name, format.refusal), fc.boolean(), ({ have }, hasComments) => {
          const items = leaves(have).map(([key, value]) => ({
            key,
            value,
            isHint: false,
            comment: hasComments ? 'why' : null,
          }));
          const text = format.render(items);
          assert.equal(canonical(read(text)), canonical(have), text);
          assert.deepEqual(
            format.read(text).map(({ key, value }) => [key, value]),
            items.map(({ key, value }) => [key, value]),
          );
        }),
        RUNS,
      ));
  });

function at(object: Plain | undefined, [name, ...below]: readonly string[]): Plain | undefined {
  if (name === undefined) return object;
  return isObject(object) ? at(object[name], below) : undefined;
}

function leaves(
  object: { [name: string]: Plain },
  above: readonly string[] = [],
): readonly (readonly [readonly string[], Value])[] {
  return Object.entries(object).flatMap(([name, value]) =>
    isObject(value) ? leaves(value, [...above, name]) : [[[...above, name], value] as const],
  );
}
