// Whether the files alone know of accounts: never yes where another service of the switch, or systemd, could add something.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { groupsFromFiles, linesFromFiles, membershipsInFiles } from './account-files.ts';
import { type Database, type Looks, onlyFilesKnow } from './name-services.ts';

/** A machine with these files, and with directories that list what is given. */
function machine(
  nsswitch: string,
  there: { readonly [path: string]: string | readonly string[] } = {},
): Looks {
  const all: typeof there = { '/etc/nsswitch.conf': nsswitch, ...there };
  return {
    text: (path) => (typeof all[path] === 'string' ? all[path] : null),
    names: (path) => {
      const found = all[path] ?? [];
      return typeof found === 'string' ? null : found;
    },
    isThere: (path) => Object.hasOwn(all, path),
  };
}

const BOTH = 'passwd: files systemd\ngroup: files systemd\nshadow: files systemd\n';
const RUNNING = { '/run/systemd/userdb': ['io.systemd.DynamicUser', 'io.systemd.Multiplexer'] };

describe('nobody but the files knows', () => {
  for (const [what, database, key, looks] of [
    ['a name, where the switch has files alone', 'passwd', 'kafka', machine('passwd: files\n')],
    ['a name, where systemd does not run', 'passwd', 'kafka', machine(BOTH)],
    ['a name that is not that of a dynamic user', 'group', 'kafka', machine(BOTH, RUNNING)],
    ['a number of a user', 'passwd', '995', machine(BOTH, RUNNING)],
    ['groups of a user, which have no line of their own', 'initgroups', 'kafka', machine(BOTH, RUNNING)],
    ['groups of a user by their own line', 'initgroups', 'kafka', machine('group: sss\ninitgroups: files\n')],
  ] as const satisfies readonly (readonly [string, Database, string, Looks])[])
    it(what, () => assert.equal(onlyFilesKnow(database, [key], looks), true));

  for (const [what, database, key, looks] of [
    ['where there is no switch', 'passwd', 'kafka', machine('')],
    ['where a directory comes after them', 'passwd', 'kafka', machine('passwd: files sss\n')],
    ['where a directory comes after systemd', 'passwd', 'kafka', machine('passwd: files systemd ldap\n')],
    ['where others come first', 'group', 'kafka', machine('group: systemd files\n')],
    ['where an answer is merged', 'group', 'kafka', machine('group: files [SUCCESS=merge] systemd\n')],
    ['of groups with a line of their own', 'initgroups', 'a', machine(`${BOTH}initgroups: files sss\n`)],
    ['where somebody remembers', 'passwd', 'kafka', machine(BOTH, { '/var/run/nscd/socket': '' })],
    ['of a record in a file', 'initgroups', 'kafka', machine(BOTH, { '/etc/userdb': ['a:b.membership'] })],
    ['of a record of a vendor', 'passwd', '995', machine(BOTH, { '/usr/lib/userdb': ['995.user'] })],
    ['of records that cannot be listed', 'passwd', '995', machine(BOTH, { '/run/userdb': 'closed' })],
    ['of homes', 'passwd', 'kafka', machine(BOTH, { '/run/systemd/userdb': ['io.systemd.Home'] })],
    ['of a dynamic user', 'passwd', 'a', machine(BOTH, { '/run/systemd/dynamic-uid': ['direct:a'] })],
    ['of the number of a dynamic user', 'passwd', '61184', machine(BOTH)],
    ['of root', 'passwd', 'root', machine(BOTH)],
    ['of its number', 'passwd', '0', machine(BOTH)],
    ['of nobody', 'group', 'nogroup', machine(BOTH)],
  ] as const satisfies readonly (readonly [string, Database, string, Looks])[])
    it(`is not said ${what}`, () => assert.equal(onlyFilesKnow(database, [key], looks), false));
});

describe('from the files', () => {
  const group = 'kafka:x:993:\nreaders:x:994:redis,kafka\nagain:x:993:redis\n';

  it('a name that nobody knows is answered, where nobody else could know it', () => {
    const passwd = 'kafka:x:995:993::/:/bin/false\n';
    const found = (nsswitch: string) => [
      ...linesFromFiles('passwd', ['kafka', 'none'], machine(nsswitch, { '/etc/passwd': passwd })),
    ];
    assert.deepEqual(found(BOTH), [
      ['kafka', passwd.trim()],
      ['none', null],
    ]);
    assert.deepEqual(found('passwd: files sss\n'), [['kafka', passwd.trim()]]);
  });

  it('a group by its number is the first that has it', () =>
    assert.deepEqual(
      [...groupsFromFiles(['993', '7'], machine(BOTH, { '/etc/group': group }))],
      [
        ['993', 'kafka:x:993:'],
        ['7', null],
      ],
    ));

  it('the groups of users are those that list them', () => {
    const looks = machine(BOTH, { '/etc/group': group });
    assert.deepEqual(
      [...(membershipsInFiles(['redis', 'none'], looks) ?? [])],
      [
        ['redis', ['994', '993']],
        ['none', []],
      ],
    );
  });

  it('a member with a blank around it is read by others in two ways', () =>
    assert.equal(
      membershipsInFiles(['redis'], machine(BOTH, { '/etc/group': 'a:x:1:kafka, redis\n' })),
      null,
    ));
});

describe('on this machine', () => {
  const names = ['root', 'daemon', 'bin', 'nobody', 'games', 'no-such-account'];

  it('groups of users are as getent says', (t) => {
    if (!onlyFilesKnow('initgroups', names)) return t.skip('others could know of some');
    const { stdout } = spawnSync('getent', ['initgroups', ...names], { encoding: 'utf8' });
    const told = stdout.trimEnd().split('\n');
    const found = [...(membershipsInFiles(names) ?? [])];
    assert.deepEqual(
      found.map((line) => line.flat()),
      told.map((line) => line.trim().split(/\s+/)),
    );
  });

  it('names and numbers are as getent says', () => {
    for (const [database, keys, found] of [
      ['passwd', names, linesFromFiles('passwd', names)],
      ['group', ['2', '3', '998', '59999'], groupsFromFiles(['2', '3', '998', '59999'])],
    ] as const)
      for (const key of keys) {
        const line = found.get(key);
        if (line === undefined) continue;
        const { stdout } = spawnSync('getent', [database, key], { encoding: 'utf8' });
        assert.equal(line ?? '', stdout.trimEnd(), key);
      }
  });
});
