import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBase, normaliseBase } from './base.ts';

test('doubled and trailing slashes do not matter', () => {
  assert.equal(normaliseBase('/data/jts/hot'), '/data/jts/hot');
  assert.equal(normaliseBase('//data///jts/hot//'), '/data/jts/hot');
  assert.equal(normaliseBase('/'), '/');
});

test('a base may be anywhere that is not the system’s', () => {
  for (const base of [
    '/data/jts/hot',
    '/data',
    '//data/',
    '/etcetera',
    '/usr2/x',
    '/libs',
    '/var/lib/hot',
    '/var/local/hot',
    '/var/opt/hot',
    '/var/lib/private/hot',
    '/var/lib/jts-hotter',
    '/mnt/hot',
    '/home/jts/hot',
    '/tmp/x',
    '/srv/hot',
    '/root/x',
    '/data/usr',
    '/data/a b',
  ])
    assert.equal(checkBase(base), null, base);
});

for (const base of '/ // /var /home /root /opt /srv /mnt /media /tmp /var/lib /var/log /var/tmp /var/cache /var/spool /var/mail /var/local /var/backups /var/opt /var/lib/private /lost+found /var/ //home// /var//lib'.split(
  ' ',
))
  test(`${base} itself is refused as base`, () => {
    assert.equal(checkBase(base), `want a directory of its own, not ${normaliseBase(base)} itself`);
  });

for (const tree of '/etc /usr /bin /sbin /lib /lib32 /lib64 /libx32 /boot /proc /sys /dev /run /var/run /var/lock /var/lib/jts-hot'.split(
  ' ',
))
  test(`${tree} and what is below it is refused as base`, () => {
    const complaint = `want a directory outside ${tree}, which is the system's own`;
    for (const base of [tree, `${tree}/`, `${tree}/x`, `/${tree}//x/y`])
      assert.equal(checkBase(base), complaint, base);
  });

const bad: readonly (readonly [string, RegExp])[] = [
  ['', /^want an absolute path/],
  ['data/jts', /^want an absolute path/],
  ['./data', /^want an absolute path/],
  ['~/hot', /^want an absolute path/],
  ['/data/../etc', /not `\.` or `\.\.`/],
  ['/data/..', /not `\.` or `\.\.`/],
  ['/..', /not `\.` or `\.\.`/],
  ['/./data', /not `\.` or `\.\.`/],
  ['/data/a\nb', /control or invisible/],
  ['/data/a:b', /without a colon/],
  ['/data/-x', /begin with `-`/],
  [`/data/${'x'.repeat(256)}`, /at most 255 bytes/],
  ['/data'.repeat(300), /at most 1024 bytes/],
];
for (const [base, complaint] of bad)
  test(`the base ${JSON.stringify(base.slice(0, 20))} is refused`, () => {
    assert.match(checkBase(base) ?? '', complaint);
  });
