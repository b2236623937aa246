// Owns how documents are published: finds what the files …-document.ts of all rooms offer as `published`, adds commands that
// have none, and writes each as JSON Schema. For schema/ and tests: the program itself must not load this.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { COMMAND_NAMES, type CommandName } from '../catalogue/commands.ts';
import { answerOf } from '../command/answer-document.ts';

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

// A command without a description of its own: what stands around its result follows from the catalogue.
for (const name of COMMAND_NAMES) {
  if ([...documents.values()].some((document) => isOf(document, name))) continue;
  const result = z.looseObject({});
  documents.set(name, answerOf(name, { what: 'What it has to say; its fields may change', result }));
}

function isOf(document: z.ZodType, name: CommandName): boolean {
  const { command } = (document as { readonly shape?: { readonly command?: z.ZodType } }).shape ?? {};
  return command instanceof z.ZodLiteral && command.value === name;
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
