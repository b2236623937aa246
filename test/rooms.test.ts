// The rooms of src/ and their order: each may import from those before it, and no file from one that imports it.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const CHECKOUT = join(import.meta.dirname, '..');

/** From the ground up. docs/architecture.md says what each is for. */
const ROOMS = [
  'values',
  'document',
  'catalogue',
  'messages',
  'formats',
  'layout',
  'services',
  'layout-file',
  'disk',
  'port',
  'space',
  'engine',
  'host',
  'history',
  'resources',
  'command',
  'completion',
  'alerts',
  'health',
  'device',
  'baseline',
  'configure',
  'storage',
  'checks',
  'maintain',
  'backup',
  'move',
  'setup',
  'schedule',
  'monitor',
  'tune',
  'relocate',
  'status',
  'doctor',
  'json',
  'cli',
  'main.ts',
];

const files = globSync('src/**/*.ts', { cwd: CHECKOUT })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => path.slice('src/'.length))
  .sort();
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** Of our own files, also those of types and those that are loaded later. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(CHECKOUT, 'src', file), 'utf8');
  return [...text.matchAll(/(?:from |import\(|import )'(\.[^']+)'/g)].map(([, path = '']) =>
    normalize(join(dirname(file), path)),
  );
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? '';
}

test('every file is in a room that has its place, at most two levels below src/', () => {
  assert.ok(files.length > 100);
  assert.deepEqual([...new Set(files.map(roomOf))].sort(), ROOMS.toSorted());
  assert.deepEqual(
    files.filter((file) => file.split('/').length > 3),
    [],
  );
});

test('no room imports from one above it', () => {
  const upwards = [...imports].flatMap(([file, all]) =>
    all
      .filter((other) => ROOMS.indexOf(roomOf(other)) > ROOMS.indexOf(roomOf(file)))
      .map((other) => `${file} -> ${other}`),
  );
  assert.deepEqual(upwards, []);
});

test('no files import each other in a circle', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const other of imports.get(file) ?? []) visit(other, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(circles, []);
});

test('what only tests use is not in src/', () => {
  const used = new Set([...imports.values()].flat());
  // Started by name, and written to schema/ (test/write-schemas.ts).
  const started = [
    'main.ts',
    'host/start.ts',
    'host/scan/worker.ts',
    'host/copy/worker.ts',
    'json/schemas.ts',
  ];
  assert.deepEqual(
    files.filter((file) => !used.has(file) && !started.includes(file)),
    [],
  );
});
