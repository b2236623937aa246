// What `config` prints when there is nothing to do: that depends on what was asked for and on what is here.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPaint } from '../messages/paint.ts';
import type { InstallResult } from './config-document.ts';
import { renderConfig } from './config-text.ts';

const UNCHANGED: InstallResult = {
  did: 'install',
  root: '/',
  base: '/data/jts/hot',
  outcome: 'unchanged',
  run: null,
  continues: null,
  steps: [],
  done: 0,
  services: [],
  notInstalled: [],
  restarts: [],
};
const said = (some: Partial<InstallResult>) =>
  renderConfig({ ...UNCHANGED, ...some }, createPaint(false), '').split('\n')[0];

it('nothing to do: the services have it, none is here, or the file says it', () => {
  const redis = { service: 'redis', file: '/etc/redis/redis.conf', unit: null };
  assert.equal(said({ services: [redis] }), 'Nothing to do: the services read these settings.');
  assert.equal(
    said({ notInstalled: ['redis'] }),
    'Nothing to do: no service of the layout is installed here.',
  );
  assert.equal(said({}), 'Nothing to do: the file says it already.');
});
