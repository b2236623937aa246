// Writes the published JSON Schemas into schema/: node test/write-schemas.ts. Tests say when they are stale.
import { writeFileSync } from 'node:fs';
import { jsonSchema, schemaNames } from '../src/json/schemas.ts';
import { layoutJsonSchema } from '../src/layout-file/layout-file.ts';

const folder = new URL('../schema/', import.meta.url);

const file = (name: string, schema: object) => ({
  url: new URL(`${name}.schema.json`, folder),
  text: `${JSON.stringify(schema, null, 2)}\n`,
});

/** What each file in schema/ must hold, to the byte. */
export const schemaFiles: readonly { readonly url: URL; readonly text: string }[] = [
  file('spec', layoutJsonSchema()),
  ...schemaNames.map((name) => file(name, jsonSchema(name))),
];

if (import.meta.main) for (const { url, text } of schemaFiles) writeFileSync(url, text);
