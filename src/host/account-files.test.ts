// Accounts from this machine's files: only where getent could not say anything else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linesFromFiles, plainLines } from './account-files.ts';
import type { Looks } from './name-services.ts';

const KAFKA = 'kafka:x:995:993::/data/jts/hot/kafka:/bin/false';
const PASSWD = `root:x:0:0:root:/root:/bin/bash\n# a comment\n\n${KAFKA}\n`;

/** Where other services of the switch have nothing. */
function machine(texts: { readonly [path: string]: string }): Looks {
  return { text: (path) => texts[path] ?? null, names: () => [], isThere: () => false };
}

/** What is known, also that there is no such account. */
function found(
  texts: { readonly [path: string]: string },
  database: 'passwd' | 'group' | 'shadow' = 'passwd',
) {
  return [...linesFromFiles(database, ['kafka'], machine(texts))];
}

describe('an account', () => {
  for (const [what, nsswitch] of [
    ['files alone', 'passwd: files\n'],
    ['files first', '# passwd: ldap\npasswd:\t\tfiles systemd sss # local\ngroup: ldap\n'],
  ] as const)
    it(`is as its line says where the switch says ${what}`, () =>
      assert.deepEqual(found({ '/etc/nsswitch.conf': nsswitch, '/etc/passwd': PASSWD }), [['kafka', KAFKA]]));

  for (const [what, nsswitch] of [
    ['nothing of it', 'group: files\n'],
    ['others first', 'passwd: sss files\n'],
    ['compat', 'passwd: compat\n'],
    ['what is done with what was found', 'passwd: files [SUCCESS=merge] sss\n'],
    ['two things', 'passwd: files\npasswd: ldap\n'],
    ['something that begins so', 'passwd: filesystem\n'],
  ] as const)
    it(`is asked for where the switch says ${what}`, () =>
      assert.deepEqual(found({ '/etc/nsswitch.conf': nsswitch, '/etc/passwd': PASSWD }), []));

  it('is asked for where there is no switch, or no file', () => {
    assert.deepEqual(found({ '/etc/passwd': PASSWD }), []);
    assert.deepEqual(found({ '/etc/nsswitch.conf': 'passwd: files\n' }), []);
  });

  for (const line of [
    ' kafka:x:1:1::/:/bin/sh',
    '+kafka::::::',
    '-@group',
    'kafka:x:1',
    'kafka:x:-1:1::/:/bin/sh',
    'kafka:x:0x10:1::/:/bin/sh',
    'kafka:x:99999999999:1::/:/bin/sh',
    'kafka',
  ])
    it(`is asked for where a line can be read in two ways: ${line}`, () => {
      const texts = { '/etc/nsswitch.conf': 'passwd: files\n', '/etc/passwd': `${line}\n${PASSWD}` };
      assert.deepEqual(found(texts), []);
      assert.equal(plainLines('passwd', machine(texts)), null);
    });

  it('is that of its first line', () =>
    assert.deepEqual(
      found({
        '/etc/nsswitch.conf': 'passwd: files\n',
        '/etc/passwd': `${PASSWD}kafka:x:1:1::/:/bin/sh\n`,
      }),
      [['kafka', KAFKA]],
    ));

  it('has its group and its shadow', () => {
    const texts = {
      '/etc/nsswitch.conf': 'group: files systemd\nshadow: files systemd\n',
      '/etc/group': 'kafka:x:993:a,b\n',
      '/etc/shadow': 'kafka:!::::::1:\n',
    };
    assert.deepEqual(found(texts, 'group'), [['kafka', 'kafka:x:993:a,b']]);
    assert.deepEqual(found(texts, 'shadow'), [['kafka', 'kafka:!::::::1:']]);
  });
});
