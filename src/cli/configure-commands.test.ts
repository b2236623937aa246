// What flags of `config` are refused together, before anything is looked at.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { Problem } from '../messages/diagnostic.ts';
import { configureCommands } from './configure-commands.ts';

it('a file is that of one service, not of all', async () => {
  const { config } = configureCommands;
  assert.ok(typeof config === 'function');
  const call = { context: contextOf(createHost(), smallLayout('redis')), argument: 'all', plan: null };
  for (const flag of ['install', 'init'])
    await assert.rejects(
      config({ ...call, flags: { [flag]: true, to: '/etc/redis/redis.conf' } } as never),
      (error) => error instanceof Problem && error.diagnostics[0]?.at === '--to',
    );
});
