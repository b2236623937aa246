// Which role a name says, where the layout does not.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { builtInServices } from '../services/index.ts';
import { isRole, ROLES, roleNamed } from './role.ts';

const names: Readonly<Record<string, string>> = {
  data: 'data',
  log: 'log',
  logs: 'log',
  config: 'config',
  conf: 'config',
  tmp: 'temporary',
  temp: 'temporary',
  snapshots: 'backup',
  backup: 'backup',
  // Nothing is known of these: data.
  'logs-2024': 'data',
  catalog: 'data',
  wal: 'data',
  Tmp: 'data',
};

for (const [name, role] of Object.entries(names))
  it(`${name}: ${role}`, () => assert.equal(roleNamed(name), role));

it('there are five', () => {
  assert.deepEqual(ROLES.filter(isRole), ['data', 'log', 'config', 'temporary', 'backup']);
  assert.equal(isRole('logs'), false);
});

it('each built-in directory has one, and it is the one that its name says where the name says one', () => {
  for (const { name, directories } of builtInServices)
    for (const directory of directories) {
      assert.ok(isRole(directory.role), `${name}/${directory.name}`);
      const named = roleNamed(directory.name);
      if (named !== 'data') assert.equal(directory.role, named, `${name}/${directory.name}`);
    }
});
