// Writes the published JSON Schemas into schema/: node test/write-schemas.ts. Tests say when they are stale.
import { writeFileSync } from 'node:fs';
import { specJsonSchema } from '../src/spec-file.ts';

const folder = new URL('../schema/', import.meta.url);

/** What each file in schema/ must hold, to the byte. */
export const schemaFiles: readonly { readonly url: URL; readonly text: string }[] = [
  { url: new URL('spec.schema.json', folder), text: `${JSON.stringify(specJsonSchema(), null, 2)}\n` },
];

if (import.meta.main) for (const { url, text } of schemaFiles) writeFileSync(url, text);
