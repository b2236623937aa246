// Holds what documents say of the commands to the catalogue.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMAND_NAMES, COMMANDS, commonOptions } from '../src/catalogue/commands.ts';
import { writtenDocuments } from './write-docs.ts';

for (const { url, text } of writtenDocuments)
  test(`${url.pathname.split('/').at(-1)} is what \`node test/write-docs.ts\` writes`, () =>
    assert.equal(readFileSync(url, 'utf8'), text));

test('the manual page has every command, every flag, every example, and no mark that was not replaced', () => {
  const page = writtenDocuments[0]?.text ?? '';
  for (const name of COMMAND_NAMES) {
    const { options, examples } = COMMANDS[name];
    const section = page.split(/^\.S[sh] /m).find((part) => part.startsWith(`${name}\n`)) ?? '';
    for (const long of Object.keys(options))
      assert.match(section, new RegExp(`^\\.It .*Fl -${long}\\b`, 'm'));
    for (const long of Object.keys(commonOptions(name)))
      assert.match(page, new RegExp(`^\\.It .*Fl -${long}\\b`, 'm'));
    for (const { type } of examples) assert.ok(page.includes(type), type);
  }
  assert.doesNotMatch(page, /`|@[A-Z]+@|undefined/);
});
