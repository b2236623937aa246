// Writes the published JSON Schemas into schema/, all or those named: node test/write-schemas.ts [NAME…]. Tests say when
// they are stale.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
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

if (import.meta.main) {
  const names = process.argv.slice(2).map((name) => `${name}.schema.json`);
  for (const { url, text } of schemaFiles)
    if (names.length === 0 || names.includes(basename(url.pathname))) writeFileSync(url, text);
}
