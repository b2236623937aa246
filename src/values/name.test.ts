import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkName, checkRelativePath, checkUserName } from './name.ts';

test('ordinary names are taken', () => {
  for (const name of ['data', 'a b', '.cache', '...', 'Größe', 'x-1', '1', 'x'.repeat(255), 'é'.repeat(127)])
    assert.equal(checkName(name), null, name);
});

const badNames: readonly (readonly [string, RegExp])[] = [
  ['', /not empty/],
  ['.', /not `\.` or `\.\.`/],
  ['..', /not `\.` or `\.\.`/],
  ['a/b', /without a slash/],
  ['/', /without a slash/],
  ['-rf', /begin with `-`/],
  ['a:b', /without a colon/],
  ['a\nb', /control or invisible/],
  ['a\0', /control or invisible/],
  ['\u001b[31m', /control or invisible/],
  ['a\u200bb', /control or invisible/],
  ['a\u202eb', /control or invisible/],
  ['a\u2028b', /control or invisible/],
  ['a\ud800', /control or invisible/],
  ['a\ufffd', /control or invisible/],
  [' data', /spaces around/],
  ['data ', /spaces around/],
  ['x'.repeat(256), /at most 255 bytes/],
  ['é'.repeat(128), /at most 255 bytes/],
];
for (const [name, complaint] of badNames)
  test(`the name ${JSON.stringify(name.slice(0, 20))} is refused`, () => {
    assert.match(checkName(name) ?? '', complaint);
  });

test('a path below the base is names between slashes', () => {
  assert.equal(checkRelativePath('a'), null);
  assert.equal(checkRelativePath('a/b/c'), null);
  assert.match(checkRelativePath('/a') ?? '', /not an absolute one/);
  assert.match(checkRelativePath('') ?? '', /not empty$/);
  assert.match(checkRelativePath('a//b') ?? '', /not empty, between its slashes/);
  assert.match(checkRelativePath('a/') ?? '', /not empty, between its slashes/);
  assert.match(checkRelativePath('a/../b') ?? '', /not `\.` or `\.\.`, between/);
  assert.match(checkRelativePath('a/-b') ?? '', /begin with `-`, between/);
  assert.match(checkRelativePath(Array(400).fill('abc').join('/')) ?? '', /at most 1024 bytes/);
});

test('user names are those that useradd takes', () => {
  for (const name of ['root', 'postgres', '_apt', 'a', 'www-data', 'a1_b-c', 'x'.repeat(32)])
    assert.equal(checkUserName(name), null, name);
  for (const name of ['', '1000', '1a', '-a', 'Kafka', 'a.b', 'a b', 'a$', 'a:b', 'é', 'a\n', 'x'.repeat(33)])
    assert.match(checkUserName(name) ?? '', /^want a name that useradd takes/, name);
});
