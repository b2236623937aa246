// An errno in words: what operators search for, with the name that programs know.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { errnoName, errnoOf, errnoText } from './errno.ts';

describe('errno in words', () => {
  for (const [code, text] of [
    ['EACCES', 'permission denied (EACCES)'],
    ['ENOSPC', 'no space left on device (ENOSPC)'],
    ['EROFS', 'read-only file system (EROFS)'],
    ['EIO', 'i/o error (EIO)'],
    ['ELOOP', 'too many symbolic links encountered (ELOOP)'],
    ['ENOTDIR', 'not a directory (ENOTDIR)'],
  ] as const)
    it(code, () => assert.equal(errnoText(code), text));

  it('a word that is no errno stays as it is', () => {
    for (const word of ['missing', 'timeout', '', 'toString', 'eacces']) assert.equal(errnoText(word), word);
  });

  it('none is a number, nor unknown', () => {
    const texts = Object.keys(constants.errno).map((code) => errnoText(code));
    assert.deepEqual(
      texts.filter((text) => /unknown|\d{2}/i.test(text)),
      [],
    );
  });

  for (const [code, text] of [
    ['EDQUOT', 'disk quota exceeded (EDQUOT)'],
    ['ESTALE', 'stale file handle (ESTALE)'],
  ] as const)
    it(code, () => assert.equal(errnoText(code), text));
});

describe('the name of an errno', () => {
  it('is told of an error, also where Node.js has none for it', () => {
    assert.equal(errnoOf(Object.assign(new Error(), { code: 'ENOSPC', errno: -28 })), 'ENOSPC');
    // As open(2) fails in a project whose quota is used up, on ext4.
    assert.equal(errnoOf(Object.assign(new Error(), { code: 'UNKNOWN', errno: -122 })), 'EDQUOT');
    assert.equal(errnoOf(new Error('no errno')), undefined);
  });

  it('is found by its number', () => {
    assert.deepEqual([2, 11, 28, 122].map(errnoName), ['ENOENT', 'EAGAIN', 'ENOSPC', 'EDQUOT']);
    assert.equal(errnoName(9999), 'Unknown system error -9999');
  });
});
