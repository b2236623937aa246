// Holds the program to what it loads: descriptions of documents, zod and yaml only for files, and when it comes to them.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

const CHECKOUT = join(import.meta.dirname, '..');

const { metafile } = await build({
  absWorkingDir: CHECKOUT,
  entryPoints: ['src/main.ts'],
  bundle: true,
  splitting: true,
  write: false,
  metafile: true,
  outdir: '/nowhere',
  platform: 'node',
  format: 'esm',
  external: ['koffi'],
});

/** Loaded together: a file and all that it imports at once. */
function loadedWith(path: string, loaded = new Set<string>()): ReadonlySet<string> {
  if (loaded.has(path)) return loaded;
  loaded.add(path);
  for (const { path: other, kind, external } of metafile.inputs[path]?.imports ?? [])
    if (kind === 'import-statement' && external !== true) loadedWith(other, loaded);
  return loaded;
}

/** Where loading begins: the program, and each file that is imported when it is needed. */
const beginnings = [
  'src/main.ts',
  ...new Set(
    Object.values(metafile.inputs).flatMap(({ imports }) =>
      imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path),
    ),
  ),
];

test('what describes documents is loaded to read a saved plan, and never else: not even for --json', () => {
  const describing = [
    'src/document/words.ts',
    'src/json/schemas.ts',
    ...globSync('src/**/*-document.ts', { cwd: CHECKOUT }),
  ];
  assert.ok(describing.length > 20);
  assert.deepEqual(
    beginnings.filter((path) => describing.some((one) => loadedWith(path).has(one))),
    ['src/engine/saved-plan.ts'],
  );
});

test('zod and yaml are loaded for layout files, saved plans and settings in YAML, and never else', () => {
  assert.deepEqual(
    beginnings
      .filter((path) => [...loadedWith(path)].some((loaded) => /^node_modules\/(zod|yaml)\//.test(loaded)))
      .sort(),
    [
      'src/engine/saved-plan.ts',
      'src/formats/yaml.ts',
      'src/layout-file/layout-file.ts',
      'src/layout-file/render.ts',
    ],
  );
});

test('saxes is loaded for settings in XML, and never else', () => {
  assert.deepEqual(
    beginnings.filter((path) =>
      [...loadedWith(path)].some((loaded) => /^node_modules\/(saxes|xmlchars)\//.test(loaded)),
    ),
    ['src/formats/xml.ts'],
  );
});
