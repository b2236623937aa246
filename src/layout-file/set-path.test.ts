// Changing where a layout file puts a service: the file says it then, and every other line stays as it was.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseLayoutFile } from './layout-file.ts';
import { withBase, withServicePath } from './set-path.ts';

const FILES: readonly (readonly [what: string, before: string, after: string])[] = [
  [
    'a value that is there',
    '# ours\nservices:\n  redis:\n    path: "a" # here\n    planned: 1TB\n',
    '# ours\nservices:\n  redis:\n    path: cache/redis # here\n    planned: 1TB\n',
  ],
  [
    'none yet, in lines',
    'services:\n  redis:\n    # much\n    planned: 1TB # more\n',
    'services:\n  redis:\n    # much\n    path: cache/redis\n    planned: 1TB # more\n',
  ],
  [
    'none yet, in braces',
    'services:\n  redis: { planned: 1TB }  # small\n  kafka: false\n',
    'services:\n  redis: { path: cache/redis, planned: 1TB }  # small\n  kafka: false\n',
  ],
];

for (const [what, before, after] of FILES)
  it(what, () => {
    assert.equal(withServicePath(before, 'redis', 'cache/redis'), after);
  });

for (const text of [
  '',
  'base: /srv/hot # big\n',
  'services:\n  kafka: false # no\n',
  'services:\n  redis:\n',
])
  it(`a file that says nothing of it: ${JSON.stringify(text)}`, () => {
    const after = withServicePath(text, 'redis', 'cache/redis');
    const { layout } = parseLayoutFile(after, 'layout');
    assert.equal(layout.services.find(({ name }) => name === 'redis')?.path, 'cache/redis');
    for (const comment of text.match(/#.*/g) ?? []) assert.ok(after.includes(comment), after);
  });

it('a name that YAML would read as another one', () => {
  const after = withServicePath('services:\n  redis:\n    planned: 1TB\n', 'redis', 'true: #x');
  assert.match(after, /path: "true: #x"/);
});

const BASES: readonly (readonly [what: string, before: string, after: string])[] = [
  ['a base that is there', 'version: 1\nbase: "/a" # here\n', 'version: 1\nbase: /srv/hot # here\n'],
  [
    'none yet',
    '# ours\nversion: 1 # first\n# more\nservices: {}\n',
    '# ours\nversion: 1 # first\nbase: /srv/hot\n# more\nservices: {}\n',
  ],
  ['none yet, at its end', 'version: 1', 'base: /srv/hot\nversion: 1'],
  ['none yet, in braces', '{ version: 1 }\n', '{ base: /srv/hot, version: 1 }\n'],
  ['nothing but a comment', '# ours\n', '# ours\nbase: /srv/hot\n'],
  ['nothing at all', '', 'base: /srv/hot\n'],
];

for (const [what, before, after] of BASES)
  it(`another base: ${what}`, () => {
    assert.equal(withBase(before, '/srv/hot'), after);
    assert.equal(parseLayoutFile(after, 'layout').layout.base, '/srv/hot');
  });

it('a base that YAML would not read as it is', () => {
  const after = withBase('version: 1\n', '/data/jts hot/#1');
  assert.equal(parseLayoutFile(after, 'layout').layout.base, '/data/jts hot/#1');
});
