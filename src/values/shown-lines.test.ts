// What is shown of a file that changes: only lines that change, no secrets, nothing of what somebody else set.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diffLines } from './line-diff.ts';
import { shownChanges, withoutValue } from './shown-lines.ts';

describe('lines that change', () => {
  const table: readonly (readonly [string, string, string, readonly string[]])[] = [
    ['nothing', 'a\nb\n', 'a\nb\n', []],
    ['one in the middle', 'a\nb\nc\n', 'a\nB\nc\n', ['-b', '+B']],
    ['two far apart', 'a\nb\nc\nd\ne\n', 'A\nb\nc\nd\nE\n', ['-a', '+A', '-e', '+E']],
    ['all of a new file', '', 'a\nb\n', ['+a', '+b']],
    ['all of one that goes', 'a\nb\n', '', ['-a', '-b']],
    ['a line twice', 'a\n', 'a\na\n', ['+a']],
    ['an empty line', 'a\nb\n', 'a\n\nb\n', ['+']],
    ['the end', 'a\nb', 'a\nb\nc\n', ['+c']],
  ];
  for (const [what, before, after, changes] of table)
    it(what, () =>
      assert.deepEqual(
        diffLines(before, after).map(({ sign, line }) => sign + line),
        changes,
      ),
    );

  it('of a million lines take no longer than they are read', () => {
    const before = Array.from({ length: 200_000 }, (_, i) => `line ${i}`).join('\n');
    const after = before.replace('line 5\n', 'line five\n').replace('line 199990\n', 'other\n');
    const began = performance.now();
    const changes = diffLines(before, after);
    assert.ok(performance.now() - began < 5000);
    assert.ok(changes.some(({ line }) => line === 'line five'));
  });
});

describe('what is shown of them', () => {
  const SECRETS: readonly string[] = [
    'requirepass s3cr3t',
    'masterauth s3cr3t',
    'password = "s3cr3t"',
    'ssl_passphrase_command = s3cr3t',
    "primary_conninfo = 'host=a password=s3cr3t'",
    'sasl.jaas.config=org.apache.Plain required password="s3cr3t";',
    '<password>s3cr3t</password>',
    '  keyFile: s3cr3t-key: s3cr3t'.replace('keyFile', 'api_key'),
    'export AWS_SECRET_ACCESS_KEY=s3cr3t',
    'API_TOKEN=s3cr3t',
    'url = https://user:s3cr3t@example.com/x',
    'ExecStart=/bin/x --password=s3cr3t --verbose',
    'ExecStart=/bin/x --token s3cr3t',
    '"password": "s3cr3t",',
  ];
  for (const line of SECRETS)
    it(`no secret: ${line}`, () => {
      const shown = shownChanges('', `${line}\n`).join('\n');
      assert.ok(!shown.includes('s3cr3t'), shown);
      assert.match(shown, /\*{8}/);
      assert.ok(!shownChanges(`${line}\n`, '').join('\n').includes('s3cr3t'));
    });

  it('values that we set, before and after', () => {
    assert.deepEqual(shownChanges('port 1\nmaxmemory 1gb\n', 'port 1\nmaxmemory 2gb\n'), [
      '- maxmemory 1gb',
      '+ maxmemory 2gb',
    ]);
  });

  it('no value of a key that we do not set, and no line that stays', () => {
    assert.deepEqual(shownChanges('theirs = 7\nalso theirs\nkept = 1\n', 'kept = 1\nours = 2\n'), [
      '- theirs = ********',
      '- also ********',
      '+ ours = 2',
    ]);
    assert.equal(withoutValue('#!/bin/sh s3cr3t'), '********');
    assert.equal(withoutValue('s3cr3t'), '********');
  });

  it('no more lines than anybody reads', () => {
    const shown = shownChanges(
      '',
      Array.from({ length: 100 }, (_, i) => `k${i} = ${'x'.repeat(i * 10)}`).join('\n'),
    );
    assert.equal(shown.length, 41);
    assert.equal(shown.at(-1), '… 60 more');
    assert.ok(shown.every((line) => line.length < 220));
  });
});
