// Holds the published schemas to being complete: every field explained, every file written by one command, standard.
// That the program writes what they describe is for the type checker (types come from them) and test/e2e/json.test.ts to say.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import * as z from 'zod';
import { schemaFiles } from '../../test/write-schemas.ts';
import { COMMAND_NAMES, exitCodesOf } from '../catalogue/commands.ts';
import { jsonSchema, schemaNames, schemaOf } from './schemas.ts';

interface Node {
  readonly [key: string]: unknown;
}

/** The schemas of all fields, by their place in the document. */
function fields(node: unknown, path: string): readonly (readonly [string, Node])[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = Object.entries((node as { properties?: Record<string, Node> }).properties ?? {});
  return [
    ...own.map(([name, field]) => [`${path}.${name}`, field] as const),
    ...Object.entries(node).flatMap(([key, value]) => fields(value, `${path}/${key}`)),
  ];
}

for (const name of schemaNames) {
  const schema = jsonSchema(name) as Node;

  test(`${name}: says what it is and where it is`, () => {
    assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
    assert.equal(schema['$id'], `https://jts.example/schema/${name}.schema.json`);
    for (const word of ['title', 'description']) assert.match(String(schema[word]), /\S/);
  });

  test(`${name}: every field is explained, sizes with their unit and times with their zone`, () => {
    const all = fields(schema, name);
    assert.ok(all.length > 5);
    for (const [path, { description, format }] of all) {
      assert.match(String(description ?? ''), /^\S.{5,}/, path);
      if (/Bytes$/.test(path)) assert.match(String(description), /in bytes/, path);
      if (/Percent$/.test(path)) assert.match(String(description), /in per cent/, path);
      if (/\.at$/.test(path) && format !== undefined)
        assert.match(String(description), /ISO 8601 with zone/, path);
    }
  });

  test(`${name}: takes documents with fields that are added later, as readers are promised`, () => {
    assert.ok(!JSON.stringify(schema).includes('"additionalProperties"'));
  });
}

test('the source takes no field that it does not describe', () => {
  const error = {
    schemaVersion: 3,
    command: 'plan',
    program: '0.1.0',
    at: '2026-01-01T00:00:00.000Z',
    exitCode: 2,
    problems: [{ code: 'E_USAGE', summary: 'cannot', detail: [], at: null, fix: null, hint: null }],
    result: null,
  };
  for (const name of ['error', 'plan'] as const) {
    assert.ok(schemaOf(name).safeParse(error).success);
    assert.ok(z.fromJSONSchema(JSON.parse(JSON.stringify(jsonSchema(name)))).safeParse(error).success);
    assert.ok(!schemaOf(name).safeParse({ ...error, more: 1 }).success);
    assert.ok(!schemaOf(name).safeParse({ ...error, at: '2026-01-01T00:00:00' }).success, 'no zone');
    assert.ok(!schemaOf(name).safeParse({ ...error, exitCode: 4 }).success);
    assert.ok(!schemaOf(name).safeParse({ ...error, problems: [{ ...error.problems[0], more: 1 }] }).success);
  }
});

test('every command has a schema, with its own exit codes', () => {
  for (const name of COMMAND_NAMES) {
    const schema = jsonSchema(name === 'spec' ? 'spec-summary' : name) as {
      properties: { command: unknown; exitCode: { enum: readonly number[] } };
    };
    assert.match(JSON.stringify(schema.properties.command), new RegExp(`"${name}"`));
    assert.deepEqual(schema.properties.exitCode.enum, exitCodesOf(name));
  }
});

test('schema/ holds what `node test/write-schemas.ts` writes and nothing else', () => {
  const written = schemaFiles.map(({ url }) => url.pathname.split('/').at(-1));
  assert.deepEqual(readdirSync(new URL('../../schema/', import.meta.url)).sort(), written.sort());
});
