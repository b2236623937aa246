// Owns how documents are published: finds what the files …-document.ts of all rooms offer as `published`, and writes each
// as JSON Schema. For schema/ and tests: the program itself must not load this.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const SOURCES = join(import.meta.dirname, '..');

/** By the name under which each is published: schema/NAME.schema.json. */
const documents = new Map<string, z.ZodType>();
for (const path of globSync('**/*-document.ts', { cwd: SOURCES }).sort()) {
  const found: { readonly published?: Readonly<Record<string, z.ZodType>> } = await import(
    join(SOURCES, path)
  );
  for (const [name, description] of Object.entries(found.published ?? {})) {
    if (documents.has(name)) throw new Error(`${path} publishes ${name}, and another file does, too`);
    documents.set(name, description);
  }
}

export const schemaNames: readonly string[] = [...documents.keys()];

export function schemaOf(name: string): z.ZodType {
  const schema = documents.get(name);
  if (schema === undefined) throw new Error(`no document is published as ${name}`);
  return schema;
}

/**
 * As published: JSON Schema, draft 2020-12. Not strict, because readers are promised that fields are only added: a copy
 * of today's schema takes tomorrow's documents.
 */
export function jsonSchema(name: string): object {
  const { $schema, title, description, ...rest } = z.toJSONSchema(schemaOf(name), {
    target: 'draft-2020-12',
    override: ({ jsonSchema: node }) => {
      delete node.additionalProperties;
      // `format` says it in one word.
      if (node.format === 'date-time') delete node.pattern;
    },
  });
  return { $schema, $id: `https://jts.example/schema/${name}.schema.json`, title, description, ...rest };
}
