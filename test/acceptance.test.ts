// Holds docs/acceptance.md to the checkout: its eight criteria, each with a command of this product and tests that exist.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';

const REPOSITORY = join(import.meta.dirname, '..');
const CRITERIA = [
  'Directory structure',
  'Service directories',
  'Permissions',
  'Space planning',
  'Service users',
  'Validation',
  'Documentation',
  'Monitoring and alerting',
];

const text = readFileSync(join(REPOSITORY, 'docs/acceptance.md'), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .slice(1);

it('names the eight criteria', () => {
  assert.deepEqual(
    rows.map(([, criterion]) => criterion),
    CRITERIA,
  );
});

for (const [, criterion = '', command = '', tests = ''] of rows) {
  it(`${criterion}: its scripts and its tests exist`, () => {
    const scripts = [...command.matchAll(/\.\/(scripts\/[\w-]+\.sh)/g)].map(([, path = '']) => path);
    assert.ok(scripts.length > 0 || command.includes('jts-hot'), command);
    for (const path of scripts) assert.ok(existsSync(join(REPOSITORY, path)), path);
    const named = [...tests.matchAll(/`((?:src|test)\/[\w./-]+\.test\.ts)`(?: “([^”]+)”)?/g)];
    assert.ok(named.length > 0, 'no test');
    for (const [reference, path = '', title = ''] of named) {
      const file = join(REPOSITORY, path);
      assert.ok(existsSync(file) && readFileSync(file, 'utf8').includes(title), reference);
    }
  });
}
